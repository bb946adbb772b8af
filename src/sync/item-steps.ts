// The smallest steps that bring one item to what is wanted, given what stands there now. Pure.

import { isHeritageText, mayBeEncryptedHeritage } from "#src/domain/ownership.ts";
import type { DesiredRecord, Step, StoredRecord } from "#src/providers/provider.ts";
import type { ChangeItem } from "#src/sync/change-items.ts";

/**
 * Steps in an order without a gap: values that replace others in place, then new ones, then removals. `present` are the
 * records of the item's name and type. Values that the item does not name are left alone, whatever they are.
 */
export function stepsForItem(item: ChangeItem, present: readonly StoredRecord[]): readonly Step[] {
  const own = ownRecords(item, present);
  const ttlSeconds = item.ttlSeconds ?? own.find((record) => record.ttlSeconds !== undefined)?.ttlSeconds;
  const desired = (target: string): DesiredRecord => ({ name: item.name, type: item.type, target, ttlSeconds });

  const wanted = new Set(item.wanted);
  const presentTargets = new Set(present.map((record) => record.target));
  const leaving = own.filter((record) => !wanted.has(record.target));
  const arriving = item.wanted.filter((target) => !presentTargets.has(target));

  const steps: Step[] = [];
  for (const record of own) {
    if (wanted.has(record.target) && ttlSeconds !== undefined && record.ttlSeconds !== ttlSeconds) {
      steps.push({ kind: "update", from: record, to: desired(record.target) });
    }
  }
  const replaced = Math.min(leaving.length, arriving.length);
  for (const [index, record] of leaving.slice(0, replaced).entries()) {
    steps.push({ kind: "update", from: record, to: desired(arriving[index] ?? "") });
  }
  for (const target of arriving.slice(replaced)) steps.push({ kind: "create", record: desired(target) });
  for (const record of leaving.slice(replaced)) steps.push({ kind: "delete", record });
  return steps;
}

/**
 * The records among `present` that the item names as its own. A registry TXT is found by being one: after a change of owner
 * id both sides carry the new text, which is stored nowhere yet (external-dns #6223).
 */
function ownRecords(item: ChangeItem, present: readonly StoredRecord[]): readonly StoredRecord[] {
  const enabled = present.filter((record) => record.enabled);
  const named = new Set(item.named);
  const own = enabled.filter((record) => named.has(record.target));
  if (own.length > 0 || item.ownedName === undefined || named.size === 0) return own;
  const heritage = enabled.filter((record) => isHeritageText(record.target));
  if (heritage.length > 0) return heritage;
  const [only] = enabled;
  return enabled.length === 1 && only !== undefined && mayBeEncryptedHeritage(only.target) ? [only] : [];
}
