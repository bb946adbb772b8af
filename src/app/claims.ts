// What one contributor claims, looked up by name, so that a change costs the names it touches.

import type { DomainName } from "#src/domain/name.ts";
import type { RecordSet } from "#src/domain/record.ts";

export interface Claims {
  /** Every name with a claim. */
  names(): Iterable<DomainName>;
  /** In no stated order. */
  at(name: DomainName): readonly RecordSet[];
}

export const NO_CLAIMS: Claims = { names: () => [], at: () => [] };

/** Of a contributor that gives all it has at once. */
export function claimsOf(recordSets: readonly RecordSet[]): Claims {
  const byName = Map.groupBy(recordSets, ({ name }) => name);
  return { names: () => byName.keys(), at: (name) => byName.get(name) ?? [] };
}

/** Names at which the two differ. */
export function differingNames(before: Claims, after: Claims): ReadonlySet<DomainName> {
  const differing = new Set<DomainName>();
  for (const name of after.names()) if (!isSame(before.at(name), after.at(name))) differing.add(name);
  for (const name of before.names()) if (after.at(name).length === 0) differing.add(name);
  return differing;
}

function isSame(a: readonly RecordSet[], b: readonly RecordSet[]): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
