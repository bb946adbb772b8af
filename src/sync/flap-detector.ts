// Notices record sets over which somebody else fights with us: each of our writes is undone and asked for again, for ever, and
// every write costs the whole network a reload of its DNS server. Such a record set is left alone for a while (facts:
// reliability row 35). A wish that changes is no fight, however often it does.

import type { Clock } from "#src/lib/clock.ts";
import type { RecordList, StoredRecord } from "#src/providers/provider.ts";
import { type ChangeItem, isDeletion, itemKey } from "#src/sync/change-items.ts";
import type { ItemFailure } from "#src/sync/sync-engine.ts";

/** Ten loops of external-dns; a person who tries something out undoes it once or twice. */
const MAX_REWRITES = 5;
const WINDOW_MS = 10 * 60_000;
/** After this the fight may be over. */
const HOLD_MS = 10 * 60_000;
/** Record sets that are remembered; those that were written last come first. */
const MAX_ENTRIES = 10_000;

/** What we made of one name and type. */
interface Entry {
  readonly reached: Pick<ChangeItem, "wanted" | "ttlSeconds">;
  /** When we wrote it again because somebody had undone it; the last ten minutes only. */
  readonly rewritesMs: readonly number[];
  readonly heldUntilMs: number;
}

/** How it stands with the items of one batch. */
export interface FlapFindings {
  /** Items that are left alone now. */
  readonly failures: readonly ItemFailure[];
  /** Of those, the ones that were not held before. */
  readonly newlyHeld: readonly ItemFailure[];
  /** Keys of items whose state we had reached and somebody has undone since. */
  readonly undone: ReadonlySet<string>;
}

export class FlapDetector {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Record sets that are left alone now. */
  get held(): number {
    return [...this.#entries.values()].filter((entry) => this.#isHeld(entry)).length;
  }

  /** Called once for each batch, with the list before its first write. */
  examine(list: RecordList, items: readonly ChangeItem[]): FlapFindings {
    const known = items.filter((item) => this.#isAskedAgain(item));
    const present = recordsOf(list, known);
    const undone = known.filter((item) => !stands(item, present.get(itemKey(item)) ?? []));
    const newlyHeld = undone.filter((item) => this.#hold(item));
    const held = undone.filter((item) => this.#isHeld(this.#entries.get(itemKey(item))));
    return {
      failures: held.map(failureOf),
      newlyHeld: newlyHeld.map(failureOf),
      undone: new Set(undone.map(itemKey)),
    };
  }

  /** Takes in that an item was written and stands as it was asked for. */
  noteReached(item: ChangeItem, { undone }: Pick<FlapFindings, "undone">): void {
    const key = itemKey(item);
    const before = this.#isAskedAgain(item) ? this.#entries.get(key) : undefined;
    this.#entries.delete(key);
    if (isDeletion(item)) return;
    const rewritesMs = before === undefined ? [] : this.#recent(before);
    this.#entries.set(key, {
      reached: { wanted: item.wanted, ttlSeconds: item.ttlSeconds },
      rewritesMs: undone.has(key) ? [...rewritesMs, this.#clock.monotonicMs()] : rewritesMs,
      heldUntilMs: before?.heldUntilMs ?? Number.NEGATIVE_INFINITY,
    });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MAX_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
  }

  /** True when the item asks for what we had made of it already. Registry texts follow their data. */
  #isAskedAgain(item: ChangeItem): boolean {
    const reached = this.#entries.get(itemKey(item))?.reached;
    return reached !== undefined && item.ownedName === undefined && isSameWish(item, reached);
  }

  /** True when the item's time begins now. What came before is settled with it. */
  #hold(item: ChangeItem): boolean {
    const entry = this.#entries.get(itemKey(item));
    if (entry === undefined || this.#isHeld(entry) || this.#recent(entry).length < MAX_REWRITES) return false;
    const heldUntilMs = this.#clock.monotonicMs() + HOLD_MS;
    this.#entries.set(itemKey(item), { ...entry, rewritesMs: [], heldUntilMs });
    return true;
  }

  #isHeld(entry: Entry | undefined): boolean {
    return entry !== undefined && this.#clock.monotonicMs() < entry.heldUntilMs;
  }

  #recent({ rewritesMs }: Entry): readonly number[] {
    return rewritesMs.filter((atMs) => this.#clock.monotonicMs() - atMs < WINDOW_MS);
  }
}

function recordsOf(list: RecordList, items: readonly ChangeItem[]): ReadonlyMap<string, readonly StoredRecord[]> {
  const keys = new Set(items.map(itemKey));
  return keys.size === 0
    ? new Map()
    : Map.groupBy(
        list.records.filter((record) => keys.has(itemKey(record))),
        itemKey,
      );
}

/** What stands beside the wanted values is somebody else's and no matter of ours. */
function stands({ wanted, ttlSeconds }: ChangeItem, present: readonly StoredRecord[]): boolean {
  return wanted.every((target) =>
    present.some(
      (record) =>
        record.enabled && record.target === target && (ttlSeconds === undefined || record.ttlSeconds === ttlSeconds),
    ),
  );
}

function isSameWish(a: Entry["reached"], b: Entry["reached"]): boolean {
  return a.ttlSeconds === b.ttlSeconds && JSON.stringify(a.wanted) === JSON.stringify(b.wanted);
}

/** Time alone may heal it, so external-dns may ask again (docs/decisions.md 8). */
function failureOf({ name, type }: ChangeItem): ItemFailure {
  const minutes = WINDOW_MS / 60_000;
  const reason =
    `it was written again ${MAX_REWRITES} times within ${minutes} minutes because somebody else changed it back, so it is ` +
    `left as it is for ${HOLD_MS / 60_000} minutes; look for a second writer: another cluster with the same owner id, a tool, a person`;
  return { name, type, code: "record.contested", reason, retryable: true };
}
