// What a request asks for, read from method, path and query as apiserver's RequestInfo does.

import type { Catalogue } from "./catalogue.ts";
import type { ResourceKind } from "./resources.ts";

export interface ServerRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

export interface RequestInfo {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** get, list, watch, create, update, patch, delete, deletecollection; the lower-case method for other paths. */
  readonly verb: string;
  /** `undefined` for a path that is no resource. */
  readonly target: ResourceTarget | undefined;
}

export interface ResourceTarget {
  readonly group: string;
  readonly version: string;
  /** What is served there now; `undefined` when nothing is. */
  readonly resource: ResourceKind | undefined;
  readonly plural: string;
  readonly subresource: string;
  /** Empty for all namespaces and for cluster-scoped kinds. */
  readonly namespace: string;
  /** Empty for a collection. */
  readonly name: string;
}

export function readRequest({ method, path }: ServerRequest, catalogue: Catalogue): RequestInfo {
  const url = new URL(path, "https://kubernetes.invalid");
  const query = url.searchParams;
  const target = readTarget(url.pathname, catalogue);
  const verb = target === undefined ? method.toLowerCase() : verbOf(method, target, query);
  return { method, path: url.pathname, query, verb, target: withSelectedName(verb, target, query) };
}

function readTarget(path: string, catalogue: Catalogue): ResourceTarget | undefined {
  const parts = path
    .split("/")
    .filter((part) => part !== "")
    .map(decodeURIComponent);
  const isCore = parts[0] === "api";
  if (!isCore && parts[0] !== "apis") return undefined;
  const [group = "", version = ""] = isCore ? ["", parts[1]] : parts.slice(1, 3);
  const rest = parts.slice(isCore ? 2 : 3);
  if (rest[0] === undefined) return undefined;
  const describe = (
    plural: string,
    more: { namespace: string; name?: string | undefined; subresource?: string | undefined },
  ) => ({
    group,
    version,
    resource: catalogue.find(group, version, plural),
    plural,
    namespace: more.namespace,
    name: more.name ?? "",
    subresource: more.subresource ?? "",
  });
  const [first, second, third, ...deeper] = rest;
  const isInside = first === "namespaces" && third !== undefined && third !== "status" && third !== "finalize";
  if (isInside) return describe(third, { namespace: second ?? "", name: deeper[0], subresource: deeper[1] });
  // RequestInfo gives a namespace itself as the place of its own request.
  const namespace = first === "namespaces" ? (second ?? "") : "";
  return describe(first, { namespace, name: second, subresource: third });
}

const VERBS: Readonly<Record<string, readonly [one: string, many: string]>> = {
  GET: ["get", "list"],
  HEAD: ["get", "list"],
  POST: ["create", "create"],
  PUT: ["update", "update"],
  PATCH: ["patch", "patch"],
  DELETE: ["delete", "deletecollection"],
};

function verbOf(method: string, { name }: ResourceTarget, query: URLSearchParams): string {
  const [one, many] = VERBS[method] ?? [method.toLowerCase(), method.toLowerCase()];
  const verb = name === "" ? many : one;
  const isWatch = (verb === "list" || verb === "get") && isTrue(query.get("watch"));
  return isWatch ? "watch" : verb;
}

/** A list or watch that a field selector narrows to one name is authorized for that name. */
function withSelectedName(
  verb: string,
  target: ResourceTarget | undefined,
  query: URLSearchParams,
): ResourceTarget | undefined {
  if (target === undefined || target.name !== "" || (verb !== "list" && verb !== "watch")) return target;
  const selected = /(?:^|,)metadata\.name==?([^,]+)/.exec(query.get("fieldSelector") ?? "")?.[1];
  return selected === undefined ? target : { ...target, name: selected };
}

/** Go's strconv.ParseBool, and a parameter without a value counts as set. */
export function isTrue(value: string | null): boolean {
  return value !== null && !["", "0", "f", "F", "false", "False", "FALSE"].includes(value);
}
