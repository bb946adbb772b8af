// Encodes replies: header, the question verbatim, three sections, OPT; and what is left out when it does not fit.
// Knows nothing of zones, or of how large a reply may be.

import type { DomainName } from "#src/domain/name.ts";
import { type EdnsOption, encodeOpt } from "./edns.ts";
import { decodeName } from "./name.ts";
import { COMPRESSIBLE_NAMES } from "./rdata.ts";
import { CLASS, HEADER_OCTETS } from "./registry.ts";
import type { RrSet } from "./rrset.ts";
import { MessageWriter } from "./writer.ts";

export interface Reply {
  readonly id: number;
  readonly opcode: number;
  readonly authoritative: boolean;
  readonly recursionDesired: boolean;
  readonly checkingDisabled: boolean;
  /** Extended, up to 12 bits; more than 4 need `edns`. */
  readonly rcode: number;
  /** `octets` are name, type and class as they came, copied bit for bit. */
  readonly question: { readonly name: DomainName; readonly octets: Uint8Array } | undefined;
  readonly answers: readonly RrSet[];
  readonly authority: readonly RrSet[];
  /** Helpful only: sets that do not fit are left out silently (RFC 2181 §9). */
  readonly additional: readonly RrSet[];
  /** Present exactly when the query had an OPT (RFC 6891 §6.1.1). */
  readonly edns: { readonly dnssecOk: boolean; readonly options: readonly EdnsOption[] } | undefined;
}

/**
 * Encodes into at most `maxOctets` (512 or more, so that any question fits). When the answer and authority sections do not
 * fit, TC is set and all three sections are empty: no RRset is ever sent in part (RFC 2181 §9); AA and OPT stay.
 */
export function encodeReply(
  reply: Reply,
  maxOctets: number,
): { readonly message: Uint8Array; readonly truncated: boolean } {
  const opt = reply.edns === undefined ? NO_OCTETS : encodeOpt(reply.rcode, reply.edns);
  const writer = new MessageWriter(maxOctets - opt.length);
  writer.bytes(BLANK_HEADER);
  writeQuestion(writer, reply);
  const bodyStart = writer.length;

  let answers = writeSets(writer, reply.answers);
  let authority = writeSets(writer, reply.authority);
  let additional = 0;
  const truncated = writer.overflowed;
  if (truncated) {
    writer.rewind(bodyStart);
    answers = 0;
    authority = 0;
  } else {
    additional = writeWhatFits(writer, reply.additional);
  }
  const counts = [reply.question === undefined ? 0 : 1, answers, authority, additional + (opt.length > 0 ? 1 : 0)];
  const header = [reply.id, headerFlags(reply, truncated ? TC : 0), ...counts];
  header.forEach((value, index) => writer.patchUint16(index * 2, value));
  return { message: writer.finish(opt), truncated };
}

const NO_OCTETS = new Uint8Array(0);
const BLANK_HEADER = new Uint8Array(HEADER_OCTETS);

const QR = 0x8000;
const AA = 0x0400;
const TC = 0x0200;
const RD = 0x0100;
const CD = 0x0010;

/** RA, AD and Z are never set: we neither recurse nor validate. CD is copied (RFC 4035 §3.1.6). */
function headerFlags(reply: Reply, truncation: number): number {
  return (
    QR |
    (reply.opcode << 11) |
    (reply.authoritative ? AA : 0) |
    truncation |
    (reply.recursionDesired ? RD : 0) |
    (reply.checkingDisabled ? CD : 0) |
    (reply.rcode & 0xf)
  );
}

function writeQuestion(writer: MessageWriter, reply: Reply): void {
  if (reply.question === undefined) return;
  const hasRecords = reply.answers.length + reply.authority.length + reply.additional.length > 0;
  if (hasRecords) writer.rememberName(reply.question.name, writer.length);
  writer.bytes(reply.question.octets);
}

/** Writes every set and returns the number of records. */
function writeSets(writer: MessageWriter, sets: readonly RrSet[]): number {
  let records = 0;
  for (const set of sets) {
    for (const rdata of set.rdata) writeRecord(writer, set, rdata);
    records += set.rdata.length;
  }
  return records;
}

function writeWhatFits(writer: MessageWriter, sets: readonly RrSet[]): number {
  let records = 0;
  for (const set of sets) {
    const start = writer.length;
    const written = writeSets(writer, [set]);
    if (writer.overflowed) writer.rewind(start);
    else records += written;
  }
  return records;
}

function writeRecord(writer: MessageWriter, set: RrSet, rdata: Uint8Array): void {
  writer.compressedName(set.name);
  writer.uint16(set.type);
  writer.uint16(set.class ?? CLASS.IN);
  writer.uint32(set.ttlSeconds);
  const lengthOffset = writer.length;
  writer.uint16(0);
  writeRdata(writer, set.type, rdata);
  if (!writer.overflowed) writer.patchUint16(lengthOffset, writer.length - lengthOffset - 2);
}

function writeRdata(writer: MessageWriter, type: number, rdata: Uint8Array): void {
  const layout = COMPRESSIBLE_NAMES.get(type);
  if (layout === undefined) return writer.bytes(rdata);
  let offset = layout.skipOctets;
  writer.bytes(rdata.subarray(0, offset));
  for (let index = 0; index < layout.names; index += 1) {
    const name = decodeName(rdata, offset);
    if (!name.ok) break; // never in rdata of ours; then the rest goes out as it is
    writer.compressedName(name.value.name);
    offset = name.value.end;
  }
  return writer.bytes(rdata.subarray(offset));
}
