// What was known of the clusters before the process started, answered until they have been read again, and what is known now,
// kept for the next time. Knows when a kind has been read; the checkpoint knows files and times.

import type { CheckpointContent, CheckpointKeeper } from "#src/checkpoint/checkpoint-keeper.ts";
import type { ObjectKey } from "#src/domain/cluster-object.ts";
import { type DomainName, parentOf } from "#src/domain/name.ts";
import type { Origin, RecordSet } from "#src/domain/record.ts";
import type { Logger } from "#src/lib/log.ts";
import type { Source } from "#src/sources/source.ts";
import { claimsOf } from "./claims.ts";
import type { ClusterClaims } from "./cluster-claims.ts";
import type { ClusterFeedReport } from "./cluster-feed.ts";
import type { View } from "./view.ts";

export interface ClusterMemory {
  /** Answers what the checkpoint holds, as stale. Resolves when it is served; at once when there is none. */
  recall(): Promise<void>;
  /** The report is another, or the objects are: lets go of what is known better. */
  look(): void;
  /** The whole state for the checkpoint; `undefined` until nothing is stale and each kind was read, is absent or forbidden. */
  collect(): CheckpointContent | undefined;
  status(): { readonly staleRecordSets: number; readonly savedAtMs: number | undefined };
  /** Whether there is anything to answer from before the first list. */
  readonly hasRecalled: boolean;
}

export interface ClusterMemoryOptions {
  readonly views: readonly View[];
  readonly sources: readonly Source[];
  readonly keeper: CheckpointKeeper;
  readonly report: () => ClusterFeedReport;
  readonly log: Logger;
  /** Hands what a view contributes on; never rejects. */
  everyView(contribute: (view: View) => Promise<void>): Promise<void>;
}

export function createClusterMemory(options: ClusterMemoryOptions): ClusterMemory {
  return new RecalledClaims(options);
}

class RecalledClaims implements ClusterMemory {
  readonly #options: ClusterMemoryOptions;
  /** By the kind of an origin. */
  readonly #sources: ReadonlyMap<string, Source>;
  #recalled: CheckpointContent | undefined;
  /** Of each view, what is still answered. */
  #stale: ReadonlyMap<string, readonly RecordSet[]> = new Map();

  constructor(options: ClusterMemoryOptions) {
    this.#options = options;
    this.#sources = new Map(options.sources.map((source) => [source.resource.kind, source]));
  }

  get hasRecalled(): boolean {
    return this.#recalled !== undefined;
  }

  async recall(): Promise<void> {
    const { keeper, log } = this.#options;
    const restored = await keeper.restore();
    if (restored === undefined) return;
    this.#recalled = restored;
    this.#stale = new Map(this.#options.views.map((view) => [view.name, stillSeen(view, restored)]));
    const recordSets = this.#count();
    log.warn({ recordSets, savedAtMs: restored.savedAtMs }, "answering from the checkpoint until the cluster is read");
    await this.#contribute();
  }

