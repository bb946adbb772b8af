// Holds a batch back that would take away a large part of what one owner has: a source that lost its objects, a changed
// annotation prefix, an API that timed out all look like an order to delete everything (docs/decisions.md 3).

import { createHash } from "node:crypto";
import { isHeritageText, ownerOfHeritage } from "#src/domain/ownership.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { RecordList } from "#src/providers/provider.ts";
import { type ChangeItem, isDeletion, itemKey } from "#src/sync/change-items.ts";

/** Fewer owned record sets than this are deleted without asking: taking down two of four applications is ordinary work. */
const MIN_OWNED = 10;
/** OctoDNS stops at the same share. */
const MAX_SHARE = 0.3;
/** `timed`: the same deletions asked for this often, over at least this long, are believed. */
const TIMED_REQUESTS = 3;
const TIMED_MS = 5 * 60_000;
/** An approval outlives slow backends that need many loops for what was approved, not a forgotten terminal. */
const APPROVAL_MS = 60 * 60_000;

/** `approve`: only a person releases; `timed`: patience releases as well; `off`: nothing is held. */
export type BreakerMode = "approve" | "timed" | "off";

/** Deletions that wait for approval. */
export interface HeldDeletions {
  readonly items: readonly ChangeItem[];
  /** Names exactly these deletions; what an operator approves. */
  readonly planHash: string;
  /** Record sets that would go, of how many that the owner has. */
  readonly going: number;
  readonly owned: number;
}

export class DeletionBreaker {
  readonly #mode: BreakerMode;
  readonly #clock: Clock;
  #held: HeldDeletions | undefined;
  #firstAskedMs = 0;
  #timesAsked = 0;
  #approved: { readonly keys: ReadonlySet<string>; readonly untilMs: number } | undefined;

  constructor(mode: BreakerMode, clock: Clock) {
    this.#mode = mode;
    this.#clock = clock;
  }

  /** What is held now; `undefined` when nothing is. */
  get held(): HeldDeletions | undefined {
    return this.#held;
  }

  /** The deletions of this batch that must wait; called once for each batch. */
  examine(list: RecordList, items: readonly ChangeItem[]): HeldDeletions | undefined {
    const held = this.#mode === "off" ? undefined : this.#tooMany(list, items);
    if (held === undefined || this.#isReleasedByPatience(held)) {
      this.#held = undefined;
      this.#timesAsked = 0;
      return undefined;
    }
    this.#held = held;
    return held;
  }

  /** Releases what is held under this hash. False when nothing is, or something else. */
  approve(planHash: string): boolean {
    const held = this.#held;
    if (held === undefined || held.planHash !== planHash) return false;
    const keys = new Set(held.items.map(itemKey));
    this.#approved = { keys, untilMs: this.#clock.monotonicMs() + APPROVAL_MS };
    this.#held = undefined;
    return true;
  }

  #tooMany(list: RecordList, items: readonly ChangeItem[]): HeldDeletions | undefined {
    const stored = new Set(list.records.map(itemKey));
    const arriving = new Set(items.filter((item) => !isDeletion(item)).map((item) => item.name));
    const deletions = items.filter(isDeletion);
    // A name that gets another type in the same batch goes on answering; a registry's text goes with its data.
    const going = deletions.filter(
      (item) =>
        item.ownedName === undefined &&
        stored.has(itemKey(item)) &&
        !arriving.has(item.name) &&
        !this.#isApproved(item),
    );
    const owned = ownedRecordSets(list, going);
    if (owned < MIN_OWNED || going.length <= owned * MAX_SHARE) return undefined;
    const names = new Set<string>(going.map((item) => item.name));
    const held = [...going, ...deletions.filter((item) => item.ownedName !== undefined && names.has(item.ownedName))];
    return { items: held, planHash: hashOf(going), going: going.length, owned };
  }

  #isApproved(item: ChangeItem): boolean {
    const approved = this.#approved;
    return approved !== undefined && approved.keys.has(itemKey(item)) && this.#clock.monotonicMs() < approved.untilMs;
  }

  #isReleasedByPatience(held: HeldDeletions): boolean {
    if (this.#held?.planHash !== held.planHash) {
      this.#firstAskedMs = this.#clock.monotonicMs();
      this.#timesAsked = 0;
    }
    this.#timesAsked += 1;
    const waitedMs = this.#clock.monotonicMs() - this.#firstAskedMs;
    return this.#mode === "timed" && this.#timesAsked >= TIMED_REQUESTS && waitedMs >= TIMED_MS;
  }
}

/**
 * How many record sets the owner of these deletions has: one for each of its registry texts. Where no text can be read
 * (encrypted, or a registry without texts) every record set in the backend counts, which holds back less readily.
 */
function ownedRecordSets(list: RecordList, going: readonly ChangeItem[]): number {
  const owners = new Set(going.map((item) => item.owner));
  const texts = list.records.filter(
    (record) => record.type === "TXT" && isHeritageText(record.target) && owners.has(ownerOfHeritage(record.target)),
  );
  if (texts.length > 0) return Math.max(texts.length, going.length);
  return new Set(list.records.filter((record) => record.type !== "TXT").map(itemKey)).size;
}

function hashOf(items: readonly ChangeItem[]): string {
  const lines = items.map((item) => `${itemKey(item)} ${item.named.join(" ")}`).sort();
  return createHash("sha256").update(lines.join("\n")).digest("hex").slice(0, 16);
}
