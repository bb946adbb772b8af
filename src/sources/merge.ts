// Decides what one name answers when several origins claim it (docs/decisions.md 17): one winner for A, AAAA and CNAME
// together, one for each other type. A pure function of the set of claims: their order changes nothing.

import type { DomainName } from "#src/domain/name.ts";
import {
  MAX_TARGETS,
  ORIGIN_KINDS,
  type Origin,
  originText,
  RECORD_TYPES,
  type RecordSet,
  type RecordType,
} from "#src/domain/record.ts";

/** What is answered for one name and type. `origin` is the oldest of the contributors. */
export interface MergedRecordSet extends RecordSet {
  /** Every origin whose targets are in it, the oldest first. */
  readonly contributors: readonly Origin[];
}

export interface MergeResult {
  /** At most one per type, sorted by type; targets sorted. */
  readonly recordSets: readonly MergedRecordSet[];
  readonly conflicts: readonly Conflict[];
}

/** One claim to a name that is not answered because another has the better right. */
export interface Conflict {
  readonly code: "merge.rank" | "merge.age" | "merge.alias" | "merge.limit";
  readonly name: DomainName;
  readonly winner: Origin;
  readonly loser: Origin;
  /** What of the loser is not answered: "A 192.0.2.1". */
  readonly lost: readonly string[];
  /** One sentence for a person. */
  readonly reason: string;
}

/** Types of which one name has one provider, so that IPv4 and IPv6 never lead to two different applications. */
const ADDRESS_TYPES: ReadonlySet<RecordType> = new Set<RecordType>(["A", "AAAA", "CNAME"]);

/** Merges what every origin claims at one name: static, local and cluster objects, in any order. */
export function mergeName(given: readonly RecordSet[]): MergeResult {
  const claims = given.toSorted(compareClaims);
  const withData = claims.filter((claim) => claim.targets.length > 0);
  if (withData.length === 0) return { recordSets: claims.slice(0, 1).map(existingName), conflicts: [] };
  const conflicts: Conflict[] = [];
  const winners = [...Map.groupBy(withData, familyOf).values()].flatMap((family) => {
    const [kept, lost] = electWinner(family);
    conflicts.push(...lost);
    return kept;
  });
  const [settled, aliasConflicts] = settleAliases(winners);
  conflicts.push(...aliasConflicts);
  const recordSets: MergedRecordSet[] = [];
  for (const type of RECORD_TYPES) {
    const sameType = settled.filter((claim) => claim.type === type);
    const [first] = sameType;
    if (first === undefined) continue;
    const united = unite(first, sameType);
    recordSets.push(united.set);
    if (united.conflict !== undefined) conflicts.push(united.conflict);
  }
  return { recordSets, conflicts };
}

/** A name whose objects have no address yet exists without data: NODATA, not NXDOMAIN. */
function existingName(claim: RecordSet): MergedRecordSet {
  return { ...claim, type: "A", contributors: [claim.origin] };
}

function familyOf(claim: RecordSet): RecordType {
  return ADDRESS_TYPES.has(claim.type) ? "A" : claim.type;
}

/** The best kind wins; within it the namespace of the oldest object, whose objects are united. */
function electWinner(family: readonly RecordSet[]): readonly [readonly RecordSet[], readonly Conflict[]] {
  const [best] = family;
  if (best === undefined) return [[], []];
  const wins = (claim: RecordSet): boolean =>
    claim.origin.kind === best.origin.kind &&
    claim.origin.namespace === best.origin.namespace &&
    claim.origin.cluster === best.origin.cluster;
  const kept = family.filter(wins);
  const answered = new Set(kept.flatMap(valuesOf));
  const conflicts = family
    .filter((claim) => !wins(claim) && valuesOf(claim).some((value) => !answered.has(value)))
    .map((claim) => lostElection(best.origin, claim));
  return [kept, conflicts];
}

function lostElection(winner: Origin, loser: RecordSet): Conflict {
  const byRank = winner.kind !== loser.origin.kind || winner.cluster !== loser.origin.cluster;
  const reason = byRank
    ? `${originText(winner)} ranks above ${originText(loser.origin)}`
    : `${originText(winner)} is older than ${originText(loser.origin)}, which stands in another namespace`;
  return { code: byRank ? "merge.rank" : "merge.age", ...between(winner, loser), lost: valuesOf(loser), reason };
}

/**
 * An alias stands alone and has one target (RFC 1034 §3.6.2, RFC 2181 §10.1). Addresses of the same winner win against
 * it; of other types those of a better kind. Else it is kept, with the first target of the oldest claim: without it
 * nothing at the name is reached.
 */
