// What was known of the clusters before the process started, answered until they have been read again, and what is known now,
// kept for the next time. Knows when a kind has been read; the checkpoint knows files and times.

import type { CheckpointContent, CheckpointKeeper } from "#src/checkpoint/checkpoint-keeper.ts";
import type { RecordSet } from "#src/domain/record.ts";
import type { Logger } from "#src/lib/log.ts";
import type { Source } from "#src/sources/source.ts";
import { claimsOf } from "./claims.ts";
import type { ClusterFeedReport } from "./cluster-feed.ts";
import type { View } from "./view.ts";

export interface ClusterMemory {
  /** Answers what the checkpoint holds, as stale. Resolves when it is served; at once when there is none. */
  recall(): Promise<void>;
  /** Something of the report is another: lets go of what has been read again. */
  look(): void;
  /** The whole state for the checkpoint; `undefined` until every kind has been read, is known absent, and nothing is stale. */
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
  /** From the kind of an origin to every kind that its source reads. */
  readonly #readBy: ReadonlyMap<string, readonly string[]>;
  #recalled: CheckpointContent | undefined;
  /** Of each view, what is still answered. */
  #stale: ReadonlyMap<string, readonly RecordSet[]> = new Map();

  constructor(options: ClusterMemoryOptions) {
    this.#options = options;
    this.#readBy = new Map(
      options.sources.map(({ resource, lookups }) => [resource.kind, [resource, ...lookups].map(kindText)]),
    );
  }

  get hasRecalled(): boolean {
    return this.#recalled !== undefined;
  }

  async recall(): Promise<void> {
    const { keeper, log } = this.#options;
    const restored = await keeper.restore();
    if (restored === undefined) return;
    this.#recalled = restored;
    this.#stale = restored.claims;
    const recordSets = this.#count();
    log.warn({ recordSets, savedAtMs: restored.savedAtMs }, "answering from the checkpoint until the cluster is read");
    await this.#contribute();
  }

  look(): void {
    if (this.#count() === 0) return;
    const before = this.#count();
    this.#stale = new Map([...this.#stale].map(([view, sets]) => [view, sets.filter((set) => this.#isStale(set))]));
    if (this.#count() === before) return;
    void this.#contribute();
    if (this.#count() === 0) this.#options.log.info({}, "the checkpoint is not answered any more");
  }

  collect(): CheckpointContent | undefined {
    const { clusters } = this.#options.report();
    const isWhole = clusters.every(({ kinds }) => kinds.every(hasBeenRead));
    const uids = clusters.map(({ name, identity }) => [this.#nameOf(name), identity.uid ?? ""] as const);
    if (!isWhole || this.#count() > 0) return undefined;
    return {
      clusterUids: new Map(uids),
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

  /** Until every kind that its source reads has been read in its cluster; never when another cluster answers there now. */
  #isStale({ origin }: RecordSet): boolean {
    const cluster = this.#options.report().clusters.find(({ name }) => this.#nameOf(name) === (origin.cluster ?? ""));
    if (cluster === undefined) return false;
    const knownUid = this.#recalled?.clusterUids.get(origin.cluster ?? "");
    const { uid } = cluster.identity;
    if (uid !== undefined && knownUid !== undefined && knownUid !== "" && uid !== knownUid) return false;
    const kinds = this.#readBy.get(origin.kind) ?? [];
    // A source that was switched off claims nothing, and nothing stale either.
    return kinds.some((text) => !cluster.kinds.some((kind) => kindText(kind) === text && hasBeenRead(kind)));
  }

  /** "" for the only cluster, however it is reached. */
  #nameOf(reported: string): string {
    return this.#options.report().clusters.length === 1 ? "" : reported;
  }
}

/** It was listed once, or the server does not have it: what is known of it is no memory. */
function hasBeenRead({ state, lastProofAtMs }: ClusterFeedReport["clusters"][number]["kinds"][number]): boolean {
  return state === "parked" || lastProofAtMs !== undefined;
}

function kindText({ group, kind }: { readonly group: string; readonly kind: string }): string {
  return `${group}/${kind}`;
}
