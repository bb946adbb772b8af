// EDNS(0), RFC 6891: reads the additional section of a query (one OPT at most), writes the OPT of a reply.

import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";
import type { Reader } from "./reader.ts";
import { MAX_UDP_PAYLOAD_OCTETS, TYPE } from "./registry.ts";

export interface EdnsOption {
  readonly code: number;
  readonly data: Uint8Array;
}

/** What the OPT record of a query says. */
export interface Edns {
  /** As announced; values below 512 mean 512. */
  readonly udpPayloadBytes: number;
  readonly version: number;
  readonly dnssecOk: boolean;
  /** Empty for a version other than 0, whose format we do not know. */
  readonly options: readonly EdnsOption[];
}

/** Reads `count` additional records; others than OPT are skipped. Two OPTs, or one not at the root, are malformed (§6.1.1). */
export function readEdns(reader: Reader, count: number): Parsed<Edns | undefined> {
  let edns: Edns | undefined;
  for (let record = 0; record < count; record += 1) {
    if (!reader.spend()) return unparsable("too much work");
    const found = readAdditional(reader);
    if (!found.ok) return found;
    if (found.value === undefined) continue;
    if (edns !== undefined) return unparsable("two OPT records");
    edns = found.value;
  }
  return parsed(edns);
}

/** The OPT record of a reply: version 0, our own payload size, no flag but DO (RFC 3225 §3: copied). */
export function encodeOpt(
  rcode: number,
  edns: { readonly dnssecOk: boolean; readonly options: readonly EdnsOption[] },
): Uint8Array {
  const options = edns.options.flatMap(({ code, data }) => [...uint16(code), ...uint16(data.length), ...data]);
  return Uint8Array.from([
    0,
    ...uint16(TYPE.OPT),
    ...uint16(MAX_UDP_PAYLOAD_OCTETS),
    rcode >> 4,
    0,
    ...uint16(edns.dnssecOk ? 0x8000 : 0),
    ...uint16(options.length),
    ...options,
  ]);
}

function uint16(value: number): readonly [number, number] {
  return [value >> 8, value & 0xff];
}

/** One additional record: its EDNS content, or `undefined` for any other type. */
function readAdditional(reader: Reader): Parsed<Edns | undefined> {
  const owner = skipOwner(reader);
  if (!owner.ok) return owner;
  if (!reader.has(10)) return unparsable("an additional record is cut off");
  const type = reader.uint16();
  const udpPayloadBytes = reader.uint16();
  reader.uint8(); // extended rcode: without meaning in a query
  const version = reader.uint8();
  const dnssecOk = (reader.uint16() & 0x8000) !== 0;
  const length = reader.uint16();
  if (!reader.has(length)) return unparsable("the rdata of an additional record is cut off");
  const end = reader.offset + length;
  if (type !== TYPE.OPT || version !== 0) reader.take(length);
  if (type !== TYPE.OPT) return parsed(undefined);
  if (!owner.value.isRoot) return unparsable("an OPT record not at the root");
  const options = readOptions(reader, end);
  return options.ok ? parsed({ udpPayloadBytes, version, dnssecOk, options: options.value }) : options;
}

function readOptions(reader: Reader, end: number): Parsed<readonly EdnsOption[]> {
  const options: EdnsOption[] = [];
  while (reader.offset < end) {
    if (!reader.spend()) return unparsable("too much work");
    if (reader.offset + 4 > end) return unparsable("an EDNS option is cut off");
    const code = reader.uint16();
    const length = reader.uint16();
    if (reader.offset + length > end) return unparsable("an EDNS option overruns its record");
    options.push({ code, data: reader.take(length) });
  }
  return parsed(options);
}

/** Skips a name; a compression pointer ends it and is not followed, since only the root matters. */
function skipOwner(reader: Reader): Parsed<{ readonly isRoot: boolean }> {
  for (let labels = 0; reader.spend(); labels += 1) {
    if (!reader.has(1)) return unparsable("an owner name is cut off");
    const length = reader.uint8();
    if (length === 0) return parsed({ isRoot: labels === 0 });
    const isPointer = length >= 0xc0;
    if (!isPointer && length >= 0x40) return unparsable("an unknown label type in an owner name");
    const rest = isPointer ? 1 : length;
    if (!reader.has(rest)) return unparsable("an owner name is cut off");
    reader.take(rest);
    if (isPointer) return parsed({ isRoot: false });
  }
  return unparsable("too much work");
}
