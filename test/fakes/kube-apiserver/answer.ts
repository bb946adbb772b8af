// Answers one request from the state of the cluster: who asks, may he, is it there, and what is done. No sockets, no faults
// but those that change a list.

import { discover } from "./discovery.ts";
import type { Fault } from "./faults.ts";
import { inVersion, listObjects } from "./list.ts";
import { type JsonRecord, recordOf, toJson } from "./objects.ts";
import { openWatch } from "./open-watch.ts";
import { openApi } from "./openapi.ts";
import { PROTOBUF_TYPE, readProtobuf } from "./protobuf.ts";
import { authorize } from "./rbac.ts";
import type { RequestInfo, ResourceTarget, ServerRequest } from "./request-info.ts";
import { SERVICE_ACCOUNTS, storeKey } from "./resources.ts";
import { answerReview, requestToken } from "./reviews.ts";
import type { Sink } from "./sink.ts";
import type { ClusterState } from "./state.ts";
import {
  type ApiError,
  badRequest,
  forbidden,
  methodNotAllowed,
  noSuchResource,
  unauthorized,
  unsupportedMediaType,
} from "./status.ts";
import type { Identity } from "./tokens.ts";
import type { Watch } from "./watch.ts";
import { createObject, deleteObject, patchObject, readStored, updateObject, type WriteTarget } from "./writes.ts";

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Answer = Reply | { readonly watch: (sink: Sink) => Watch };

export interface Call {
  readonly request: ServerRequest;
  readonly info: RequestInfo;
  readonly fault: Fault | undefined;
  /** Told once the token was believed. */
  readonly onUser: (user: Identity) => void;
}

/** Throws an ApiError for everything that is refused. */
export function answer(state: ClusterState, call: Call): Answer {
  const { request, info } = call;
  const user = state.tokens.identify(request.headers["authorization"]);
  if (user.name === "system:anonymous" && !state.options.allowsAnonymous) throw unauthorized();
  if (request.headers["impersonate-user"] !== undefined) throw badRequest("this server does not know impersonation");
  call.onUser(user);
  refuseForbidden(state, user, info);
  if (info.target === undefined) return answerPath(state, call);
  return answerResource(state, { ...call, user, target: info.target });
}

function refuseForbidden({ store }: ClusterState, user: Identity, { verb, path, target }: RequestInfo): void {
  const { namespace = "", name = "" } = target ?? {};
  const attempt = { verb, resource: target, namespace, name, path };
  const { isAllowed, why } = authorize(store, user, attempt);
  if (!isAllowed) throw forbidden(user, attempt, why);
}

const TEXT = "text/plain; charset=utf-8";

function text(status: number, body: string): Reply {
  return { status, headers: { "content-type": TEXT, "x-content-type-options": "nosniff" }, body };
}

function json(body: object, status = 200, type = "application/json"): Reply {
  return { status, headers: { "content-type": type, "cache-control": "no-cache, private" }, body: `${toJson(body)}\n` };
}

export function replyOfError(error: ApiError): Reply {
  const { headers, ...reply } = json(error.body, error.body.code);
  const { retryAfterSeconds } = error;
  return {
    ...reply,
    headers: retryAfterSeconds === undefined ? headers : { ...headers, "retry-after": String(retryAfterSeconds) },
  };
}

/** A failure without a Status object, as proxies and flow control send it. */
export function plainFailure(status: number, retryAfterSeconds: number | undefined): Reply {
  const reply = text(status, status === 429 ? "Too many requests, please try again later.\n" : `${status} failure\n`);
  if (retryAfterSeconds === undefined) return reply;
  return { ...reply, headers: { ...reply.headers, "retry-after": String(retryAfterSeconds) } };
}

const HEALTH_PATHS = ["/healthz", "/livez", "/readyz"];

function answerPath(state: ClusterState, { info, request }: Call): Answer {
  const { path, method } = info;
  if (method !== "GET" && method !== "HEAD") return text(404, "404 page not found\n");
  if (HEALTH_PATHS.includes(path)) return text(200, "ok");
  if (path === "/version" || path === "/version/") return json(versionInfo(state.options.gitVersion));
  const found = discover(state.catalogue, path, request.headers["accept"] ?? "");
  if (found !== undefined) return json(found.body, 200, found.type);
  const document = openApi(state.catalogue, path);
  return document === undefined ? text(404, "404 page not found\n") : json(document);
}

function versionInfo(gitVersion: string): object {
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? [];
  const build = { gitCommit: "0".repeat(40), gitTreeState: "clean", buildDate: "2026-01-01T00:00:00Z" };
  return { major, minor, gitVersion, ...build, goVersion: "go1.25.0", compiler: "gc", platform: "linux/amd64" };
}

interface ResourceCall extends Call {
  readonly user: Identity;
  readonly target: ResourceTarget;
}

