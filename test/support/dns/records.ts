// Zones for tests, from lines as people write them: `name [ttl] type target…`.

import type { ZoneProblem } from "#src/dns/compile.ts";
import { createSnapshot, type Snapshot } from "#src/dns/snapshot.ts";
import { completeZoneOptions, type ZoneContent, type ZoneOptions } from "#src/dns/zone-content.ts";
import { type DomainName, parseName } from "#src/domain/name.ts";
import { isRecordType, type RecordSet } from "#src/domain/record.ts";
import { compileZone } from "./compile.ts";

export function nameOf(text: string): DomainName {
  const name = parseName(text);
  if (!name.ok) throw new Error(name.problem);
  return name.value;
}

/** One record set per line and target; a line without a target makes its name exist without data. */
export function recordSet(line: string): RecordSet {
  const match = /^(\S+)\s+(?:(\d+)\s+)?([A-Z]+)(?:\s+(.*))?$/s.exec(line);
  const [, name = "", ttl, type = "", target] = match ?? [];
  if (!isRecordType(type)) throw new Error(`not a record line: ${line}`);
  return {
    name: nameOf(name),
    type,
    ttlSeconds: ttl === undefined ? undefined : Number(ttl),
    targets: target === undefined ? [] : [target],
    origin: { kind: "static", name: "test" },
  };
}

export interface TestZone extends Partial<Omit<ZoneOptions, "apex">> {
  readonly apex: string;
  readonly serial?: number;
  readonly records: readonly string[];
  /** As a checkpoint gives them. */
  readonly staleRecords?: readonly string[];
}

export function compileLines(zone: TestZone): {
  readonly content: ZoneContent;
  readonly problems: readonly ZoneProblem[];
} {
  const { apex, serial = 7, records, staleRecords = [], ...options } = zone;
  const stale = staleRecords.map((line): RecordSet => ({ ...recordSet(line), isStale: true }));
  return compileZone(completeZoneOptions(nameOf(apex), options), [...records.map(recordSet), ...stale], serial);
}

export function snapshotOf(...zones: readonly TestZone[]): Snapshot {
  return createSnapshot(zones.map((zone) => compileLines(zone).content));
}
