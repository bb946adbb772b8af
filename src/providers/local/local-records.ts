// Stored records as record sets for the DNS half. Pure.

import type { RecordSet } from "#src/domain/record.ts";
import type { LocalRecord } from "./record-file.ts";

/**
 * One record set per name and type. At a name with a CNAME the alias alone is served (RFC 1034 §3.6.2): a registry's TXT may
 * be stored beside it, but answering both would be wrong.
 */
export function localRecordSets(records: Iterable<LocalRecord>): readonly RecordSet[] {
  const groups = new Map<string, LocalRecord[]>();
  const aliases = new Set<string>();
  for (const record of records) {
    if (record.type === "CNAME") aliases.add(record.name);
    const key = `${record.name} ${record.type}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [record]);
    else group.push(record);
  }
  const sets: RecordSet[] = [];
  for (const [first, ...rest] of groups.values()) {
    if (first === undefined || (aliases.has(first.name) && first.type !== "CNAME")) continue;
    const all = [first, ...rest];
    const ttls = all.flatMap((record) => (record.ttlSeconds === undefined ? [] : [record.ttlSeconds]));
    sets.push({
      name: first.name,
      type: first.type,
      ttlSeconds: ttls.length === 0 ? undefined : Math.min(...ttls),
      targets: all.map((record) => record.target).sort(),
      origin: { kind: "local", name: "local" },
    });
  }
  return sets;
}
