// What holds for every message that can arrive and every zone that can be compiled.

import dnsPacket from "dns-packet";
import { Packet } from "dns2";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Outcome, type Protocol, respond } from "#src/dns/respond.ts";
import { createSnapshot } from "#src/dns/snapshot.ts";
import { decodeQuery } from "#src/dns/wire/query.ts";
import { MAX_DECODE_STEPS } from "#src/dns/wire/reader.ts";
import { completeZoneOptions, sameContent } from "#src/dns/zone-content.ts";
import type { RecordSet } from "#src/domain/record.ts";
import { compileZone } from "#test/support/dns/compile.ts";
import { anyMessage, nameBelow, queryFields, recordSetBelow } from "#test/support/dns/generators.ts";
import { buildQuery, type ReadReply, readReply } from "#test/support/dns/packets.ts";
import { nameOf, snapshotOf } from "#test/support/dns/records.ts";

const APEX = "example.test";
const message = anyMessage(APEX);
const protocol = fc.constantFrom<Protocol>("udp", "tcp");

const fixed = snapshotOf({
  apex: APEX,
  records: [
    "a.example.test A 192.0.2.1",
    "*.b.example.test CNAME a.example.test",
    "c.example.test CNAME www.c.example.test",
    "*.c.example.test CNAME c.example.test",
    ...Array.from({ length: 100 }, (_, index) => `www.example.test A 192.0.2.${index}`),
  ],
});

describe("any message at all", () => {
  test("never throws and never costs more than its budget", () => {
    fc.assert(
      fc.property(message, protocol, fc.boolean(), (octets, protocol, ready) => {
        respond(octets, { snapshot: fixed, ready, protocol });
        expect(decodeQuery(octets).steps).toBeLessThanOrEqual(MAX_DECODE_STEPS);
      }),
      { numRuns: 4000 },
    );
  });

  test("is answered unless it is a response or shorter than a header", () => {
    fc.assert(
      fc.property(message, (octets) => {
        const silent = octets.length < 12 || ((octets[2] ?? 0) & 0x80) !== 0;
        expect(respond(octets, { snapshot: fixed, ready: true, protocol: "udp" }).kind).toBe(silent ? "drop" : "reply");
      }),
      { numRuns: 2000 },
    );
  });

  test("gets a reply with its id and opcode that reads cleanly and is never larger than the client can take", () => {
    fc.assert(
      fc.property(message, protocol, (octets, protocol) => {
        const outcome = respond(octets, { snapshot: fixed, ready: true, protocol });
        if (outcome.kind === "drop") return;
        const reply = readReply(outcome.message);
        expect(reply.id).toBe(((octets[0] ?? 0) << 8) | (octets[1] ?? 0));
        expect(reply.opcode).toBe(String(((octets[2] ?? 0) >> 3) & 0xf));
        expect(outcome.message.length).toBeLessThanOrEqual(largestReply(octets, protocol));
      }),
      { numRuns: 3000 },
    );
  });
});

