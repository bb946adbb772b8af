// From "these names point at these targets" to record sets of A, AAAA and CNAME, with a sentence for each target or name
// that cannot be. Knows no kind of object.

import { isIP } from "node:net";
import { type ClusterObject, keyOf } from "#src/domain/cluster-object.ts";
import { MAX_NAME_OCTETS } from "#src/domain/name.ts";
import type { Parsed } from "#src/domain/parsed.ts";
import type { Origin, OriginKind, RecordSet, RecordType } from "#src/domain/record.ts";
import { canonicalTarget } from "#src/domain/target.ts";
import { parseHostname, type ZonedName } from "./hostnames.ts";
import type { ProblemCode, SourceProblem, SourceResult } from "./source.ts";

export interface AddressClaim {
  readonly object: ClusterObject;
  readonly origin: Origin;
  readonly names: readonly ZonedName[];
  /** IP addresses and host names as written. */
  readonly targets: readonly string[];
  /** A TTL that cannot be read is a problem, and the zone's default holds. */
  readonly ttlSeconds: Parsed<number | undefined>;
  /** Why there may be no target yet: one sentence. */
  readonly pendingReason: string;
}

type AddressType = Extract<RecordType, "A" | "AAAA" | "CNAME">;
type TypedTargets = ReadonlyMap<AddressType, readonly string[]>;

/**
 * One record set per name and type. A name without any target becomes an A set without targets, so that it exists and
 * answers NODATA; a problem says why.
 */
export function addressRecords(claim: AddressClaim): SourceResult {
  const problems: SourceProblem[] = [];
  const report = (code: ProblemCode, reason: string, hostname?: string): void => {
    problems.push({ code, object: keyOf(claim.object), reason, ...(hostname === undefined ? {} : { hostname }) });
  };
  const ttlSeconds = claim.ttlSeconds.ok ? claim.ttlSeconds.value : undefined;
  if (!claim.ttlSeconds.ok) report("ttl.invalid", claim.ttlSeconds.problem);
  const targets = sortTargets(claim.targets, report);
  const recordSets = claim.names.flatMap((zoned) => setsOfName(zoned, targets, { claim, ttlSeconds, report }));
  return { recordSets, problems };
}

/** Where the records of `object` come from. */
export function originOf(object: ClusterObject, kind: OriginKind, className?: string): Origin {
  const { name, namespace, uid, createdAtMs, cluster } = object.metadata;
  return {
    kind,
    ...(namespace === "" ? {} : { namespace }),
    name,
    ...(uid === undefined ? {} : { uid }),
    ...(className === undefined ? {} : { className }),
    ...(createdAtMs === undefined ? {} : { createdAtMs }),
    ...(cluster === undefined ? {} : { cluster }),
  };
}

type Report = (code: ProblemCode, reason: string, hostname?: string) => void;

function sortTargets(texts: readonly string[], report: Report): TypedTargets {
  const byType = new Map<AddressType, string[]>();
  for (const text of texts) {
    const type = addressType(text);
    const target = canonicalTarget(type, text);
    if (!target.ok || (type === "CNAME" && !isAliasTarget(text))) {
      report("address.invalid", `"${text.slice(0, MAX_NAME_OCTETS)}" is neither an IP address nor a host name`);
      continue;
    }
    const list = byType.get(type) ?? [];
    if (!list.includes(target.value)) list.push(target.value);
    byType.set(type, list);
  }
  return byType;
}

function addressType(text: string): AddressType {
  const family = isIP(text.trim());
  if (family === 4) return "A";
  return family === 6 ? "AAAA" : "CNAME";
}

/** A host name without a star, and not a mistyped address: no top-level domain is made of digits. */
function isAliasTarget(text: string): boolean {
  const name = parseHostname(text);
  return name !== undefined && !name.startsWith("*") && !/(?:^|\.)\d+$/.test(name);
}

function setsOfName(
  zoned: ZonedName,
  targets: TypedTargets,
  where: { readonly claim: AddressClaim; readonly ttlSeconds: number | undefined; readonly report: Report },
): readonly RecordSet[] {
  const { name } = zoned;
  const { ttlSeconds, report } = where;
  const { origin, pendingReason } = where.claim;
  const sets: RecordSet[] = [];
  for (const [type, values] of targets) {
    const refusal = type === "CNAME" ? refuseAlias(zoned, values) : undefined;
    if (refusal === undefined) sets.push({ name, type, ttlSeconds, targets: values, origin });
    else report(refusal.code, refusal.reason, name);
  }
  if (sets.length > 0) return sets;
  if (targets.size === 0) {
    const reason = where.claim.targets.length > 0 ? "none of its targets can be used" : pendingReason;
    report("address.none", `${name} has no address yet: ${reason}`, name);
  }
  return [{ name, type: "A", ttlSeconds, targets: [], origin }];
}

/** Why a name cannot be an alias of these targets, each canonical; `undefined` when it can. */
export function refuseAlias(
  { name, zone }: ZonedName,
  targets: readonly string[],
): { readonly code: ProblemCode; readonly reason: string } | undefined {
  if (name === zone.apex) {
    return {
      code: "cname.apex",
      reason: `${name} is a zone's apex, which cannot be an alias (RFC 1034 section 3.6.2)`,
    };
  }
  if (targets.includes(name)) return { code: "cname.self", reason: `${name} would be an alias of itself` };
  return undefined;
}
