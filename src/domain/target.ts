// One canonical text per record type for the values of a record set: the only place that decides when two targets are equal.
// Knows nothing of wire format (dns/wire/rdata.ts encodes this text) or of what a backend can hold.

import { isIP } from "node:net";
import { canonicalIpv4, canonicalIpv6 } from "#src/domain/address.ts";
import { parseName } from "#src/domain/name.ts";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";
import type { RecordType } from "#src/domain/record.ts";
import { canonicalSvcb } from "#src/domain/svcb.ts";
import { formatText, parseText } from "#src/domain/text.ts";

const MAX_UINT16 = 65_535;
const MAX_UINT8 = 255;
/** Characters worth reading: 65,535 octets of rdata (RFC 1035 §3.2.1), each written as `\DDD`, and as much again for quotes. */
const MAX_TARGET_CHARACTERS = 8 * MAX_UINT16;

/**
 * Canonical text of one target, or one sentence on what is wrong with it.
 * A `192.0.2.1` · AAAA RFC 5952 · CNAME, NS, PTR a canonical name (the root as ".") · TXT one quoted string ·
 * MX `10 mail.example.com` · SRV `0 5 443 host.example.com` · NAPTR `1 2 "u" "E2U" "regex" replacement` ·
 * CAA `0 issue "ca.example"` · HTTPS `1 . alpn="h2" …` (RFC 9460 §2.1).
 * external-dns writes SRV, MX and NAPTR targets the same way, with or without a final dot.
 */
export function canonicalTarget(type: RecordType, text: string): Parsed<string> {
  if (text.length > MAX_TARGET_CHARACTERS) return unparsable("the target is longer than a record can be");
  // Blanks around a field mean nothing; in a TXT they are content.
  return CANONICAL[type](type === "TXT" ? text : text.trim());
}

const CANONICAL: Readonly<Record<RecordType, (text: string) => Parsed<string>>> = {
  A: (text) => (isIP(text) === 4 ? parsed(canonicalIpv4(text)) : unparsable(`"${text}" is not an IPv4 address`)),
  AAAA: (text) =>
    isIP(text) === 6 && !text.includes("%")
      ? parsed(canonicalIpv6(text))
      : unparsable(`"${text}" is not an IPv6 address`),
  CNAME: canonicalHost,
  NS: canonicalHost,
  PTR: canonicalHost,
  TXT: quotedText,
  MX: (text) => canonicalFields(text, [uint16, canonicalHost]),
  SRV: (text) => canonicalFields(text, [uint16, uint16, uint16, canonicalHost]),
  NAPTR: (text) =>
    canonicalFields(text, [uint16, uint16, characterString, characterString, characterString, canonicalHost]),
  CAA: (text) => canonicalFields(text, [uint8, caaTag, quotedText]),
  HTTPS: canonicalSvcb,
};

/** Reads exactly one field per reader; fields are separated by blanks, quoted fields may contain blanks. */
function canonicalFields(text: string, readers: readonly ((field: string) => Parsed<string>)[]): Parsed<string> {
  if (!isClosed(text)) return unparsable(`"${text}" has a quote or a backslash without its other half`);
  const fields = splitFields(text);
  if (fields.length !== readers.length)
    return unparsable(`"${text}" has ${fields.length} fields instead of ${readers.length}`);
  const result: string[] = [];
  for (const [index, read] of readers.entries()) {
    const field = read(fields[index] ?? "");
    if (!field.ok) return field;
    result.push(field.value);
  }
  return parsed(result.join(" "));
}

/** Splits at blanks outside quotes; a backslash keeps the next character. */
export function splitFields(text: string): readonly string[] {
  return text.match(/(?:"(?:\\.|[^"\\])*"|\\.|[^\s"\\])+/gs) ?? [];
}

/** False when a quoted field has no end or a backslash stands last: `splitFields` would pass over it in silence. */
function isClosed(text: string): boolean {
  return /^(?:"(?:\\.|[^"\\])*"|\\.|[^"\\])*$/s.test(text);
}

function canonicalHost(text: string): Parsed<string> {
  const name = parseName(text);
  return name.ok ? parsed(name.value === "" ? "." : name.value) : name;
}

function uint16(text: string): Parsed<string> {
  return unsigned(text, MAX_UINT16);
}

function uint8(text: string): Parsed<string> {
  return unsigned(text, MAX_UINT8);
}

function unsigned(text: string, max: number): Parsed<string> {
  return /^\d{1,10}$/.test(text) && Number(text) <= max
    ? parsed(String(Number(text)))
    : unparsable(`"${text}" is not a whole number from 0 to ${max}`);
}

/** RFC 8659 §4.1: ASCII letters and digits. */
function caaTag(text: string): Parsed<string> {
  return /^[a-z0-9]{1,255}$/i.test(text)
    ? parsed(text.toLowerCase())
    : unparsable(`"${text}" is not a CAA property tag`);
}

/** Text of any length: a whole TXT, or the value of a CAA, which ends with the rdata (RFC 8659 §4.1.1). */
function quotedText(text: string): Parsed<string> {
  const content = parseText(text);
  return content.ok ? parsed(formatText(content.value)) : content;
}

/** One character string of at most 255 octets (RFC 1035 §3.3). */
function characterString(text: string): Parsed<string> {
  const content = parseText(text);
  if (!content.ok) return content;
  if (content.value.length > MAX_UINT8) return unparsable("a character string is longer than 255 octets");
  return parsed(formatText(content.value));
}
