// The merged record sets of every claimed name, and the PTR records that follow from their addresses; kept so that a change merges
// the names that it touches and no others.

import type { DomainName } from "#src/domain/name.ts";
import type { RecordSet } from "#src/domain/record.ts";
import { type Conflict, type MergedRecordSet, mergeName } from "#src/sources/merge.ts";
import { createReverseRecords } from "#src/sources/reverse-records.ts";
import type { ConflictChange } from "./conflict-log.ts";

export interface MergedNames {
  /** Merges these names again; returns those that came out differently, reverse names among them. */
  update(names: Iterable<DomainName>): ReadonlySet<DomainName>;
  recordSetsAt(name: DomainName): readonly RecordSet[];
  /** What follows from the addresses of other names; `undefined` where nothing does. */
  reverseAt(name: DomainName): RecordSet | undefined;
  /** The same array as before when nothing changed. */
  conflicts(): readonly Conflict[];
}

export interface MergedNamesOptions {
  /** What every contributor claims at a name now. */
  claimsAt(name: DomainName): readonly RecordSet[];
  /** Of all zones: the reverse ones among them are filled. */
  readonly apexes: readonly DomainName[];
  /** Called after an update that met conflicts, with those of the names that it touched. */
  conflictsMerged(change: ConflictChange): void;
}

export function createMergedNames(options: MergedNamesOptions): MergedNames {
  return new NameByName(options);
}

class NameByName implements MergedNames {
  readonly #options: MergedNamesOptions;
  readonly #merged = new Map<DomainName, readonly RecordSet[]>();
  /** Names without any have no entry. */
  readonly #conflictsAt = new Map<DomainName, readonly Conflict[]>();
  readonly #reverse = new Map<DomainName, RecordSet>();
  readonly #reverseRecords: ReturnType<typeof createReverseRecords>;
  #conflicts: readonly Conflict[] | undefined;

  constructor(options: MergedNamesOptions) {
    this.#options = options;
    this.#reverseRecords = createReverseRecords(options.apexes);
  }

  update(names: Iterable<DomainName>): ReadonlySet<DomainName> {
    const changed = new Set<DomainName>();
    const before: RecordSet[] = [];
    const after: RecordSet[] = [];
    const lost: { readonly before: Conflict[]; readonly after: Conflict[] } = { before: [], after: [] };
    for (const name of names) {
      const { recordSets: old, conflicts: wasLost } = this.#at(name);
      this.#merge(name);
      const { recordSets: now, conflicts: isLost } = this.#at(name);
      lost.before.push(...wasLost);
      lost.after.push(...isLost);
      if (isSame(old, now)) continue;
      changed.add(name);
      before.push(...old);
      after.push(...now);
    }
    if (lost.before.length + lost.after.length > 0) this.#options.conflictsMerged(lost);
    for (const { name, recordSet } of this.#reverseRecords.update({ before, after })) {
      changed.add(name);
      if (recordSet === undefined) this.#reverse.delete(name);
      else this.#reverse.set(name, recordSet);
    }
    return changed;
  }

  recordSetsAt(name: DomainName): readonly RecordSet[] {
    const merged = this.#merged.get(name) ?? [];
    const reverse = this.#reverse.get(name);
    return reverse === undefined ? merged : [...merged, reverse];
  }

  reverseAt(name: DomainName): RecordSet | undefined {
    return this.#reverse.get(name);
  }

  conflicts(): readonly Conflict[] {
    this.#conflicts ??= [...this.#conflictsAt.values()].flat();
    return this.#conflicts;
  }

  #at(name: DomainName): { readonly recordSets: readonly RecordSet[]; readonly conflicts: readonly Conflict[] } {
    return { recordSets: this.#merged.get(name) ?? [], conflicts: this.#conflictsAt.get(name) ?? [] };
  }

  #merge(name: DomainName): void {
    const claims = this.#options.claimsAt(name);
    const { recordSets, conflicts } = mergeName(claims);
    if (recordSets.length === 0) this.#merged.delete(name);
    else
      this.#merged.set(
        name,
        recordSets.map((set) => claimOf(set, claims)),
      );
    const hadConflicts = this.#conflictsAt.delete(name);
    if (conflicts.length > 0) this.#conflictsAt.set(name, conflicts);
    if (hadConflicts || conflicts.length > 0) this.#conflicts = undefined;
  }
}

/** The claim itself where the merged set says nothing else: nearly every name has one claim, which is kept already. */
function claimOf(set: MergedRecordSet, claims: readonly RecordSet[]): RecordSet {
  const { name, type, ttlSeconds, targets, origin, isStale } = set;
  const merged = { name, type, ttlSeconds, targets, origin, ...(isStale === true ? { isStale } : {}) };
  const text = JSON.stringify(merged);
  return claims.find((claim) => claim.type === merged.type && JSON.stringify(claim) === text) ?? merged;
}

/** Origins count: PTR records are chosen by them. */
function isSame(a: readonly RecordSet[], b: readonly RecordSet[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
