// The answer of last resort, when answering itself failed: it shares no code with what failed, and reads only octets.

const HEADER_OCTETS = 12;
/** Type and class after the name (RFC 1035 §4.1.2). */
const QUESTION_TAIL_OCTETS = 4;
const MAX_LABEL_OCTETS = 63;
const MAX_NAME_OCTETS = 255;

const RESPONSE_FLAG = 0x80;
/** Opcode and RD are copied from the query (RFC 1035 §4.1.1). */
const COPIED_FLAGS = 0x79;
const SERVFAIL = 2;

/** SERVFAIL with the question of `query` where it has a plain one; `undefined` for what must not be answered at all. */
export function panicReply(query: Uint8Array): Uint8Array | undefined {
  const flags = query[2];
  if (query.length < HEADER_OCTETS || flags === undefined || (flags & RESPONSE_FLAG) !== 0) return undefined;
  const end = questionEnd(query);
  const reply = new Uint8Array(end ?? HEADER_OCTETS);
  reply.set(query.subarray(0, 2));
  reply[2] = RESPONSE_FLAG | (flags & COPIED_FLAGS);
  reply[3] = SERVFAIL;
  if (end === undefined) return reply;
  reply[5] = 1; // QDCOUNT
  reply.set(query.subarray(HEADER_OCTETS, end), HEADER_OCTETS);
  return reply;
}

/** Offset behind the one question; `undefined` when there is not exactly one, or it is not plain. */
function questionEnd(query: Uint8Array): number | undefined {
  if (query[4] !== 0 || query[5] !== 1) return undefined;
  let offset = HEADER_OCTETS;
  while (offset < HEADER_OCTETS + MAX_NAME_OCTETS) {
    const length = query[offset];
    if (length === undefined || length > MAX_LABEL_OCTETS) return undefined;
    offset += length + 1;
    if (length > 0) continue;
    const end = offset + QUESTION_TAIL_OCTETS;
    return end <= query.length ? end : undefined;
  }
  return undefined;
}
