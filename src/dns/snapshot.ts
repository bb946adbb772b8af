// An immutable picture of all zones for answering: names in a map, empty non-terminals included. Built once, only read after.

import { type DomainName, parentOf } from "#src/domain/name.ts";
import { decodeName } from "./wire/name.ts";
import { TYPE } from "./wire/registry.ts";
import type { RrSet } from "./wire/rrset.ts";
import { encodeSoa } from "./wire/soa.ts";
import type { ZoneContent } from "./zone-content.ts";

/** One existing name. Without sets it is an empty non-terminal (RFC 8020) or has no data yet. */
export interface Node {
  readonly sets: ReadonlyMap<number, RrSet>;
  readonly alias: { readonly set: RrSet; readonly target: DomainName } | undefined;
}

export interface Zone {
  readonly apex: DomainName;
  readonly serial: number;
  /** The SOA as it stands in the authority section of negative answers: its TTL is at most MINIMUM (RFC 2308 §3). */
  readonly negativeSoa: RrSet;
  /** Every existing name; a wildcard stands under its literal name `*.parent`. */
  readonly nodes: ReadonlyMap<DomainName, Node>;
}

export interface Snapshot {
  readonly zones: ReadonlyMap<DomainName, Zone>;
}

/** Of two contents with one apex the later counts. */
export function createSnapshot(contents: readonly ZoneContent[]): Snapshot {
  return { zones: new Map(contents.map((content) => [content.apex, createZone(content)])) };
}

/** The zone with the longest apex at or above `name`. */
export function findZone(snapshot: Snapshot, name: DomainName): Zone | undefined {
  for (let apex: DomainName | undefined = name; apex !== undefined; apex = parentOf(apex)) {
    const zone = snapshot.zones.get(apex);
    if (zone !== undefined) return zone;
  }
  return undefined;
}

function createZone(content: ZoneContent): Zone {
  const { apex, serial, soa } = content;
  const soaSet: RrSet = { name: apex, type: TYPE.SOA, ttlSeconds: soa.ttlSeconds, rdata: [encodeSoa(soa, serial)] };
  const setsByName = new Map<DomainName, Map<number, RrSet>>([[apex, new Map([[TYPE.SOA, soaSet]])]]);
  for (const set of content.recordSets) {
    addAncestors(setsByName, set.name);
    const sets = setsByName.get(set.name) ?? new Map<number, RrSet>();
    setsByName.set(set.name, sets);
    if (set.rdata.length > 0) sets.set(set.type, set);
  }
  return {
    apex,
    serial,
    negativeSoa: { ...soaSet, ttlSeconds: Math.min(soa.ttlSeconds, soa.negativeTtlSeconds) },
    nodes: new Map([...setsByName].map(([name, sets]) => [name, createNode(sets)])),
  };
}

/** Makes the empty non-terminals above `name`; stops at the first ancestor that exists, the apex at the latest. */
function addAncestors(setsByName: Map<DomainName, Map<number, RrSet>>, name: DomainName): void {
  if (setsByName.has(name)) return;
  for (let above = parentOf(name); above !== undefined && !setsByName.has(above); above = parentOf(above)) {
    setsByName.set(above, new Map());
  }
}

function createNode(sets: ReadonlyMap<number, RrSet>): Node {
  const set = sets.get(TYPE.CNAME);
  const [rdata] = set?.rdata ?? [];
  if (set === undefined || rdata === undefined) return { sets, alias: undefined };
  const target = decodeName(rdata, 0);
  return { sets, alias: target.ok ? { set, target: target.value.name } : undefined };
}