describe("any good query", () => {
  test("is read by our decoder as dns-packet reads it", () => {
    fc.assert(
      fc.property(queryFields(APEX), (fields) => {
        const query = buildQuery({ ...fields, opcode: 0 });
        const theirs = dnsPacket.decode(Buffer.from(query));
        const ours = decodeQuery(query);
        expect(ours).toMatchObject({
          kind: "query",
          id: theirs.id,
          question: { name: theirs.questions?.[0]?.name.toLowerCase() },
          edns: fields.edns && { udpPayloadBytes: fields.edns.size, dnssecOk: fields.edns.do },
        });
      }),
    );
  });

  test("gets OPT back exactly when it had one", () => {
    fc.assert(
      fc.property(queryFields(APEX), (fields) => {
        const outcome = respond(buildQuery({ ...fields, opcode: 0 }), {
          snapshot: fixed,
          ready: true,
          protocol: "udp",
        });
        expect(readReply(replied(outcome)).edns === undefined).toBe(fields.edns === undefined);
      }),
    );
  });

  test("is never denied anything before everything has been read", () => {
    fc.assert(
      fc.property(queryFields(APEX), (fields) => {
        const context = { snapshot: fixed, protocol: "tcp" } as const;
        const query = buildQuery({ ...fields, opcode: 0 });
        const early = readReply(replied(respond(query, { ...context, ready: false })));
        const late = readReply(replied(respond(query, { ...context, ready: true })));
        const denies = late.authority.length > 0;
        expect(early.authority).toEqual([]);
        const isWithheld = denies || early.rcode === "SERVFAIL";
        expect(early).toMatchObject(isWithheld ? { rcode: "SERVFAIL", answer: [] } : late);
      }),
    );
  });

  test("is answered before everything has been read only with what stays true whatever names are read later", () => {
    const sets = fc.array(recordSetBelow(APEX), { maxLength: 8 });
    fc.assert(
      fc.property(sets, sets, queryFields(APEX), (known, later, fields) => {
        const names = new Set(known.map(({ name }) => name));
        const further = later.filter(({ name }) => !names.has(name) && name !== APEX);
        const query = buildQuery({ ...fields, opcode: 0 });
        const reply = (list: readonly RecordSet[], ready: boolean): ReadReply => {
          const snapshot = createSnapshot([compileZone(completeZoneOptions(nameOf(APEX)), list, 1).content]);
          return readReply(replied(respond(query, { snapshot, ready, protocol: "tcp" })));
        };
        const early = reply(known, false);
        fc.pre(early.rcode !== "SERVFAIL");
        expect(early.answer).toEqual(reply([...known, ...further], true).answer);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("any zone", () => {
  const sets = fc.array(recordSetBelow(APEX), { maxLength: 12 });
  const options = completeZoneOptions(nameOf(APEX));

  test("compiles to the same content from its record sets in any order", () => {
    fc.assert(
      fc.property(sets, (list) => {
        const forwards = compileZone(options, list, 1).content;
        expect(sameContent(forwards, compileZone(options, list.toReversed(), 2).content)).toBe(true);
      }),
    );
  });

  test("answers what dns2 and dns-packet both read alike, over TCP whole", () => {
    fc.assert(
      fc.property(sets, queryFields(APEX), (list, fields) => {
        const snapshot = createSnapshot([compileZone(options, list, 1).content]);
        const query = buildQuery({ ...fields, opcode: 0, class: "IN" });
        const octets = replied(respond(query, { snapshot, ready: true, protocol: "tcp" }));
        const theirs = Packet.parse(Buffer.from(octets));
        const reply = readReply(octets);
        expect(theirs.errors).toEqual([]);
        expect(theirs.answers.map(({ name, ttl }) => `${name} ${ttl}`)).toEqual(
          reply.answer.map((line) => line.split(" ").slice(0, 2).join(" ")),
        );
        expect(theirs.authorities).toHaveLength(reply.authority.length);
      }),
      { numRuns: 300 },
    );
  });

  test("never holds a CNAME beside other data, nor two, nor one at the apex", () => {
    fc.assert(
      fc.property(sets, (list) => {
        const { recordSets } = compileZone(options, list, 1).content;
        const aliases = recordSets.filter(({ type }) => type === 5);
        expect(aliases.every(({ rdata }) => rdata.length === 1)).toBe(true);
        expect(aliases.filter(({ name }) => recordSets.filter((other) => other.name === name).length > 1)).toEqual([]);
        expect(aliases.filter(({ name }) => name === APEX)).toEqual([]);
      }),
    );
  });

  test("denies a name exactly when nothing is at or below it and no wildcard of its closest encloser stands for it", () => {
    fc.assert(
      fc.property(sets, nameBelow(APEX), (list, text) => {
        const { content } = compileZone(options, list, 1);
        const query = buildQuery({ name: text, type: "TYPE65280" });
        const snapshot = createSnapshot([content]);
        const reply = readReply(replied(respond(query, { snapshot, ready: true, protocol: "tcp" })));
        fc.pre(reply.answer.length === 0); // after an alias the rcode speaks of another name
        const exists = (name: string): boolean =>
          name === APEX || content.recordSets.some((set) => set.name === name || set.name.endsWith(`.${name}`));
        const labels = text.toLowerCase().split(".");
        const encloser = labels.map((_, index) => labels.slice(index).join(".")).find(exists);
        const isDenied = !exists(labels.join(".")) && !exists(`*.${encloser}`);
        expect(reply.rcode).toBe(isDenied ? "NXDOMAIN" : "NOERROR");
      }),
      { numRuns: 500 },
    );
  });
});

function replied(outcome: Outcome): Uint8Array {
  if (outcome.kind === "drop") throw new Error(`dropped: ${outcome.reason}`);
  return outcome.message;
}

/** RFC 6891 §6.2.3 and our own limit; a reply without OPT never exceeds 512 octets over UDP. */
function largestReply(query: Uint8Array, protocol: Protocol): number {
  if (protocol === "tcp") return 65_535;
  const decoded = decodeQuery(query);
  const announced = decoded.kind === "query" ? (decoded.edns?.udpPayloadBytes ?? 0) : 0;
  return Math.min(1232, Math.max(512, announced));
}
