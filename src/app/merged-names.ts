// The merged record sets of every claimed name, kept so that a change merges the names that it touches and no others.

import type { DomainName } from "#src/domain/name.ts";
import type { RecordSet } from "#src/domain/record.ts";
import { type Conflict, type MergeResult, mergeName } from "#src/sources/merge.ts";

export interface MergedNames {
  /** Merges these names again; returns those that came out differently. */
  update(names: Iterable<DomainName>): readonly DomainName[];
  recordSetsAt(name: DomainName): readonly RecordSet[];
  /** The same array as before when nothing changed. */
  conflicts(): readonly Conflict[];
}

/** `claimsAt`: what every contributor claims at a name now. */
export function createMergedNames(claimsAt: (name: DomainName) => readonly RecordSet[]): MergedNames {
  const merged = new Map<DomainName, MergeResult>();
  let conflicts: readonly Conflict[] | undefined;
  return {
    update: (names) => [...names].filter((name) => updateOne(name)),
    recordSetsAt: (name) => merged.get(name)?.recordSets ?? [],
    conflicts: () => {
      conflicts ??= [...merged.values()].flatMap((result) => result.conflicts);
      return conflicts;
    },
  };

  function updateOne(name: DomainName): boolean {
    const before = merged.get(name);
    const claims = claimsAt(name);
    const after = claims.length === 0 ? undefined : mergeName(claims);
    if (after === undefined) merged.delete(name);
    else merged.set(name, after);
    if ((before?.conflicts.length ?? 0) + (after?.conflicts.length ?? 0) > 0) conflicts = undefined;
    return !isSame(before?.recordSets ?? [], after?.recordSets ?? []);
  }
}

/** Origins count: an explanation tells them, though no answer does. */
function isSame(a: readonly RecordSet[], b: readonly RecordSet[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
