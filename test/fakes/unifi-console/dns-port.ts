// A UDP port that answers what the gateway's dnsmasq last loaded, and nothing while it reloads or does not start.
// Facts: unifi.md 4.3.

import { createSocket, type Socket } from "node:dgram";
import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Packet,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
} from "dns-packet";
import { isServed } from "./dnsmasq-model.ts";
import type { Gateway } from "./gateway.ts";
import type { FakeRecord } from "./records.ts";

export interface DnsPort {
  readonly port: number;
  stop(): Promise<void>;
}

export interface DnsPortOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** What the console's TTL 0, "Auto", becomes; default 300. */
  readonly defaultTtlSeconds?: number;
}

const DEFAULT_TTL_SECONDS = 300;
/** As dnsmasq follows aliases, but with an end. */
const MAX_ALIASES = 10;
const RCODE_NXDOMAIN = 3;

export async function startDnsPort(gateway: Gateway, options: DnsPortOptions = {}): Promise<DnsPort> {
  const socket = createSocket("udp4");
  const ttlSeconds = options.defaultTtlSeconds ?? DEFAULT_TTL_SECONDS;
  socket.on("message", (message, peer) => {
    const reply = gateway.isAnswering ? answerMessage(message, gateway.loadedRecords, ttlSeconds) : undefined;
    if (reply !== undefined) socket.send(reply, peer.port, peer.address);
  });
  await bind(socket, options.port ?? 0);
  return {
    port: socket.address().port,
    stop: () => new Promise((resolve) => void socket.close(() => resolve())),
  };
}

function bind(socket: Socket, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(port, "127.0.0.1", () => {
      socket.off("error", reject);
      resolve();
    });
  });
}

function answerMessage(message: Buffer, records: readonly FakeRecord[], ttlSeconds: number): Buffer | undefined {
  const query = tryDecode(message);
  const question = query?.questions?.[0];
  if (query === undefined || query.type !== "query" || question === undefined) return undefined;
  const served = records.filter(isServed);
  const answers = collectAnswers(served, question.name, question.type).map((answer) => withTtl(answer, ttlSeconds));
  const isKnown = answers.length > 0 || findNode(served, question.name.toLowerCase()).length > 0;
  const flags =
    AUTHORITATIVE_ANSWER |
    RECURSION_AVAILABLE |
    ((query.flags ?? 0) & RECURSION_DESIRED) |
    (isKnown ? 0 : RCODE_NXDOMAIN);
  return encode({ type: "response", id: query.id ?? 0, flags, questions: [question], answers });
}

function tryDecode(message: Buffer): Packet | undefined {
  try {
    return decode(message);
  } catch {
    return undefined;
  }
}

function collectAnswers(records: readonly FakeRecord[], name: string, type: string): readonly Answer[] {
  const answers: Answer[] = [];
  let at = name.toLowerCase();
  for (let step = 0; step < MAX_ALIASES; step++) {
    const node = findNode(records, at);
    const alias = node.find((record) => record.type === "CNAME");
    if (alias === undefined || type === "CNAME") {
      return [...answers, ...node.filter((record) => record.type === type).map((record) => toAnswer(record, at))];
    }
    answers.push(toAnswer(alias, at));
    at = alias.data.toLowerCase();
  }
  return answers;
}

/** Records of the name itself, else those of the closest wildcard above it. */
function findNode(records: readonly FakeRecord[], name: string): readonly FakeRecord[] {
  const candidates = [name, ...ancestors(name).map((parent) => `*.${parent}`)];
  for (const candidate of candidates) {
    const found = records.filter((record) => record.type !== "NS" && record.name.toLowerCase() === candidate);
    if (found.length > 0) return found;
  }
  return [];
}

function ancestors(name: string): readonly string[] {
  const labels = name.split(".");
  return labels.slice(1).map((_label, index) => labels.slice(index + 1).join("."));
}

function withTtl(answer: Answer, ttlSeconds: number): Answer {
  return "ttl" in answer && answer.ttl === 0 ? { ...answer, ttl: ttlSeconds } : answer;
}

function toAnswer({ type, data, ttlSeconds: ttl, priority, weight, port }: FakeRecord, name: string): Answer {
  switch (type) {
    case "MX":
      return { type, name, ttl, data: { preference: priority, exchange: data } };
    case "SRV":
      return { type, name, ttl, data: { target: data, port, priority, weight } };
    case "TXT":
      return { type, name, ttl, data: splitText(/^"[^"]*"$/.test(data) ? data.slice(1, -1) : data) };
    default:
      return { type, name, ttl, data };
  }
}

const MAX_STRING_OCTETS = 255;

/** A TXT record is a list of strings of at most 255 octets (RFC 1035 section 3.3). */
function splitText(text: string): Buffer[] {
  const octets = Buffer.from(text);
  const strings: Buffer[] = [];
  for (let at = 0; at === 0 || at < octets.length; at += MAX_STRING_OCTETS) {
    strings.push(octets.subarray(at, at + MAX_STRING_OCTETS));
  }
  return strings;
}
