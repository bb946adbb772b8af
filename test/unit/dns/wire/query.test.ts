// The bounded decoder: what it reads, what it refuses, and what it costs at most.

import { describe, expect, test } from "vitest";
import { decodeQuery } from "#src/dns/wire/query.ts";
import { MAX_DECODE_STEPS } from "#src/dns/wire/reader.ts";
import { buildQuery, DEFAULT_EDNS, nameOctets, optOctets } from "#test/support/dns/packets.ts";

/** Offsets of the header's counts. */
const QDCOUNT = 5;
const ANCOUNT = 7;
const ARCOUNT = 11;

describe("a good query", () => {
  test("gives header fields, the canonical name, type and class", () => {
    const decoded = decodeQuery(
      buildQuery({ id: 0xabcd, name: "App.Example.TEST", type: "AAAA", class: "CH", flags: 0x0110 }),
    );
    expect(decoded).toMatchObject({
      kind: "query",
      id: 0xabcd,
      opcode: 0,
      recursionDesired: true,
      checkingDisabled: true,
      question: { name: "app.example.test", type: 28, class: 3 },
      edns: undefined,
    });
  });

  test("keeps the question's octets as they came", () => {
    const query = buildQuery({ name: "App.Example.TEST" });
    expect(decodeQuery(query)).toMatchObject({ question: { octets: query.subarray(12) } });
  });

  test("may carry odd bytes in its labels, a dot among them", () => {
    expect(decodeQuery(buildQuery({ name: "a\\046b\\000.test" }))).toMatchObject({
      question: { name: "a\\046b\\000.test" },
    });
  });

  test("may ask for a name of exactly 255 octets", () => {
    const label = "x".repeat(63);
    const name = `${label}.${label}.${label}.${"y".repeat(61)}`;
    expect(nameOctets(name)).toHaveLength(255);
    expect(decodeQuery(buildQuery({ name }))).toMatchObject({ kind: "query", question: { name } });
  });

  test("gives EDNS fields and options in order", () => {
    const options = [0, 10, 0, 2, 7, 8, 0xff, 0x01, 0, 0];
    expect(decodeQuery(buildQuery({ edns: { size: 4096, version: 0, do: true, options } }))).toMatchObject({
      edns: {
        udpPayloadBytes: 4096,
        version: 0,
        dnssecOk: true,
        options: [
          { code: 10, data: Uint8Array.of(7, 8) },
          { code: 0xff01, data: Uint8Array.of() },
        ],
      },
    });
  });

  test("of another EDNS version keeps the version and leaves the rest unread", () => {
    const edns = { ...DEFAULT_EDNS, version: 100, options: [1, 2, 3] };
    expect(decodeQuery(buildQuery({ edns }))).toMatchObject({ kind: "query", edns: { version: 100, options: [] } });
  });

  test("may have octets after its last record", () => {
    expect(decodeQuery(buildQuery({ name: "app.test", trailing: [1, 2, 3] }))).toMatchObject({ kind: "query" });
  });

  test("may carry another record beside its OPT, such as a TSIG", () => {
    const tsig = [...nameOctets("key.test"), 0, 250, 0, 255, 0, 0, 0, 0, 0, 1, 42];
    const query = patched(buildQuery({ name: "app.test", trailing: [...optOctets(), ...tsig] }), { [ARCOUNT]: 2 });
    expect(decodeQuery(query)).toMatchObject({ kind: "query", edns: { version: 0 } });
  });

  test("in a view of a larger buffer is read from its own start", () => {
    const query = buildQuery({ name: "app.test" });
    const slab = new Uint8Array(100).fill(0xff);
    slab.set(query, 40);
    expect(decodeQuery(slab.subarray(40, 40 + query.length))).toMatchObject({ question: { name: "app.test" } });
  });
});

describe("what is dropped or not supported", () => {
  test("a message shorter than a header, and any response", () => {
    expect(decodeQuery(new Uint8Array(0))).toMatchObject({ kind: "drop", reason: "short" });
    expect(decodeQuery(buildQuery({ flags: 0x8000 }))).toMatchObject({ kind: "drop", reason: "response" });
  });

  test("another opcode, whatever follows the header", () => {
    const query = patched(buildQuery({ id: 5, opcode: 5 }), { [QDCOUNT]: 9 });
    expect(decodeQuery(query)).toMatchObject({ kind: "unsupported", id: 5, opcode: 5, steps: 1 });
  });
});