function settleAliases(claims: readonly RecordSet[]): readonly [readonly RecordSet[], readonly Conflict[]] {
  const aliases = claims.filter((claim) => claim.type === "CNAME");
  const others = claims.filter((claim) => claim.type !== "CNAME");
  const [alias] = aliases;
  if (alias === undefined) return [claims, []];
  const stronger = strongerThanAlias(alias, others);
  if (stronger !== undefined)
    return [others, aliases.map((loser) => lostAlias(stronger.origin, loser, valuesOf(loser)))];
  const [target = ""] = alias.targets.toSorted();
  const kept = aliases
    .filter((claim) => claim.targets.includes(target))
    .map((claim) => ({ ...claim, targets: [target] }));
  const conflicts = [...aliases, ...others]
    .map((loser) =>
      lostAlias(
        alias.origin,
        loser,
        valuesOf(loser).filter((value) => value !== `CNAME ${target}`),
      ),
    )
    .filter((conflict) => conflict.lost.length > 0);
  return [kept, conflicts];
}

function strongerThanAlias(alias: RecordSet, others: readonly RecordSet[]): RecordSet | undefined {
  const ranked = others.toSorted(compareClaims);
  const address = ranked.find((claim) => ADDRESS_TYPES.has(claim.type));
  return address ?? ranked.find((claim) => compareRights(claim, alias) < 0);
}

function lostAlias(winner: Origin, loser: RecordSet, lost: readonly string[]): Conflict {
  const reason = `an alias stands alone and has one target; what ${originText(winner)} says is kept`;
  return { code: "merge.alias", ...between(winner, loser), lost, reason };
}

/** `claims` are of one name and type, the oldest first; `first` is the first of them. */
function unite(
  first: RecordSet,
  claims: readonly RecordSet[],
): { readonly set: MergedRecordSet; readonly conflict: Conflict | undefined } {
  const targets = [...new Set(claims.flatMap((claim) => claim.targets))].sort();
  const ttls = claims.map((claim) => claim.ttlSeconds).filter((ttl) => ttl !== undefined);
  const set: MergedRecordSet = {
    ...first,
    // RFC 2181 §5.2: one TTL for the whole set; the shortest promise holds for all.
    ttlSeconds: ttls.length === 0 ? undefined : Math.min(...ttls),
    targets: targets.slice(0, MAX_TARGETS),
    contributors: distinctOrigins(claims),
    ...(claims.some((claim) => claim.isStale === true) ? { isStale: true } : {}),
  };
  if (targets.length <= MAX_TARGETS) return { set, conflict: undefined };
  const lost = targets.slice(MAX_TARGETS).map((target) => `${first.type} ${target}`);
  const reason = `the name has ${targets.length} ${first.type} values; the first ${MAX_TARGETS} are answered`;
  return { set, conflict: { code: "merge.limit", ...between(first.origin, first), lost, reason } };
}

function distinctOrigins(claims: readonly RecordSet[]): readonly Origin[] {
  const origins = new Map(
    claims.map(({ origin }) => [
      `${origin.kind}/${origin.namespace ?? ""}/${origin.name}/${origin.cluster ?? ""}`,
      origin,
    ]),
  );
  return [...origins.values()];
}

function between(winner: Origin, loser: RecordSet): Pick<Conflict, "name" | "winner" | "loser"> {
  return { name: loser.name, winner, loser: loser.origin };
}

function valuesOf(claim: RecordSet): readonly string[] {
  return claim.targets.map((target) => `${claim.type} ${target}`).sort();
}

function rankOf(claim: RecordSet): number {
  return ORIGIN_KINDS.indexOf(claim.origin.kind);
}

/** What is written for one name goes before every cluster, and a cluster with all its kinds before the next one. */
function compareRights(a: RecordSet, b: RecordSet): number {
  const byCluster = isObject(a) && isObject(b) ? (a.origin.clusterOrder ?? 0) - (b.origin.clusterOrder ?? 0) : 0;
  return byCluster || rankOf(a) - rankOf(b);
}

function isObject({ origin }: RecordSet): boolean {
  return origin.kind !== "static" && origin.kind !== "local";
}

/** Best right first: cluster, kind, age (an object that does not say is the youngest), namespace, name; then content, so that the order is total. */
function compareClaims(a: RecordSet, b: RecordSet): number {
  return (
    compareRights(a, b) ||
    compare(a.origin.createdAtMs ?? Number.MAX_VALUE, b.origin.createdAtMs ?? Number.MAX_VALUE) ||
    compare(a.origin.namespace ?? "", b.origin.namespace ?? "") ||
    compare(a.origin.name, b.origin.name) ||
    compare(a.type, b.type) ||
    compare(a.targets.join(" "), b.targets.join(" ")) ||
    compare(a.ttlSeconds ?? Number.MAX_VALUE, b.ttlSeconds ?? Number.MAX_VALUE)
  );
}

function compare<T extends string | number>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
