// A complete list of one kind, page by page, into a list that is staged. It is whole, or this rejects.

import type { ApiClient } from "./client.ts";
import { ApiFailure } from "./failure.ts";
import type { ObjectStore, StagedList } from "./object-store.ts";
import { apiVersionOf, collectionPath, type ServedResource } from "./served-resource.ts";
import { type ListPage, readIdentity, readListPage } from "./watch-event.ts";

export interface ListTarget {
  readonly client: ApiClient;
  readonly resource: ServedResource;
  readonly namespace: string | undefined;
}

export interface CompleteList {
  readonly staged: StagedList;
  readonly resourceVersion: string;
  /** Items without name or version. */
  readonly unusable: number;
}

/** A page of this size is a few megabytes at most. */
const PAGE_SIZE = 500;
/** Half a million objects: more is a server that goes round in a circle. */
const MAX_PAGES = 1_000;

/**
 * The list as the cluster's store has it now: no version is named, so no cache of a server that lags behind can answer
 * (docs/decisions.md 41). When the token of a page has expired, everything is asked for again at once. Rejects with ApiFailure.
 */
export async function listObjects(target: ListTarget, store: ObjectStore, signal: AbortSignal): Promise<CompleteList> {
  try {
    return await readPages(target, store, { limit: PAGE_SIZE, signal });
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.kind !== "expired") throw error;
    return readPages(target, store, { limit: undefined, signal });
  }
}

/** The object as if it had been asked for alone: items of a list carry neither kind nor version. */
export function completed(
  raw: Readonly<Record<string, unknown>>,
  resource: ServedResource,
): Readonly<Record<string, unknown>> {
  return { ...raw, apiVersion: apiVersionOf(resource), kind: resource.kind };
}

async function readPages(
  { client, resource, namespace }: ListTarget,
  store: ObjectStore,
  { limit, signal }: { readonly limit: number | undefined; readonly signal: AbortSignal },
): Promise<CompleteList> {
  const staged = store.stage();
  let unusable = 0;
  let token = "";
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const query = new URLSearchParams();
    if (limit !== undefined) query.set("limit", String(limit));
    if (token !== "") query.set("continue", token);
    const text = query.toString();
    const path = `${collectionPath(resource, namespace)}${text === "" ? "" : `?${text}`}`;
    const page = readListPage(await client.getJson(path, signal));
    unusable += addItems(page, staged, resource);
    if (page.continueToken === "") return { staged, resourceVersion: page.resourceVersion, unusable };
    token = page.continueToken;
  }
  throw new ApiFailure("malformed", `the list has more than ${MAX_PAGES} pages`);
}

/** How many had to be left out. */
function addItems(page: ListPage, staged: StagedList, resource: ServedResource): number {
  let unusable = 0;
  for (const item of page.items) {
    try {
      const identity = readIdentity(item);
      staged.add({ ...identity, raw: completed(identity.raw, resource) });
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      unusable += 1;
    }
  }
  return unusable;
}
