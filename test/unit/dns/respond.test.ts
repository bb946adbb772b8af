// The rules round an answer: what is dropped, headers, EDNS, sizes, not being ready.

import { describe, expect, test } from "vitest";
import { type RespondContext, respond } from "#src/dns/respond.ts";
import { buildQuery, DEFAULT_EDNS, type QueryFields, type ReadReply, readReply } from "#test/support/dns/packets.ts";
import { snapshotOf } from "#test/support/dns/records.ts";

const snapshot = snapshotOf({
  apex: "example.test",
  records: [
    "app.example.test A 192.0.2.1",
    "alias.example.test CNAME app.example.test",
    "dangling.example.test CNAME nothing.example.test",
    ...Array.from({ length: 60 }, (_, index) => `many.example.test A 192.0.2.${index + 1}`),
    ...Array.from({ length: 200 }, (_, index) => `huge.example.test TXT ${String(index).padStart(400, "x")}`),
  ],
});

const UDP: RespondContext = { snapshot, ready: true, protocol: "udp" };
const TCP: RespondContext = { snapshot, ready: true, protocol: "tcp" };
const NOT_READY: RespondContext = { snapshot, ready: false, protocol: "udp" };

describe("what is not answered", () => {
  test("a message shorter than a header is dropped", () => {
    expect(respond(new Uint8Array(11), UDP)).toEqual({ kind: "drop", reason: "short" });
  });

  test("a response is dropped, or two servers could answer each other for ever", () => {
    const query = buildQuery({ name: "app.example.test", flags: 0x8000 });
    expect(respond(query, UDP)).toEqual({ kind: "drop", reason: "response" });
  });
});

describe("the reply header", () => {
  test("the question comes back bit for bit, letter case included", () => {
    const query = buildQuery({ name: "aPp.ExAmPlE.tEsT" });
    expect(message(query, UDP).subarray(12, query.length)).toEqual(query.subarray(12));
  });

  test("a malformed query gets a bare FORMERR header with its id", () => {
    const query = buildQuery({ id: 0xbeef, name: "app.example.test" }).subarray(0, 20);
    expect(Array.from(message(query, UDP))).toEqual([0xbe, 0xef, 0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  test.each([1, 2, 3, 4, 5, 6, 15])("opcode %i gets NOTIMP with its id and opcode", (opcode) => {
    const reply = ask({ id: 77, opcode, name: "app.example.test" });
    expect(reply).toMatchObject({ id: 77, opcode: String(opcode), rcode: "NOTIMP", questions: 0 });
  });
});

describe("sizes", () => {
  test.each([
    ["no EDNS", undefined, 512],
    ["an announced 0", 0, 512],
    ["an announced 511", 511, 512],
    ["an announced 700", 700, 700],
    ["an announced 65535", 65_535, 1232],
  ])("with %s the reply over UDP has at most the octets allowed", (_title, size, maxOctets) => {
    const edns = size === undefined ? undefined : { ...DEFAULT_EDNS, size };
    const reply = message(buildQuery({ name: "many.example.test", edns }), UDP);
    expect(reply.length).toBeLessThanOrEqual(maxOctets);
    expect(readReply(reply).flags.includes("tc")).toBe(maxOctets < 1000);
  });

  test("a truncated reply is empty and keeps AA and OPT", () => {
    const reply = ask({ name: "many.example.test", edns: { ...DEFAULT_EDNS, size: 512 } });
    expect(reply).toMatchObject({ flags: ["qr", "aa", "tc"], answer: [], authority: [], edns: { size: 1232 } });
  });

  test("over TCP the same answer is whole", () => {
    const reply = ask({ name: "many.example.test" }, TCP);
    expect(reply.flags).not.toContain("tc");
    expect(reply.answer).toHaveLength(60);
  });

  test("an answer too large for TCP is SERVFAIL, since there is nowhere to send the client", () => {
    expect(ask({ name: "huge.example.test", type: "TXT" }, TCP)).toMatchObject({ rcode: "SERVFAIL", flags: ["qr"] });
  });
});

describe("before everything has been read", () => {
  test("what is known is answered at once", () => {
    expect(ask({ name: "alias.example.test" }, NOT_READY)).toMatchObject({ rcode: "NOERROR", flags: ["qr", "aa"] });
  });

  test.each([
    ["a missing name", "nothing.example.test", "A"],
    ["a missing type", "app.example.test", "AAAA"],
    ["an alias to a missing name", "dangling.example.test", "A"],
  ])("%s is SERVFAIL with EDE 14, never a denial that would be cached", (_title, name, type) => {
    const reply = ask({ name, type, edns: DEFAULT_EDNS }, NOT_READY);
    expect(reply).toMatchObject({ rcode: "SERVFAIL", answer: [], authority: [], edns: { extendedErrors: [14] } });
  });

  test("without EDNS in the query the reason is left out", () => {
    expect(ask({ name: "nothing.example.test" }, NOT_READY)).toMatchObject({ rcode: "SERVFAIL", edns: undefined });
  });
});

describe("what the counters are told", () => {
  test("rcode, type, zone and truncation", () => {
    const outcome = respond(buildQuery({ name: "many.example.test" }), UDP);
    expect(outcome).toMatchObject({ rcode: 0, questionType: 1, zone: "example.test", truncated: true });
  });

  test("no zone for names that are not ours, no type for what could not be read", () => {
    expect(respond(buildQuery({ name: "example.org" }), UDP)).toMatchObject({ rcode: 5, zone: undefined });
    expect(respond(new Uint8Array(12), UDP)).toMatchObject({ rcode: 1, questionType: undefined });
  });

  test("the extended rcode is whole", () => {
    const query = buildQuery({ name: "app.example.test", edns: { ...DEFAULT_EDNS, version: 1 } });
    expect(respond(query, UDP)).toMatchObject({ rcode: 16, zone: "example.test" });
  });
});

describe("zone transfer requests", () => {
  test("AXFR over UDP is NOTIMP, over TCP REFUSED for a zone of ours and NOTAUTH for any other name", () => {
    expect(ask({ name: "example.test", type: "AXFR" }).rcode).toBe("NOTIMP");
    expect(ask({ name: "example.test", type: "AXFR" }, TCP).rcode).toBe("REFUSED");
    expect(ask({ name: "app.example.test", type: "AXFR" }, TCP).rcode).toBe("NOTAUTH");
  });
});

function ask(query: Partial<QueryFields>, context: RespondContext = UDP): ReadReply {
  return readReply(message(buildQuery(query), context));
}

function message(query: Uint8Array, context: RespondContext): Uint8Array {
  const outcome = respond(query, context);
  if (outcome.kind !== "reply") throw new Error(`dropped: ${outcome.reason}`);
  return outcome.message;
}
