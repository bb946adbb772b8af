// When the last good state is written, and whether what was found at the start may still be answered. Knows no object and no
// folder: both are given to it.

import type { RecordSet } from "#src/domain/record.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { Lifecycle } from "#src/lib/lifecycle.ts";
import type { Logger } from "#src/lib/log.ts";
import type { Checkpoint } from "./checkpoint-file.ts";
import type { CheckpointFolder } from "./checkpoint-folder.ts";

/** Often enough that a restart forgets little, seldom enough for the flash memory of a router. */
const SAVE_INTERVAL_MS = 30_000;
/** Older than any holiday in which a cluster stayed off is not worth answering (facts: reliability.md 4.4). */
const MAX_AGE_MS = 7 * 24 * 3_600_000;
/** RFC 8767 §4 recommends 30 seconds for stale answers: clients ask again soon. */
const STALE_TTL_SECONDS = 30;

/** A state that never changes is written so often: its age on disk is what decides whether it is answered. */
const RENEW_AFTER_MS = 6 * 3_600_000;

export type CheckpointContent = Pick<Checkpoint, "clusterUids" | "filters" | "claims">;

export interface CheckpointKeeperOptions {
  readonly folder: CheckpointFolder;
  readonly clock: Clock;
  readonly log: Logger;
  /** The state to write; `undefined` while it is not whole, so that half a state never takes the place of a whole one. */
  collect(): CheckpointContent | undefined;
}

export interface CheckpointKeeper extends Lifecycle {
  /** What the process before left, its claims marked as stale; `undefined` when there is nothing to go by. Before `start`. */
  restore(): Promise<(CheckpointContent & { readonly savedAtMs: number }) | undefined>;
  /** The state is another: it is written soon, and when the process stops at the latest. */
  changed(): void;
  /** The state is proven to be the same still: it is written again once in a while, so that its age is not that of its last change. */
  confirmed(): void;
  /** Unix milliseconds of the last state on disk, from this life or the one before. */
  readonly savedAtMs: number | undefined;
}

export function createCheckpointKeeper(options: CheckpointKeeperOptions): CheckpointKeeper {
  return new TimedKeeper(options);
}

class TimedKeeper implements CheckpointKeeper {
  readonly #options: CheckpointKeeperOptions;
  readonly #stopping = new AbortController();
  #savedAtMs: number | undefined;
  #isDirty = false;
  #wake: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: CheckpointKeeperOptions) {
    this.#options = options;
  }

  get savedAtMs(): number | undefined {
    return this.#savedAtMs;
  }

  async restore(): Promise<(CheckpointContent & { readonly savedAtMs: number }) | undefined> {
    const { folder, clock, log } = this.#options;
    const found = await folder.load();
    if (found === undefined) return undefined;
    this.#savedAtMs = found.savedAtMs;
    const ageMs = Math.max(0, clock.nowMs() - found.savedAtMs);
    if (ageMs > MAX_AGE_MS) {
      log.warn({ ageSeconds: Math.round(ageMs / 1_000) }, "checkpoint is too old and is not answered");
      return undefined;
    }
    const claims = new Map([...found.claims].map(([view, recordSets]) => [view, recordSets.map(asStale)]));
    return { clusterUids: found.clusterUids, filters: found.filters, claims, savedAtMs: found.savedAtMs };
  }

  start(): Promise<void> {
    this.#running = this.#run(this.#stopping.signal);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error("stopping"));
    this.#wake();
    await this.#running;
    await this.#saveIfDirty();
  }

  changed(): void {
    this.#isDirty = true;
    this.#wake();
  }

  confirmed(): void {
    const ageMs = this.#options.clock.nowMs() - (this.#savedAtMs ?? Number.POSITIVE_INFINITY);
    if (ageMs >= RENEW_AFTER_MS) this.changed();
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (!this.#isDirty) await this.#untilChanged();
      if (signal.aborted) return;
      await this.#saveIfDirty();
      await this.#options.clock.sleep(SAVE_INTERVAL_MS, signal).catch(() => undefined);
    }
  }

  #untilChanged(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (this.#isDirty || this.#stopping.signal.aborted) resolve();
    });
  }

  async #saveIfDirty(): Promise<void> {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    const content = this.#options.collect();
    const savedAtMs = this.#options.clock.nowMs();
    const isSaved = content !== undefined && (await this.#options.folder.save({ ...content, savedAtMs }));
    if (isSaved) this.#savedAtMs = savedAtMs;
    else this.#isDirty = true;
  }
}

function asStale(set: RecordSet): RecordSet {
  return { ...set, ttlSeconds: Math.min(set.ttlSeconds ?? STALE_TTL_SECONDS, STALE_TTL_SECONDS), isStale: true };
}
