// Answers one question from one snapshot: RFC 1034 §4.3.2 with wildcards (RFC 4592) and negative answers (RFC 2308). The one
// master of meaning (decision 21). Knows nothing of sockets, EDNS, sizes or time.

import { type DomainName, parentOf, wildcardBelow } from "#src/domain/name.ts";
import { findZone, type Snapshot, type Zone } from "./snapshot.ts";
import { decodeName } from "./wire/name.ts";
import { CLASS, EXTENDED_ERROR, RCODE, TYPE } from "./wire/registry.ts";
import type { RrSet } from "./wire/rrset.ts";
import { findSet, type Node } from "./zone-tree.ts";

/** Aliases followed for one question; a longer chain is answered so far, and the client asks on from its end. */
const MAX_ALIAS_LINKS = 16;

export interface Answer {
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly answers: readonly RrSet[];
  readonly authority: readonly RrSet[];
  readonly additional: readonly RrSet[];
  /** RFC 8914 info code. */
  readonly extendedError: number | undefined;
  /**
   * Whether it rests on something not existing: a denial, or an answer from a wildcard, which stands only for names that
   * do not exist (RFC 4592 §2.2.1). Such an answer must not be given before everything is known (decision 16).
   */
  readonly presumesAbsence: boolean;
  /** Apex of the zone that the question's name lies in. */
  readonly zone: DomainName | undefined;
}

export interface AskedFor {
  readonly name: DomainName;
  readonly type: number;
  readonly class: number;
}

/** The answer to one question; sections are in order, nothing is cut to size. */
export function answer(snapshot: Snapshot, question: AskedFor): Answer {
  const unanswerable = UNANSWERABLE_TYPES.get(question.type);
  if (unanswerable !== undefined) return errorAnswer(unanswerable);
  if (question.class !== CLASS.IN) return errorAnswer(RCODE.REFUSED, EXTENDED_ERROR.NOT_AUTHORITATIVE);
  if (question.type === TYPE.AXFR || question.type === TYPE.IXFR) return refuseTransfer(snapshot, question.name);
  const zone = findZone(snapshot, question.name);
  if (zone === undefined) return errorAnswer(RCODE.REFUSED, EXTENDED_ERROR.NOT_AUTHORITATIVE);
  return { ...resolve(snapshot, question, zone), zone: zone.apex };
}

/** Types that are no data and that no question can ask for; MAILA and MAILB are obsolete (RFC 1035 §3.2.3, RFC 6895 §3.1). */
const UNANSWERABLE_TYPES: ReadonlyMap<number, number> = new Map([
  [0, RCODE.FORMERR],
  [TYPE.OPT, RCODE.FORMERR],
  [TYPE.TKEY, RCODE.FORMERR],
  [TYPE.TSIG, RCODE.FORMERR],
  [TYPE.MAILA, RCODE.NOTIMP],
  [TYPE.MAILB, RCODE.NOTIMP],
]);

/** RFC 5936 §2.2.1: REFUSED for a zone that is ours, NOTAUTH for any other name. */
function refuseTransfer(snapshot: Snapshot, name: DomainName): Answer {
  const zone = snapshot.zones.get(name);
  if (zone === undefined) return errorAnswer(RCODE.NOTAUTH, EXTENDED_ERROR.NOT_AUTHORITATIVE);
  return { ...errorAnswer(RCODE.REFUSED, EXTENDED_ERROR.PROHIBITED), zone: zone.apex };
}

