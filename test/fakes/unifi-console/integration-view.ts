// The official `dns/policies` view: one shape per type, strict about every property. Facts: unifi.md 1.2.3, 1.1.6.

import { isAddress4, isAddress6, isHostName, isOwnerName } from "./conflicts.ts";
import type { Switches } from "./profiles.ts";
import type { FakeRecord, FakeRecordType, RecordFields } from "./records.ts";
import type { Refusal } from "./replies.ts";

/** One policy as a response carries it. */
export function toPolicy(record: FakeRecord, switches: Switches): Readonly<Record<string, unknown>> {
  const shape = SHAPES[record.type];
  const { service, protocol, domain } = splitServiceName(record);
  const all: Readonly<Record<string, unknown>> = { ...record, service, protocol };
  const own = Object.entries(shape.fields).map(([property, field]) => [property, all[field.from]] as const);
  const metadata = switches.metadata === "absent" || record.oddity === "missing-metadata" ? {} : METADATA(record);
  const policy = {
    type: typeName(record, shape),
    id: record.oddity === "null-id" ? null : record.uuid,
    enabled: record.enabled,
    ...metadata,
    domain,
    ...Object.fromEntries(own),
  };
  return record.oddity === "missing-fields" ? { type: policy.type, id: policy.id, enabled: policy.enabled } : policy;
}

/** Reads the body of POST and PUT. */
export function parsePolicy(body: unknown, switches: Switches): RecordFields | Refusal {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return { kind: "invalid", message: "Required request body is missing or malformed" };
  }
  const input = body as Readonly<Record<string, unknown>>;
  const entry = Object.entries(SHAPES).find(([, shape]) => shape.type === input["type"]);
  if (entry === undefined) {
    return { kind: "unknown-type", message: `Unknown type id ${JSON.stringify(input["type"] ?? null)}` };
  }
  const [type, { fields }] = entry as [FakeRecordType, Shape];
  const known = new Set(["type", "enabled", "domain", ...Object.keys(fields)]);
  const unknown = Object.keys(input).find((property) => !known.has(property));
  if (unknown !== undefined) {
    return { kind: "unknown-property", message: `Unknown request body property '$.${unknown}'` };
  }
  const refusal = checkProperties(input, { ...COMMON, ...fields });
  if (refusal !== undefined) return refusal;
  return checkWhole(type, toFields(type, input, fields), switches);
}

interface Field {
  /** Where the value lives in the store, or a part of the name of an SRV record. */
  readonly from: keyof FakeRecord | "service" | "protocol";
  readonly kind: "string" | "integer" | "boolean";
  readonly min: number;
  readonly max: number;
  readonly check?: (value: string) => boolean;
  readonly complaint?: string;
}

interface Shape {
  readonly type: string;
  readonly fields: Readonly<Record<string, Field>>;
}

const MAX_DOMAIN_LENGTH = 127;
const MAX_TEXT_LENGTH = 1024;
const MAX_ADDRESS_LENGTH = 64;
const MAX_UINT16 = 65_535;
const DAY_SECONDS = 86_400;
const WEEK_SECONDS = 604_800;

const IS_DOMAIN = { complaint: "must be valid domain" };
const target: Field = { from: "data", kind: "string", min: 1, max: MAX_DOMAIN_LENGTH, ...IS_DOMAIN };
const uint16 = (from: Field["from"]): Field => ({ from, kind: "integer", min: 0, max: MAX_UINT16 });
const ttl = (max: number): Field => ({ from: "ttlSeconds", kind: "integer", min: 0, max });
const underscored = (from: Field["from"]): Field => ({
  from,
  kind: "string",
  min: 2,
  max: 63,
  check: (value) => /^_[a-z0-9_-]+$/i.test(value),
  complaint: "must start with an underscore",
});
const address = (check: (value: string) => boolean): Field => ({
  from: "data",
  kind: "string",
  min: 1,
  max: MAX_ADDRESS_LENGTH,
  check,
  complaint: "must be valid IP format",
});

const COMMON: Readonly<Record<string, Field>> = {
  enabled: { from: "enabled", kind: "boolean", min: 0, max: 0 },
  domain: { from: "name", kind: "string", min: 1, max: MAX_DOMAIN_LENGTH },
};

