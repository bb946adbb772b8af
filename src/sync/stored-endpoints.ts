// What a backend holds, as external-dns wants to see it: one endpoint per name and type with all its targets (two endpoints of
// one name and type would hide each other in its plan, and never come to rest). Pure.

import type { Endpoint } from "#src/domain/endpoint.ts";
import { isRecordType } from "#src/domain/record.ts";
import type { StoredRecord } from "#src/providers/provider.ts";

/** Records that are switched off, and types no endpoint can carry, are not external-dns' business and left out. */
export function storedEndpoints(records: readonly StoredRecord[]): readonly Endpoint[] {
  const groups = new Map<string, StoredRecord[]>();
  for (const record of records) {
    if (!record.enabled || !isRecordType(record.type)) continue;
    const key = `${record.name} ${record.type}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [record]);
    else group.push(record);
  }
  return [...groups.values()].map(endpointOf);
}

function endpointOf(group: readonly StoredRecord[]): Endpoint {
  const [first] = group;
  // A change that was cut short leaves values with the old TTL and with the new one. Whichever of them were shown, external-dns
  // might wish for just that and leave the others as they are; from "none" it tells every wish for a TTL apart.
  const ttls = new Set(group.map((record) => record.ttlSeconds));
  return {
    dnsName: first?.name ?? "",
    recordType: first?.type ?? "",
    targets: [...new Set(group.map((record) => record.target))].sort(),
    setIdentifier: "",
    recordTtlSeconds: ttls.size === 1 ? (first?.ttlSeconds ?? 0) : 0,
    labels: new Map(),
    providerSpecific: [],
  };
}
