// What was known of the clusters before the process started, answered until they have been read again, and what is known now,
// kept for the next time. Knows when a kind has been read; the checkpoint knows files and times.

import type { KnownClaim, KnownCluster, KnownView } from "#src/checkpoint/checkpoint-file.ts";
import type { CheckpointContent, CheckpointKeeper, CheckpointStatus } from "#src/checkpoint/checkpoint-keeper.ts";
import type { RecordSet } from "#src/domain/record.ts";
import type { Logger } from "#src/lib/log.ts";
import type { Source } from "#src/sources/source.ts";
import { claimsOf } from "./claims.ts";
import type { ClusterFeedReport } from "./cluster-feed.ts";
import { type KindsOfSource, kindText, type ReadCluster, readClusters } from "./read-clusters.ts";
import type { View } from "./view.ts";

/** RFC 8767 §4 recommends 30 seconds for stale answers: clients ask again soon. */
const STALE_TTL_SECONDS = 30;

export interface ClusterMemory {
  /** Answers what the checkpoint holds, as stale. Resolves when it is served; at once when there is none. */
  recall(): Promise<void>;
  /** Something has been read, or the report is another: lets go of what is known anew. */
  look(): void;
  /** The whole state for the checkpoint: what is known, and what is still remembered. `undefined` until something was read. */
  collect(): CheckpointContent | undefined;
  status(): ClusterMemoryStatus;
  /** Whether there was anything to answer from before the first list. */
  readonly standsIn: boolean;
}

interface ClusterMemoryStatus extends CheckpointStatus {
  readonly staleRecordSets: number;
  /** Unix milliseconds of the last proof of the oldest of these. */
  readonly staleSinceMs: number | undefined;
}

export interface ClusterMemoryOptions {
  readonly views: readonly Pick<View, "name" | "filters" | "answers" | "cluster">[];
  readonly sources: readonly Pick<Source, "resource" | "lookups">[];
  readonly keeper: Pick<CheckpointKeeper, "restore" | "changed" | "status">;
  readonly report: () => Pick<ClusterFeedReport, "synced" | "clusters">;
  readonly log: Logger;
  /** Hands what a view contributes on; never rejects. */
  everyView(contribute: (view: Pick<View, "name" | "answers">) => Promise<void>): Promise<void>;
}

export function createClusterMemory(options: ClusterMemoryOptions): ClusterMemory {
  return new RecalledClaims(options);
}

class RecalledClaims implements ClusterMemory {
  readonly #options: ClusterMemoryOptions;
  /** By the kind of an origin. */
  readonly #kinds: ReadonlyMap<string, KindsOfSource>;
  /** As the checkpoint has them. */
  #clusters: ReadonlyMap<string, KnownCluster> = new Map();
  /** Of each view, what is still answered. */
  #stale: ReadonlyMap<string, readonly KnownClaim[]> = new Map();
  #staleSinceMs: number | undefined;
  #standsIn = false;

