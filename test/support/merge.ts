// Claims of many names merged at once, as tests want it.

import type { RecordSet } from "#src/domain/record.ts";
import { type MergeResult, mergeName } from "#src/sources/merge.ts";

/** Sorted by name. */
export function mergeRecordSets(claims: readonly RecordSet[]): MergeResult {
  const byName = Map.groupBy(claims, (claim) => claim.name);
  const results = [...byName.keys()].sort().map((name) => mergeName(byName.get(name) ?? []));
  return {
    recordSets: results.flatMap(({ recordSets }) => recordSets),
    conflicts: results.flatMap(({ conflicts }) => conflicts),
  };
}
