// Names that vanish with most of the others are answered a minute longer: a definition that is removed and put back, a Gateway or a
// namespace made anew. A few names that vanish are gone at once. State without I/O (facts: reliability.md 4.4; docs/decisions.md 44).

import type { DomainName } from "#src/domain/name.ts";
import type { RecordSet } from "#src/domain/record.ts";

/** How long, by default: longer than whoever applies manifests takes to put back what he removed. */
export const DEFAULT_WITHDRAWAL_HOLD_MS = 60_000;
/** What vanishes within this time vanishes at once: events of one removal come one by one. */
const TOGETHER_MS = 10_000;
/** Fewer names than these, or not more than this share of all, are somebody's ordinary work. */
const LEAST_NAMES = 10;
const MOST_SHARE = 0.5;

export interface WithdrawalHold {
  /** `withdrawn`: names without a claim since this change, with their last ones; `left`: how many names still have one. */
  note(withdrawn: ReadonlyMap<DomainName, readonly RecordSet[]>, left: number): void;
  /** Somebody claims these names again. */
  release(isClaimed: (name: DomainName) => boolean): void;
  expire(): void;
  /** Empty for a name that is not held. */
  at(name: DomainName): readonly RecordSet[];
  names(): Iterable<DomainName>;
  recordSets(): readonly RecordSet[];
  readonly size: number;
  /** Names that are held since this was last asked, or not any more. */
  takeTouched(): ReadonlySet<DomainName>;
  /** By the clock of the options; `undefined` while nothing is held. */
  nextExpiryMs(): number | undefined;
}

/** `nowMs`: any clock that does not go back. `holdMs`: 0 holds nothing. */
export function createWithdrawalHold(options: {
  readonly nowMs: () => number;
  readonly holdMs: number;
}): WithdrawalHold {
  return new HeldNames(options);
}

interface Withdrawn {
  readonly sets: readonly RecordSet[];
  readonly atMs: number;
}

class HeldNames implements WithdrawalHold {
  readonly #options: { readonly nowMs: () => number; readonly holdMs: number };
  /** Gone lately and not held. */
  #recent = new Map<DomainName, Withdrawn>();
  readonly #held = new Map<DomainName, Withdrawn>();
  #touched = new Set<DomainName>();

  constructor(options: { readonly nowMs: () => number; readonly holdMs: number }) {
    this.#options = options;
  }

  get size(): number {
    return this.#held.size;
  }

  note(withdrawn: ReadonlyMap<DomainName, readonly RecordSet[]>, left: number): void {
    const { nowMs, holdMs } = this.#options;
    if (holdMs === 0 || withdrawn.size === 0) return;
    const atMs = nowMs();
    this.#recent = new Map([...this.#recent].filter(([, recent]) => atMs - recent.atMs <= TOGETHER_MS));
    for (const [name, sets] of withdrawn) this.#recent.set(name, { sets, atMs });
    const gone = this.#recent.size + this.#held.size;
    if (gone < LEAST_NAMES || gone <= (gone + left) * MOST_SHARE) return;
    for (const [name, { sets }] of this.#recent) {
      this.#held.set(name, { sets, atMs });
      this.#touched.add(name);
    }
    this.#recent.clear();
  }

  release(isClaimed: (name: DomainName) => boolean): void {
    for (const name of this.#recent.keys()) if (isClaimed(name)) this.#recent.delete(name);
    for (const name of this.#held.keys()) if (isClaimed(name)) this.#letGo(name);
  }

  expire(): void {
    const { nowMs, holdMs } = this.#options;
    for (const [name, { atMs }] of this.#held) if (atMs + holdMs <= nowMs()) this.#letGo(name);
  }

  at(name: DomainName): readonly RecordSet[] {
    return this.#held.get(name)?.sets ?? [];
  }

  names(): Iterable<DomainName> {
    return this.#held.keys();
  }

  recordSets(): readonly RecordSet[] {
    return [...this.#held.values()].flatMap(({ sets }) => sets);
  }

  takeTouched(): ReadonlySet<DomainName> {
    const touched = this.#touched;
    this.#touched = new Set();
    return touched;
  }

  nextExpiryMs(): number | undefined {
    let first: number | undefined;
    for (const { atMs } of this.#held.values()) first = Math.min(first ?? atMs, atMs);
    return first === undefined ? undefined : first + this.#options.holdMs;
  }

  #letGo(name: DomainName): void {
    this.#held.delete(name);
    this.#touched.add(name);
  }
}
