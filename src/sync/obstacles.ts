// What stands in the way of an item: foreign values at its name and type, or a type that cannot stand beside it. Pure.

import type { BackendRules, StoredRecord } from "#src/providers/provider.ts";
import { type ChangeItem, isDeletion, itemKey } from "#src/sync/change-items.ts";

/** The list, indexed, with what the batch itself will take away. */
export interface Holdings {
  readonly byKey: ReadonlyMap<string, readonly StoredRecord[]>;
  readonly byName: ReadonlyMap<string, readonly StoredRecord[]>;
  /** Records that some item of the batch names as its own and does not want any more. */
  readonly leaving: ReadonlySet<StoredRecord>;
}

export interface Obstacle {
  readonly code: string;
  readonly reason: string;
}

/** `items` are those of the batch that will be carried out. */
export function indexRecords(records: readonly StoredRecord[], items: readonly ChangeItem[]): Holdings {
  const byKey = Map.groupBy(records, itemKey);
  const byName = Map.groupBy(records, (record) => record.name as string);
  const leaving = new Set<StoredRecord>();
  for (const item of items) {
    const named = new Set(item.named);
    const wanted = new Set(item.wanted);
    for (const record of byKey.get(itemKey(item)) ?? []) {
      if (record.enabled && named.has(record.target) && !wanted.has(record.target)) leaving.add(record);
    }
  }
  return { byKey, byName, leaving };
}

/** Records of the item's name and type. */
export function presentAt(holdings: Holdings, item: Pick<ChangeItem, "name" | "type">): readonly StoredRecord[] {
  return holdings.byKey.get(itemKey(item)) ?? [];
}

/**
 * Why the item must not be carried out; `undefined` when nothing stands in its way.
 * `isUnclaimed` says that the batch brings an ownership text for it which is not stored yet: then a record that stands there
 * already, even an equal one, was made by somebody else, and claiming it would hand it to external-dns (its #2410).
 */
export function findObstacle(
  item: ChangeItem,
  context: { readonly holdings: Holdings; readonly rules: BackendRules; readonly isUnclaimed: boolean },
): Obstacle | undefined {
  if (isDeletion(item)) return undefined;
  const { holdings, rules } = context;
  const wanted = new Set(item.wanted);
  const isWanted = (record: StoredRecord): boolean => record.type === item.type && wanted.has(record.target);
  const beside = (holdings.byName.get(item.name) ?? []).filter(
    (record) => !holdings.leaving.has(record) && !isWanted(record) && rules.isExclusive(item.type, record.type),
  );
  if (beside.length > 0) {
    const types = [...new Set(beside.map((record) => record.type))].join(", ");
    return { code: "name.taken", reason: `${types} stands at this name and cannot stand beside ${item.type}` };
  }
  if (!item.isCreate) return undefined;
  const present = presentAt(holdings, item);
  if (present.length === 0) return undefined;
  const isEqualSoFar = present.every(isWanted);
  if (isEqualSoFar && !context.isUnclaimed) return undefined;
  return {
    code: "record.foreign",
    reason: "a record of this name and type exists that is not proven ours; it is left alone",
  };
}
