// Compiles record sets into the content of one zone: apex SOA and NS, name server addresses, the rules of RFC 1034 §3.6.2 and
// RFC 2181. What breaks a rule is left out and reported; its name goes on existing, so that nothing is denied by accident.

import { isIP } from "node:net";
import { type DomainName, isAtOrBelow, joinName, wildcardBelow } from "#src/domain/name.ts";
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

/**
 * Content of the zone `options.apex` with the given serial. Record sets outside the zone are ignored; several of one name and
 * type are united under their smallest TTL. Equal input in any order gives equal bytes.
 */
export function compileZone(
  options: ZoneOptions,
  recordSets: readonly RecordSet[],
  serial: number,
): { readonly content: ZoneContent; readonly problems: readonly ZoneProblem[] } {
  const compilation: Compilation = { options, problems: [], nodes: new Map() };
  const inZone = recordSets.filter((set) => isAtOrBelow(set.name, options.apex));
  for (const set of inZone) addRecordSet(compilation, set);
  const nameservers = nameserversOf(options);
  addApexNs(compilation, nameservers);
  for (const nameserver of nameservers) addAddresses(compilation, nameserver);
  shieldFromWildcard(compilation);

  const sets: RrSet[] = [];
  for (const name of [...compilation.nodes.keys()].sort()) sets.push(...finishNode(compilation, name));
  for (const nameserver of nameservers) reportUnreachable(compilation, nameserver);
  return {
    content: { apex: options.apex, serial: serial >>> 0, soa: soaOf(options, nameservers), recordSets: sets },
    problems: compilation.problems,
  };
}

/** One set while it is being collected; rdata keyed by its octets, so that duplicates fall together (RFC 2181 §5). */
interface Draft {
  readonly origin: Origin | undefined;
  ttlSeconds: number;
  readonly rdata: Map<string, Uint8Array>;
}

interface Compilation {
  readonly options: ZoneOptions;
  readonly problems: ZoneProblem[];
  readonly nodes: Map<DomainName, Map<RecordType, Draft>>;
}

function addRecordSet(compilation: Compilation, set: RecordSet): void {
  nodeOf(compilation, set.name);
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

/** Makes the name exist, whatever becomes of its data. */
function nodeOf({ nodes }: Compilation, name: DomainName): Map<RecordType, Draft> {
  const node = nodes.get(name) ?? new Map<RecordType, Draft>();
  nodes.set(name, node);
  return node;
}

/** The draft of a name and type, made on first use; every further TTL can only lower it (RFC 2181 §5.2). */
function draftOf(compilation: Compilation, set: Subject & { readonly ttlSeconds?: number | undefined }): Draft {
  const node = nodeOf(compilation, set.name);
  const ttlSeconds = Math.min(set.ttlSeconds ?? compilation.options.defaultTtlSeconds, MAX_TTL_SECONDS);
  const draft = node.get(set.type) ?? { origin: set.origin, ttlSeconds, rdata: new Map<string, Uint8Array>() };
  draft.ttlSeconds = Math.max(0, Math.min(draft.ttlSeconds, ttlSeconds));
  node.set(set.type, draft);
  return draft;
}

/** A zone needs one (RFC 1035 §5.2); without a setting its own name stands in. */
function nameserversOf({ apex, nameservers }: ZoneOptions): readonly Nameserver[] {
  return nameservers.length > 0 ? nameservers : [{ name: apex, addresses: [] }];
}

function addApexNs(compilation: Compilation, nameservers: readonly Nameserver[]): void {
  const set = { name: compilation.options.apex, type: "NS" } as const;
  const draft = draftOf(compilation, set);
  for (const { name } of nameservers) addTarget(compilation, { draft, set, target: name === "" ? "." : name });
}

/** Record sets that hold an address at the name win over the settings. */
function addAddresses(compilation: Compilation, { name, addresses }: Nameserver): void {
  if (!isAtOrBelow(name, compilation.options.apex) || hasAddress(compilation, name)) return;
  for (const address of addresses) {
    const set = { name, type: isIP(address) === 6 ? "AAAA" : "A" } as const;
    addTarget(compilation, { draft: draftOf(compilation, set), set, target: address });
  }
}

/** An empty node stops the wildcard above it (RFC 4592 §2.2.2): no data, instead of whatever the wildcard points to. */
function shieldFromWildcard(compilation: Compilation): void {
  const { apex, protectedLabels } = compilation.options;
  if (!compilation.nodes.has(wildcardBelow(apex))) return;
  for (const label of protectedLabels) {
    const name = joinName(label, apex);
    if (name.ok) nodeOf(compilation, name.value);
  }
}

function hasAddress({ nodes }: Compilation, name: DomainName): boolean {
  const node = nodes.get(name);
  return ([node?.get("A"), node?.get("AAAA")] as const).some((draft) => draft !== undefined && draft.rdata.size > 0);
}

/** The final sets of one name in order of their type; one empty set when nothing is left of its data. */
function finishNode(compilation: Compilation, name: DomainName): readonly RrSet[] {
  const node = nodeOf(compilation, name);
  refuseCname(compilation, name, node);
  const sets = [...node].map(([type, draft]): RrSet => {
    const rdata = [...draft.rdata.values()].sort(compareOctets);
    return { name, type: RECORD_TYPE_NUMBER[type], ttlSeconds: draft.ttlSeconds, rdata };
  });
  const withData = sets.filter((set) => set.rdata.length > 0).sort((a, b) => a.type - b.type);
  return withData.length > 0 ? withData : [{ name, type: TYPE.A, ttlSeconds: 0, rdata: [] }];
}

/** RFC 1034 §3.6.2, RFC 2181 §10.1: a CNAME is alone and single, so never at the apex, where SOA and NS are. */
function refuseCname(compilation: Compilation, name: DomainName, node: Map<RecordType, Draft>): void {
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
function reportUnreachable(compilation: Compilation, { name }: Nameserver): void {
  if (!isAtOrBelow(name, compilation.options.apex) || hasAddress(compilation, name)) return;
  const cname = compilation.nodes.get(name)?.get("CNAME");
  const isAlias = cname !== undefined && cname.rdata.size > 0;
  report(compilation, {
    name,
    type: "NS",
    code: isAlias ? "nameserver-is-alias" : "nameserver-without-address",
    problem: isAlias ? "a name server must not be an alias" : "the name server has no address in the zone",
  });
}

function soaOf(options: ZoneOptions, nameservers: readonly Nameserver[]): ZoneContent["soa"] {
  return {
    primary: nameservers[0]?.name ?? options.apex,
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
