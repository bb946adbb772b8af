// One message in, one reply or silence out: the header, EDNS and size rules that stand round answer(). Pure; never throws.
// Knows nothing of sockets, addresses or access lists.

import type { DomainName } from "#src/domain/name.ts";
import { assertNever } from "#src/errors.ts";
import { type Answer, answer, errorAnswer } from "./answer.ts";
import { nearFirst } from "./near-first.ts";
import { replyOptions } from "./reply-options.ts";
import { identityAnswer } from "./server-identity.ts";
import type { Snapshot } from "./snapshot.ts";
import { encodeReply, type Reply } from "./wire/message.ts";
import { type DropReason, decodeQuery, type Query, type QueryHeader, type Question } from "./wire/query.ts";
import {
  EXTENDED_ERROR,
  MAX_TCP_MESSAGE_OCTETS,
  MAX_UDP_PAYLOAD_OCTETS,
  MIN_UDP_PAYLOAD_OCTETS,
  RCODE,
  TYPE,
} from "./wire/registry.ts";

export type Protocol = "udp" | "tcp";

export interface RespondContext {
  readonly snapshot: Snapshot;
  /** Whether everything that gives names has been read; until then nothing is presumed absent (decision 16). */
  readonly ready: boolean;
  readonly protocol: Protocol;
  /** What the access list says of the client; a refused one learns that it is refused and nothing else. */
  readonly client?: "allowed" | "refused";
  /** Our name for NSID and id.server, 1 to 63 octets of ASCII; without one neither is answered. */
  readonly serverId?: string | undefined;
  /** How long a TCP connection may be idle, for who asks (RFC 7828). */
  readonly tcpIdleTimeoutMs?: number | undefined;
  /** Whether an address (4 or 16 octets) lies in the client's own network: such come first in his answers. */
  readonly isNear?: (address: Uint8Array) => boolean;
}

/** What the sockets send and the counters count. */
export type Outcome =
  | { readonly kind: "drop"; readonly reason: DropReason }
  | {
      readonly kind: "reply";
      readonly message: Uint8Array;
      /** Extended rcode. */
      readonly rcode: number;
      /** `undefined` when the question could not be read. */
      readonly questionType: number | undefined;
      /** Apex of our zone that the question lies in. */
      readonly zone: DomainName | undefined;
      readonly truncated: boolean;
      /** It says so to clients with EDNS (RFC 8914 §4.4). */
      readonly stale: boolean;
    };

/** Answers one message as it came from a socket, TCP length prefix removed. */
export function respond(message: Uint8Array, context: RespondContext): Outcome {
  const decoded = decodeQuery(message);
  switch (decoded.kind) {
    case "drop":
      return { kind: "drop", reason: decoded.reason };
    case "malformed":
      return headerOnly(decoded, RCODE.FORMERR, decoded.question);
    case "unsupported":
      return headerOnly(decoded, RCODE.NOTIMP);
    case "query":
      return replyTo(decoded, context);
    default:
      return assertNever(decoded);
  }
}

/** Nothing but the header: what could not be understood is not sent back. */
function headerOnly(header: QueryHeader, rcode: number, question?: Question): Outcome {
  const { id, opcode, recursionDesired } = header;
  const reply = { id, opcode, recursionDesired, checkingDisabled: false, authoritative: false, rcode };
  const { message } = encodeReply(
    { ...reply, question: undefined, answers: [], authority: [], additional: [], edns: undefined },
    MIN_UDP_PAYLOAD_OCTETS,
  );
  return {
    kind: "reply",
    message,
    rcode,
    questionType: question?.type,
    zone: undefined,
    truncated: false,
    stale: false,
  };
}

function replyTo(query: Query, context: RespondContext): Outcome {
  const answered = decide(query, context);
  const maxOctets = replyLimit(query, context.protocol);
  const { message, truncated } = encodeReply(replyOf(query, answered, context), maxOctets);
  const questionType = query.question.type;
  if (!truncated || context.protocol === "udp") {
    const stale = answered.extendedError === EXTENDED_ERROR.STALE_ANSWER;
    return { kind: "reply", message, rcode: answered.rcode, questionType, zone: answered.zone, truncated, stale };
  }
  // Over TCP there is no larger transport to go on to: TC would only make the client ask for ever.
  const failed = failure(answered, RCODE.SERVFAIL);
  const refusal = encodeReply(replyOf(query, failed, context), maxOctets);
  const { rcode, zone } = failed;
  return { kind: "reply", message: refusal.message, rcode, questionType, zone, truncated: false, stale: false };
}

/** The answer, or what stands in its way: EDNS version (RFC 6891 §6.1.3), AXFR over UDP (RFC 5936 §4.2), not being ready. */
function decide({ question, edns }: Query, context: RespondContext): Answer {
  const { snapshot, ready, protocol, client, serverId } = context;
  if (client === "refused") return errorAnswer(RCODE.REFUSED, EXTENDED_ERROR.PROHIBITED);
  const answered = identityAnswer(question, serverId) ?? answer(snapshot, question);
  if (edns !== undefined && edns.version !== 0) return failure(answered, RCODE.BADVERS);
  if (question.type === TYPE.AXFR && protocol === "udp") return failure(answered, RCODE.NOTIMP);
  if (answered.presumesAbsence && !ready) return failure(answered, RCODE.SERVFAIL, EXTENDED_ERROR.NOT_READY);
  return context.isNear === undefined
    ? answered
    : { ...answered, answers: nearFirst(answered.answers, context.isNear) };
}

/** An error with empty sections in place of an answer. */
function failure({ zone }: Answer, rcode: number, extendedError?: number): Answer {
  return { ...errorAnswer(rcode, extendedError), zone };
}

function replyOf(query: Query, answered: Answer, context: RespondContext): Reply {
  const { id, opcode, recursionDesired, checkingDisabled, question, edns } = query;
  const reply = { ...answered, id, opcode, recursionDesired, checkingDisabled, question, edns: undefined };
  if (edns === undefined) return reply;
  const { protocol, serverId, tcpIdleTimeoutMs } = context;
  const asked = context.client === "refused" ? [] : edns.options;
  const { extendedError } = answered;
  const options = replyOptions({ protocol, asked, extendedError, serverId, tcpIdleTimeoutMs });
  return { ...reply, edns: { dnssecOk: edns.dnssecOk, options } };
}

function replyLimit({ edns }: Query, protocol: Protocol): number {
  if (protocol === "tcp") return MAX_TCP_MESSAGE_OCTETS;
  return Math.min(Math.max(edns?.udpPayloadBytes ?? 0, MIN_UDP_PAYLOAD_OCTETS), MAX_UDP_PAYLOAD_OCTETS);
}