  look(): void {
    const before = this.#count();
    if (before === 0) return;
    const known = this.#known();
    this.#stale = new Map(
      this.#options.views.map(({ name, cluster }) => {
        const sets = this.#stale.get(name) ?? [];
        return [name, sets.filter((set) => this.#isNeeded(set, known.get(set.origin.cluster ?? ""), cluster))];
      }),
    );
    if (this.#count() === before) return;
    void this.#contribute();
    if (this.#count() === 0) this.#options.log.info({}, "the checkpoint is not answered any more");
  }

  collect(): CheckpointContent | undefined {
    const { clusters } = this.#options.report();
    const isWhole = clusters.every(({ kinds }) => kinds.every(isSettled));
    const uids = clusters.map(({ name, identity }) => [nameAmong(clusters, name), identity.uid ?? ""] as const);
    if (!isWhole || this.#count() > 0) return undefined;
    return {
      clusterUids: new Map(uids),
      filters: new Map(this.#options.views.map(({ name, filters }) => [name, filters])),
      claims: new Map(this.#options.views.map(({ name, cluster }) => [name, cluster.recordSets()])),
    };
  }

  status(): { readonly staleRecordSets: number; readonly savedAtMs: number | undefined } {
    return { staleRecordSets: this.#count(), savedAtMs: this.#options.keeper.savedAtMs };
  }

  #count(): number {
    return [...this.#stale.values()].reduce((sum, sets) => sum + sets.length, 0);
  }

  #contribute(): Promise<void> {
    return this.#options.everyView(({ name, answers }) =>
      answers.contribute("checkpoint", claimsOf(this.#stale.get(name) ?? [])),
    );
  }

  /** What has been read by now, of each cluster that is the one it was. */
  #known(): ReadonlyMap<string, KindsRead> {
    const { clusters } = this.#options.report();
    const same = clusters.filter(({ name, identity: { uid } }) => {
      const knownUid = this.#recalled?.clusterUids.get(nameAmong(clusters, name)) ?? "";
      return uid === undefined || knownUid === "" || uid === knownUid;
    });
    return new Map(
      same.map(({ name, kinds }) => [nameAmong(clusters, name), new Set(kinds.filter(hasBeenRead).map(kindText))]),
    );
  }

  /** Never from another cluster; else until its object is known better, or all that its source reads has been read. */
  #isNeeded({ name, targets, origin }: RecordSet, read: KindsRead | undefined, live: ClusterClaims): boolean {
    const source = this.#sources.get(origin.kind);
    // A source that was switched off claims nothing, and nothing stale either.
    if (read === undefined || source === undefined) return false;
    if (!read.has(kindText(source.resource))) return true;
    if (source.lookups.every((shape) => read.has(kindText(shape)))) return false;
    // What it looks up may never be read, for want of rights: then each object is judged by itself.
    const claims = live.of(keyOfOrigin(source, origin));
    const isKnownBetter = (set: RecordSet): boolean =>
      set.name === name && (set.targets.length > 0 || targets.length === 0);
    return claims !== undefined && !claims.some(isKnownBetter);
  }
}

/** Where a filter is another than it was, what it let in then may be what it is to keep out now. */
function stillSeen(
  { name: view, filters }: View,
  { claims, filters: before }: CheckpointContent,
): readonly RecordSet[] {
  return (claims.get(view) ?? []).filter(({ name }) => {
    const apex = apexOf(name, filters);
    return apex !== undefined && filters.get(apex) === before.get(view)?.get(apex);
  });
}

/** As `kindText` has them. */
type KindsRead = ReadonlySet<string>;

type ClusterReport = ClusterFeedReport["clusters"][number];
type KindReport = ClusterReport["kinds"][number];

/** "" for the only cluster, however it is reached. */
function nameAmong(clusters: readonly ClusterReport[], reported: string): string {
  return clusters.length === 1 ? "" : reported;
}

/** It was listed once, or the server does not have it, which it has to say more than once: one that starts has few kinds. */
function hasBeenRead({ isGone, lastProofAtMs }: KindReport): boolean {
  return isGone || lastProofAtMs !== undefined;
}

/** Nothing more is to be expected of it: without a right for one kind the others are remembered all the same. */
function isSettled({ state, lastProofAtMs }: KindReport): boolean {
  return state === "parked" || state === "forbidden" || lastProofAtMs !== undefined;
}

function kindText({ group, kind }: { readonly group: string; readonly kind: string }): string {
  return `${group}/${kind}`;
}

function keyOfOrigin({ resource }: Source, { namespace = "", name, cluster }: Origin): ObjectKey {
  return { ...resource, namespace, name, ...(cluster === undefined ? {} : { cluster }) };
}

/** Of the zone that the name lies in. */
function apexOf(name: DomainName, zones: View["filters"]): DomainName | undefined {
  let apex: DomainName | undefined = name;
  while (apex !== undefined && !zones.has(apex)) apex = parentOf(apex);
  return apex;
}
