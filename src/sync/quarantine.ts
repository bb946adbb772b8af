// Remembers for a while what a backend refused for good, so that the same refused write is not sent with every loop of
// external-dns. The item goes on failing, with the backend's own reason.

import type { Clock } from "#src/lib/clock.ts";
import { type ChangeItem, itemKey } from "#src/sync/change-items.ts";
import type { ItemFailure } from "#src/sync/sync-engine.ts";

/** After this the backend is asked again: a firmware update or another record may have changed its mind. */
const QUARANTINE_MS = 60 * 60_000;
/** More refused items than a site has names are somebody's experiment; the oldest are forgotten. */
const MAX_ENTRIES = 10_000;

interface Entry {
  readonly wanted: string;
  readonly failure: ItemFailure;
  readonly untilMs: number;
}

export class Quarantine {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Items that would be held back now. */
  get size(): number {
    this.#forgetExpired();
    return this.#entries.size;
  }

  /** The failure that this very item met a short while ago; `undefined` when it may be tried. */
  failureOf(item: ChangeItem): ItemFailure | undefined {
    const entry = this.#entries.get(itemKey(item));
    if (entry === undefined) return undefined;
    if (entry.wanted !== wantedText(item) || this.#clock.monotonicMs() >= entry.untilMs) {
      this.#entries.delete(itemKey(item));
      return undefined;
    }
    return { ...entry.failure, code: "record.quarantined" };
  }

  /** Starts the item's time anew. */
  add(item: ChangeItem, failure: ItemFailure): void {
    this.#entries.delete(itemKey(item));
    const untilMs = this.#clock.monotonicMs() + QUARANTINE_MS;
    this.#entries.set(itemKey(item), { wanted: wantedText(item), failure, untilMs });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MAX_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
  }

  /** The oldest stand first. Nobody asks again for what external-dns has stopped wanting. */
  #forgetExpired(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [key, { untilMs }] of this.#entries) {
      if (nowMs < untilMs) return;
      this.#entries.delete(key);
    }
  }
}

/** A changed wish is another item. */
function wantedText(item: ChangeItem): string {
  return JSON.stringify([item.wanted, item.ttlSeconds]);
}
