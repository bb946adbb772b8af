// HTTPS rdata (RFC 9460 §2.2) from the canonical text of domain/svcb.ts.

import { ipv4Octets, ipv6Octets } from "#src/domain/address.ts";
import { parseName } from "#src/domain/name.ts";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";
import { SVC_PARAM_KEYS } from "#src/domain/svcb.ts";
import { encodeName } from "./name.ts";

interface SvcParam {
  readonly key: string;
  readonly value: string;
}

/** Refuses what a client would have to treat as malformed: §8 (mandatory) and §7.1.1 (no-default-alpn without alpn). */
export function encodeSvcb(text: string): Parsed<Uint8Array> {
  const [priority = "", target = "", ...fields] = text.split(" ");
  const name = parseName(target);
  if (!name.ok) return name;
  const params = fields.map(readParam);
  const problem = consistencyProblem(params);
  if (problem !== undefined) return unparsable(problem);
  const octets = [...uint16(Number(priority)), ...encodeName(name.value)];
  for (const { key, value } of params) {
    const encode = VALUE_ENCODERS[key];
    const number = SVC_PARAM_KEYS[key];
    if (encode === undefined || number === undefined) return unparsable(`"${key}" is not a known service parameter`);
    const encoded = encode(value);
    octets.push(...uint16(number), ...uint16(encoded.length), ...encoded);
  }
  return parsed(Uint8Array.from(octets));
}

const VALUE_ENCODERS: Readonly<Record<string, (value: string) => readonly number[]>> = {
  mandatory: (value) => mandatoryNumbers(value).flatMap(uint16),
  alpn: (value) => value.split(",").flatMap((id) => [id.length, ...ascii(id)]),
  "no-default-alpn": () => [],
  port: (value) => uint16(Number(value)),
  ipv4hint: (value) => value.split(",").flatMap((address) => [...ipv4Octets(address)]),
  ech: (value) => [...Uint8Array.from(atob(value), (char) => char.charCodeAt(0))],
  ipv6hint: (value) => value.split(",").flatMap((address) => [...ipv6Octets(address)]),
  dohpath: ascii,
};

function readParam(field: string): SvcParam {
  const equals = field.indexOf("=");
  if (equals === -1) return { key: field, value: "" };
  return { key: field.slice(0, equals), value: field.slice(equals + 1).replace(/^"(.*)"$/s, "$1") };
}

function consistencyProblem(params: readonly SvcParam[]): string | undefined {
  const keys = new Set(params.map(({ key }) => key));
  if (keys.has("no-default-alpn") && !keys.has("alpn")) return "no-default-alpn stands without alpn";
  const ech = params.find(({ key }) => key === "ech");
  if (ech !== undefined && ech.value.length % 4 !== 0) return "ech is not base64";
  const mandatory = params.find(({ key }) => key === "mandatory")?.value.split(",") ?? [];
  if (new Set(mandatory).size !== mandatory.length) return "mandatory names a key twice";
  const bad = mandatory.find((key) => key === "mandatory" || !keys.has(key));
  return bad === undefined ? undefined : `mandatory names "${bad}", which is not among the other parameters`;
}

/** §8: in ascending order on the wire, whatever the text says. */
function mandatoryNumbers(value: string): readonly number[] {
  return value
    .split(",")
    .flatMap((key) => SVC_PARAM_KEYS[key] ?? [])
    .sort((a, b) => a - b);
}

function ascii(text: string): readonly number[] {
  return [...new TextEncoder().encode(text)];
}

function uint16(value: number): readonly [number, number] {
  return [value >> 8, value & 0xff];
}
