// Compiles the record sets of one name into what a zone holds there: apex NS, name server addresses, the rules of RFC 1034
// §3.6.2 and RFC 2181. What breaks a rule is left out and reported; its name goes on existing, so that nothing is denied by
// accident.

import { isIP } from "node:net";
import { type DomainName, isAtOrBelow, joinName } from "#src/domain/name.ts";
import type { Origin, RecordSet, RecordType } from "#src/domain/record.ts";
import { encodeRdata } from "./wire/rdata.ts";
import { RECORD_TYPE_NUMBER, TYPE } from "./wire/registry.ts";
import { compareOctets, type RrSet } from "./wire/rrset.ts";
import type { Nameserver, ZoneContent, ZoneOptions } from "./zone-content.ts";

/** RFC 2181 §8: a larger value means 0 to a resolver. */
const MAX_TTL_SECONDS = 2 ** 31 - 1;

type ZoneProblemCode =
  | "cname-at-apex"
  | "cname-beside-other-data"
  | "several-cnames"
  | "bad-target"
  | "apex-ns"
  | "delegation"
  | "nameserver-without-address"
  | "nameserver-is-alias";

/** One thing that was left out of a zone, or that will hurt whoever uses it. */
export interface ZoneProblem {
  readonly code: ZoneProblemCode;
  readonly name: DomainName;
  readonly type: RecordType;
  readonly problem: string;
  /** Absent when the zone's own settings are the cause. */
  readonly origin: Origin | undefined;
}

export interface CompiledName {
  /** In order of their type; one set without rdata: the name exists without data; none: it does not exist. */
  readonly sets: readonly RrSet[];
  readonly problems: readonly ZoneProblem[];
}

/**
 * What one name of a zone holds: the record sets of that name, all of them, and what the zone's settings say of it. Several of
 * one type are united under their smallest TTL. Equal input in any order gives equal bytes.
 */
export function compileName(
  name: DomainName,
  recordSets: readonly RecordSet[],
  { options, hasApexWildcard }: { readonly options: ZoneOptions; readonly hasApexWildcard: boolean },
): CompiledName {
  const compilation: Compilation = { options, name, problems: [], node: new Map(), exists: false };
  for (const set of recordSets) addRecordSet(compilation, set);
  const nameservers = nameserversOf(options);
  if (name === options.apex) addApexNs(compilation, nameservers);
  const here = nameservers.filter((nameserver) => nameserver.name === name);
  for (const { addresses } of here) addAddresses(compilation, addresses);
  if (hasApexWildcard && isShielded(name, options)) compilation.exists = true;
  const sets = compilation.exists ? finishNode(compilation) : [];
  if (here.length > 0) reportUnreachable(compilation);
  return { sets, problems: compilation.problems };
}

/** Names in the zone that its settings say something of, whether or not a record set does. */
export function namesOfSettings(options: ZoneOptions): readonly DomainName[] {
  const { apex } = options;
  const nameservers = nameserversOf(options).map(({ name }) => name);
  return [...new Set([apex, ...nameservers.filter((name) => isAtOrBelow(name, apex)), ...shieldedNames(options)])];
}

/** Names that a wildcard at the apex must not stand for (RFC 4592 §2.2.2): no data, instead of whatever it points to. */
export function shieldedNames({ apex, protectedLabels }: ZoneOptions): readonly DomainName[] {
  return protectedLabels.flatMap((label) => {
    const name = joinName(label, apex);
    return name.ok ? [name.value] : [];
  });
}

/** One set while it is being collected; rdata keyed by its octets, so that duplicates fall together (RFC 2181 §5). */
interface Draft {
  readonly origin: Origin | undefined;
  ttlSeconds: number;
  /** One stale value makes the whole set stale. */
  isStale: boolean;
  readonly rdata: Map<string, Uint8Array>;
}

/** Of one name. */
interface Compilation {
  readonly options: ZoneOptions;
  readonly name: DomainName;
  readonly problems: ZoneProblem[];
  readonly node: Map<RecordType, Draft>;
  /** Whether the name exists, whatever becomes of its data. */
  exists: boolean;
}

function addRecordSet(compilation: Compilation, set: RecordSet): void {
  compilation.exists = true;
  if (set.type === "NS") {
    const { code, problem } = set.name === compilation.options.apex ? APEX_NS_REFUSED : DELEGATION_REFUSED;
    report(compilation, { code, problem, ...set });
    return;
  }
  const draft = draftOf(compilation, set);
  for (const target of set.targets) addTarget(compilation, { draft, set, target });
}

const APEX_NS_REFUSED = {
  code: "apex-ns",
  problem: "the zone's own name servers come from its settings",
} as const;
const DELEGATION_REFUSED = {
  code: "delegation",
  problem: "delegating a part of the zone is not supported",
} as const;

function addTarget(
  compilation: Compilation,
  { draft, set, target }: { readonly draft: Draft; readonly set: Subject; readonly target: string },
): void {
  const rdata = encodeRdata(set.type, target);
  if (rdata.ok) draft.rdata.set(octetKey(rdata.value), rdata.value);
  else report(compilation, { code: "bad-target", problem: rdata.problem, ...set });
}

type Subject = Pick<ZoneProblem, "name" | "type"> & { readonly origin?: Origin };

function report(
  { problems }: Compilation,
  { code, name, type, problem, origin }: Subject & Pick<ZoneProblem, "code" | "problem">,
): void {
  problems.push({ code, name, type, problem, origin });
}

