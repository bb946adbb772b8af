// When the last good state is written, and how much of what was found at the start is young enough to be answered. Knows no object
// and no folder: both are given to it.

import type { Clock } from "#src/lib/clock.ts";
import type { Lifecycle } from "#src/lib/lifecycle.ts";
import type { Logger } from "#src/lib/log.ts";
import type { Checkpoint } from "./checkpoint-file.ts";
import type { CheckpointFolder } from "./checkpoint-folder.ts";

/** Often enough that a restart forgets little, seldom enough for the flash memory of a router. */
const SAVE_INTERVAL_MS = 30_000;
/** A state that never changes is written all the same, so that it does not look old: its age is that of the last proof. */
const REFRESH_INTERVAL_MS = 6 * 3_600_000;
/** Older than any holiday in which a cluster stayed off is not worth answering (facts: reliability.md 4.4). */
const MAX_AGE_MS = 7 * 24 * 3_600_000;

export type CheckpointContent = Pick<Checkpoint, "clusters" | "views">;

export interface CheckpointKeeperOptions {
  readonly folder: CheckpointFolder;
  readonly clock: Clock;
  readonly log: Logger;
  /** The state to write; `undefined` while there is none worth it, so that half a state never takes the place of a whole one. */
  collect(): CheckpointContent | undefined;
}

export interface CheckpointKeeper extends Lifecycle {
  /** What the process before left and is young enough; `undefined` when there is nothing to go by. Before `start`. */
  restore(): Promise<CheckpointContent | undefined>;
  /** The state is another: it is written soon, and when the process stops at the latest. */
  changed(): void;
  status(): CheckpointStatus;
}

export interface CheckpointStatus {
  /** Unix milliseconds of the last state on disk, from this life or the one before. */
  readonly savedAtMs: number | undefined;
  /** Writes that the disk refused in this life. */
  readonly failedWrites: number;
}

export function createCheckpointKeeper(options: CheckpointKeeperOptions): CheckpointKeeper {
  return new TimedKeeper(options);
}

class TimedKeeper implements CheckpointKeeper {
  readonly #options: CheckpointKeeperOptions;
  readonly #stopping = new AbortController();
  #savedAtMs: number | undefined;
  #failedWrites = 0;
  #isDirty = false;
  #resting = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: CheckpointKeeperOptions) {
    this.#options = options;
  }

  status(): CheckpointStatus {
    return { savedAtMs: this.#savedAtMs, failedWrites: this.#failedWrites };
  }

  async restore(): Promise<CheckpointContent | undefined> {
    const { folder, clock, log } = this.#options;
    const found = await folder.load();
    if (found === undefined) return undefined;
    this.#savedAtMs = found.savedAtMs;
    const nowMs = clock.nowMs();
    let tooOld = 0;
    const views = new Map(
      [...found.views].map(([name, { filters, claims }]) => {
        const young = claims.filter(({ knownAtMs }) => nowMs - knownAtMs <= MAX_AGE_MS);
        tooOld += claims.length - young.length;
        return [name, { filters, claims: young }] as const;
      }),
    );
    if (tooOld > 0)
      log.warn({ recordSets: tooOld, savedAtMs: found.savedAtMs }, "checkpoint is too old to be answered");
    return { clusters: found.clusters, views };
  }

  start(): Promise<void> {
    this.#running = this.#run(this.#stopping.signal);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error("stopping"));
    await this.#running;
    if (this.#isDirty) await this.#save();
  }

  changed(): void {
    this.#isDirty = true;
    this.#resting.abort(new Error("changed"));
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (!this.#isDirty) await this.#rest(signal);
      if (signal.aborted) return;
      const outcome = await this.#save();
      if (outcome !== "nothing") await this.#sleep(SAVE_INTERVAL_MS, signal);
    }
  }

  /** Until something changes, or until what is on disk looks old. */
  async #rest(signal: AbortSignal): Promise<void> {
    this.#resting = new AbortController();
    await this.#sleep(REFRESH_INTERVAL_MS, AbortSignal.any([signal, this.#resting.signal]));
  }

  /** Ends early with the signal, which the caller looks at. */
  #sleep(delayMs: number, signal: AbortSignal): Promise<void> {
    return this.#options.clock.sleep(delayMs, signal).catch(() => undefined);
  }

  async #save(): Promise<"saved" | "refused" | "nothing"> {
    this.#isDirty = false;
    const content = this.#options.collect();
    if (content === undefined) return "nothing";
    const savedAtMs = this.#options.clock.nowMs();
    if (await this.#options.folder.save({ ...content, savedAtMs })) {
      this.#savedAtMs = savedAtMs;
      return "saved";
    }
    this.#failedWrites += 1;
    this.#isDirty = true;
    return "refused";
  }
}
