// Hostile DNS messages from one seed: good queries that were damaged, noise, and shapes made to cost work. Fast enough for
// millions: octets are written into one buffer that is used again for every message.

import { createRandom, type Random } from "#test/support/random.ts";
import { buildQuery, DEFAULT_EDNS } from "./packets.ts";

/** The largest that UDP carries, and that a TCP length announces. */
const MAX_MESSAGE_OCTETS = 65_535;
/** Nearly all messages stay below what we read at all; one in so many is larger. */
const USUAL_OCTETS = 4_096;
const LARGE_ONE_IN = 500;

const HEADER_OCTETS = 12;
const POINTER = 0xc0;

/** Writes a message for `random` into `buffer` and returns its length. */
type Shape = (buffer: Buffer, random: Random) => number;

export interface HostileMessages {
  /** The next message: a view of a buffer that the one after it overwrites. */
  next(): Uint8Array;
}

/** Equal seeds give equal messages, on any machine. */
export function createHostileMessages(seed: number, apex: string): HostileMessages {
  const random = createRandom(seed);
  const buffer = Buffer.alloc(MAX_MESSAGE_OCTETS);
  const seeds = goodQueries(apex);
  const damaged: Shape = (target, source) => damage(target, source, source.pick(seeds));
  // Damaged queries reach deepest into the decoder, so most are such.
  const shapes: readonly Shape[] = [damaged, damaged, damaged, damaged, damaged, noise, noise, ...HOSTILE_SHAPES];
  return { next: () => buffer.subarray(0, random.pick(shapes)(buffer, random)) };
}

/** Queries that a resolver might send, over every part of the format that we read. */
function goodQueries(apex: string): readonly Uint8Array[] {
  const long = `${"x".repeat(63)}.${"y".repeat(63)}.${"z".repeat(63)}`;
  const names = [
    apex,
    `a.${apex}`,
    `www.${apex}`,
    `deep.in.a.${apex}`,
    `x.b.${apex}`,
    `${long}.${apex}`,
    "example.org",
    ".",
  ];
  const nsidCookieKeepalive = [0, 3, 0, 0, 0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 11, 0, 0];
  const edns = [undefined, DEFAULT_EDNS, { ...DEFAULT_EDNS, size: 4096, do: true, options: nsidCookieKeepalive }];
  return names.flatMap((name) =>
    ["A", "AAAA", "ANY", "TXT", "SOA", "AXFR", "TYPE65280"].flatMap((type) =>
      edns.map((each) => buildQuery({ name, type, edns: each })),
    ),
  );
}

/** A good query, some octets of which are changed, cut off or added, under an id of its own. */
function damage(buffer: Buffer, random: Random, query: Uint8Array): number {
  buffer.set(query);
  buffer.writeUInt16BE(random.below(0x10000), 0);
  let length = query.length;
  for (let changes = random.below(5); changes > 0; changes -= 1) buffer[random.below(length)] = random.below(256);
  if (random.chance(0.2)) length = random.below(length + 1);
  if (random.chance(0.1)) length = fill(buffer, { from: length, to: length + random.below(64), random });
  return length;
}

function noise(buffer: Buffer, random: Random): number {
  return fill(buffer, { from: 0, to: random.below(random.chance(0.05) ? USUAL_OCTETS : 100), random });
}

/** Each with a header that lets the decoder in: a query, one question, up to two additional records. */
const HOSTILE_SHAPES: readonly Shape[] = [
  withHeader(pointerChain),
  withHeader(shortLabels),
  withHeader(longestNames),
  withHeader(emptyOptions),
  withHeader(floodOfOpts),
  withHeader(repeatedOctet),
  questionFlood,
];

function withHeader(body: (buffer: Buffer, random: Random, length: number) => number): Shape {
  return (buffer, random) => {
    writeHeader(buffer, random, 1);
    const limit = random.below(LARGE_ONE_IN) === 0 ? MAX_MESSAGE_OCTETS : USUAL_OCTETS;
    return body(buffer, random, HEADER_OCTETS + random.below(limit - HEADER_OCTETS));
  };
}

function writeHeader(buffer: Buffer, random: Random, questions: number): void {
  buffer.fill(0, 0, HEADER_OCTETS);
  buffer.writeUInt16BE(random.below(0x10000), 0);
  // RD, CD and friends as they come; QR and the opcode sometimes.
  buffer.writeUInt16BE(random.chance(0.1) ? random.below(0x10000) : random.below(0x10000) & 0x07f0, 2);
  buffer.writeUInt16BE(questions, 4);
  buffer.writeUInt16BE(random.below(4), 10);
}

