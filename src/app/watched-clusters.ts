// The clusters as views have them: what the feed tells reaches every view, held addresses are let go in time, and the last good
// state is recalled at the start and kept from then on. Joins parts; decides nothing about names.

import { createCheckpointFolder } from "#src/checkpoint/checkpoint-folder.ts";
import { type CheckpointKeeper, createCheckpointKeeper } from "#src/checkpoint/checkpoint-keeper.ts";
import type { InventoryChange } from "#src/domain/cluster-object.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { Lifecycle } from "#src/lib/lifecycle.ts";
import type { Logger } from "#src/lib/log.ts";
import type { Source } from "#src/sources/source.ts";
import type { ClusterFeed, ClusterFeedReport } from "./cluster-feed.ts";
import { type ClusterMemory, createClusterMemory } from "./cluster-memory.ts";
import { createHoldTimer, type HoldTimer } from "./hold-timer.ts";
import type { View } from "./view.ts";

export interface WatchedClusters extends Lifecycle {
  /** For the feed. Throws when a view cannot take the change: it is told anew then. */
  takeIn(change: InventoryChange): void;
  /** For the feed: its report is another. */
  noteReport(): void;
  report(): ClusterFeedReport;
  readonly readLease: ClusterFeed["readLease"];
  readonly memory: Pick<ClusterMemory, "status" | "standsIn">;
}

export interface WatchedClustersOptions {
  readonly feed: ClusterFeed;
  readonly views: readonly View[];
  readonly sources: readonly Source[];
  /** Of the checkpoint. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Hands what a view contributes on; never rejects. */
  everyView(contribute: (view: View) => Promise<void>): Promise<void>;
  bugCaught(): void;
}

export function createWatchedClusters(options: WatchedClustersOptions): WatchedClusters {
  return new JoinedClusters(options);
}

class JoinedClusters implements WatchedClusters {
  readonly memory: ClusterMemory;
  readonly readLease: ClusterFeed["readLease"];
  readonly #options: WatchedClustersOptions;
  readonly #keeper: CheckpointKeeper;
  readonly #holds: HoldTimer;
  readonly #stopping = new AbortController();
  #hasSpoken = false;
  #isHolding = false;

  constructor(options: WatchedClustersOptions) {
    const { feed, views, clock, log, folder } = options;
    this.#options = options;
    this.readLease = (...lease) => feed.readLease(...lease);
    this.#keeper = createCheckpointKeeper({
      folder: createCheckpointFolder({ folder, log }),
      clock,
      log,
      collect: () => this.memory.collect(),
    });
    this.memory = createClusterMemory({
      ...options,
      keeper: this.#keeper,
      report: () => feed.report(),
    });
    this.#holds = createHoldTimer({
      clock,
      signal: this.#stopping.signal,
      nextMs: () => earliest(views.map(({ cluster }) => cluster.nextExpiryMs())),
      expire: () => {
        for (const { cluster } of views) cluster.expire();
        this.#contribute();
        this.#noteHeld();
      },
    });
  }

  /** Waits for no answer: an API that is away must not keep other names from being served. */
  async start(): Promise<void> {
    await this.memory.recall();
    await this.#keeper.start();
    await this.#options.feed.start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error("stopping"));
    await this.#options.feed.stop();
    await this.#keeper.stop();
  }

  takeIn(change: InventoryChange): void {
    try {
      for (const { cluster } of this.#options.views) cluster.apply(change);
    } catch (error) {
      this.#options.bugCaught();
      throw error;
    }
    this.#contribute();
    this.#noteHeld();
    this.memory.look();
    this.#holds.look();
  }

  /** The inventory is complete after the change that made it so was told. */
  noteReport(): void {
    if (!this.#hasSpoken && this.report().synced) {
      this.#hasSpoken = true;
      this.#contribute();
      this.#keeper.changed();
    }
    this.memory.look();
  }

  report(): ClusterFeedReport {
    return this.#options.feed.report();
  }

  /** Once when it begins: it is worth a look before it ends. */
  #noteHeld(): void {
    const names = this.#options.views.reduce((most, { cluster }) => Math.max(most, cluster.heldNames()), 0);
    if (names > 0 && !this.#isHolding) this.#options.log.warn({ names }, "most names vanished at once and are held");
    this.#isHolding = names > 0;
  }

  #contribute(): void {
    let isOther = false;
    void this.#options.everyView(({ answers, cluster }) => {
      const touched = cluster.takeTouched();
      isOther ||= touched.size > 0;
      return this.#hasSpoken
        ? answers.contribute("cluster", cluster, touched)
        : answers.contributePart("cluster", cluster, touched);
    });
    // Most changes of objects change no name, and each write costs the disk.
    if (isOther) this.#keeper.changed();
  }
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