/** Follows aliases, also from one of our zones into another, and ends with data, a denial, or the aliases alone. */
function resolve(snapshot: Snapshot, question: AskedFor, firstZone: Zone): Answer {
  const chain: RrSet[] = [];
  let presumesAbsence = false;
  let name = question.name;
  let zone: Zone | undefined = firstZone;
  while (zone !== undefined && !chain.some((link) => link.name === name)) {
    const exact = zone.nodes.get(name);
    const node = exact ?? findWildcard(zone, name);
    if (node === undefined) return denial(RCODE.NXDOMAIN, zone, chain);
    if (exact === undefined) presumesAbsence = true;
    if (node.alias === undefined || ASKS_FOR_ALIAS.has(question.type)) {
      const set = selectSet(node, question.type);
      if (set === undefined) return denial(RCODE.NOERROR, zone, chain);
      const found = authoritativeAnswer([...chain, ownedBy(name, set)]);
      return { ...found, additional: glueFor(snapshot, set), presumesAbsence };
    }
    if (chain.length === MAX_ALIAS_LINKS) break;
    chain.push(ownedBy(name, node.alias.set));
    name = node.alias.target;
    zone = findZone(snapshot, name);
  }
  return { ...authoritativeAnswer(chain), presumesAbsence };
}

/** RFC 1034 §4.3.2 step 3a: an alias is the answer when it matches the type asked for. */
const ASKS_FOR_ALIAS: ReadonlySet<number> = new Set([TYPE.CNAME, TYPE.ANY]);

/** The wildcard that stands for a name that does not exist: that of its closest encloser (RFC 4592 §3.3.1). */
function findWildcard(zone: Zone, name: DomainName): Node | undefined {
  for (let encloser = parentOf(name); encloser !== undefined; encloser = parentOf(encloser)) {
    if (zone.nodes.has(encloser)) return zone.nodes.get(wildcardBelow(encloser));
  }
  return undefined;
}

function selectSet(node: Node, type: number): RrSet | undefined {
  return type === TYPE.ANY ? smallestSet(node) : findSet(node, type);
}

/** RFC 8482 §4.1: one RRset for ANY; the smallest, so that it amplifies least. */
function smallestSet(node: Node): RrSet | undefined {
  const size = (set: RrSet): number => set.rdata.reduce((octets, rdata) => octets + rdata.length, 0);
  return [...node.sets].sort((a, b) => size(a) - size(b) || a.type - b.type)[0];
}

/** A synthesised record carries the name that was asked for (RFC 4592 §3.3.1). */
function ownedBy(name: DomainName, set: RrSet): RrSet {
  return set.name === name ? set : { ...set, name };
}

/** Addresses of the name servers that an NS answer names, where they are ours (RFC 1035 §3.3.11). */
function glueFor(snapshot: Snapshot, set: RrSet): readonly RrSet[] {
  if (set.type !== TYPE.NS) return [];
  return set.rdata.flatMap((rdata) => {
    const name = decodeName(rdata, 0);
    if (!name.ok) return [];
    const node = findZone(snapshot, name.value.name)?.nodes.get(name.value.name);
    if (node === undefined) return [];
    return [findSet(node, TYPE.A), findSet(node, TYPE.AAAA)].filter((address) => address !== undefined);
  });
}

/** Data and nothing else; the zone is the caller's to add. */
export function authoritativeAnswer(answers: readonly RrSet[]): Answer {
  return { ...EMPTY, rcode: RCODE.NOERROR, authoritative: true, answers, extendedError: staleness(answers) };
}

/** RFC 8914 §4.4: what was learnt before and could not be asked for again. */
function staleness(answers: readonly RrSet[]): number | undefined {
  return answers.some((set) => set.isStale === true) ? EXTENDED_ERROR.STALE_ANSWER : undefined;
}

/** RFC 2308 §2: the SOA of the zone that denies; after aliases the rcode speaks of the last name (RFC 6604 §3). */
function denial(rcode: number, zone: Zone, chain: readonly RrSet[]): Answer {
  const authority = [zone.negativeSoa];
  const extendedError = staleness(chain);
  return { ...EMPTY, rcode, authoritative: true, answers: chain, authority, extendedError, presumesAbsence: true };
}

/** An error with empty sections; the zone is the caller's to add. */
export function errorAnswer(rcode: number, extendedError?: number): Answer {
  return { ...EMPTY, rcode, extendedError };
}

const EMPTY: Answer = {
  rcode: RCODE.SERVFAIL,
  authoritative: false,
  answers: [],
  authority: [],
  additional: [],
  extendedError: undefined,
  presumesAbsence: false,
  zone: undefined,
};
