// The reply encoder: compression where it is legal, and what goes when a reply does not fit.

import { describe, expect, test } from "vitest";
import { encodeReply, type Reply } from "#src/dns/wire/message.ts";
import { encodeRdata } from "#src/dns/wire/rdata.ts";
import { RECORD_TYPE_NUMBER } from "#src/dns/wire/registry.ts";
import type { RrSet } from "#src/dns/wire/rrset.ts";
import type { RecordType } from "#src/domain/record.ts";
import { nameOctets, readReply } from "#test/support/dns/packets.ts";
import { nameOf } from "#test/support/dns/records.ts";

const OWNER = "www.example.test";
const QUESTION = { name: nameOf(OWNER), octets: Uint8Array.from([...nameOctets("WWW.example.test"), 0, 1, 0, 1]) };
const EMPTY: Reply = {
  id: 1,
  opcode: 0,
  authoritative: true,
  recursionDesired: false,
  checkingDisabled: false,
  rcode: 0,
  question: QUESTION,
  answers: [],
  authority: [],
  additional: [],
  edns: undefined,
};

describe("compression", () => {
  test("an owner equal to the question is a pointer to it and so keeps its letter case", () => {
    const message = encode({ answers: [set(OWNER, "A", ["192.0.2.1"])] });
    const questionEnd = 12 + QUESTION.octets.length;
    expect(Array.from(message.subarray(questionEnd, questionEnd + 2))).toEqual([0xc0, 12]);
    expect(readReply(message).answer).toEqual(["WWW.example.test 300 A 192.0.2.1"]);
  });

  test.each<[RecordType, string, number]>([
    ["CNAME", "mail.example.test", 7],
    ["NS", "mail.example.test", 7],
    ["PTR", "mail.example.test", 7],
    ["MX", "10 mail.example.test", 9],
    ["SRV", "0 0 1 mail.example.test", 25],
    ["NAPTR", '1 1 "" "" "" mail.example.test', 26],
    ["HTTPS", "0 mail.example.test", 21],
  ])("a name in %s rdata %s takes %i octets", (type, target, octets) => {
    const plain = 12 + QUESTION.octets.length + 12;
    expect(encode({ answers: [set(OWNER, type, [target])] }).length - plain).toBe(octets);
  });

  test("names beyond the reach of a pointer are written out and still read back", () => {
    const filler = set(
      OWNER,
      "TXT",
      Array.from({ length: 80 }, (_, index) => `${index}${"x".repeat(250)}`),
    );
    const late = [set("late.other.test", "A", ["192.0.2.1"]), set("late.other.test", "AAAA", ["2001:db8::1"])];
    const { answer } = readReply(encode({ answers: [filler, ...late] }, 65_535));
    expect(answer.slice(-2)).toEqual(["late.other.test 300 A 192.0.2.1", "late.other.test 300 AAAA 2001:db8::1"]);
  });

  test("labels that hold a dot are never taken for two", () => {
    const message = encode({ answers: [set("www\\046example.test", "A", ["192.0.2.1"])] });
    const owner = message.subarray(12 + QUESTION.octets.length);
    expect(Array.from(owner.subarray(0, 12))).toEqual([11, ...Buffer.from("www.example")]);
  });
});

describe("what does not fit", () => {
  const many = set(
    OWNER,
    "A",
    Array.from({ length: 100 }, (_, index) => `192.0.2.${index}`),
  );

  test("in answer or authority sets TC and empties the sections, keeping question, AA and OPT", () => {
    const { message, truncated } = encodeReply({ ...EMPTY, answers: [many], edns: NO_OPTIONS }, 512);
    expect(truncated).toBe(true);
    expect(message).toHaveLength(12 + QUESTION.octets.length + 11);
    expect(readReply(message)).toMatchObject({
      flags: ["qr", "aa", "tc"],
      questions: 1,
      answer: [],
      edns: { do: true },
    });
  });

  test("in the additional section is left out silently, set by set", () => {
    const small = set("ns.example.test", "A", ["192.0.2.1"]);
    const { message, truncated } = encodeReply({ ...EMPTY, additional: [many, small], edns: NO_OPTIONS }, 512);
    expect(truncated).toBe(false);
    expect(readReply(message)).toMatchObject({ flags: ["qr", "aa"], additional: ["ns.example.test 300 A 192.0.2.1"] });
  });

  test("by one octet is truncated, exactly fitting is not", () => {
    const reply = { ...EMPTY, answers: [many], edns: NO_OPTIONS };
    const whole = encodeReply(reply, 65_535).message.length;
    expect(encodeReply(reply, whole).truncated).toBe(false);
    expect(encodeReply(reply, whole - 1).truncated).toBe(true);
  });
});

const NO_OPTIONS = { dnssecOk: true, options: [] };

function encode(reply: Partial<Reply>, maxOctets = 1232): Uint8Array {
  return encodeReply({ ...EMPTY, ...reply }, maxOctets).message;
}

function set(name: string, type: RecordType, targets: readonly string[]): RrSet {
  const rdata = targets.map((target) => {
    const encoded = encodeRdata(type, target);
    if (!encoded.ok) throw new Error(encoded.problem);
    return encoded.value;
  });
  return { name: nameOf(name), type: RECORD_TYPE_NUMBER[type], ttlSeconds: 300, rdata };
}