  constructor(options: ClusterMemoryOptions) {
    this.#options = options;
    this.#kinds = new Map(
      options.sources.map(({ resource, lookups }) => [
        resource.kind,
        { own: kindText(resource), lookups: lookups.map(kindText) },
      ]),
    );
  }

  get standsIn(): boolean {
    return this.#standsIn;
  }

  async recall(): Promise<void> {
    const { keeper, log, views } = this.#options;
    const restored = await keeper.restore();
    if (restored === undefined) return;
    this.#clusters = restored.clusters;
    this.#remember(new Map(views.map((view) => [view.name, this.#fittingClaims(view, restored.views.get(view.name))])));
    const recordSets = this.#count();
    if (recordSets === 0) return;
    this.#standsIn = true;
    const { savedAtMs } = keeper.status();
    log.warn({ recordSets, savedAtMs }, "answering from the checkpoint until the cluster is read");
    await this.#contribute();
  }

  look(): void {
    const before = this.#count();
    if (before === 0) return;
    const clusters = readClusters(this.#options.report());
    this.#forgetOthers(clusters);
    this.#keepWhere((view, claim) => this.#isStale(view, claim.set, clusters));
    if (this.#count() === before) return;
    void this.#contribute();
    this.#options.keeper.changed();
    if (this.#count() === 0) this.#options.log.info({}, "the checkpoint is not answered any more");
  }

  collect(): CheckpointContent | undefined {
    const report = this.#options.report();
    const clusters = readClusters(report);
    if (!report.synced || [...clusters.values()].every(({ provenAtMs }) => provenAtMs.size === 0)) return undefined;
    return {
      clusters: new Map([...clusters].map(([name, cluster]) => [name, this.#knownCluster(name, cluster)])),
      views: new Map(
        this.#options.views.map((view) => {
          const fresh = view.cluster.recordSets().map((set) => ({ set, knownAtMs: this.#provenAtMs(set, clusters) }));
          return [view.name, { filters: view.filters, claims: [...fresh, ...(this.#stale.get(view.name) ?? [])] }];
        }),
      ),
    };
  }

  status(): ClusterMemoryStatus {
    return {
      ...this.#options.keeper.status(),
      staleRecordSets: this.#count(),
      staleSinceMs: this.#staleSinceMs,
    };
  }

  /** What is claimed was read, so its kind has a proof. */
  #provenAtMs({ origin }: RecordSet, clusters: ReadonlyMap<string, ReadCluster>): number {
    const proofs = clusters.get(origin.cluster ?? "")?.provenAtMs;
    return proofs?.get(this.#kinds.get(origin.kind)?.own ?? "") ?? 0;
  }

  #knownCluster(name: string, { uid, absentKinds }: ReadCluster): KnownCluster {
    return { uid: uid ?? this.#clusters.get(name)?.uid ?? "", absentKinds: [...absentKinds] };
  }

  /** What other filters let in may be what this view must not show. */
  #fittingClaims(
    { name, filters }: Pick<View, "name" | "filters">,
    known: KnownView | undefined,
  ): readonly KnownClaim[] {
    if (known === undefined || known.claims.length === 0) return [];
    if (known.filters === filters) return known.claims;
    const recordSets = known.claims.length;
    this.#options.log.warn(
      { view: name, recordSets },
      "checkpoint not answered: what the zones watch was set otherwise",
    );
    return [];
  }

  /** Once per cluster: its claims are gone then. */
  #forgetOthers(clusters: ReadonlyMap<string, ReadCluster>): void {
    for (const [name, { uid }] of clusters) {
      const known = this.#clusters.get(name)?.uid ?? "";
      if (uid === undefined || known === "" || uid === known) continue;
      const before = this.#count();
      this.#keepWhere((_, { set }) => (set.origin.cluster ?? "") !== name);
      const recordSets = before - this.#count();
      if (recordSets === 0) continue;
      const fields = { ...(name === "" ? {} : { cluster: name }), known, seen: uid, recordSets };
      this.#options.log.warn(fields, "checkpoint not answered: it is of another cluster");
      if (this.#count() === 0) this.#standsIn = false;
    }
  }

  #isStale(view: string, set: RecordSet, clusters: ReadonlyMap<string, ReadCluster>): boolean {
    const name = set.origin.cluster ?? "";
    const cluster = clusters.get(name);
    const kinds = this.#kinds.get(set.origin.kind);
    // A cluster or a source that was taken out claims nothing, and nothing stale either.
    if (cluster === undefined || kinds === undefined) return false;
    if (!cluster.isRead(kinds.own)) return true;
    const wereAbsent = this.#clusters.get(name)?.absentKinds ?? [];
    const isKnown = (kind: string): boolean =>
      cluster.isRead(kind) || (cluster.absentKinds.has(kind) && wereAbsent.includes(kind));
    return !kinds.lookups.every(isKnown) && !this.#isClaimedAnew(view, set);
  }

  /** The object says something of the name again, whatever else has not been read. */
  #isClaimedAnew(view: string, { name, origin }: RecordSet): boolean {
    const claims = this.#options.views.find((one) => one.name === view)?.cluster.at(name) ?? [];
    return claims.some((claim) => isSameObject(claim.origin, origin));
  }

  #count(): number {
    return [...this.#stale.values()].reduce((sum, claims) => sum + claims.length, 0);
  }

  #keepWhere(isKept: (view: string, claim: KnownClaim) => boolean): void {
    this.#remember(
      new Map([...this.#stale].map(([view, claims]) => [view, claims.filter((claim) => isKept(view, claim))])),
    );
  }

  #remember(stale: ReadonlyMap<string, readonly KnownClaim[]>): void {
    this.#stale = stale;
    const oldest = [...stale.values()].flat().reduce((least, { knownAtMs }) => Math.min(least, knownAtMs), Infinity);
    this.#staleSinceMs = Number.isFinite(oldest) ? oldest : undefined;
  }

  #contribute(): Promise<void> {
    return this.#options.everyView(({ name, answers }) =>
      answers.contribute("checkpoint", claimsOf((this.#stale.get(name) ?? []).map(({ set }) => asStale(set)))),
    );
  }
}

function isSameObject(a: RecordSet["origin"], b: RecordSet["origin"]): boolean {
  return a.kind === b.kind && a.namespace === b.namespace && a.name === b.name && a.cluster === b.cluster;
}

function asStale(set: RecordSet): RecordSet {
  return { ...set, ttlSeconds: Math.min(set.ttlSeconds ?? STALE_TTL_SECONDS, STALE_TTL_SECONDS), isStale: true };
}
