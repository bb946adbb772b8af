// Reads a watch request into the set-up of a watch: start, time-out, bookmarks, what cannot be had.

import type { StreamFault } from "./faults.ts";
import { type ListTarget, parseRevision, readCount } from "./list.ts";
import { isTrue } from "./request-info.ts";
import { readSelector } from "./selectors.ts";
import type { Sink } from "./sink.ts";
import type { ClusterState } from "./state.ts";
import { type ApiError, expired, invalid, tooLargeResourceVersion } from "./status.ts";
import { Watch } from "./watch.ts";

/** Throws what is refused before the stream begins; the rest is an ERROR event inside it. */
export function openWatch(
  state: ClusterState,
  target: ListTarget,
  request: { readonly query: URLSearchParams; readonly script: readonly StreamFault[] },
): (sink: Sink) => Watch {
  const { query, script } = request;
  const { store, time, random, options } = state;
  const selector = readSelector(query, target.resource.kind);
  const start = readStart(state, query);
  const sendsBookmarks = isTrue(query.get("allowWatchBookmarks"));
  const seconds = readCount(query, "timeoutSeconds");
  // Between one and two times min-request-timeout, as the real server draws it.
  const timeoutMs = seconds > 0 ? seconds * MS_PER_SECOND : options.minRequestTimeoutMs * (1 + random.next());
  return (sink) =>
    new Watch({
      store,
      time,
      random,
      sink,
      target,
      selector,
      ...start,
      marksInitialEnd: start.marksInitialEnd && sendsBookmarks,
      sendsBookmarks,
      bookmarkEveryMs: options.bookmarkEveryMs,
      timeoutMs,
      script,
    });
}

const MS_PER_SECOND = 1000;

interface Start {
  readonly startRevision: number;
  readonly showsExisting: boolean;
  readonly marksInitialEnd: boolean;
  readonly refusal: ApiError | undefined;
}

function readStart({ store }: ClusterState, query: URLSearchParams): Start {
  const text = query.get("resourceVersion") ?? "";
  const wantsInitial = query.has("sendInitialEvents") ? isTrue(query.get("sendInitialEvents")) : undefined;
  refuseBadMatch(query.get("resourceVersionMatch") ?? "", wantsInitial);
  const asked = text === "" ? 0 : parseRevision(text);
  if (wantsInitial === true) {
    if (asked > store.revision) throw tooLargeResourceVersion(asked, store.revision);
    return { startRevision: store.revision, showsExisting: true, marksInitialEnd: true, refusal: undefined };
  }
  if (asked === 0) {
    const showsExisting = wantsInitial !== false;
    return { startRevision: store.revision, showsExisting, marksInitialEnd: false, refusal: undefined };
  }
  const isTooOld = asked < store.compactedRevision;
  const refusal = isTooOld ? expired(`too old resource version: ${asked} (${store.compactedRevision})`) : undefined;
  return { startRevision: asked, showsExisting: false, marksInitialEnd: false, refusal };
}

function refuseBadMatch(match: string, wantsInitial: boolean | undefined): void {
  const message =
    wantsInitial === undefined && match !== ""
      ? "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
      : wantsInitial !== undefined && match !== "NotOlderThan"
        ? "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        : undefined;
  if (message === undefined) return;
  const cause = { field: "resourceVersionMatch", reason: "FieldValueForbidden", message };
  throw invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", [cause]);
}
