// Copies of what a backend held before we wrote to it, so that a person can look up, and give back, what is gone
// (home-operations/external-dns-unifi-webhook #158). Knows when; where they lie is given.

import type { Clock } from "#src/lib/clock.ts";
import type { Logger } from "#src/lib/log.ts";
import type { RecordList, StoredRecord } from "#src/providers/provider.ts";

/** A backup is taken at most this often: before the first write of a process, and of each hour after. */
const INTERVAL_MS = 60 * 60_000;

export interface Backup {
  /** Unix milliseconds at which the list was read. */
  readonly takenAtMs: number;
  readonly records: readonly StoredRecord[];
}

export interface BackupFolder {
  /** Keeps a backup, durably. Throws the system's error. */
  add(backup: Backup): Promise<void>;
  /** Names of what is kept, newest first. Throws the system's error. */
  names(): Promise<readonly string[]>;
  /** `undefined` when there is none of this name, or it cannot be understood. */
  read(name: string): Promise<Backup | undefined>;
}

export interface BackupsOptions {
  readonly folder: BackupFolder | undefined;
  readonly provider: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Backups {
  readonly #options: BackupsOptions;
  #triedAtMs: number | undefined;

  constructor(options: BackupsOptions) {
    this.#options = options;
  }

  /**
   * Called before a write, with the list that it was planned from. A folder that cannot take it is reported and does without: names
   * have to answer all the same.
   */
  async beforeWrite(list: RecordList): Promise<void> {
    const { folder, provider, clock, log } = this.#options;
    const nowMs = clock.monotonicMs();
    if (folder === undefined || (this.#triedAtMs !== undefined && nowMs - this.#triedAtMs < INTERVAL_MS)) return;
    this.#triedAtMs = nowMs;
    try {
      await folder.add({ takenAtMs: clock.nowMs(), records: list.records });
      log.info({ provider, records: list.records.length }, "backup taken");
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn({ provider, reason }, "backup not taken");
    }
  }
}
