// External-dns' endpoints in the one form that a backend can hold: used on both sides, for AdjustEndpoints and for changes,
// so that what was written is what is read and the second loop is silent. Pure.

import type { Endpoint } from "#src/domain/endpoint.ts";
import { type DomainName, parseName } from "#src/domain/name.ts";
import { ownedNameOf } from "#src/domain/ownership.ts";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";
import { isRecordType, MAX_TARGETS, type RecordType } from "#src/domain/record.ts";
import type { BackendRules } from "#src/providers/provider.ts";
import type { Bounds } from "#src/sync/bounds.ts";

/** One endpoint as the backend would hold it. */
export interface CanonicalEndpoint {
  readonly name: DomainName;
  readonly type: RecordType;
  /** Canonical text, sorted, no duplicates; never empty. */
  readonly targets: readonly string[];
  /** `undefined`: not set, or the backend keeps none. */
  readonly ttlSeconds: number | undefined;
}

/** Reads an endpoint's name; external-dns may send Unicode, capitals and a final dot. */
export function endpointName(endpoint: Endpoint): Parsed<DomainName> {
  return parseName(endpoint.dnsName);
}

/** Reads an endpoint's type as one that this backend holds. */
export function endpointType(endpoint: Endpoint, rules: BackendRules): Parsed<RecordType> {
  const type = endpoint.recordType.trim().toUpperCase();
  if (!isRecordType(type)) return unparsable(`record type "${endpoint.recordType}" is not known`);
  if (!rules.types.has(type)) return unparsable(`this backend holds no ${type} records`);
  return parsed(type);
}

/** The whole endpoint in canonical form, or one sentence on why the backend can never hold it. */
export function canonicalEndpoint(endpoint: Endpoint, { rules, scope }: Bounds): Parsed<CanonicalEndpoint> {
  const name = endpointName(endpoint);
  if (!name.ok) return name;
  const type = endpointType(endpoint, rules);
  if (!type.ok) return type;
  // A registry's text may lie outside the filter (`a-example.com` for an apex): what counts is the record it stands for.
  const refusal = rules.refuseName(name.value, type.value) ?? scope.refuse(ownedNameOf(endpoint) ?? name.value);
  if (refusal !== undefined) return unparsable(refusal);
  const targets = canonicalTargets(endpoint.targets, type.value, rules);
  if (!targets.ok) return targets;
  const wantedSeconds = Math.max(0, endpoint.recordTtlSeconds);
  return parsed({
    name: name.value,
    type: type.value,
    targets: targets.value,
    ttlSeconds: rules.effectiveTtlSeconds(wantedSeconds, type.value),
  });
}

/** `canonicalEndpoint` of what shall be there afterwards: refused where it holds more than we write at one name. */
export function wantedEndpoint(endpoint: Endpoint, bounds: Bounds): Parsed<CanonicalEndpoint> {
  const canonical = canonicalEndpoint(endpoint, bounds);
  if (!canonical.ok || canonical.value.targets.length <= MAX_TARGETS) return canonical;
  return unparsable(
    `the endpoint has ${canonical.value.targets.length} targets, and at most ${MAX_TARGETS} are kept at one name`,
  );
}

function canonicalTargets(texts: readonly string[], type: RecordType, rules: BackendRules): Parsed<readonly string[]> {
  const targets = new Set<string>();
  for (const text of texts) {
    const target = rules.canonicalTarget(type, text);
    if (!target.ok) return target;
    targets.add(target.value);
  }
  if (targets.size === 0) return unparsable("the endpoint has no targets");
  if (type === "CNAME" && targets.size > 1) return unparsable("a CNAME has exactly one target (RFC 2181 §10.1)");
  return parsed([...targets].sort());
}
