// The objects of one or several clusters, kept up to date through their APIs: the counterpart of the folder of manifests. Knows no
// DNS; which kinds matter and what is kept of an object is given from above.

import type { ClusterObject, InventoryChange } from "#src/domain/cluster-object.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { Lifecycle } from "#src/lib/lifecycle.ts";
import type { Logger } from "#src/lib/log.ts";
import { type ChangeFeed, createChangeFeed } from "./change-feed.ts";
import type { ApiClient } from "./client.ts";
import { type AcceptCluster, acceptFirst, type ClusterIdentity, createClusterIdentity } from "./identity.ts";
import { KindWatch } from "./kind-watch.ts";
import type { Transform } from "./object-store.ts";
import { type InventoryReport, isSettled, reportKind } from "./report.ts";
import type { WantedResource } from "./served-resource.ts";

/** One cluster that can be asked. */
export interface ClusterLink {
  /** Unique among those given. */
  readonly name: string;
  readonly client: ApiClient;
}

export interface ClusterInventoryOptions {
  /** With several of them every object says which one it is from. */
  readonly clusters: readonly ClusterLink[];
  readonly resources: readonly WantedResource[];
  /** Only objects in these; empty: all of them. */
  readonly namespaces: readonly string[];
  readonly transform: Transform;
  readonly clock: Clock;
  readonly log: Logger;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** By default the first cluster seen at each address, and no other until the process ends. */
  readonly acceptCluster?: AcceptCluster;
  /** Called with what changed, never with nothing. When it throws, everything is told anew a moment later. */
  readonly onChange: (change: InventoryChange) => void;
  /** Something in the report is another. Must not throw. */
  onReport?(): void;
}

export interface ClusterInventory extends Lifecycle {
  /** Resolves at once: an API that is away is waited for, and whoever serves DNS does not wait. */
  start(): Promise<void>;
  report(): InventoryReport;
}

/** Longest wait for kinds that neither list nor fail for good (docs/decisions.md 16). */
const WAIT_FOR_KINDS_MS = 60_000;

/** Asks nothing before `start`. */
export function createClusterInventory(options: ClusterInventoryOptions): ClusterInventory {
  return new WatchedClusters(options);
}

interface WatchedCluster {
  readonly name: string;
  readonly identity: ClusterIdentity;
  readonly kinds: readonly { readonly wanted: WantedResource; readonly watch: KindWatch }[];
}

class WatchedClusters implements ClusterInventory {
  readonly #options: ClusterInventoryOptions;
  readonly #stopping = new AbortController();
  readonly #feed: ChangeFeed;
  readonly #clusters: readonly WatchedCluster[];
  #hasWaited = false;
  #running: Promise<unknown> | undefined;

  constructor(options: ClusterInventoryOptions) {
    const { clock, random, log } = options;
    this.#options = options;
    this.#feed = createChangeFeed({
      clock,
      random,
      log,
      signal: this.#stopping.signal,
      onChange: options.onChange,
      objects: () => this.#objects(),
    });
    this.#clusters = options.clusters.map((link) => this.#watched(link));
  }

  start(): Promise<void> {
    if (this.#running !== undefined) return Promise.reject(new Error("the inventory was started already"));
    const { signal } = this.#stopping;
    const runs = this.#clusters.flatMap(({ kinds }) => kinds.map(({ watch }) => watch.run(signal)));
    this.#running = Promise.all([...runs, this.#waitForKinds(signal)]);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error("stopping"));
    await this.#running;
  }

  report(): InventoryReport {
    return {
      synced: this.#isSynced(),
      handlerFailures: this.#feed.failures(),
      clusters: this.#clusters.map(({ name, identity, kinds }) => ({
        name,
        identity: identity.status(),
        kinds: kinds.map(({ wanted, watch }) => reportKind(wanted, watch)),
      })),
    };
  }

  *#objects(): Iterable<ClusterObject> {
    for (const { kinds } of this.#clusters) {
      for (const { watch } of kinds) for (const { store } of watch.shares) yield* store.objects();
    }
  }

  #isSynced(): boolean {
    return this.#hasWaited || this.#clusters.every(({ kinds }) => kinds.every(({ watch }) => isSettled(watch)));
  }

  async #waitForKinds(signal: AbortSignal): Promise<void> {
    // Rejects when we are stopped, and then nobody asks.
    await this.#options.clock.sleep(WAIT_FOR_KINDS_MS, signal).catch(() => undefined);
    if (signal.aborted) return;
    this.#hasWaited = true;
    this.#options.onReport?.();
  }

  #watched({ name, client }: ClusterLink): WatchedCluster {
    const { resources, namespaces, clock, random, clusters, acceptCluster } = this.#options;
    const log = clusters.length > 1 ? withFields(this.#options.log, { cluster: name }) : this.#options.log;
    const onState = (): void => this.#options.onReport?.();
    const identity = createClusterIdentity({
      client,
      accept: acceptCluster ?? acceptFirst,
      onState: (state, uids) => {
        if (state === "other") log.error({ ...uids }, "another cluster answers; what was known is served");
        else log.info({ identity: state, uid: uids.seen }, "cluster identified");
        onState();
      },
    });
    const transform = clusters.length > 1 ? marked(this.#options.transform, name) : this.#options.transform;
    const kinds = resources.map((wanted) => ({
      wanted,
      watch: new KindWatch({
        client,
        wanted,
        namespaces,
        transform,
        clock,
        random,
        log,
        verifyCluster: (signal) => identity.verify(signal),
        onChange: (change) => this.#feed.tell(change),
        onState,
      }),
    }));
    return { name, identity, kinds };
  }
}

function marked(transform: Transform, cluster: string): Transform {
  return (raw): ClusterObject | undefined => {
    const object = transform(raw);
    return object === undefined ? undefined : { ...object, metadata: { ...object.metadata, cluster } };
  };
}

function withFields(log: Logger, fields: object): Logger {
  return {
    debug: (more, event) => log.debug({ ...fields, ...more }, event),
    info: (more, event) => log.info({ ...fields, ...more }, event),
    warn: (more, event) => log.warn({ ...fields, ...more }, event),
    error: (more, event) => log.error({ ...fields, ...more }, event),
  };
}
