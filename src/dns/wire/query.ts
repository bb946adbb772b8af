// Decodes what clients send, within a fixed work budget, into a value. Never throws, follows no compression pointer.
// Knows nothing of zones or of what is answered; respond.ts turns each outcome into a reply or into silence.

import { type DomainName, nameFromLabels } from "#src/domain/name.ts";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";
import { type Edns, readEdns } from "./edns.ts";
import { Reader } from "./reader.ts";
import { HEADER_OCTETS, OPCODE } from "./registry.ts";

/** Longer messages are no queries: a question has at most 259 octets, and options or a TSIG need far less than the rest. */
export const MAX_QUERY_OCTETS = 4096;

/** OPT and TSIG are all that may stand in the additional section of a query (RFC 6891, RFC 8945). */
const MAX_ADDITIONAL_RECORDS = 2;

/** The two upper bits of a length octet: 00 is a label, 11 a pointer, the rest is undefined (RFC 1035 §4.1.4). */
const LABEL_TYPE_MASK = 0xc0;

export type DropReason = "short" | "response";

/** What a reply copies from the header of its query. */
export interface QueryHeader {
  readonly id: number;
  readonly opcode: number;
  readonly recursionDesired: boolean;
  readonly checkingDisabled: boolean;
}

export interface Question {
  readonly name: DomainName;
  readonly type: number;
  readonly class: number;
  /** Name, type and class as they came, letter case kept (draft-vixie-dnsext-dns0x20); a view of the message. */
  readonly octets: Uint8Array;
}

interface Counted {
  /** Work done, at most MAX_DECODE_STEPS. */
  readonly steps: number;
}

/** Not to be answered at all: shorter than a header, or itself a response (an answer could loop for ever). */
interface DroppedMessage extends Counted {
  readonly kind: "drop";
  readonly reason: DropReason;
}

/** Calls for FORMERR. */
interface MalformedQuery extends Counted, QueryHeader {
  readonly kind: "malformed";
  readonly problem: string;
  readonly question: Question | undefined;
}

/** Another opcode than QUERY: calls for NOTIMP; nothing after the header was read. */
interface UnsupportedMessage extends Counted, QueryHeader {
  readonly kind: "unsupported";
}

export interface Query extends Counted, QueryHeader {
  readonly kind: "query";
  readonly question: Question;
  readonly edns: Edns | undefined;
}

export type Decoded = DroppedMessage | MalformedQuery | UnsupportedMessage | Query;

/**
 * Reads one message from a client. Octets after the last record are tolerated, as NSD and BIND do: they change no meaning,
 * and a client that pads its packets still gets its answer.
 */
export function decodeQuery(message: Uint8Array): Decoded {
  if (message.length < HEADER_OCTETS) return { kind: "drop", reason: "short", steps: 0 };
  const reader = new Reader(message);
  const { header, isResponse, counts } = readHeader(reader);
  if (isResponse) return { kind: "drop", reason: "response", steps: reader.steps };
  if (header.opcode !== OPCODE.QUERY) return { ...header, kind: "unsupported", steps: reader.steps };

  const malformed = (problem: string, question?: Question): MalformedQuery => {
    return { ...header, kind: "malformed", problem, question, steps: reader.steps };
  };
  if (message.length > MAX_QUERY_OCTETS) return malformed(`longer than ${MAX_QUERY_OCTETS} octets`);
  const refusedCounts = countsProblem(counts);
  if (refusedCounts !== undefined) return malformed(refusedCounts);
  const question = readQuestion(reader);
  if (!question.ok) return malformed(question.problem);
  const edns = readEdns(reader, counts.additional);
  if (!edns.ok) return malformed(edns.problem, question.value);
  return { ...header, kind: "query", question: question.value, edns: edns.value, steps: reader.steps };
}

interface SectionCounts {
  readonly questions: number;
  readonly answers: number;
  readonly authority: number;
  readonly additional: number;
}

interface MessageHeader {
  readonly header: QueryHeader;
  readonly isResponse: boolean;
  readonly counts: SectionCounts;
}

function readHeader(reader: Reader): MessageHeader {
  reader.spend();
  const id = reader.uint16();
  const flags = reader.uint16();
  return {
    header: {
      id,
      opcode: (flags >> 11) & 0xf,
      recursionDesired: (flags & 0x0100) !== 0,
      checkingDisabled: (flags & 0x0010) !== 0,
    },
    isResponse: (flags & 0x8000) !== 0,
    counts: {
      questions: reader.uint16(),
      answers: reader.uint16(),
      authority: reader.uint16(),
      additional: reader.uint16(),
    },
  };
}

/** RFC 9619: a query has exactly one question. */
function countsProblem(counts: SectionCounts): string | undefined {
  if (counts.questions !== 1) return `${counts.questions} questions instead of one`;
  if (counts.answers !== 0 || counts.authority !== 0) return "records in the answer or authority section of a query";
  if (counts.additional > MAX_ADDITIONAL_RECORDS) return `${counts.additional} additional records`;
  return undefined;
}

function readQuestion(reader: Reader): Parsed<Question> {
  const start = reader.offset;
  const name = readQuestionName(reader);
  if (!name.ok) return name;
  if (!reader.spend()) return unparsable("too much work");
  if (!reader.has(4)) return unparsable("the question is cut off");
  const type = reader.uint16();
  return parsed({ name: name.value, type, class: reader.uint16(), octets: reader.since(start) });
}

/** Nothing stands before the question that a pointer could point to, so a pointer is malformed. */
function readQuestionName(reader: Reader): Parsed<DomainName> {
  const labels: Uint8Array[] = [];
  while (reader.spend()) {
    if (!reader.has(1)) return unparsable("the question name is cut off");
    const length = reader.uint8();
    if (length === 0) return nameFromLabels(labels);
    if ((length & LABEL_TYPE_MASK) !== 0) return unparsable("a pointer or an unknown label type in the question");
    if (!reader.has(length)) return unparsable("the question name is cut off");
    labels.push(reader.take(length));
  }
  return unparsable("too much work");
}