function answerResource(state: ClusterState, call: ResourceCall): Answer {
  const { target, info, user } = call;
  if (info.verb === "create" && target.subresource === "") {
    const { group, plural } = target;
    const body = group.startsWith("auth") ? parseBody(call.request) : undefined;
    const reviewed = answerReview(state, user, { group, plural, body });
    if (reviewed !== undefined) return json(reviewed, 201);
  }
  const { resource, version, namespace, subresource } = target;
  if (resource === undefined) return nothingServed(state, target);
  // The path names a namespace; for the namespaces themselves it is the name.
  const place = { resource, version, namespace: resource.isNamespaced ? namespace : "" };
  if (subresource !== "" && !(subresource === "status" && resource.hasStatus)) {
    return answerSubresource(state, call);
  }
  switch (info.verb) {
    case "get":
      return json(inVersion(readStored(state, { ...place, name: target.name }), place));
    case "list":
      return json(listWithFault(state, call));
    case "watch":
      return { watch: openWatch(state, place, { query: info.query, script: scriptOf(call.fault) }) };
    default:
      return write(state, call, {
        ...place,
        name: target.name,
        subresource,
        isDryRun: info.query.get("dryRun") === "All",
      });
  }
}

/** A group of built-in kinds answers for its own unknown resources; nobody answers for the others. */
function nothingServed({ catalogue }: ClusterState, { group, version }: ResourceTarget): Answer {
  const isBuiltIn = catalogue
    .all()
    .some((kind) => !kind.isCustom && kind.group === group && kind.versions.includes(version));
  if (isBuiltIn) throw noSuchResource();
  return text(404, "404 page not found\n");
}

function answerSubresource(state: ClusterState, { target, info, request }: ResourceCall): Answer {
  const isToken = target.resource === SERVICE_ACCOUNTS && target.subresource === "token" && info.verb === "create";
  if (!isToken) throw noSuchResource();
  const account = readStored(state, { ...target, resource: SERVICE_ACCOUNTS });
  return json(requestToken(state, account, parseBody(request)), 201);
}

function scriptOf(fault: Fault | undefined): Extract<Fault, { kind: "stream" }>["script"] {
  return fault?.kind === "stream" ? fault.script : [];
}

function listWithFault({ store }: ClusterState, { info, target, fault }: ResourceCall): object {
  const { resource, version, namespace } = target;
  if (resource === undefined) throw noSuchResource();
  const place = { resource, version, namespace: resource.isNamespaced ? namespace : "" };
  const list = listObjects(store, place, info.query);
  switch (fault?.kind) {
    case "empty-list":
      return { ...list, metadata: { resourceVersion: list.metadata["resourceVersion"] }, items: [] };
    case "partial-list":
      return {
        ...list,
        metadata: { resourceVersion: list.metadata["resourceVersion"] },
        items: list.items.slice(0, fault.keep),
      };
    case "stale-list": {
      const revision = Math.max(store.compactedRevision, store.revision - fault.revisionsBack);
      const items = store
        .allAt(storeKey(resource), revision)
        .filter((object) => namespace === "" || object.metadata.namespace === namespace)
        .map((object) => inVersion(object, place));
      return { ...list, metadata: { resourceVersion: String(revision) }, items };
    }
    default:
      return list;
  }
}

function write(state: ClusterState, { request, info, target }: ResourceCall, place: WriteTarget): Answer {
  switch (info.verb) {
    case "create":
      if (target.name !== "") throw methodNotAllowed();
      return json(inVersion(createObject(state, place, parseBody(request)), place), 201);
    case "update":
      if (target.name === "") throw methodNotAllowed();
      return json(inVersion(updateObject(state, place, parseBody(request)), place));
    case "patch": {
      if (target.name === "") throw methodNotAllowed();
      const contentType = request.headers["content-type"] ?? "";
      const patched = patchObject(state, place, { contentType, body: textOf(request.body), query: info.query });
      return json(inVersion(patched.object, place), patched.isNew ? 201 : 200);
    }
    case "delete":
      return answerDelete(state, request, place);
    case "deletecollection":
      return answerDeleteCollection(state, info, place);
    default:
      throw methodNotAllowed();
  }
}

function answerDelete(state: ClusterState, request: ServerRequest, place: WriteTarget): Answer {
  const options: JsonRecord = request.body.length === 0 ? {} : recordOf(parseBody(request));
  const isDryRun = place.isDryRun || (Array.isArray(options["dryRun"]) && options["dryRun"].includes("All"));
  const { deleted, isGone } = deleteObject(state, { ...place, isDryRun }, recordOf(options["preconditions"]));
  if (!isGone) return json(inVersion(deleted, place));
  const { group, plural } = place.resource;
  const details = { name: place.name, ...(group === "" ? {} : { group }), kind: plural, uid: deleted.metadata.uid };
  return json({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details });
}

function answerDeleteCollection(state: ClusterState, { query }: RequestInfo, place: WriteTarget): Answer {
  const selection = new URLSearchParams();
  for (const name of ["labelSelector", "fieldSelector"]) selection.set(name, query.get(name) ?? "");
  const list = listObjects(state.store, place, selection);
  for (const { metadata } of list.items as readonly { metadata: { name: string; namespace?: string } }[]) {
    deleteObject(state, { ...place, namespace: metadata.namespace ?? "", name: metadata.name }, {});
  }
  return json(list);
}

function parseBody({ headers, body }: ServerRequest): unknown {
  const type = headers["content-type"] ?? "application/json";
  if (type.startsWith(PROTOBUF_TYPE)) return readProtobuf(body);
  if (!/^application\/json\b/.test(type)) throw unsupportedMediaType(["application/json", PROTOBUF_TYPE]);
  try {
    return JSON.parse(textOf(body)) as unknown;
  } catch (error) {
    throw badRequest(`the object provided is unrecognized (must be of type Object): ${String(error)}`);
  }
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body).toString("utf8");
}
