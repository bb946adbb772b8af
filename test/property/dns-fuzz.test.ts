// A million messages that nobody should send, through decoder, answer and encoder. `FUZZ_PACKETS=10000000 npm run fuzz:dns` is
// the long proof; FUZZ_SEED repeats a run. Checks are plain comparisons: an `expect` per message would take minutes.

import { expect, test } from "vitest";
import { type Protocol, respond } from "#src/dns/respond.ts";
import { decodeQuery } from "#src/dns/wire/query.ts";
import { MAX_DECODE_STEPS } from "#src/dns/wire/reader.ts";
import { MAX_TCP_MESSAGE_OCTETS, MAX_UDP_PAYLOAD_OCTETS, MIN_UDP_PAYLOAD_OCTETS } from "#src/dns/wire/registry.ts";
import { createHostileMessages } from "#test/support/dns/hostile-packets.ts";
import { readReply } from "#test/support/dns/packets.ts";
import { snapshotOf } from "#test/support/dns/records.ts";

const PACKETS = Number(process.env["FUZZ_PACKETS"] ?? 1_000_000);
const SEED = Number(process.env["FUZZ_SEED"] ?? Date.now() % 2 ** 32);
/** dns-packet takes some 20 µs a reply, so it reads one in so many. */
const READ_ONE_IN = 50;
/** A slow machine under load; the run prints what it took. */
const TIMEOUT_MS = 60_000 + PACKETS / 5;

const APEX = "example.test";
const SNAPSHOT = snapshotOf({
  apex: APEX,
  records: [
    "a.example.test A 192.0.2.1",
    "in.a.example.test TXT words",
    "*.b.example.test CNAME a.example.test",
    "c.example.test CNAME c.example.test",
    ...Array.from({ length: 100 }, (_, index) => `www.example.test A 192.0.2.${index}`),
  ],
});

test(`${PACKETS} hostile messages do no harm`, { timeout: TIMEOUT_MS }, () => {
  const messages = createHostileMessages(SEED, APEX);
  const seen: Seen = { replies: 0, drops: 0, read: 0, mostSteps: 0, respondMs: 0, slowestMs: 0 };
  const startMs = performance.now();
  for (let index = 0; index < PACKETS; index += 1) {
    const message = messages.next();
    const problem = harmOf(message, index, seen);
    if (problem !== undefined) {
      throw new Error(`${problem}: seed ${SEED}, message ${index}, ${Buffer.from(message).toString("hex")}`);
    }
  }
  const tookMs = performance.now() - startMs;
  const { replies, drops, read, mostSteps, respondMs, slowestMs } = seen;
  console.info(
    `dns fuzz: seed ${SEED}, ${PACKETS} messages in ${Math.round(tookMs)} ms: ${replies} replies (${read} read by dns-packet), ${drops} drops, ` +
      `at most ${mostSteps} steps, ${((respondMs * 1_000) / PACKETS).toFixed(2)} µs a message, slowest ${slowestMs.toFixed(1)} ms (interruptions included)`,
  );
  expect(mostSteps).toBeLessThanOrEqual(MAX_DECODE_STEPS);
  expect(replies + drops).toBe(PACKETS);
});

interface Seen {
  replies: number;
  drops: number;
  /** Replies read by dns-packet. */
  read: number;
  mostSteps: number;
  respondMs: number;
  slowestMs: number;
}

/** What went wrong with one message, or `undefined`. */
function harmOf(message: Uint8Array, index: number, seen: Seen): string | undefined {
  const protocol: Protocol = index % 4 === 0 ? "tcp" : "udp";
  try {
    const startMs = performance.now();
    const outcome = respond(message, { snapshot: SNAPSHOT, ready: index % 8 !== 0, protocol, serverId: "ns-a" });
    const tookMs = performance.now() - startMs;
    seen.respondMs += tookMs;
    seen.slowestMs = Math.max(seen.slowestMs, tookMs);
    const decoded = decodeQuery(message);
    seen.mostSteps = Math.max(seen.mostSteps, decoded.steps);
    if (decoded.steps > MAX_DECODE_STEPS) return `${decoded.steps} steps`;
    if (outcome.kind === "drop") {
      seen.drops += 1;
      return mustBeSilent(message) ? undefined : "a query got no reply";
    }
    seen.replies += 1;
    const edns = decoded.kind === "query" ? decoded.edns : undefined;
    const announced = protocol === "tcp" ? MAX_TCP_MESSAGE_OCTETS : (edns?.udpPayloadBytes ?? 0);
    const problem = replyProblem(message, outcome.message, largestReply(announced, protocol));
    if (problem !== undefined || index % READ_ONE_IN !== 0) return problem;
    seen.read += 1;
    readReply(outcome.message);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** Shorter than a header, or a response. */
function mustBeSilent(message: Uint8Array): boolean {
  return message.length < 12 || ((message[2] ?? 0) & 0x80) !== 0;
}

function largestReply(announced: number, protocol: Protocol): number {
  if (protocol === "tcp") return MAX_TCP_MESSAGE_OCTETS;
  return Math.min(Math.max(announced, MIN_UDP_PAYLOAD_OCTETS), MAX_UDP_PAYLOAD_OCTETS);
}

function replyProblem(query: Uint8Array, reply: Uint8Array, maxOctets: number): string | undefined {
  if (mustBeSilent(query)) return "a message that calls for silence got a reply";
  if (reply[0] !== query[0] || reply[1] !== query[1]) return "the reply has another id";
  if (((reply[2] ?? 0) & 0x80) === 0) return "the reply is no response";
  if (((reply[2] ?? 0) & 0x78) !== ((query[2] ?? 0) & 0x78)) return "the reply has another opcode";
  return reply.length > maxOctets ? `the reply has ${reply.length} octets of ${maxOctets}` : undefined;
}
