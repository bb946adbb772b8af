// The smallest Kubernetes API that a real external-dns can list and watch: discovery, list, watch with initial events
// (KEP-3157) and bookmarks. No authentication, no writes; objects are what the test put there.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { closeServer, listenOnLoopback } from "#test/fakes/loopback-server.ts";

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** One kind the server knows. */
export interface KubeKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
}

export interface KubeLite {
  readonly url: string;
  /** Creates or replaces an object; watchers are told. */
  put(object: KubeObject): void;
  remove(object: KubeObject): void;
  stop(): Promise<void>;
}

export const INGRESS: KubeKind = { apiVersion: "networking.k8s.io/v1", kind: "Ingress", plural: "ingresses" };
export const DNS_ENDPOINT: KubeKind = {
  apiVersion: "externaldns.k8s.io/v1alpha1",
  kind: "DNSEndpoint",
  plural: "dnsendpoints",
};

interface Stored extends KubeObject {
  readonly metadata: KubeObject["metadata"] & { readonly resourceVersion: string; readonly uid: string };
}

interface Watcher {
  readonly kind: KubeKind;
  readonly response: ServerResponse;
}

export async function startKubeLite(kinds: readonly KubeKind[] = [INGRESS, DNS_ENDPOINT]): Promise<KubeLite> {
  const objects = new Map<string, Stored>();
  const watchers = new Set<Watcher>();
  let version = 1;
  const server = createServer(serve);
  const url = await listenOnLoopback(server);

  return { url, put, remove, stop: () => closeServer(server) };

  function put(object: KubeObject): void {
    const known = objects.get(keyOf(object));
    version++;
    const uid = known?.metadata.uid ?? `uid-${version}`;
    const stored = {
      ...object,
      metadata: { generation: 1, ...object.metadata, uid, resourceVersion: String(version) },
    };
    objects.set(keyOf(object), stored);
    tell(known === undefined ? "ADDED" : "MODIFIED", stored);
  }

  function remove(object: KubeObject): void {
    const known = objects.get(keyOf(object));
    if (known === undefined) return;
    version++;
    objects.delete(keyOf(object));
    tell("DELETED", { ...known, metadata: { ...known.metadata, resourceVersion: String(version) } });
  }

  function tell(type: string, object: KubeObject): void {
    for (const { kind, response } of watchers) if (isOf(kind, object)) writeEvent(response, type, object);
  }

  function serve(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? "/", url);
    const kind = kinds.find((candidate) => pathname === listPath(candidate));
    if (request.method !== "GET") answer(response, failure(405));
    else if (kind === undefined) answer(response, discovery(kinds, pathname));
    else if (searchParams.get("watch") === "true") watch(kind, response, searchParams);
    else answer(response, { status: 200, body: listOf(kind) });
  }

  function listOf(kind: KubeKind): object {
    const items = [...objects.values()].filter((object) => isOf(kind, object));
    const { apiVersion } = kind;
    return { apiVersion, kind: `${kind.kind}List`, metadata: { resourceVersion: String(version) }, items };
  }

  function watch(kind: KubeKind, response: ServerResponse, query: URLSearchParams): void {
    response.writeHead(200, { "Content-Type": "application/json" });
    response.flushHeaders();
    const since = Number(query.get("resourceVersion") ?? "0");
    const wantsAll = query.get("sendInitialEvents") === "true";
    for (const object of objects.values()) {
      const isNews = wantsAll || Number(object.metadata.resourceVersion) > since;
      if (isOf(kind, object) && isNews) writeEvent(response, "ADDED", object);
    }
    if (wantsAll) writeEvent(response, "BOOKMARK", initialEventsEnd(kind));
    const watcher = { kind, response };
    watchers.add(watcher);
    response.on("close", () => watchers.delete(watcher));
  }

  function initialEventsEnd(kind: KubeKind): object {
    const annotations = { "k8s.io/initial-events-end": "true" };
    return {
      apiVersion: kind.apiVersion,
      kind: kind.kind,
      metadata: { resourceVersion: String(version), annotations },
    };
  }
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

/** The unaggregated discovery documents: every client falls back to them. */
function discovery(kinds: readonly KubeKind[], pathname: string): Answer {
  if (pathname === "/api") return { status: 200, body: { kind: "APIVersions", versions: ["v1"] } };
  if (pathname === "/apis")
    return { status: 200, body: { kind: "APIGroupList", apiVersion: "v1", groups: kinds.map(group) } };
  const resources = kinds.filter(({ apiVersion }) => pathname === `/apis/${apiVersion}`).map(resource);
  const [first] = kinds.filter(({ apiVersion }) => pathname === `/apis/${apiVersion}`);
  if (first === undefined) return failure(404);
  return {
    status: 200,
    body: { kind: "APIResourceList", apiVersion: "v1", groupVersion: first.apiVersion, resources },
  };
}

function group({ apiVersion }: KubeKind): object {
  const [name, version] = apiVersion.split("/");
  const preferredVersion = { groupVersion: apiVersion, version };
  return { name, versions: [preferredVersion], preferredVersion };
}

function resource({ plural, kind }: KubeKind): object {
  return { name: plural, singularName: kind.toLowerCase(), namespaced: true, kind, verbs: ["get", "list", "watch"] };
}

function failure(code: number): Answer {
  return { status: code, body: { kind: "Status", apiVersion: "v1", status: "Failure", code } };
}

function listPath({ apiVersion, plural }: KubeKind): string {
  return `/apis/${apiVersion}/${plural}`;
}

function isOf(kind: KubeKind, object: KubeObject): boolean {
  return object.apiVersion === kind.apiVersion && object.kind === kind.kind;
}

function keyOf({ apiVersion, kind, metadata }: KubeObject): string {
  return JSON.stringify([apiVersion, kind, metadata.namespace, metadata.name]);
}

function writeEvent(response: ServerResponse, type: string, object: object): void {
  response.write(`${JSON.stringify({ type, object })}\n`);
}

function answer(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
}
