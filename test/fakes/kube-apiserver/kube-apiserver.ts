// A Kubernetes API server without etcd: TLS, list, watch, bookmarks, discovery, writes, RBAC, and a fault script.
// `createKubeApiServer(options)` lives in memory, `startKubeApiServer(options)` listens too. Then:
//   transport(), request(method, path, …)         ask in memory, with the same faults and the same clock
//   put(object…), remove(object), object(ref), objects(kind)   the store from outside: no token, no checks, status included
//   define(crd…), undefine(name)                   kinds that appear and vanish
//   adminToken, tokenFor(ns, name), shortLivedToken(ns, name, ms), rotateToken(ns, name), rotateAllTokens()
//   grant(ns, name, rules)                         a service account with a cluster role
//   faults.add(rule…), randomFaults(random, n)     what goes wrong
//   compact(), skipRevisions(n), becomeOtherCluster(), endWatches()
//   requests(), counters(), watches(), openConnections, revision, clusterUid, nowMs()   what happened
// What it is not: schemas and unknown fields are not judged, no controller but the ones that make a namespace and a definition
// complete, no protobuf or table answers, no impersonation (400), no escalation check when roles are written.

import type { ApiResponse, ApiTransport } from "#src/kubernetes/transport.ts";
import { createRandom } from "#test/support/random.ts";
import { BOOTSTRAP_NAMESPACES, BOOTSTRAP_OBJECTS, clusterRole, clusterRoleBinding } from "./bootstrap.ts";
import { Catalogue } from "./catalogue.ts";
import { FaultPlan } from "./faults.ts";
import { createHandler, type Handle } from "./handler.ts";
import { type KubeTime, REAL_TIME } from "./kube-time.ts";
import { exchange, memoryTransport } from "./memory-front.ts";
import { isSameJson, type KubeObject, type StoredObject } from "./objects.ts";
import { RequestLog, type SeenRequest } from "./request-log.ts";
import {
  CUSTOM_RESOURCE_DEFINITIONS,
  NAMESPACES,
  type ResourceKind,
  splitGroupVersion,
  storeKey,
} from "./resources.ts";
import { type ClusterState, newUid, type ServerOptions, timestamp } from "./state.ts";
import { ObjectStore } from "./store.ts";
import { Tokens } from "./tokens.ts";
import type { Watch } from "./watch.ts";
import { afterCreate, afterUpdate, removeStored } from "./writes.ts";

export interface KubeApiServerOptions extends Partial<ServerOptions> {
  readonly time?: KubeTime;
  /** For uids, tokens, jitter; default 1. */
  readonly seed?: number;
  /** Default 1000. */
  readonly firstRevision?: number;
  /** Of namespace kube-system: what identifies a cluster. */
  readonly clusterUid?: string;
}

/** What names an object. */
export type ObjectRef = Pick<KubeObject, "apiVersion" | "kind"> & {
  readonly metadata: Pick<KubeObject["metadata"], "name" | "namespace">;
};

const DEFAULTS: ServerOptions = {
  allowsAnonymous: true,
  bookmarkEveryMs: 60_000,
  minRequestTimeoutMs: 1_800_000,
  compactEveryMs: 300_000,
  gitVersion: "v1.35.2",
};

export function createKubeApiServer(options: KubeApiServerOptions = {}): KubeApiServer {
  return new KubeApiServer(options);
}

export class KubeApiServer {
  readonly handle: Handle;
  readonly faults = new FaultPlan();
  readonly #state: ClusterState;
  readonly #currentTokens = new Map<string, string>();
  #openConnections = 0;
  #compactNext: number;
  #stopCompacting: () => void = () => undefined;

