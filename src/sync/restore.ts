// What stood in a backup and stands there no more, and giving it back. Only what nobody has put anything in the place of is
// written; what stands there now is never touched.

import { isHeritageText } from "#src/domain/ownership.ts";
import { isRecordType } from "#src/domain/record.ts";
import type { DesiredRecord, RecordList, StoredRecord } from "#src/providers/provider.ts";
import type { Backup } from "#src/sync/backups.ts";
import type { Bounds } from "#src/sync/bounds.ts";
import { type ChangeItem, itemKey } from "#src/sync/change-items.ts";
import type { Unit } from "#src/sync/plan.ts";
import { ownersByKey } from "#src/sync/stored-owners.ts";
import type { ItemFailure } from "#src/sync/sync-engine.ts";

/** One name and type of which values are missing now. */
export interface MissingSet {
  /** `lost`: nothing has its place, and it can be written back. `left`: it stays as it is, for a reason. */
  readonly state: "lost" | "left";
  readonly name: string;
  readonly type: string;
  /** What the backup has. */
  readonly was: readonly string[];
  /** What stands there now. */
  readonly is: readonly string[];
  readonly reason?: string;
}

export interface Restoration {
  readonly takenAtMs: number;
  readonly missing: readonly MissingSet[];
  /** Records that were written back; 0 when only looked at. */
  readonly written: number;
  readonly failures: readonly ItemFailure[];
  /** Why not everything that was lost came back. */
  readonly interruption?: string;
}

/** Registry texts are left out: one that comes back without its data would give a record made since to external-dns. */
export function planRestore(
  { records }: Backup,
  list: RecordList,
  bounds: Bounds,
): { readonly missing: readonly MissingSet[]; readonly units: readonly Unit[] } {
  const now = { byKey: Map.groupBy(list.records, itemKey), byName: Map.groupBy(list.records, nameOf) };
  const before = Map.groupBy(
    records.filter((record) => record.enabled && !isHeritageText(record.target)),
    itemKey,
  );
  const owners = ownersByKey(records, before);
  const missing: MissingSet[] = [];
  const units: Unit[] = [];
  for (const [key, set] of before) {
    const [first] = set;
    const present = now.byKey.get(key) ?? [];
    if (first === undefined || set.every((one) => present.some(({ target }) => target === one.target))) continue;
    const beside = (now.byName.get(first.name) ?? []).filter((other) => list.rules.isExclusive(first.type, other.type));
    const isOwned = (owners.get(key) ?? []).length > 0;
    const reason = whyLeft(set, { present, beside, isOwned, bounds });
    const shown = { name: first.name, type: first.type, was: targetsOf(set), is: targetsOf([...present, ...beside]) };
    missing.push(reason === undefined ? { state: "lost", ...shown } : { state: "left", ...shown, reason });
    if (reason === undefined) units.push(unitOf(first, set));
  }
  return { missing, units };
}

interface Circumstances {
  readonly present: readonly StoredRecord[];
  /** What stands at the name now and excludes it. */
  readonly beside: readonly StoredRecord[];
  readonly isOwned: boolean;
  readonly bounds: Bounds;
}

function whyLeft(
  set: readonly StoredRecord[],
  { present, beside, isOwned, bounds }: Circumstances,
): string | undefined {
  const [first] = set;
  if (first === undefined) return "nothing was there";
  const { rules, scope } = bounds;
  if (present.length > 0) return "it was changed since, and what stands there now is not touched";
  if (beside.length > 0) return "something that cannot stand beside it has its name now";
  if (isOwned) return "it was external-dns' own, which makes it again when it is wanted";
  if (!isRecordType(first.type) || !rules.types.has(first.type)) return "records of this type cannot be written here";
  const { type } = first;
  const outside = scope.refuse(first.name) ?? rules.refuseName(first.name, type);
  if (outside !== undefined) return outside;
  const refused = set.map(({ target }) => rules.canonicalTarget(type, target)).find((target) => !target.ok);
  return refused?.ok === false ? refused.problem : undefined;
}

function unitOf({ name, type }: StoredRecord, set: readonly StoredRecord[]): Unit {
  const records = set.flatMap(({ target, ttlSeconds }): readonly DesiredRecord[] =>
    isRecordType(type) ? [{ name, type, target, ttlSeconds }] : [],
  );
  const items = records.slice(0, 1).map(
    (record): ChangeItem => ({
      name,
      type: record.type,
      named: [],
      wanted: targetsOf(set),
      ttlSeconds: record.ttlSeconds,
      isCreate: true,
      ownedName: undefined,
      owner: "",
    }),
  );
  const steps = records.map((record) => ({ kind: "create", record }) as const);
  return {
    name,
    parts: [{ role: "data", items, steps, stoodFor: [], standing: [], requires: [], isSwap: false }],
  };
}

function targetsOf(records: readonly StoredRecord[]): readonly string[] {
  return records.map(({ target }) => target).sort();
}

function nameOf({ name }: StoredRecord): string {
  return name;
}
