// Fills reverse zones from the addresses that are answered: one PTR for each address and name. Derived from merged record
// sets, whole or change by change; what somebody wrote at a reverse name himself stands instead.

import { type DomainName, isAtOrBelow, isWildcard, labelCount } from "#src/domain/name.ts";
import type { OriginKind, RecordSet } from "#src/domain/record.ts";
import { isReverseName, reverseName } from "#src/domain/reverse-name.ts";

/** What one change made of the PTR records of one reverse name. */
interface ReverseChange {
  readonly name: DomainName;
  /** `undefined`: there are none any longer. */
  readonly recordSet: RecordSet | undefined;
}

/** Merged record sets of the names that changed: as they were given last, and as they are. */
interface MergedChange {
  readonly before: readonly RecordSet[];
  readonly after: readonly RecordSet[];
}

export interface ReverseRecords {
  /** Takes the change in. Reverse names whose PTR records are others now, each once, sorted by name. */
  update(change: MergedChange): readonly ReverseChange[];
}

/**
 * Names told for one address. A proxy has dozens; resolvers hand on one of them, and eight of ordinary length fit into 512
 * octets. Which eight does not depend on order: see `compareClaims`.
 */
export const MAX_NAMES_PER_ADDRESS = 8;

/** PTR record sets of every address in the reverse zones among `apexes`, sorted by name. */
export function reverseRecordSets(merged: readonly RecordSet[], apexes: readonly DomainName[]): readonly RecordSet[] {
  const changes = createReverseRecords(apexes).update({ before: [], after: merged });
  return changes.flatMap(({ recordSet }) => recordSet ?? []);
}

/** `apexes` of all zones: reverse zones are filled, and only names in the other zones are told. Empty at first. */
export function createReverseRecords(apexes: readonly DomainName[]): ReverseRecords {
  return new ReverseIndex(apexes);
}

class ReverseIndex implements ReverseRecords {
  readonly #reverseApexes: readonly DomainName[];
  readonly #forwardApexes: readonly DomainName[];
  /** By reverse name, then by the name that has the address: its address set. */
  readonly #claims = new Map<DomainName, Map<DomainName, RecordSet>>();
  /** Reverse names at which somebody has written PTR or CNAME himself (RFC 2317 delegates with the latter). */
  readonly #written = new Map<DomainName, ReadonlySet<string>>();
  /** What `update` has told, as text. */
  readonly #told = new Map<DomainName, string>();

  constructor(apexes: readonly DomainName[]) {
    this.#reverseApexes = apexes.filter(isReverseName);
    this.#forwardApexes = apexes.filter((apex) => !isReverseName(apex));
  }

  update({ before, after }: MergedChange): readonly ReverseChange[] {
    if (this.#reverseApexes.length === 0) return [];
    const touched = new Set<DomainName>();
    for (const set of before) this.#take(set, touched);
    for (const set of after) this.#add(set, touched);
    return [...touched].sort().flatMap((name) => this.#changeOf(name));
  }

  #take(set: RecordSet, touched: Set<DomainName>): void {
    if (isWritten(set)) this.#write(set, touched, (types) => types.delete(set.type));
    for (const name of this.#reverseNames(set)) {
      const claims = this.#claims.get(name);
      claims?.delete(set.name);
      if (claims?.size === 0) this.#claims.delete(name);
      touched.add(name);
    }
  }

  #add(set: RecordSet, touched: Set<DomainName>): void {
    if (isWritten(set)) this.#write(set, touched, (types) => types.add(set.type));
    for (const name of this.#reverseNames(set)) {
      const claims = this.#claims.get(name) ?? new Map<DomainName, RecordSet>();
      this.#claims.set(name, claims.set(set.name, set));
      touched.add(name);
    }
  }

  #write({ name }: RecordSet, touched: Set<DomainName>, edit: (types: Set<string>) => void): void {
    const types = new Set(this.#written.get(name));
    edit(types);
    if (types.size === 0) this.#written.delete(name);
    else this.#written.set(name, types);
    touched.add(name);
  }

  /** Where the addresses of the set are told; nowhere for a wildcard, which is no name that somebody has. */
  #reverseNames(set: RecordSet): readonly DomainName[] {
    if ((set.type !== "A" && set.type !== "AAAA") || isWildcard(set.name)) return [];
    if (!isInside(set.name, this.#forwardApexes)) return [];
    return set.targets.map(reverseName).filter((name) => isInside(name, this.#reverseApexes));
  }

  #changeOf(name: DomainName): readonly ReverseChange[] {
    const recordSet = this.#written.has(name) ? undefined : pointerSet(name, this.#claims.get(name));
    const text = recordSet && JSON.stringify(recordSet);
    if (text === this.#told.get(name)) return [];
    if (text === undefined) this.#told.delete(name);
    else this.#told.set(name, text);
    return [{ name, recordSet }];
  }
}

function isWritten(set: RecordSet): boolean {
  return (set.type === "PTR" || set.type === "CNAME") && set.targets.length > 0 && isReverseName(set.name);
}

function isInside(name: DomainName, apexes: readonly DomainName[]): boolean {
  return apexes.some((apex) => isAtOrBelow(name, apex));
}

function pointerSet(name: DomainName, claims: ReadonlyMap<DomainName, RecordSet> | undefined): RecordSet | undefined {
  const kept = [...(claims?.values() ?? [])].sort(compareClaims).slice(0, MAX_NAMES_PER_ADDRESS);
  const [best] = kept;
  if (best === undefined) return undefined;
  const ttls = kept.flatMap(({ ttlSeconds }) => ttlSeconds ?? []);
  return {
    name,
    type: "PTR",
    ttlSeconds: ttls.length === 0 ? undefined : Math.min(...ttls),
    targets: kept.map((claim) => claim.name).sort(),
    origin: best.origin,
  };
}

/** Those that people wrote, then those whose address is their own; all others share the address of a proxy. */
const OWNERS: readonly OriginKind[] = ["static", "local", "DNSEndpoint", "Node", "Pod", "Service"];

/** The better name of an address first: by its kind, then the shorter one, then in byte order. */
function compareClaims(a: RecordSet, b: RecordSet): number {
  return ownerRank(a) - ownerRank(b) || labelCount(a.name) - labelCount(b.name) || (a.name < b.name ? -1 : 1);
}

function ownerRank({ origin }: RecordSet): number {
  const rank = OWNERS.indexOf(origin.kind);
  return rank === -1 ? OWNERS.length : rank;
}
