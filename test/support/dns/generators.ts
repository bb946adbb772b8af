// fast-check generators of DNS messages: good queries, mutated ones, noise.

import * as fc from "fast-check";
import type { RecordSet } from "#src/domain/record.ts";
import { buildQuery, DEFAULT_EDNS, type QueryFields } from "#test/support/dns/packets.ts";
import { recordSet } from "#test/support/dns/records.ts";

const TYPES = [
  "A",
  "AAAA",
  "CNAME",
  "TXT",
  "NS",
  "SOA",
  "MX",
  "SRV",
  "HTTPS",
  "CAA",
  "ANY",
  "DS",
  "AXFR",
  "IXFR",
  "OPT",
];

/** Few labels, so that generated names often meet generated zones. */
const label = fc.constantFrom("a", "b", "c", "www", "*", "_tcp", "A");

export const nameBelow = (apex: string): fc.Arbitrary<string> =>
  fc.array(label, { maxLength: 4 }).map((labels) => [...labels, apex].join("."));

/** A record set of any data type at a name that often exists already, aliases and stars among them. */
export function recordSetBelow(apex: string): fc.Arbitrary<RecordSet> {
  const targets = {
    A: fc.ipV4(),
    AAAA: fc.ipV6(),
    CNAME: fc.oneof(nameBelow(apex), nameBelow("org")),
    TXT: fc.string({ maxLength: 600, unit: "binary-ascii" }).map((text) => JSON.stringify(text)),
    MX: nameBelow(apex).map((name) => `10 ${name}`),
    SRV: nameBelow(apex).map((name) => `1 2 3 ${name}`),
  } as const;
  return fc
    .tuple(fc.constantFrom("A", "AAAA", "CNAME", "TXT", "MX", "SRV"), nameBelow(apex))
    .chain(([type, name]) =>
      fc.array(targets[type], { maxLength: 4 }).map((list) => ({ ...recordSet(`${name} ${type}`), targets: list })),
    );
}

const edns = fc.option(
  fc.record({
    size: fc.nat(65_535),
    version: fc.constantFrom(0, 0, 0, 1, 255),
    do: fc.boolean(),
    options: fc.constantFrom<readonly number[]>([], [0, 10, 0, 2, 1, 2], [0, 12, 0, 0, 0xff, 0, 0, 1, 9]),
  }),
  { nil: undefined },
);

export function queryFields(apex: string): fc.Arbitrary<QueryFields> {
  return fc.record({
    id: fc.nat(65_535),
    name: fc.oneof(nameBelow(apex), nameBelow("org")),
    type: fc.oneof(
      fc.constantFrom(...TYPES),
      fc.nat(65_535).map((type) => `TYPE${type}`),
    ),
    class: fc.constantFrom("IN", "IN", "IN", "CH", "ANY"),
    opcode: fc.constantFrom(0, 0, 0, 0, 2, 4, 5, 15),
    flags: fc.nat(0x07ff).map((bits) => bits & 0x07f0),
    edns,
    trailing: fc.constant([]),
  });
}

/** A good query, octets of which were then changed, cut off or added. */
function mutatedQuery(apex: string): fc.Arbitrary<Uint8Array> {
  const changes = fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 6 });
  const tail = fc.oneof(fc.constant([]), fc.array(fc.nat(255), { maxLength: 40 }));
  return fc.tuple(queryFields(apex), changes, fc.nat(300), tail).map(([fields, octets, keep, trailing]) => {
    const query = buildQuery({ ...fields, trailing });
    for (const [offset, octet] of octets) if (offset < query.length) query[offset] = octet;
    return keep % 3 === 0 ? query.subarray(0, keep) : query;
  });
}

/** Shapes made to cost work: many short labels, many empty options, pointers everywhere. */
const hostileMessage: fc.Arbitrary<Uint8Array> = fc
  .tuple(fc.constantFrom(0x00, 0x01, 0xc0, 0x3f, 0x0c), fc.integer({ min: 12, max: 4200 }), fc.nat(3))
  .map(([octet, length, additional]) => {
    const message = new Uint8Array(length).fill(octet);
    message.set([0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, additional]);
    return message;
  });

const noise: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 600 });

export const anyMessage = (apex: string): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 4, arbitrary: mutatedQuery(apex) },
    { weight: 2, arbitrary: noise },
    { weight: 1, arbitrary: hostileMessage },
    {
      weight: 1,
      arbitrary: fc
        .array(fc.constantFrom([0, 0, 0, 0], [0xff, 0xff, 0, 0]), { maxLength: 1000 })
        .map((options) => buildQuery({ name: apex, edns: { ...DEFAULT_EDNS, options: options.flat() } })),
    },
  );
