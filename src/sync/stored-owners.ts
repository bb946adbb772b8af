// Whose the stored record sets are, as far as registry texts beside them tell. Good enough for a person to read; a change is
// never made on the strength of it. Pure.

import { isHeritageText, ownerOfHeritage } from "#src/domain/ownership.ts";
import type { StoredRecord } from "#src/providers/provider.ts";

/** Owners of each stored record set: a registry text stands for it when its name has all its words and its type's. */
export function ownersByKey(
  records: readonly StoredRecord[],
  stored: ReadonlyMap<string, readonly StoredRecord[]>,
): ReadonlyMap<string, readonly string[]> {
  const texts = records
    .filter((record) => record.type === "TXT" && isHeritageText(record.target))
    .map((record) => ({ words: new Set(record.name.split(/[.-]/)), owner: ownerOfHeritage(record.target) }));
  const owners = new Map<string, readonly string[]>();
  for (const [key, [first]] of stored) {
    if (first === undefined) continue;
    const words = [...first.name.split(/[.-]/).filter((word) => word !== "*"), first.type.toLowerCase()];
    const fitting = texts.filter((text) => words.every((word) => text.words.has(word)));
    owners.set(key, [...new Set(fitting.map((text) => text.owner))].sort());
  }
  return owners;
}
