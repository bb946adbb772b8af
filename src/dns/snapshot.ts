// A picture of all zones for answering. A change replaces the whole at once: whoever asks sees all of it or nothing.

import { type DomainName, parentOf } from "#src/domain/name.ts";
import { TYPE } from "./wire/registry.ts";
import type { RrSet } from "./wire/rrset.ts";
import { encodeSoa } from "./wire/soa.ts";
import { wholeZone, type ZoneChange, type ZoneContent } from "./zone-content.ts";
import { createNode, type Node, type NodeChange, ZoneTree } from "./zone-tree.ts";

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

export const EMPTY_SNAPSHOT: Snapshot = { zones: new Map() };

/** Of two contents with one apex the later counts. */
export function createSnapshot(contents: readonly ZoneContent[]): Snapshot {
  return changeSnapshot(EMPTY_SNAPSHOT, contents.map(wholeZone));
}

/**
 * The snapshot after the changes; zones that none of them names stay. Shares nodes with `snapshot`, which must not be used any
 * more when this returns; when it throws, `snapshot` is as it was.
 */
export function changeSnapshot(snapshot: Snapshot, changes: readonly ZoneChange[]): Snapshot {
  const prepared = changes.map((change) => prepare(change, snapshot));
  const zones = new Map(snapshot.zones);
  for (const { zone, tree, nodeChanges } of prepared) {
    tree.apply(nodeChanges);
    zones.set(zone.apex, zone);
  }
  return { zones };
}

/** The zone with the longest apex at or above `name`. */
export function findZone(snapshot: Snapshot, name: DomainName): Zone | undefined {
  for (let apex: DomainName | undefined = name; apex !== undefined; apex = parentOf(apex)) {
    const zone = snapshot.zones.get(apex);
    if (zone !== undefined) return zone;
  }
  return undefined;
}

class TreeZone implements Zone {
  readonly apex: DomainName;
  readonly serial: number;
  readonly negativeSoa: RrSet;
  readonly tree: ZoneTree;
  readonly nodes: ReadonlyMap<DomainName, Node>;
  readonly #soaSet: RrSet;

  constructor({ apex, serial, soa }: ZoneChange, tree: ZoneTree) {
    this.apex = apex;
    this.serial = serial;
    this.#soaSet = { name: apex, type: TYPE.SOA, ttlSeconds: soa.ttlSeconds, rdata: [encodeSoa(soa, serial)] };
    this.negativeSoa = { ...this.#soaSet, ttlSeconds: Math.min(soa.ttlSeconds, soa.negativeTtlSeconds) };
    this.tree = tree;
    this.nodes = tree.nodes;
  }

  /** The apex always exists, with its SOA. */
  apexNode(sets: readonly RrSet[]): Node {
    return createNode(this.apex, [this.#soaSet, ...sets.filter(({ type }) => type !== TYPE.SOA)]);
  }
}

function prepare(
  change: ZoneChange,
  snapshot: Snapshot,
): { readonly zone: Zone; readonly tree: ZoneTree; readonly nodeChanges: readonly NodeChange[] } {
  const known = snapshot.zones.get(change.apex);
  const isKept = change.extent === "some" && known instanceof TreeZone;
  const tree = isKept ? known.tree : new ZoneTree(change.apex);
  const zone = new TreeZone(change, tree);
  const apexSets = change.names.find(([name]) => name === change.apex)?.[1] ?? tree.nodes.get(change.apex)?.sets ?? [];
  const others = change.names
    .filter(([name]) => name !== change.apex)
    .map(([name, sets]): NodeChange => [name, sets.length === 0 ? undefined : createNode(name, sets)]);
  return { zone, tree, nodeChanges: [[change.apex, zone.apexNode(apexSets)], ...others] };
}