/** Length 1, "a". */
const ONE_LABEL = 0x0161;

/** Each pointer to the one before it, or to itself, or ahead. */
function pointerChain(buffer: Buffer, random: Random, length: number): number {
  const step = random.pick([-2, 0, 2]);
  let offset = HEADER_OCTETS;
  if (random.chance(0.5)) offset = buffer.writeUInt16BE(ONE_LABEL, offset);
  for (; offset + 2 <= length; offset += 2) buffer.writeUInt16BE(((POINTER << 8) | (offset + step)) & 0xffff, offset);
  return length;
}

/** Labels of one octet, without end. */
function shortLabels(buffer: Buffer, random: Random, length: number): number {
  for (let offset = HEADER_OCTETS; offset < length; offset += 2) buffer.writeUInt8(1, offset);
  for (let offset = HEADER_OCTETS + 1; offset < length; offset += 2) buffer.writeUInt8(random.below(256), offset);
  return length;
}

/** Names round the limit of 255 octets, with every octet there is. */
function longestNames(buffer: Buffer, random: Random): number {
  let offset = HEADER_OCTETS;
  const end = HEADER_OCTETS + 250 + random.below(10);
  while (offset < end) {
    const label = Math.min(1 + random.below(63), end - offset);
    buffer[offset] = label;
    offset = fill(buffer, { from: offset + 1, to: offset + 1 + label, random });
  }
  return writeQuestionTail(buffer, random, offset);
}

/** A root question and an OPT full of options of 0 to 3 octets. */
function emptyOptions(buffer: Buffer, random: Random, length: number): number {
  let offset = writeQuestionTail(buffer, random, HEADER_OCTETS);
  const octets = Math.max(0, length - offset - OPT_HEAD_OCTETS);
  offset = writeOptHead(buffer, offset, random.chance(0.8) ? octets : random.below(0x10000));
  const size = random.below(4);
  const end = offset + octets;
  for (; offset + 4 + size <= end; offset += 4 + size) {
    buffer.writeUInt16BE(random.below(20), offset);
    buffer.writeUInt16BE(size, offset + 2);
  }
  buffer.fill(0, offset, end);
  return end;
}

function floodOfOpts(buffer: Buffer, random: Random, length: number): number {
  let offset = writeQuestionTail(buffer, random, HEADER_OCTETS);
  buffer.writeUInt16BE(random.pick([1, 2, 3, 0xffff]), 10);
  while (offset + OPT_HEAD_OCTETS <= length) offset = writeOptHead(buffer, offset, 0);
  return offset;
}

function repeatedOctet(buffer: Buffer, random: Random, length: number): number {
  buffer.fill(random.pick([0x00, 0x01, 0x0c, 0x3f, 0x40, 0x80, POINTER, 0xff]), HEADER_OCTETS, length);
  return length;
}

/** As many questions as fit; the count says 13,000, or something else. */
function questionFlood(buffer: Buffer, random: Random): number {
  writeHeader(buffer, random, random.pick([0, 2, 13_000, 0xffff]));
  const end = HEADER_OCTETS + 5 * random.below(random.below(LARGE_ONE_IN) === 0 ? 13_000 : 800);
  for (let offset = HEADER_OCTETS; offset < end; offset += 5) writeQuestionTail(buffer, random, offset);
  return end;
}

const OPT_HEAD_OCTETS = 11;

function writeOptHead(buffer: Buffer, offset: number, rdataOctets: number): number {
  buffer.fill(0, offset, offset + OPT_HEAD_OCTETS);
  buffer.writeUInt16BE(41, offset + 1);
  buffer.writeUInt16BE(4096, offset + 3);
  buffer.writeUInt16BE(rdataOctets, offset + 9);
  return offset + OPT_HEAD_OCTETS;
}

/** The root label, type and class. */
function writeQuestionTail(buffer: Buffer, random: Random, offset: number): number {
  buffer.writeUInt8(0, offset);
  buffer.writeUInt16BE(random.pick([1, 28, 255, 252, 41]), offset + 1);
  buffer.writeUInt16BE(random.pick([1, 1, 1, 3, 255]), offset + 3);
  return offset + 5;
}

function fill(
  buffer: Buffer,
  { from, to, random }: { readonly from: number; readonly to: number; readonly random: Random },
): number {
  for (let offset = from; offset < to; offset += 1) buffer[offset] = random.below(256);
  return to;
}