const SHAPES: Readonly<Record<FakeRecordType, Shape>> = {
  A: { type: "A_RECORD", fields: { ipv4Address: address(isAddress4), ttlSeconds: ttl(DAY_SECONDS) } },
  AAAA: { type: "AAAA_RECORD", fields: { ipv6Address: address(isAddress6), ttlSeconds: ttl(DAY_SECONDS) } },
  CNAME: { type: "CNAME_RECORD", fields: { targetDomain: target, ttlSeconds: ttl(WEEK_SECONDS) } },
  MX: { type: "MX_RECORD", fields: { mailServerDomain: target, priority: uint16("priority") } },
  TXT: { type: "TXT_RECORD", fields: { text: { from: "data", kind: "string", min: 1, max: MAX_TEXT_LENGTH } } },
  SRV: {
    type: "SRV_RECORD",
    fields: {
      serverDomain: target,
      service: underscored("service"),
      protocol: underscored("protocol"),
      port: uint16("port"),
      priority: uint16("priority"),
      weight: uint16("weight"),
    },
  },
  NS: { type: "FORWARD_DOMAIN", fields: { ipAddress: address((value) => isAddress4(value) || isAddress6(value)) } },
};

const METADATA = (record: FakeRecord): object => ({ metadata: { origin: record.origin } });

function typeName(record: FakeRecord, shape: Shape): string {
  if (record.oddity === "unknown-type") return "CAA_RECORD";
  return record.oddity === "short-type" ? record.type.replace("NS", "FORWARD") : shape.type;
}

function splitServiceName({ type, name }: FakeRecord): Readonly<Record<"service" | "protocol" | "domain", string>> {
  if (type !== "SRV") return { service: "", protocol: "", domain: name };
  const [service = "", protocol = "", ...rest] = name.split(".");
  return { service, protocol, domain: rest.join(".") };
}

function checkProperties(
  input: Readonly<Record<string, unknown>>,
  fields: Readonly<Record<string, Field>>,
): Refusal | undefined {
  for (const [property, field] of Object.entries(fields)) {
    const refusal = checkProperty(property, input[property], field);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function checkProperty(property: string, value: unknown, field: Field): Refusal | undefined {
  if (value === undefined || value === null) return { kind: "invalid", message: `${property} must not be null` };
  const isRightKind = field.kind === "integer" ? Number.isInteger(value) : typeof value === field.kind;
  if (!isRightKind) return { kind: "type-mismatch", message: `${property} must be of type ${field.kind}` };
  const size = typeof value === "string" ? value.length : Number(value);
  if (field.kind !== "boolean" && (size < field.min || size > field.max)) {
    return { kind: "invalid", message: `${property} must be between ${field.min} and ${field.max}` };
  }
  if (typeof value === "string" && field.check?.(value) === false) {
    return { kind: "invalid", message: `${property} ${field.complaint ?? "must be valid"}` };
  }
  return undefined;
}

function toFields(
  type: FakeRecordType,
  input: Readonly<Record<string, unknown>>,
  fields: Shape["fields"],
): RecordFields {
  const stored = Object.entries(fields).map(([property, field]) => [field.from, input[property]]);
  const { service, protocol, ...rest } = Object.fromEntries(stored) as Record<string, unknown>;
  const domain = String(input["domain"]);
  const name = type === "SRV" ? `${String(service)}.${String(protocol)}.${domain}` : domain;
  return { ...(rest as Pick<RecordFields, "data">), type, name, enabled: input["enabled"] === true };
}

function checkWhole(type: FakeRecordType, fields: RecordFields, switches: Switches): RecordFields | Refusal {
  const prefixLength = type === "SRV" ? fields.name.split(".").slice(0, 2).join(".").length + 1 : 0;
  if (!isOwnerName(fields.name, type, { maxLength: MAX_DOMAIN_LENGTH + prefixLength, switches })) {
    return { kind: "invalid", message: "domain must be valid domain" };
  }
  if (type === "TXT") return checkText(fields);
  if (!TARGET_TYPES.has(type)) return fields;
  if (!isHostName(fields.data, { maxLength: MAX_DOMAIN_LENGTH, labels: switches.conflictRules })) {
    return { kind: "invalid", message: `${TARGET_PROPERTY[type] ?? "target"} must be valid domain` };
  }
  if (type === "CNAME" && fields.data.toLowerCase() === fields.name.toLowerCase()) {
    return { kind: "invalid", message: "targetDomain must not be the same as domain" };
  }
  return fields;
}

const TARGET_TYPES: ReadonlySet<FakeRecordType> = new Set(["CNAME", "MX", "SRV"]);
const TARGET_PROPERTY: Readonly<Partial<Record<FakeRecordType, string>>> = {
  CNAME: "targetDomain",
  MX: "mailServerDomain",
  SRV: "serverDomain",
};

/** Quoted strings side by side, each without quotes inside. */
const QUOTED_STRINGS = /^"[^"]*"(?:\s*"[^"]*")*$/;

function checkText(fields: RecordFields): RecordFields | Refusal {
  const { data } = fields;
  if (QUOTED_STRINGS.test(data)) return fields;
  if (data.includes('"')) return { kind: "invalid", message: "text has an incorrectly quoted value" };
  if (data.includes(",")) return { kind: "comma-not-quoted", message: "text with a comma must be quoted" };
  return fields;
}