describe("what is malformed", () => {
  const label = [63, ...Array.from({ length: 63 }, () => 0x61)];
  const question = (octets: readonly number[]): Uint8Array => withQuestion([...octets, 0, 1, 0, 1]);

  test.each<[string, Uint8Array]>([
    ["no question", patched(buildQuery({}), { [QDCOUNT]: 0 })],
    ["two questions", patched(buildQuery({ trailing: [0, 0, 1, 0, 1] }), { [QDCOUNT]: 2 })],
    ["an answer section", patched(buildQuery({}), { [ANCOUNT]: 1 })],
    ["three additional records", patched(buildQuery({}), { [ARCOUNT]: 3 })],
    ["fewer additional records than counted", patched(buildQuery({}), { [ARCOUNT]: 1 })],
    ["a question without type and class", withQuestion([1, 0x61, 0, 0, 1])],
    ["a name without an end", withQuestion([3, 0x61, 0x62, 0x63])],
    ["a label cut off", withQuestion([9, 0x61])],
    ["a pointer to itself", question([0xc0, 12])],
    ["a pointer ahead", question([1, 0x61, 0xc0, 30])],
    ["a label of 64 octets", question([64, ...Array.from({ length: 64 }, () => 0x61), 0])],
    ["a label type 10", question([0x80, 0])],
    ["a name of 256 octets", question([...label, ...label, ...label, 62, ...label.slice(1, 63), 0])],
    ["more than 4096 octets", buildQuery({ trailing: Array.from({ length: 4100 }, () => 0) })],
    ["two OPT records", patched(buildQuery({ trailing: [...optOctets(), ...optOctets()] }), { [ARCOUNT]: 2 })],
    ["an OPT not at the root", patched(buildQuery({ trailing: [1, 0x61, ...optOctets()] }), { [ARCOUNT]: 1 })],
    ["an OPT at a pointer", patched(buildQuery({ trailing: [0xc0, 12, ...optOctets().slice(1)] }), { [ARCOUNT]: 1 })],
    ["an OPT whose rdata overruns", withOpt([0, 99, 0, 3, 0, 0, 0])],
    ["an option whose length overruns", withOpt([0, 5, 0, 3, 0, 9, 0])],
    ["half an option", withOpt([0, 3, 0, 3, 0])],
  ])("%s", (_title, message) => {
    const decoded = decodeQuery(message);
    expect(decoded).toMatchObject({ kind: "malformed", id: 0x1234 });
  });

  test("the question is known when only what follows is bad", () => {
    expect(decodeQuery(withOpt([0, 99]))).toMatchObject({ kind: "malformed", question: { name: "app.test", type: 1 } });
  });
});

describe("work", () => {
  test("a plain query costs one step per label and two more", () => {
    expect(decodeQuery(buildQuery({ name: "app.example.test" })).steps).toBe(1 + 4 + 1);
  });

  test("the longest names in question and TSIG, with an OPT, stay within the budget", () => {
    const longest = Array.from({ length: 127 }, () => "a").join(".");
    const tsig = [...nameOctets(longest), 0, 250, 0, 255, 0, 0, 0, 0, 0, 0];
    const query = buildQuery({ name: longest, trailing: [...optOctets({ options: [0, 10, 0, 0] }), ...tsig] });
    expect(decodeQuery(patched(query, { [ARCOUNT]: 2 })).kind).toBe("query");
  });

  test("a packet full of empty options is malformed at the budget's end", () => {
    const options = Array.from({ length: 4000 }, () => 0);
    const decoded = decodeQuery(buildQuery({ name: "app.test", edns: { ...DEFAULT_EDNS, options } }));
    expect(decoded).toMatchObject({ kind: "malformed", steps: MAX_DECODE_STEPS });
  });
});

function patched(message: Uint8Array, octets: Readonly<Record<number, number>>): Uint8Array {
  const copy = Uint8Array.from(message);
  for (const [offset, octet] of Object.entries(octets)) copy[Number(offset)] = octet;
  return copy;
}

/** The header of a one-question query and then these octets. */
function withQuestion(octets: readonly number[]): Uint8Array {
  return Uint8Array.from([...buildQuery({}).subarray(0, 12), ...octets]);
}

/** A query for app.test with an OPT that ends in these octets: rdata length and rdata. */
function withOpt(lengthAndRdata: readonly number[]): Uint8Array {
  return patched(buildQuery({ name: "app.test", trailing: [...optOctets().slice(0, -2), ...lengthAndRdata] }), {
    [ARCOUNT]: 1,
  });
}
