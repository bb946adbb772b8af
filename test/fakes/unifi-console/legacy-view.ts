// The v2 `static-dns` view: how a record looks there, and which request bodies it takes. Facts: unifi.md 1.1.3, 1.1.6.

import { isAddress4, isAddress6, isHostName, isOwnerName } from "./conflicts.ts";
import type { Switches } from "./profiles.ts";
import type { FakeRecord, FakeRecordType, RecordFields } from "./records.ts";
import type { Refusal } from "./replies.ts";

/** One element of the list, or the echo of a write. */
export function toLegacy(record: FakeRecord, siteObjectId: string, switches: Switches): object {
  const number = (value: number): unknown => writeNumber(value, switches.numbers);
  const whole = {
    _id: record.oddity === "null-id" ? null : record.objectId,
    enabled: record.enabled,
    key: record.name,
    port: number(record.port),
    priority: number(record.priority),
    record_type: record.oddity === "unknown-type" ? "CAA" : record.type,
    site_id: siteObjectId,
    ttl: number(record.ttlSeconds),
    value: record.data,
    weight: number(record.weight),
  };
  if (record.oddity !== "missing-fields") return whole;
  const { key: _key, value: _value, ...rest } = whole;
  return rest;
}

/** Reads the body of POST and PUT; unknown properties (an echoed `_id`, `site_id`) are ignored. */
export function parseLegacy(body: unknown, switches: Switches): RecordFields | Refusal {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return invalid("Invalid payload");
  const input = body as Readonly<Record<string, unknown>>;
  if (input["record_type"] === undefined) return { kind: "internal", message: "Internal server error" };
  const type = TYPES.find((known) => known === input["record_type"]);
  if (type === undefined) return invalid("Invalid record type", "record_type");
  const { key, value, enabled } = input;
  if (typeof key !== "string" || !isOwner(key, type, switches)) return invalid("Invalid hostname", "key");
  if (typeof value !== "string" || value.length === 0 || value.length > MAX_VALUE_LENGTH) {
    return invalid("Invalid value", "value");
  }
  const numbers = parseNumbers(input, type, switches);
  if ("kind" in numbers) return numbers;
  const complaint = checkValue(type, { key, value, switches });
  if (complaint !== undefined) return complaint;
  return { type, name: key, data: value, enabled: enabled === true, ...numbers };
}

const MAX_KEY_LENGTH = 256;
const MAX_VALUE_LENGTH = 256;
const MAX_TTL_SECONDS = 86_400;
const MAX_UINT16 = 65_535;

const TYPES: readonly FakeRecordType[] = ["A", "AAAA", "CNAME", "MX", "NS", "SRV", "TXT"];

/** Request number fields and the field of the store they fill. */
const NUMBER_FIELDS = { ttl: "ttlSeconds", priority: "priority", weight: "weight", port: "port" } as const;
type NumberField = keyof typeof NUMBER_FIELDS;

const ALLOWED_NUMBERS: Readonly<Record<FakeRecordType, readonly NumberField[]>> = {
  A: ["ttl"],
  AAAA: ["ttl"],
  CNAME: ["ttl"],
  NS: ["ttl"],
  MX: ["priority"],
  TXT: [],
  SRV: ["port", "priority", "weight"],
};

const SERVICE_NAME = /^_[a-z0-9_-]+\._[a-z0-9]+\..+$/i;

function isOwner(key: string, type: FakeRecordType, switches: Switches): boolean {
  if (!isOwnerName(key, type, { maxLength: MAX_KEY_LENGTH, switches })) return false;
  return type !== "SRV" || SERVICE_NAME.test(key);
}

type Numbers = Partial<Pick<FakeRecord, "ttlSeconds" | "priority" | "weight" | "port">>;

function parseNumbers(
  input: Readonly<Record<string, unknown>>,
  type: FakeRecordType,
  switches: Switches,
): Numbers | Refusal {
  const given = (["port", "priority", "weight", "ttl"] as const).filter((field) => !isZero(input[field]));
  const disallowed = given.filter((field) => !ALLOWED_NUMBERS[type].includes(field));
  if (disallowed.length > 0) {
    const list = disallowed.join(", ");
    return invalid(`${type} record may not have a value set on the following parameters - ${list}`, ...disallowed);
  }
  const numbers: { -readonly [field in keyof Numbers]: Numbers[field] } = {};
  for (const field of given) {
    const value = input[field];
    if (typeof value !== "number" || !Number.isInteger(value)) return invalid(`Invalid ${field}`, field);
    const limit = field === "ttl" ? MAX_TTL_SECONDS : MAX_UINT16;
    const isChecked = field === "ttl" || switches.conflictRules === "strict";
    if (value < 0 || (isChecked && value > limit)) return invalid(`Invalid ${field}`, field);
    numbers[NUMBER_FIELDS[field]] = value;
  }
  return numbers;
}

function isZero(value: unknown): boolean {
  return value === undefined || value === null || value === 0;
}

interface Pair {
  readonly key: string;
  readonly value: string;
  readonly switches: Switches;
}

function checkValue(type: FakeRecordType, { key, value, switches }: Pair): Refusal | undefined {
  switch (type) {
    case "A":
      return isAddress4(value) ? undefined : invalid("Invalid IPv4 Address", "value");
    case "AAAA":
      return isAddress6(value) ? undefined : invalid("Invalid IPv6 Address", "value");
    case "NS":
      if (isAddress4(value) || isAddress6(value)) return undefined;
      return invalid("Target DNS server address must be a valid IPv4 or IPv6 Address", "value");
    case "TXT":
      return undefined;
    case "CNAME":
      if (key.toLowerCase() === value.toLowerCase() && switches.conflictRules === "strict") {
        return invalid("Invalid CNAME record! Domain name cannot be the same as alias name.", "key", "value");
      }
      return checkTarget(value, switches);
    default:
      return checkTarget(value, switches);
  }
}

function checkTarget(value: string, switches: Switches): Refusal | undefined {
  const isValid = isHostName(value, { maxLength: MAX_VALUE_LENGTH, labels: switches.conflictRules });
  return isValid ? undefined : invalid("Invalid hostname", "value");
}

function invalid(message: string, ...fields: readonly string[]): Refusal {
  return fields.length === 0 ? { kind: "invalid", message } : { kind: "invalid", message, fields };
}

function writeNumber(value: number, style: Switches["numbers"]): number | string {
  if (style === "int") return value;
  return style === "empty" && value === 0 ? "" : String(value);
}