interface Drafted extends Subject {
  readonly ttlSeconds?: number | undefined;
  readonly isStale?: true;
}

/** The draft of a type, made on first use; every further TTL can only lower it (RFC 2181 §5.2). */
function draftOf(compilation: Compilation, set: Drafted): Draft {
  const { node } = compilation;
  compilation.exists = true;
  const ttlSeconds = Math.min(set.ttlSeconds ?? compilation.options.defaultTtlSeconds, MAX_TTL_SECONDS);
  const draft = node.get(set.type) ?? {
    origin: set.origin,
    ttlSeconds,
    isStale: false,
    rdata: new Map<string, Uint8Array>(),
  };
  draft.isStale ||= set.isStale === true;
  draft.ttlSeconds = Math.max(0, Math.min(draft.ttlSeconds, ttlSeconds));
  node.set(set.type, draft);
  return draft;
}

/** A zone needs one (RFC 1035 §5.2); without a setting its own name stands in. */
function nameserversOf({ apex, nameservers }: ZoneOptions): readonly Nameserver[] {
  return nameservers.length > 0 ? nameservers : [{ name: apex, addresses: [] }];
}

function addApexNs(compilation: Compilation, nameservers: readonly Nameserver[]): void {
  const set = { name: compilation.name, type: "NS" } as const;
  const draft = draftOf(compilation, set);
  for (const { name } of nameservers) addTarget(compilation, { draft, set, target: name === "" ? "." : name });
}

/** Record sets that hold an address at the name win over the settings. */
function addAddresses(compilation: Compilation, addresses: readonly string[]): void {
  if (hasAddress(compilation)) return;
  for (const address of addresses) {
    const set = { name: compilation.name, type: isIP(address) === 6 ? "AAAA" : "A" } as const;
    addTarget(compilation, { draft: draftOf(compilation, set), set, target: address });
  }
}

function isShielded(name: DomainName, options: ZoneOptions): boolean {
  return shieldedNames(options).includes(name);
}

function hasAddress({ node }: Compilation): boolean {
  return ([node.get("A"), node.get("AAAA")] as const).some((draft) => draft !== undefined && draft.rdata.size > 0);
}

/** The final sets in order of their type; one empty set when nothing is left of its data. */
function finishNode(compilation: Compilation): readonly RrSet[] {
  const { name, node } = compilation;
  refuseCname(compilation);
  const sets = [...node].map(([type, draft]): RrSet => {
    const rdata = [...draft.rdata.values()].sort(compareOctets);
    const set = { name, type: RECORD_TYPE_NUMBER[type], ttlSeconds: draft.ttlSeconds, rdata };
    return draft.isStale ? { ...set, isStale: true } : set;
  });
  const withData = sets.filter((set) => set.rdata.length > 0).sort((a, b) => a.type - b.type);
  return withData.length > 0 ? withData : [{ name, type: TYPE.A, ttlSeconds: 0, rdata: [] }];
}

/** RFC 1034 §3.6.2, RFC 2181 §10.1: a CNAME is alone and single, so never at the apex, where SOA and NS are. */
function refuseCname(compilation: Compilation): void {
  const { name, node } = compilation;
  const cname = node.get("CNAME");
  if (cname === undefined || cname.rdata.size === 0) return;
  const subject = { name, type: "CNAME", ...(cname.origin === undefined ? {} : { origin: cname.origin }) } as const;
  const others = [...node].filter(([type, draft]) => type !== "CNAME" && draft.rdata.size > 0).map(([type]) => type);
  if (name === compilation.options.apex) {
    report(compilation, { ...subject, code: "cname-at-apex", problem: "a zone's own name cannot be an alias" });
    cname.rdata.clear();
  } else if (others.length > 0) {
    const problem = `an alias cannot stand beside other data (${others.sort().join(", ")})`;
    report(compilation, { ...subject, code: "cname-beside-other-data", problem });
    cname.rdata.clear();
  } else if (cname.rdata.size > 1) {
    report(compilation, {
      ...subject,
      code: "several-cnames",
      problem: "an alias has one target; the first in byte order stays",
    });
    const [, ...rest] = [...cname.rdata].sort(([, a], [, b]) => compareOctets(a, b));
    for (const [key] of rest) cname.rdata.delete(key);
  }
}

/** RFC 1912 §2.2, RFC 2181 §10.3: a name server in the zone has an address of its own and is no alias. */
function reportUnreachable(compilation: Compilation): void {
  if (hasAddress(compilation)) return;
  const { name, node } = compilation;
  const cname = node.get("CNAME");
  const isAlias = cname !== undefined && cname.rdata.size > 0;
  report(compilation, {
    name,
    type: "NS",
    code: isAlias ? "nameserver-is-alias" : "nameserver-without-address",
    problem: isAlias ? "a name server must not be an alias" : "the name server has no address in the zone",
  });
}

export function soaOf(options: ZoneOptions): ZoneContent["soa"] {
  return {
    primary: nameserversOf(options)[0]?.name ?? options.apex,
    hostmaster: options.hostmaster,
    refreshSeconds: options.refreshSeconds,
    retrySeconds: options.retrySeconds,
    expireSeconds: options.expireSeconds,
    negativeTtlSeconds: options.negativeTtlSeconds,
    ttlSeconds: options.defaultTtlSeconds,
  };
}

function octetKey(octets: Uint8Array): string {
  let key = "";
  for (const octet of octets) key += String.fromCharCode(octet);
  return key;
}
