import { describe, expect, test } from "vitest";
import { respond } from "#src/dns/respond.ts";
import { createAccessList } from "#src/server/access-list.ts";
import { type AnswererOptions, createAnswerer } from "#src/server/answerer.ts";
import { allocateCounters, Counters } from "#src/server/counters.ts";
import { panicReply } from "#src/server/panic-reply.ts";
import { createReceiver } from "#src/server/udp.ts";
import { buildQuery, DEFAULT_EDNS, readReply } from "#test/support/dns/packets.ts";
import { snapshotOf } from "#test/support/dns/records.ts";

const SNAPSHOT = snapshotOf({ apex: "home.test", records: ["app.home.test 60 A 192.0.2.10"] });
const APP = buildQuery({ id: 7, name: "app.home.test", edns: DEFAULT_EDNS });
const LAN_CLIENT = { address: "192.168.1.20", port: 40_000, protocol: "udp" } as const;

function answererWith(given: Partial<AnswererOptions> = {}) {
  const counters = new Counters(allocateCounters());
  const accessList = createAccessList({ onLink: [], allowed: [] });
  const panics: unknown[] = [];
  const answer = createAnswerer({
    counters,
    mayAsk: (address) => accessList.has(address),
    respond: (message, { protocol }, client) => respond(message, { snapshot: SNAPSHOT, ready: true, protocol, client }),
    isOwnAddress: () => false,
    onPanic: (error) => panics.push(error),
    ...given,
  });
  return { answer, counters, panics };
}

function brokenRespond(): never {
  throw new Error("a bug");
}

describe("the access list", () => {
  test("a LAN client is answered", () => {
    const { answer } = answererWith();
    expect(readReply(answer(APP, LAN_CLIENT)!)).toMatchObject({ rcode: "NOERROR", edns: { extendedErrors: [] } });
  });

  test("a stranger is refused with EDE 18 and learns nothing", () => {
    const { answer, counters } = answererWith();
    const reply = readReply(answer(APP, { ...LAN_CLIENT, address: "203.0.113.5" })!);
    expect(reply).toMatchObject({ rcode: "REFUSED", answer: [], authority: [], edns: { extendedErrors: [18] } });
    expect(reply.flags).not.toContain("aa");
    expect(counters.readAll()).toMatchObject({ "refused.access-list": 1, "replies.REFUSED": 1 });
  });

  test("a stranger without EDNS is refused with no more octets than it sent", () => {
    const { answer } = answererWith();
    const query = buildQuery({ name: "app.home.test" });
    const reply = answer(query, { ...LAN_CLIENT, address: "203.0.113.5" });
    expect(readReply(reply!)).toMatchObject({ rcode: "REFUSED", edns: undefined });
    expect(reply!.length).toBe(query.length);
  });
});

describe("loops", () => {
  test("a query from our own address and port is dropped", () => {
    const { answer, counters } = answererWith({
      isOwnAddress: (address, port) => address === "192.168.1.2" && port === 53,
    });
    expect(answer(APP, { address: "192.168.1.2", port: 53, protocol: "udp" })).toBeUndefined();
    expect(answer(APP, { address: "192.168.1.2", port: 54, protocol: "udp" })).toBeDefined();
    expect(counters.read("dropped.own-address")).toBe(1);
  });

  test("a datagram from port 0, where nothing can be sent, is dropped before it is answered", () => {
    const { answer, counters } = answererWith();
    const sent: number[] = [];
    const receive = createReceiver({ answer, counters }, (_reply, port) => sent.push(port));
    receive(Buffer.from(APP), { address: "192.168.1.20", port: 0 });
    receive(Buffer.from(APP), { address: "192.168.1.20", port: 40_000 });
    expect(sent).toEqual([40_000]);
    expect(counters.readAll()).toMatchObject({ "dropped.source-port-zero": 1, "queries.udp": 1 });
  });

  test.each([
    ["short", Uint8Array.of(1, 2, 3)],
    ["response", buildQuery({ name: "app.home.test", flags: 0x8000 })],
  ] as const)("what is too short or a response gets silence: %s", (reason, message) => {
    const { answer, counters } = answererWith();
    expect(answer(message, LAN_CLIENT)).toBeUndefined();
    expect(counters.read(`dropped.${reason}`)).toBe(1);
  });
});

describe("a bug in answering", () => {
  test("is SERVFAIL with the question, counted and told", () => {
    const { answer, counters, panics } = answererWith({ respond: brokenRespond });
    const reply = readReply(answer(APP, LAN_CLIENT)!);
    expect(reply).toMatchObject({ id: 7, rcode: "SERVFAIL", questions: 1, answer: [] });
    expect(panics).toEqual([new Error("a bug")]);
    expect(counters.readAll()).toMatchObject({ panics: 1, "replies.SERVFAIL": 1 });
  });

  test("is silence where an answer would answer a response", () => {
    const { answer, counters } = answererWith({ respond: brokenRespond });
    expect(answer(buildQuery({ name: "app.home.test", flags: 0x8000 }), LAN_CLIENT)).toBeUndefined();
    expect(counters.readAll()).toMatchObject({ panics: 1, "dropped.panic": 1 });
  });

  test("keeps opcode and RD, and the letters of the question as they came", () => {
    const query = buildQuery({ name: "aPP.Home.test", opcode: 4, flags: 0x0100 });
    const reply = panicReply(query)!;
    expect(readReply(reply)).toMatchObject({ opcode: "4", flags: ["qr", "rd"] });
    expect(reply.subarray(12)).toEqual(query.subarray(12));
  });

  test.each([
    ["no question", Uint8Array.from([0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])],
    ["a question cut off", buildQuery({ name: "app.home.test" }).slice(0, 20)],
    ["a pointer in the question", Uint8Array.from([0, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1])],
    ["labels without end", Uint8Array.from([0, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...Array(600).fill(1)])],
  ])("with %s is SERVFAIL with the header alone", (_case, query) => {
    expect(readReply(panicReply(query)!)).toMatchObject({ rcode: "SERVFAIL", questions: 0 });
  });

  test("over anything shorter than a header is silence", () => {
    for (let length = 0; length < 12; length += 1) expect(panicReply(new Uint8Array(length))).toBeUndefined();
  });
});
