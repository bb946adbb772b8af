// One message in, one reply or silence out, whatever the socket: guards against loops, access list, counting, and the
// promise that no query, however strange, ends the worker. Knows nothing of sockets.

import type { Outcome } from "#src/dns/respond.ts";
import { TYPE } from "#src/dns/wire/registry.ts";
import type { CounterName, Counters } from "./counters.ts";
import { panicReply } from "./panic-reply.ts";

/** Where a message came from, as its socket reports it. */
export interface Client {
  readonly address: string;
  readonly port: number;
  readonly protocol: "udp" | "tcp";
  /** View of the socket; `undefined`: it serves several. */
  readonly view?: string | undefined;
}

/** The reply to send, or `undefined` for silence (over TCP: the connection is closed). Never throws. */
export type Answer = (message: Uint8Array, client: Client) => Uint8Array | undefined;

export interface AnswererOptions {
  readonly counters: Counters;
  /** The access list: others than these are refused. */
  mayAsk(address: string): boolean;
  /** Answers from the content of this moment; may throw only through a bug. */
  respond(message: Uint8Array, client: Client, access: Access): Outcome;
  /** True for an address and port that we listen on ourselves. */
  isOwnAddress(address: string, port: number): boolean;
  onPanic(error: unknown): void;
}

export type Access = "allowed" | "refused";

/** Counts every message: that it came, what it asked, what became of it. */
export function createAnswerer(options: AnswererOptions): Answer {
  const { counters } = options;
  return (message, client) => {
    counters.increment(client.protocol === "udp" ? "queries.udp" : "queries.tcp");
    // An answer to ourselves would be a query to ourselves again, for ever.
    if (options.isOwnAddress(client.address, client.port)) {
      counters.increment("dropped.own-address");
      return undefined;
    }
    try {
      const access = options.mayAsk(client.address) ? "allowed" : "refused";
      if (access === "refused") counters.increment("refused.access-list");
      return settle(options.respond(message, client, access), counters);
    } catch (error) {
      counters.increment("panics");
      options.onPanic(error);
      return settlePanic(panicReply(message), counters);
    }
  };
}

function settle(outcome: Outcome, counters: Counters): Uint8Array | undefined {
  if (outcome.kind === "drop") {
    counters.increment(`dropped.${outcome.reason}`);
    return undefined;
  }
  counters.increment(REPLY_COUNTER.get(outcome.rcode) ?? "replies.other");
  counters.increment(questionCounter(outcome.questionType));
  if (outcome.stale) counters.increment("replies.stale");
  if (outcome.truncated) counters.increment("replies.truncated");
  return outcome.message;
}

function settlePanic(reply: Uint8Array | undefined, counters: Counters): Uint8Array | undefined {
  counters.increment(reply === undefined ? "dropped.panic" : "replies.SERVFAIL");
  return reply;
}

const REPLY_COUNTER: ReadonlyMap<number, CounterName> = new Map([
  [0, "replies.NOERROR"],
  [1, "replies.FORMERR"],
  [2, "replies.SERVFAIL"],
  [3, "replies.NXDOMAIN"],
  [4, "replies.NOTIMP"],
  [5, "replies.REFUSED"],
]);

const QUESTION_COUNTER: ReadonlyMap<number, CounterName> = new Map([
  [TYPE.A, "questions.A"],
  [TYPE.AAAA, "questions.AAAA"],
  [TYPE.CNAME, "questions.CNAME"],
  [TYPE.TXT, "questions.TXT"],
  [TYPE.NS, "questions.NS"],
  [TYPE.SOA, "questions.SOA"],
  [TYPE.PTR, "questions.PTR"],
  [TYPE.MX, "questions.MX"],
  [TYPE.SRV, "questions.SRV"],
  [TYPE.CAA, "questions.CAA"],
  [TYPE.HTTPS, "questions.HTTPS"],
]);

function questionCounter(type: number | undefined): CounterName {
  if (type === undefined) return "questions.unreadable";
  return QUESTION_COUNTER.get(type) ?? "questions.other";
}
