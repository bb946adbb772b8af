// What the last desired set of external-dns would change in what is stored now. Pure; an explanation for a person, never
// carried out: the real plan is external-dns' own, and knows its registry.

import type { Endpoint } from "#src/domain/endpoint.ts";
import type { RecordList, StoredRecord } from "#src/providers/provider.ts";
import type { Bounds } from "#src/sync/bounds.ts";
import { wantedEndpoint } from "#src/sync/canonical-endpoint.ts";
import { itemKey } from "#src/sync/change-items.ts";
import { ownersByKey } from "#src/sync/stored-owners.ts";

export interface PlanPreview {
  /** Unix milliseconds at which external-dns sent the desired set. */
  readonly desiredAtMs: number;
  readonly desired: number;
  readonly changes: readonly PreviewedChange[];
}

interface PreviewedChange {
  /** `blocked`: wanted, but it cannot be stored, or what stands there is not proven external-dns' own. */
  readonly op: "create" | "update" | "delete" | "blocked";
  readonly name: string;
  readonly type: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** Owner ids of the registry texts that stand for it. */
  readonly owners: readonly string[];
  readonly reason?: string;
}

/** One change for each wanted endpoint that differs, in their order, then what is owned and no longer wanted. */
export function previewPlan(
  list: RecordList,
  bounds: Bounds,
  desired: { readonly endpoints: readonly Endpoint[]; readonly atMs: number },
): PlanPreview {
  const stored = Map.groupBy(
    list.records.filter((record) => record.enabled && record.type !== "TXT"),
    itemKey,
  );
  const owners = ownersByKey(list.records, stored);
  const wantedKeys = new Set<string>();
  const changes: PreviewedChange[] = [];
  for (const endpoint of desired.endpoints) {
    const change = compare(endpoint, bounds, { stored, owners, wantedKeys });
    if (change !== undefined) changes.push(change);
  }
  for (const [key, records] of stored) {
    const [first] = records;
    const owned = owners.get(key) ?? [];
    if (first === undefined || wantedKeys.has(key) || owned.length === 0) continue;
    changes.push({ op: "delete", name: first.name, type: first.type, from: targetsOf(records), to: [], owners: owned });
  }
  return { desiredAtMs: desired.atMs, desired: desired.endpoints.length, changes };
}

interface Stored {
  readonly stored: ReadonlyMap<string, readonly StoredRecord[]>;
  readonly owners: ReadonlyMap<string, readonly string[]>;
  /** Filled with the keys of everything wanted. */
  readonly wantedKeys: Set<string>;
}

/** `undefined` when what is wanted stands there already. */
function compare(endpoint: Endpoint, bounds: Bounds, context: Stored): PreviewedChange | undefined {
  const canonical = wantedEndpoint(endpoint, bounds);
  if (!canonical.ok) {
    const { dnsName: name, recordType: type, targets: to } = endpoint;
    return { op: "blocked", name, type, from: [], to, owners: [], reason: canonical.problem };
  }
  const { name, type, targets: to } = canonical.value;
  const key = itemKey(canonical.value);
  context.wantedKeys.add(key);
  const from = targetsOf(context.stored.get(key) ?? []);
  if (from.join("\n") === to.join("\n")) return undefined;
  const owners = context.owners.get(key) ?? [];
  if (from.length === 0) return { op: "create", name, type, from, to, owners };
  if (owners.length > 0) return { op: "update", name, type, from, to, owners };
  return {
    op: "blocked",
    name,
    type,
    from,
    to,
    owners,
    reason: "no registry text proves that it is external-dns' own",
  };
}

function targetsOf(records: readonly StoredRecord[]): readonly string[] {
  return records.map((record) => record.target).sort();
}
