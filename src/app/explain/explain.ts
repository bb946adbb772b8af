// `explain`: everything known about one name, in one value. Pure; what is answered comes from the same function that answers.

import { answer } from "#src/dns/answer.ts";
import { findZone, type Zone } from "#src/dns/snapshot.ts";
import { rdataText, typeText } from "#src/dns/wire/rdata-text.ts";
import { CLASS, RCODE, RECORD_TYPE_NUMBER } from "#src/dns/wire/registry.ts";
import type { RrSet } from "#src/dns/wire/rrset.ts";
import { type DomainName, isAtOrBelow, parentOf, wildcardBelow } from "#src/domain/name.ts";
import { RECORD_TYPES, type RecordType } from "#src/domain/record.ts";
import type { ExplainedAnswer, Explanation } from "#src/ops/explanation.ts";
import { claimsOf, leftOutOf } from "./claims.ts";
import type { ExplainFacts, ReadingFacts } from "./facts.ts";
import { hintsFor } from "./hints.ts";
import { storedAt } from "./stored.ts";
import { viewHints } from "./view-hints.ts";

/** Explains one name; a wildcard is explained under its own name, `*.apps.example.com`. */
export function explainName(name: DomainName, facts: ExplainFacts): Explanation {
  const { reading, stored } = facts;
  const zone = reading === undefined ? undefined : findZone(reading.snapshot, name);
  const wildcard = zone === undefined ? undefined : coveringWildcard(zone, name);
  const names = wildcard === undefined ? [name] : [name, wildcard];
  const found: Omit<Explanation, "hints"> = {
    name,
    ...(facts.view === "" ? {} : { view: facts.view }),
    ...(zone === undefined ? {} : { zone: zone.apex, serial: zone.serial }),
    answers: reading === undefined ? [] : answersOf(name, reading),
    claims: reading === undefined ? [] : claimsOf(names, reading),
    leftOut: reading === undefined ? [] : leftOutOf([...names, ...missingWildcards(zone, names)], reading),
    ...(stored === undefined ? {} : { stored: storedAt(name, stored) }),
  };
  const otherViews = facts.otherViews.map((other) => ({ view: other.view, answers: answersOf(name, other.reading) }));
  const hints = [
    ...hintsFor(name, found, { ...facts, wildcard }),
    ...(reading === undefined ? [] : viewHints(name, { view: facts.view, answers: found.answers }, otherViews)),
  ];
  return { ...found, hints };
}

/** Asked for by every client, so shown also when there is nothing. */
const ALWAYS_SHOWN: ReadonlySet<RecordType> = new Set<RecordType>(["A", "AAAA"]);

function answersOf(name: DomainName, reading: ReadingFacts): readonly ExplainedAnswer[] {
  return RECORD_TYPES.flatMap((type) => {
    const explained = explainAnswer(name, type, reading);
    const isShown = ALWAYS_SHOWN.has(type) || explained.records.some((record) => record.type === type);
    return isShown ? [explained] : [];
  });
}

function explainAnswer(name: DomainName, type: RecordType, reading: ReadingFacts): ExplainedAnswer {
  const { snapshot, ready, zones } = reading;
  const answered = answer(snapshot, { name, type: RECORD_TYPE_NUMBER[type], class: CLASS.IN });
  const isUnpublished = answered.zone === undefined && zones.some((apex) => isAtOrBelow(name, apex));
  if (isUnpublished || (answered.presumesAbsence && !ready)) {
    return { type, result: "not-ready", rcode: "SERVFAIL", records: [] };
  }
  const { rcode, answers, authority } = answered;
  return { type, result: resultOf(rcode, authority), rcode: rcodeText(rcode), records: answers.flatMap(recordsOf) };
}

/** A denial carries the SOA in its authority section (RFC 2308 §2), also behind an alias. */
function resultOf(rcode: number, authority: readonly RrSet[]): ExplainedAnswer["result"] {
  if (rcode === RCODE.NXDOMAIN) return "name-error";
  if (rcode !== RCODE.NOERROR) return "refused";
  return authority.length > 0 ? "no-data" : "data";
}

function rcodeText(rcode: number): string {
  return Object.entries(RCODE).find(([, number]) => number === rcode)?.[0] ?? String(rcode);
}

function recordsOf({ name, type, ttlSeconds, rdata }: RrSet): ExplainedAnswer["records"] {
  return rdata.map((octets) => ({ name, type: typeText(type), ttlSeconds, value: rdataText(type, octets) }));
}

/** The wildcard that stands for a name that does not exist (RFC 4592 §3.3.1); `undefined` when none does. */
function coveringWildcard(zone: Zone, name: DomainName): DomainName | undefined {
  if (zone.nodes.has(name)) return undefined;
  for (let encloser = parentOf(name); encloser !== undefined; encloser = parentOf(encloser)) {
    if (!zone.nodes.has(encloser)) continue;
    const wildcard = wildcardBelow(encloser);
    return zone.nodes.has(wildcard) ? wildcard : undefined;
  }
  return undefined;
}

/** Labels above a name below which somebody may have meant a wildcard to stand: each costs a look at every object. */
const MAX_WILDCARDS = 3;

/** Those that would answer a name that does not exist, were they there: why they are not is what its asker wants to know. */
function missingWildcards(zone: Zone | undefined, [name, wildcard]: readonly DomainName[]): readonly DomainName[] {
  if (zone === undefined || name === undefined || wildcard !== undefined || zone.nodes.has(name)) return [];
  const wildcards: DomainName[] = [];
  for (let above = parentOf(name); above !== undefined && wildcards.length < MAX_WILDCARDS; above = parentOf(above)) {
    if (!isAtOrBelow(above, zone.apex)) break;
    wildcards.push(wildcardBelow(above));
    // A wildcard above what exists does not reach below it (RFC 4592 section 3.3.1).
    if (zone.nodes.has(above)) break;
  }
  return wildcards.filter((one) => one !== name);
}
