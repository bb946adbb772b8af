// What a console turned out not to do, learned while working with it; forgotten when its APIs are detected anew.

import type { RecordType } from "#src/domain/record.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { Logger } from "#src/lib/log.ts";
import type { Refusal } from "./classify.ts";

/** A record that failed with a 500 so often is to blame for it: once may be a hiccup. */
const FAILURES_TO_BLAME = 2;
/** While no write succeeds, at most one record is blamed in this time: it may well be the console that is ill. */
const BLAME_INTERVAL_MS = 60_000;
/** Records with a 500 that are remembered; then all are forgotten, which costs each one more try. */
const MAX_REMEMBERED = 1_000;

export class LearnedLimits {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #withoutUpdate = new Set<RecordType>();
  readonly #failures = new Map<string, number>();
  #blamedAtMs: number | undefined;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Types that are replaced by a create and a delete. */
  get typesWithoutUpdate(): readonly RecordType[] {
    return [...this.#withoutUpdate];
  }

  canUpdate(type: RecordType): boolean {
    return !this.#withoutUpdate.has(type);
  }

  noteNoUpdate(type: RecordType, { status, message }: Refusal): void {
    this.#withoutUpdate.add(type);
    this.#log.warn({ provider: "unifi", type, status, reason: message }, "console found unable to update in place");
  }

  /** A write of this record went well: what it met before was a hiccup. */
  noteSuccess(record: string): void {
    this.#failures.delete(record);
    this.#blamedAtMs = undefined;
  }

  /** Counts one more 500 for this record; true when it is the record that the console cannot take. */
  isRecordToBlame(record: string): boolean {
    if (this.#failures.size >= MAX_REMEMBERED) this.#failures.clear();
    const failures = (this.#failures.get(record) ?? 0) + 1;
    this.#failures.set(record, failures);
    if (failures < FAILURES_TO_BLAME) return false;
    const nowMs = this.#clock.monotonicMs();
    if (this.#blamedAtMs !== undefined && nowMs - this.#blamedAtMs < BLAME_INTERVAL_MS) return false;
    this.#blamedAtMs = nowMs;
    this.#failures.delete(record);
    return true;
  }
}
