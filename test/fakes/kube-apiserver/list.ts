// GET of a collection: which revision it shows (KEP-2340, "resource versions" in the API concepts), and its pages.

import type { JsonRecord, StoredObject } from "./objects.ts";
import { groupVersion, type ResourceKind, storeKey } from "./resources.ts";
import { readSelector } from "./selectors.ts";
import { badRequest, expired, invalid, tooLargeResourceVersion } from "./status.ts";
import { keyOf, type ObjectStore } from "./store.ts";

export interface ListTarget {
  readonly resource: ResourceKind;
  readonly version: string;
  /** Empty for all namespaces. */
  readonly namespace: string;
}

export interface ListBody {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: JsonRecord;
  readonly items: readonly object[];
}

export function listObjects(store: ObjectStore, target: ListTarget, query: URLSearchParams): ListBody {
  const limit = readCount(query, "limit");
  const continued = readContinue(query);
  const revision = continued?.revision ?? readRevision(store, query, limit);
  const selector = readSelector(query, target.resource.kind);
  const kind = storeKey(target.resource);
  const matching = (revision === store.revision ? store.all(kind) : store.allAt(kind, revision))
    .filter((object) => isIn(object, target.namespace) && selector(object))
    .filter((object) => continued === undefined || keyOf(object) >= continued.start);
  // The watch cache, which answers "0", knows no pages.
  const isPaged = limit > 0 && query.get("resourceVersion") !== "0";
  const page = isPaged ? matching.slice(0, limit) : matching;
  const rest = matching.slice(page.length);
  const hasSelector = (query.get("labelSelector") ?? "") !== "" || (query.get("fieldSelector") ?? "") !== "";
  return {
    kind: `${target.resource.kind}List`,
    apiVersion: groupVersion(target.resource.group, target.version),
    metadata: {
      resourceVersion: String(revision),
      ...continuation(rest, revision),
      ...(rest.length > 0 && !hasSelector ? { remainingItemCount: rest.length } : {}),
    },
    items: page.map((object) => inVersion(object, target)),
  };

  function readContinue(from: URLSearchParams): { revision: number; start: string } | undefined {
    const token = from.get("continue") ?? "";
    if (token === "") return undefined;
    if ((from.get("resourceVersion") ?? "") !== "") {
      throw badRequest("specifying resource version is not allowed when using continue");
    }
    const { rv, start } = decodeToken(token);
    if (rv === INCONSISTENT) return { revision: store.revision, start };
    if (rv < store.compactedRevision) throw expired(CONTINUE_TOO_OLD, { continue: encodeToken(INCONSISTENT, start) });
    return { revision: rv, start };
  }
}

/** How an object looks in a served version: nothing but its name differs (conversion strategy None). */
export function inVersion(object: StoredObject, { resource, version }: ListTarget): StoredObject {
  const apiVersion = groupVersion(resource.group, version);
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion };
}

export function isIn({ metadata }: StoredObject, namespace: string): boolean {
  return namespace === "" || metadata.namespace === namespace;
}

/** A whole number of a parameter, 0 when it is absent. */
export function readCount(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? "";
  if (text === "") return 0;
  if (!/^\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing "${text}": invalid syntax`);
  return Number(text);
}

function readRevision(store: ObjectStore, query: URLSearchParams, limit: number): number {
  const text = query.get("resourceVersion") ?? "";
  const match = query.get("resourceVersionMatch") ?? "";
  refuseBadMatch(text, match);
  if (text === "" || text === "0") return store.revision;
  const asked = parseRevision(text);
  if (asked > store.revision) throw tooLargeResourceVersion(asked, store.revision);
  // A version with a limit and no word on how to match it means exactly that version.
  const isExact = match === "Exact" || (match === "" && limit > 0);
  if (!isExact) return store.revision;
  if (asked < store.compactedRevision) throw expired("The resourceVersion for the provided list is too old.");
  return asked;
}

export function parseRevision(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", [
    { field: "resourceVersion", reason: "FieldValueInvalid", message: `Invalid value: "${text}": strconv.ParseUint` },
  ]);
}

function refuseBadMatch(version: string, match: string): void {
  if (match === "") return;
  const problem = matchProblem(version, match);
  if (problem === undefined) return;
  const [reason, message] = problem;
  const cause = { field: "resourceVersionMatch", reason, message };
  throw invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", [cause]);
}

function matchProblem(version: string, match: string): readonly [string, string] | undefined {
  if (version === "") {
    const message = "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided";
    return ["FieldValueForbidden", message];
  }
  if (match === "NotOlderThan") return undefined;
  if (match !== "Exact") {
    const message = `Unsupported value: "${match}": supported values: "Exact", "NotOlderThan", ""`;
    return ["FieldValueNotSupported", message];
  }
  const message = 'Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"';
  return version === "0" ? ["FieldValueForbidden", message] : undefined;
}

/** In a token: continue at whatever is there now. */
const INCONSISTENT = -1;

const CONTINUE_TOO_OLD =
  "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

function continuation(rest: readonly StoredObject[], revision: number): JsonRecord {
  const [next] = rest;
  return next === undefined ? {} : { continue: encodeToken(revision, keyOf(next)) };
}

function encodeToken(rv: number, start: string): string {
  return Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", rv, start })).toString("base64url");
}

function decodeToken(token: string): { readonly rv: number; readonly start: string } {
  try {
    const { v, rv, start } = JSON.parse(Buffer.from(token, "base64url").toString()) as Record<string, unknown>;
    if (v === "meta.k8s.io/v1" && typeof rv === "number" && typeof start === "string") return { rv, start };
  } catch {
    // What does not parse is refused as what parses to nonsense.
  }
  throw badRequest("continue key is not valid: illegal base64 or JSON data");
}
