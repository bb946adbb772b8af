// Doubts a list that is much shorter than the last one we believed, though we did not delete that much: a backend that reboots
// answers with an empty list, and believing it would create everything anew (or delete what it then shows).

import { createHash } from "node:crypto";
import { UpstreamProtocol } from "#src/errors.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { RecordList } from "#src/providers/provider.ts";

/** A list is doubted when it lost more than this share … */
const MAX_LOST_SHARE = 0.5;
/** … and at least so many records: three records fewer than six is somebody tidying up. */
const MIN_LOST = 5;
/** So many equal lists, this far apart, are believed after all. */
const READS_TO_BELIEVE = 3;
const READ_INTERVAL_MS = 30_000;

export class ListGuard {
  readonly #provider: string;
  readonly #clock: Clock;
  /** Records of the last list we believed, less what we deleted and more what we created since. */
  #expected: number | undefined;
  #doubted: { readonly digest: string; reads: number; lastReadMs: number } | undefined;

  constructor(provider: string, clock: Clock) {
    this.#provider = provider;
    this.#clock = clock;
  }

  /** Returns the list when it is believed. Throws UpstreamProtocol (retryable) while it is doubted. */
  accept(list: RecordList): RecordList {
    const { length } = list.records;
    const lost = (this.#expected ?? length) - length;
    const isDoubtful = lost >= MIN_LOST && lost > (this.#expected ?? 0) * MAX_LOST_SHARE;
    if (isDoubtful && !this.#isConfirmed(list)) {
      throw new UpstreamProtocol(
        "list.implausible",
        { upstream: this.#provider, operation: "list" },
        `the list has ${length} records where ${this.#expected ?? 0} were expected; it is believed after ` +
          `${READS_TO_BELIEVE} equal lists, ${READ_INTERVAL_MS / 1_000} s apart`,
      );
    }
    this.#doubted = undefined;
    this.#expected = length;
    return list;
  }

  /** Tells of our own writes, so that they are not doubted. */
  noteWritten(difference: number): void {
    if (this.#expected !== undefined) this.#expected = Math.max(0, this.#expected + difference);
  }

  #isConfirmed(list: RecordList): boolean {
    const digest = digestOf(list);
    const nowMs = this.#clock.monotonicMs();
    if (this.#doubted?.digest !== digest) {
      this.#doubted = { digest, reads: 1, lastReadMs: nowMs };
      return false;
    }
    if (nowMs - this.#doubted.lastReadMs >= READ_INTERVAL_MS) {
      this.#doubted.reads += 1;
      this.#doubted.lastReadMs = nowMs;
    }
    return this.#doubted.reads >= READS_TO_BELIEVE;
  }
}

function digestOf(list: RecordList): string {
  const lines = list.records.map((record) => `${record.name} ${record.type} ${record.target}`).sort();
  return createHash("sha256").update(lines.join("\n")).digest("hex");
}
