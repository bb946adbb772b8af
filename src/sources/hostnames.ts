// From the host names people write to names inside our zones: short names in every zone, others where they lie, and a
// sentence for each one that cannot be served. Knows nothing of addresses.

import { type ClusterObject, keyOf } from "#src/domain/cluster-object.ts";
import { type DomainName, isAtOrBelow, isWildcard, joinName, MAX_NAME_OCTETS, parseName } from "#src/domain/name.ts";
import { isReverseName } from "#src/domain/reverse-name.ts";
import { ANY_NAME, type ProblemCode, type SourceOptions, type SourceProblem, type SourceZone } from "./source.ts";

/** A name with the zone it lies in (the longest apex that matches). */
export interface ZonedName {
  readonly name: DomainName;
  readonly zone: SourceZone;
}

export interface ResolvedHostnames {
  readonly names: readonly ZonedName[];
  readonly problems: readonly SourceProblem[];
}

/** Names one object may claim: bounds what a single annotation can cost (facts: reliability T25). */
export const MAX_NAMES_PER_OBJECT = 256;

/** Letters, digits, hyphens inside, underscores; a star only as the whole first label (RFC 4592 §2.1.1). */
const HOSTNAME = /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/;

/** Resolves host names as written on `object`: any case, a final dot, Unicode; duplicates become one. */
export function resolveHostnames(
  texts: readonly string[],
  object: ClusterObject,
  options: SourceOptions,
): ResolvedHostnames {
  const distinct = [...new Set(texts)];
  const candidates = distinct.slice(0, MAX_NAMES_PER_OBJECT).map((text) => resolveOne(text, options));
  const beyond = distinct[MAX_NAMES_PER_OBJECT];
  const limit = beyond === undefined ? [] : [{ refusal: tooMany(distinct.length, beyond) }];
  return collect([...candidates, ...limit], object, options);
}

/** The first texts of an object that may be looked at, and a problem when there are more. */
export function limitHostnames(
  texts: readonly string[],
  object: ClusterObject,
): { readonly texts: readonly string[]; readonly problems: readonly SourceProblem[] } {
  const distinct = [...new Set(texts)];
  const beyond = distinct[MAX_NAMES_PER_OBJECT];
  const problems = beyond === undefined ? [] : [{ ...tooMany(distinct.length, beyond), object: keyOf(object) }];
  return { texts: distinct.slice(0, MAX_NAMES_PER_OBJECT), problems };
}

/** Makes a name without a zone (`name.namespace`) absolute in every zone. */
export function resolveRelative(relative: string, object: ClusterObject, options: SourceOptions): ResolvedHostnames {
  return collect([inEveryZone(relative, options)], object, options);
}

/** A host name in canonical text, or `undefined` when it is none. */
export function parseHostname(text: string): DomainName | undefined {
  const name = parseName(text);
  if (!name.ok || !HOSTNAME.test(name.value)) return undefined;
  // The text itself where it is canonical, as nearly all are: its object keeps it already.
  return isCanonical(text, name.value) ? text : name.value;
}

function isCanonical(text: string, name: DomainName): text is DomainName {
  return text === name;
}

/** The zone with the longest apex at or above the name. */
export function zoneOf(name: DomainName, zones: readonly SourceZone[]): SourceZone | undefined {
  let best: SourceZone | undefined;
  for (const zone of zones) {
    if (isAtOrBelow(name, zone.apex) && (best === undefined || zone.apex.length > best.apex.length)) best = zone;
  }
  return best;
}

interface Refusal {
  readonly code: ProblemCode;
  readonly hostname: string;
  readonly reason: string;
}

type Candidate = { readonly names: readonly ZonedName[] } | { readonly refusal: Refusal };

function resolveOne(text: string, options: SourceOptions): Candidate {
  const name = parseHostname(text);
  if (name === undefined) return refuse("host.invalid", shortened(text), `"${shortened(text)}" is not a host name`);
  if (!name.includes(".") && !text.endsWith(".")) return inEveryZone(name, options);
  const zone = zoneOf(name, options.zones);
  if (zone !== undefined) return { names: [{ name, zone }] };
  const apexes = options.zones.map((each) => each.apex).join(", ");
  return refuse("host.outside", name, `${name} lies in none of our zones (${apexes})`);
}

function inEveryZone(relative: string, options: SourceOptions): Candidate {
  const names: ZonedName[] = [];
  for (const zone of options.zones.filter(({ apex }) => !isReverseName(apex))) {
    const name = joinName(relative, zone.apex);
    if (!name.ok) return refuse("host.invalid", relative, `${relative}.${zone.apex}: ${name.problem}`);
    names.push({ name: name.value, zone });
  }
  return { names };
}

function collect(candidates: readonly Candidate[], object: ClusterObject, options: SourceOptions): ResolvedHostnames {
  const names = new Map<DomainName, ZonedName>();
  const refusals: Refusal[] = [];
  for (const candidate of candidates) {
    if ("refusal" in candidate) {
      refusals.push(candidate.refusal);
      continue;
    }
    for (const zoned of candidate.names) {
      const refusal = refuseClaim(zoned.name, object.metadata.namespace, options);
      if (refusal !== undefined) refusals.push(refusal);
      else names.set(zoned.name, zoned);
    }
  }
  const all = [...names.values()];
  const beyond = all[MAX_NAMES_PER_OBJECT]?.name;
  if (beyond !== undefined) refusals.push(tooMany(all.length, beyond));
  const problems = refusals.map((refusal) => ({ ...refusal, object: keyOf(object) }));
  return { names: all.slice(0, MAX_NAMES_PER_OBJECT), problems };
}

function refuseClaim(name: DomainName, namespace: string, options: SourceOptions): Refusal | undefined {
  if (options.protectedNames.has(name)) {
    return { code: "host.protected", hostname: name, reason: `${name} is a protected name: no object may claim it` };
  }
  if (isWildcard(name) && !options.allowWildcards) {
    return { code: "host.forbidden", hostname: name, reason: `${name}: the settings allow objects no wildcards` };
  }
  const suffixes = suffixesOf(namespace, options);
  if (suffixes === undefined || suffixes.some((suffix) => isAtOrBelow(name, suffix))) return undefined;
  const allowed = suffixes.join(", ");
  const reason = `namespace ${namespace} may only claim names in ${allowed === "" ? "no zone" : allowed}`;
  return { code: "host.forbidden", hostname: name, reason };
}

function suffixesOf(namespace: string, { namespaceSuffixes }: SourceOptions): readonly DomainName[] | undefined {
  const own = namespaceSuffixes.get(namespace);
  return own === undefined && namespace !== "" ? namespaceSuffixes.get(ANY_NAME) : own;
}

function tooMany(count: number, beyond: string): Refusal {
  const hostname = shortened(beyond);
  const reason = `the object claims ${count} names; those after the first ${MAX_NAMES_PER_OBJECT} are left out, beginning with ${hostname}`;
  return { code: "host.limit", hostname, reason };
}

/** An annotation may hold 256 KiB; a message must not. */
function shortened(text: string): string {
  return text.length > MAX_NAME_OCTETS ? `${text.slice(0, MAX_NAME_OCTETS)}…` : text;
}

function refuse(code: ProblemCode, hostname: string, reason: string): Candidate {
  return { refusal: { code, hostname, reason } };
}