  constructor(options: KubeApiServerOptions) {
    const time = options.time ?? REAL_TIME;
    const random = createRandom(options.seed ?? 1);
    const store = new ObjectStore(options.firstRevision ?? 1000);
    this.#state = {
      store,
      catalogue: new Catalogue(store),
      tokens: new Tokens({ store, time, random }),
      faults: this.faults,
      log: new RequestLog(),
      time,
      random,
      options: { ...DEFAULTS, ...options },
    };
    this.handle = createHandler(this.#state, {
      rotateTokens: () => this.rotateAllTokens(),
      becomeOtherCluster: () => this.becomeOtherCluster(),
      compact: () => this.compact(),
    });
    this.#bootstrap(options.clusterUid);
    this.#compactNext = store.revision;
    this.#planCompaction();
  }

  // Asking in memory

  transport(): ApiTransport {
    return memoryTransport(this.handle, this.#connections);
  }

  /** Any method, as the administrator unless headers say otherwise. */
  request(
    method: string,
    path: string,
    more: { readonly body?: object; readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<ApiResponse> {
    const request = {
      method,
      path,
      headers: { authorization: `Bearer ${this.adminToken}`, "content-type": "application/json", ...more.headers },
      body: Buffer.from(more.body === undefined ? "" : JSON.stringify(more.body)),
    };
    return exchange(this.handle, { request, signal: new AbortController().signal, connections: this.#connections });
  }

  // The store from outside

  /** Creates or replaces, status included; a namespace that is missing is made first. Equal objects change nothing. */
  put(...objects: readonly KubeObject[]): readonly StoredObject[] {
    return objects.map((object) => this.#put(object));
  }

  remove(ref: ObjectRef): StoredObject | undefined {
    const stored = this.object(ref);
    return stored === undefined ? undefined : removeStored(this.#state, this.#kindOf(ref), stored);
  }

  object(ref: ObjectRef): StoredObject | undefined {
    return this.#state.store.read(storeKey(this.#kindOf(ref)), ref.metadata.namespace ?? "", ref.metadata.name);
  }

  /** Of one kind by its plural and group (`pods.`, `ingresses.networking.k8s.io`), or all there are. */
  objects(kind?: string): readonly StoredObject[] {
    return kind === undefined ? this.#state.store.everything() : this.#state.store.all(kind);
  }

  /** Serves the kinds of these CustomResourceDefinitions from now on. */
  define(...definitions: readonly KubeObject[]): void {
    this.put(...definitions);
  }

  /** Takes a kind away (`gateways.gateway.networking.k8s.io`): its objects go, its watches end, 404 from then on. */
  undefine(name: string): void {
    this.remove({ apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", metadata: { name } });
  }

  // Who may ask

  get adminToken(): string {
    return this.#state.tokens.admin;
  }

  /** The token that is valid now; the account is made when it is missing. */
  tokenFor(namespace: string, name: string): string {
    const key = `${namespace}/${name}`;
    const current = this.#currentTokens.get(key);
    if (current !== undefined) return current;
    const ref = { apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace, name } };
    if (this.object(ref) === undefined) this.put(ref);
    const token = this.#state.tokens.issue(namespace, name);
    this.#currentTokens.set(key, token);
    return token;
  }

  /** A token beside the current one, for a time. */
  shortLivedToken(namespace: string, name: string, lifeMs: number): string {
    return this.#state.tokens.issue(namespace, name, lifeMs);
  }

  /** Every token of the account dies; the new one. */
  rotateToken(namespace: string, name: string): string {
    this.#state.tokens.revoke(namespace, name);
    this.#currentTokens.delete(`${namespace}/${name}`);
    return this.tokenFor(namespace, name);
  }

  /** Every token dies, the administrator's too; `tokenFor` and `adminToken` give the new ones. */
  rotateAllTokens(): void {
    this.#state.tokens.revokeAll();
    this.#currentTokens.clear();
  }

  /** A cluster role with these rules, bound to a service account; its token. */
  grant(namespace: string, name: string, rules: readonly object[]): string {
    const role = `${namespace}-${name}`;
    const subjects = [{ kind: "ServiceAccount", name, namespace }];
    this.put(clusterRole(role, rules), clusterRoleBinding(role, role, subjects));
    return this.tokenFor(namespace, name);
  }

  // Events of the cluster

  /** History up to now is forgotten. */
  compact(revision = this.#state.store.revision): void {
    this.#state.store.compact(revision);
  }

  skipRevisions(count: number): void {
    this.#state.store.skipRevisions(count);
  }

  /** The address leads to another cluster with equal objects: other uids, low revisions, no history; watches end. */
  becomeOtherCluster(firstRevision = 10): void {
    this.#state.store.replaceBy(firstRevision, (object) => ({
      ...object,
      metadata: { ...object.metadata, uid: newUid(this.#state) },
    }));
    this.#currentTokens.clear();
  }

  /** As a server that restarts does: every answer that is under way ends. */
  endWatches(): void {
    for (const watch of this.#state.log.watches) watch.end();
  }

  // What happened

  get revision(): number {
    return this.#state.store.revision;
  }

  get compactedRevision(): number {
    return this.#state.store.compactedRevision;
  }

  get clusterUid(): string {
    return this.#state.store.read(storeKey(NAMESPACES), "", "kube-system")?.metadata.uid ?? "";
  }

  /** In memory; those over TLS are counted by the listening server. */
  get openConnections(): number {
    return this.#openConnections;
  }

  nowMs(): number {
    return this.#state.time.nowMs();
  }

  requests(): readonly SeenRequest[] {
    return this.#state.log.requests;
  }

  /** How often what was asked: `list ingresses`, `get /version`. */
  counters(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { verb, resource, path } of this.requests()) {
      const what = `${verb} ${resource === "" ? path : resource}`;
      counts[what] = (counts[what] ?? 0) + 1;
    }
    return counts;
  }

  forgetRequests(): void {
    this.#state.log.clear();
  }

  watches(): readonly Watch[] {
    return [...this.#state.log.watches];
  }

  stop(): void {
    this.#stopCompacting();
    this.endWatches();
  }

  // Inside

  readonly #connections = {
    opened: () => {
      this.#openConnections++;
    },
    closed: () => {
      this.#openConnections--;
    },
  };

  #put(given: KubeObject): StoredObject {
    const resource = this.#kindOf(given);
    const { namespace = "", name } = given.metadata;
    if (resource.isNamespaced && namespace === "") throw new Error(`${given.kind} ${name} needs a namespace`);
    if (resource.isNamespaced) this.#ensureNamespace(namespace);
    const known = this.#state.store.read(storeKey(resource), namespace, name);
    const object = resource === CUSTOM_RESOURCE_DEFINITIONS ? { status: known?.["status"], ...given } : given;
    if (known !== undefined && isSameJson(withoutOwn(known), withoutOwn(object))) return known;
    const generation = known?.metadata["generation"];
    const metadata = {
      uid: known?.metadata.uid ?? newUid(this.#state),
      creationTimestamp: known?.metadata.creationTimestamp ?? timestamp(this.#state),
      generation: typeof generation === "number" ? generation + 1 : 1,
      ...object.metadata,
    };
    const stored = this.#state.store.write(storeKey(resource), { ...object, metadata });
    if (known === undefined) afterCreate(this.#state, resource, stored);
    else afterUpdate(this.#state, resource, { before: known, after: stored });
    return this.#state.store.read(storeKey(resource), namespace, name) ?? stored;
  }

  #ensureNamespace(name: string): void {
    if (this.#state.store.read(storeKey(NAMESPACES), "", name) !== undefined) return;
    this.#put(namespaceObject(name));
  }

  #kindOf({ apiVersion, kind }: Pick<KubeObject, "apiVersion" | "kind">): ResourceKind {
    const { group, version } = splitGroupVersion(apiVersion);
    const found = this.#state.catalogue.findKind(group, version, kind);
    if (found === undefined) throw new Error(`the server does not serve ${kind} in ${apiVersion}`);
    return found;
  }

  #bootstrap(clusterUid: string | undefined): void {
    for (const name of BOOTSTRAP_NAMESPACES) {
      const object = namespaceObject(name);
      const isIdentity = name === "kube-system" && clusterUid !== undefined;
      this.#put(isIdentity ? { ...object, metadata: { ...object.metadata, uid: clusterUid } } : object);
    }
    this.put(...BOOTSTRAP_OBJECTS);
  }

  /** What was written before the last but one tick is forgotten. */
  #planCompaction(): void {
    const { compactEveryMs } = this.#state.options;
    if (!Number.isFinite(compactEveryMs)) return;
    this.#stopCompacting = this.#state.time.after(compactEveryMs, () => {
      this.compact(this.#compactNext);
      this.#compactNext = this.#state.store.revision;
      this.#planCompaction();
    });
  }
}

function namespaceObject(name: string): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels: { "kubernetes.io/metadata.name": name } },
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Active" },
  };
}

/** An object as its author wrote it. */
function withoutOwn(object: KubeObject): unknown {
  const {
    uid: _uid,
    resourceVersion: _version,
    creationTimestamp: _at,
    generation: _generation,
    ...metadata
  } = object.metadata;
  return { ...object, metadata };
}
