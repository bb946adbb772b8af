// Rdata of every record type, made from the canonical text of domain/target.ts. Names stand uncompressed; the writer compresses
// those it may. Knows nothing of owners, TTLs or zones.

import { ipv4Octets, ipv6Octets } from "#src/domain/address.ts";
import { parseName } from "#src/domain/name.ts";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";
import type { RecordType } from "#src/domain/record.ts";
import { canonicalTarget, splitFields } from "#src/domain/target.ts";
import { parseText } from "#src/domain/text.ts";
import { encodeName } from "./name.ts";
import { TYPE } from "./registry.ts";
import { encodeSvcb } from "./svcb.ts";

/** RFC 1035 §3.3: one length octet. */
const MAX_CHARACTER_STRING_OCTETS = 255;

const MAX_RDATA_OCTETS = 65_535;

/** Rdata of one target, or one sentence on why the text is no target of this type. Text is made canonical first. */
export function encodeRdata(type: RecordType, target: string): Parsed<Uint8Array> {
  const canonical = canonicalTarget(type, target);
  if (!canonical.ok) return canonical;
  const rdata = ENCODERS[type](canonical.value);
  if (rdata.ok && rdata.value.length > MAX_RDATA_OCTETS) return unparsable("the value is longer than 65535 octets");
  return rdata;
}

/**
 * Where names stand in rdata that may be compressed: octets before the names, and how many there are. Only the types of
 * RFC 1035 may (RFC 3597 §4); SRV, NAPTR and HTTPS never (RFC 2782, RFC 9460 §2.2).
 */
export const COMPRESSIBLE_NAMES: ReadonlyMap<number, { readonly skipOctets: number; readonly names: number }> = new Map(
  [
    [TYPE.NS, { skipOctets: 0, names: 1 }],
    [TYPE.CNAME, { skipOctets: 0, names: 1 }],
    [TYPE.PTR, { skipOctets: 0, names: 1 }],
    [TYPE.MX, { skipOctets: 2, names: 1 }],
    [TYPE.SOA, { skipOctets: 0, names: 2 }],
  ],
);

type FieldEncoder = (field: string) => Parsed<Uint8Array>;

const ENCODERS: Readonly<Record<RecordType, FieldEncoder>> = {
  A: (text) => parsed(ipv4Octets(text)),
  AAAA: (text) => parsed(ipv6Octets(text)),
  CNAME: host,
  NS: host,
  PTR: host,
  TXT: characterStrings,
  MX: (text) => fields(text, [uint16, host]),
  SRV: (text) => fields(text, [uint16, uint16, uint16, host]),
  NAPTR: (text) => fields(text, [uint16, uint16, characterString, characterString, characterString, host]),
  CAA: (text) => fields(text, [uint8, caaTag, rawText]),
  HTTPS: encodeSvcb,
};

function fields(text: string, encoders: readonly FieldEncoder[]): Parsed<Uint8Array> {
  const texts = splitFields(text);
  const octets: number[] = [];
  for (const [index, encode] of encoders.entries()) {
    const field = encode(texts[index] ?? "");
    if (!field.ok) return field;
    octets.push(...field.value);
  }
  return parsed(Uint8Array.from(octets));
}

function host(text: string): Parsed<Uint8Array> {
  const name = parseName(text);
  return name.ok ? parsed(encodeName(name.value)) : name;
}

function uint8(text: string): Parsed<Uint8Array> {
  return parsed(Uint8Array.of(Number(text)));
}

function uint16(text: string): Parsed<Uint8Array> {
  const value = Number(text);
  return parsed(Uint8Array.of(value >> 8, value & 0xff));
}

/** RFC 8659 §4.1: a length octet and the tag; the value that follows has no length of its own. */
function caaTag(text: string): Parsed<Uint8Array> {
  return parsed(Uint8Array.of(text.length, ...new TextEncoder().encode(text)));
}

function rawText(text: string): Parsed<Uint8Array> {
  return parseText(text);
}

function characterString(text: string): Parsed<Uint8Array> {
  const content = parseText(text);
  return content.ok ? parsed(Uint8Array.of(content.value.length, ...content.value)) : content;
}

/** Cuts at 255 octets; no empty string at the end, and exactly one when the text is empty (RFC 1035 §3.3.14: one or more). */
function characterStrings(text: string): Parsed<Uint8Array> {
  const content = parseText(text);
  if (!content.ok) return content;
  const count = Math.max(1, Math.ceil(content.value.length / MAX_CHARACTER_STRING_OCTETS));
  const rdata = new Uint8Array(content.value.length + count);
  for (let index = 0; index < count; index += 1) {
    const start = index * MAX_CHARACTER_STRING_OCTETS;
    const piece = content.value.subarray(start, start + MAX_CHARACTER_STRING_OCTETS);
    rdata[start + index] = piece.length;
    rdata.set(piece, start + index + 1);
  }
  return parsed(rdata);
}
