// externaldns.k8s.io DNSEndpoint: records of any type, each under its own name. An entry that is wrong is left out alone.

import * as z from "zod";
import { type ClusterObject, keyOf } from "#src/domain/cluster-object.ts";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";
import { isRecordType, type Origin, type RecordSet, type RecordType } from "#src/domain/record.ts";
import { canonicalTarget } from "#src/domain/target.ts";
import { originOf, refuseAlias } from "./address-records.ts";
import { isIgnored, MAX_TTL_SECONDS } from "./annotations.ts";
import { resolveHostnames } from "./hostnames.ts";
import { readPart } from "./shape.ts";
import {
  type ProblemCode,
  rejected,
  type Source,
  type SourceContext,
  type SourceProblem,
  type SourceResult,
} from "./source.ts";

/** Fields may have any type here: one wrong entry must not take the object's other names away. */
const writtenEndpoint = z.object({
  dnsName: z.unknown().optional(),
  recordType: z.unknown().optional(),
  targets: z.unknown().optional(),
  recordTTL: z.unknown().optional(),
  setIdentifier: z.unknown().optional(),
});
type WrittenEndpoint = z.infer<typeof writtenEndpoint>;

const dnsEndpointSpec = z.object({ endpoints: z.array(writtenEndpoint.catch({})).nullish() });

export const dnsEndpointSource: Source = {
  resource: { group: "externaldns.k8s.io", kind: "DNSEndpoint" },
  shape: { spec: dnsEndpointSpec },
  lookups: [],
  references: () => [],
  toRecords: dnsEndpointRecords,
};

/** Entries of one object: bounds what one object can cost. Whoever has more can have two objects. */
const MAX_ENDPOINTS = 1_000;
/** What somebody wrote may be long; a message must not. */
const MAX_REASON_CHARACTERS = 300;

function dnsEndpointRecords(object: ClusterObject, context: SourceContext): SourceResult {
  if (isIgnored(object)) return rejected(object, "object.ignored", "the label k8s-gateway.dns/ignore is set");
  const spec = readPart("spec", dnsEndpointSpec, object.spec);
  if (!spec.ok) return rejected(object, "object.invalid", spec.problem);
  const endpoints = spec.value.endpoints ?? [];
  if (endpoints.length === 0) return rejected(object, "host.none", "spec.endpoints is empty");
  const reading: Reading = { object, context, origin: originOf(object, "DNSEndpoint"), recordSets: [], problems: [] };
  for (const [index, endpoint] of endpoints.slice(0, MAX_ENDPOINTS).entries()) addEndpoint(reading, index, endpoint);
  if (endpoints.length > MAX_ENDPOINTS) {
    const reason = `the object has ${endpoints.length} endpoints; those after the first ${MAX_ENDPOINTS} are left out`;
    report(reading, "host.limit", reason, nameText(endpoints[MAX_ENDPOINTS]));
  }
  return { recordSets: reading.recordSets, problems: reading.problems };
}

interface Reading {
  readonly object: ClusterObject;
  readonly context: SourceContext;
  readonly origin: Origin;
  readonly recordSets: RecordSet[];
  readonly problems: SourceProblem[];
}

function addEndpoint(reading: Reading, index: number, written: WrittenEndpoint): void {
  const where = `spec.endpoints[${index}]`;
  const read = readEndpoint(written);
  if (!read.ok) {
    for (const name of namesMeant(reading, written)) {
      report(reading, "endpoint.invalid", `${where}: ${read.problem}`, name);
    }
    return;
  }
  const { dnsName, type, targets, setIdentifier } = read.value;
  const resolved = resolveHostnames([dnsName], reading.object, reading.context.options);
  reading.problems.push(...resolved.problems);
  const ttlSeconds = readTtl(written.recordTTL);
  for (const zoned of resolved.names) {
    const refusal = type === "CNAME" ? refuseAlias(zoned, targets) : undefined;
    if (refusal !== undefined) {
      report(reading, refusal.code, refusal.reason, zoned.name);
      continue;
    }
    reading.recordSets.push({
      name: zoned.name,
      type,
      ttlSeconds: ttlSeconds.ok ? ttlSeconds.value : undefined,
      targets,
      origin: reading.origin,
    });
    if (!ttlSeconds.ok) report(reading, "ttl.invalid", `${where}: ${ttlSeconds.problem}`, zoned.name);
    if (setIdentifier !== undefined) {
      const reason = `${where} has a setIdentifier; routing policies are not followed: all entries are answered ("${setIdentifier}")`;
      report(reading, "endpoint.identifier", reason, zoned.name);
    }
  }
}

interface Endpoint {
  readonly dnsName: string;
  readonly type: RecordType;
  /** Canonical, distinct, at least one. */
  readonly targets: readonly string[];
  readonly setIdentifier: string | undefined;
}

function readEndpoint({ dnsName, recordType, targets, setIdentifier }: WrittenEndpoint): Parsed<Endpoint> {
  if (typeof dnsName !== "string" || dnsName.trim() === "") return unparsable("it has no dnsName");
  const type = typeof recordType === "string" ? recordType.trim().toUpperCase() : "";
  if (!isRecordType(type)) return unparsable(`recordType "${type}" is none that is answered`);
  if (!Array.isArray(targets) || targets.length === 0) return unparsable("it has no targets");
  const canonical = new Set<string>();
  for (const text of targets as readonly unknown[]) {
    const target = typeof text === "string" ? canonicalTarget(type, text) : unparsable("a target is not a text");
    if (!target.ok) return target;
    canonical.add(target.value);
  }
  if (type === "CNAME" && canonical.size > 1) return unparsable("an alias has one target (RFC 1034 section 3.6.2)");
  const identifier = typeof setIdentifier === "string" && setIdentifier !== "" ? setIdentifier : undefined;
  return parsed({ dnsName: dnsName.trim(), type, targets: [...canonical], setIdentifier: identifier });
}

/** external-dns writes 0 for "not said". */
function readTtl(written: unknown): Parsed<number | undefined> {
  if (written === undefined || written === null || written === 0) return parsed(undefined);
  if (typeof written === "number" && Number.isInteger(written) && written > 0 && written <= MAX_TTL_SECONDS) {
    return parsed(written);
  }
  return unparsable(`recordTTL is not a whole number of seconds from 1 to ${MAX_TTL_SECONDS}`);
}

/** The names of a wrong entry, so that whoever asks for one learns of it; the text where it is no name. */
function namesMeant({ object, context }: Reading, written: WrittenEndpoint): readonly (string | undefined)[] {
  const text = nameText(written);
  const names = text === undefined ? [] : resolveHostnames([text], object, context.options).names;
  return names.length > 0 ? names.map(({ name }) => name) : [text];
}

function nameText(endpoint: WrittenEndpoint | undefined): string | undefined {
  return typeof endpoint?.dnsName === "string" ? endpoint.dnsName.slice(0, 255) : undefined;
}

function report({ object, problems }: Reading, code: ProblemCode, reason: string, hostname: string | undefined): void {
  const named = hostname === undefined ? {} : { hostname };
  problems.push({ code, object: keyOf(object), reason: reason.slice(0, MAX_REASON_CHARACTERS), ...named });
}
