// Canonical text of HTTPS (SVCB-compatible) values, RFC 9460 §2.1: `priority target key="value" …`, keys in numeric order.
// dns/wire/rdata.ts turns this text into wire format.

import { isIP } from "node:net";
import { canonicalIpv4, canonicalIpv6 } from "#src/domain/address.ts";
import { parseName } from "#src/domain/name.ts";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";

/** RFC 9460 §14.3.2, and RFC 9461 for dohpath. */
export const SVC_PARAM_KEYS: Readonly<Record<string, number>> = {
  mandatory: 0,
  alpn: 1,
  "no-default-alpn": 2,
  port: 3,
  ipv4hint: 4,
  ech: 5,
  ipv6hint: 6,
  dohpath: 7,
};

/** RFC 4648 §4, padded, not empty. */
const BASE64 = /^(?=.)(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

type ValueReader = (value: string) => Parsed<string>;

const READERS: Readonly<Record<string, ValueReader>> = {
  mandatory: mandatoryKeys,
  alpn: (value) =>
    listOf(value, (id) =>
      /^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]{1,255}$/.test(id) ? parsed(id) : unparsable(`"${id}" is not an ALPN id`),
    ),
  "no-default-alpn": (value) => (value === "" ? parsed("") : unparsable("no-default-alpn takes no value")),
  port: (value) =>
    /^\d{1,5}$/.test(value) && Number(value) <= 65_535
      ? parsed(String(Number(value)))
      : unparsable(`"${value}" is not a port`),
  ipv4hint: (value) =>
    listOf(value, (ip) => (isIP(ip) === 4 ? parsed(canonicalIpv4(ip)) : unparsable(`"${ip}" is not an IPv4 address`))),
  ech: (value) => (BASE64.test(value) ? parsed(value) : unparsable("ech is not base64")),
  ipv6hint: (value) =>
    listOf(value, (ip) =>
      isIP(ip) === 6 && !ip.includes("%") ? parsed(canonicalIpv6(ip)) : unparsable(`"${ip}" is not an IPv6 address`),
    ),
  dohpath: (value) =>
    /^\/[\x21\x23-\x5b\x5d-\x7e]*$/.test(value)
      ? parsed(value)
      : unparsable("dohpath is not an absolute path template"),
};

/** Canonical text of one value, or what a client would have to treat as malformed (RFC 9460 §2.4.3). */
export function canonicalSvcb(text: string): Parsed<string> {
  const [priority = "", target = "", ...fields] = text.split(/\s+/);
  if (!/^\d{1,5}$/.test(priority) || Number(priority) > 65_535)
    return unparsable(`"${priority}" is not a priority from 0 to 65535`);
  const name = parseName(target);
  if (!name.ok) return name;
  if (Number(priority) === 0 && fields.length > 0) return unparsable("alias mode (priority 0) takes no parameters");
  const parameters = canonicalParameters(fields);
  if (!parameters.ok) return parameters;
  return parsed([String(Number(priority)), name.value === "" ? "." : name.value, ...parameters.value].join(" "));
}

function canonicalParameters(fields: readonly string[]): Parsed<readonly string[]> {
  const byKey = new Map<string, string>();
  for (const field of fields) {
    const equals = field.indexOf("=");
    const key = (equals === -1 ? field : field.slice(0, equals)).toLowerCase();
    const raw = equals === -1 ? "" : field.slice(equals + 1).replace(/^"(.*)"$/s, "$1");
    const read = Object.hasOwn(READERS, key) ? READERS[key] : undefined;
    if (read === undefined) return unparsable(`"${key}" is not a known service parameter`);
    if (byKey.has(key)) return unparsable(`"${key}" stands twice`);
    const value = read(raw);
    if (!value.ok) return value;
    byKey.set(key, value.value);
  }
  const problem = inconsistency(byKey);
  if (problem !== undefined) return unparsable(problem);
  const sorted = [...byKey].sort(([a], [b]) => keyNumber(a) - keyNumber(b));
  return parsed(sorted.map(([key, value]) => (value === "" ? key : `${key}="${value}"`)));
}

/** What makes a client treat the whole record set as malformed (RFC 9460 §2.4.3): §7.1.1 and §8. */
function inconsistency(parameters: ReadonlyMap<string, string>): string | undefined {
  if (parameters.has("no-default-alpn") && !parameters.has("alpn")) return "no-default-alpn stands without alpn";
  const mandatory = parameters.get("mandatory")?.split(",") ?? [];
  const absent = mandatory.find((key) => !parameters.has(key));
  return absent === undefined ? undefined : `mandatory names "${absent}", which is not among the parameters`;
}

/** RFC 9460 §8: known keys in ascending order, none twice, never `mandatory` itself. */
function mandatoryKeys(value: string): Parsed<string> {
  const keys = value.split(",").map((key) => key.trim().toLowerCase());
  const unknown = keys.find((key) => !Object.hasOwn(SVC_PARAM_KEYS, key) || key === "mandatory");
  if (unknown !== undefined) return unparsable(`"${unknown}" cannot be mandatory`);
  if (new Set(keys).size !== keys.length) return unparsable("mandatory names a key twice");
  return parsed(keys.sort((a, b) => keyNumber(a) - keyNumber(b)).join(","));
}

function keyNumber(key: string): number {
  return SVC_PARAM_KEYS[key] ?? 0;
}

function listOf(value: string, read: (item: string) => Parsed<string>): Parsed<string> {
  const items: string[] = [];
  for (const item of value.split(",")) {
    const result = read(item.trim());
    if (!result.ok) return result;
    items.push(result.value);
  }
  return parsed(items.join(","));
}
