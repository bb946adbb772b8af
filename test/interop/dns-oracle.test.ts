// The same zones and the same questions to NSD, to Knot and to respond(): rcode, AA, answer and authority must agree, but for
// the differences that are listed here with their reason. The zone file is written from the targets' text, so that the peers'
// parsers also judge our rdata.

import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { respond } from "#src/dns/respond.ts";
import { createSnapshot } from "#src/dns/snapshot.ts";
import { completeZoneOptions, type ZoneContent } from "#src/dns/zone-content.ts";
import { compileZone } from "#test/support/dns/compile.ts";
import { queryUdp } from "#test/support/dns/exchange.ts";
import { nameBelow, recordSetBelow } from "#test/support/dns/generators.ts";
import { type Nameserver, startKnot, startNsd } from "#test/support/dns/nameservers.ts";
import { buildQuery, DEFAULT_EDNS, type QueryFields, type ReadReply, readReply } from "#test/support/dns/packets.ts";
import { compileLines, nameOf, type TestZone } from "#test/support/dns/records.ts";
import { generatedZoneFile, zoneFile } from "#test/support/dns/zone-file.ts";
import { describeWithPeer } from "#test/support/peers.ts";

const APEX = "example.test";
const RECORDS = [
  "example.test A 192.0.2.80",
  "example.test MX 10 mail.example.test",
  "example.test MX 20 mail.example.org",
  'example.test CAA 0 issue "ca.test"',
  "example.test TXT v=spf1 -all",
  "app.example.test 300 A 192.0.2.1",
  "app.example.test 300 A 192.0.2.2",
  "app.example.test AAAA 2001:db8::1",
  "app.example.test HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1",
  "svc.example.test HTTPS 1 app.example.test mandatory=port alpn=h2 no-default-alpn port=8443",
  "aliasmode.example.test HTTPS 0 app.example.test",
  "mail.example.test A 192.0.2.25",
  `long.example.test TXT ${"x".repeat(300)}`,
  `edge.example.test TXT ${"y".repeat(255)}`,
  'odd.example.test TXT "quote \\" and \\\\ and \\007"',
  "_sip._tcp.example.test SRV 1 2 5060 app.example.test",
  'enum.example.test NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:a@example.test!" .',
  "ptr.example.test PTR app.example.test",
  "deep.down.below.example.test A 192.0.2.3",
  "alias.example.test CNAME app.example.test",
  "chain.example.test CNAME alias.example.test",
  "dangling.example.test CNAME no.example.test",
  "towards.example.test CNAME dangling.example.test",
  "outside.example.test CNAME www.example.org",
  "ping.example.test CNAME pong.example.test",
  "pong.example.test CNAME ping.example.test",
  "*.wild.example.test A 192.0.2.7",
  "*.wild.example.test TXT wild",
  "exact.wild.example.test A 192.0.2.8",
  "x.y.wild.example.test A 192.0.2.9",
  "*.walias.example.test CNAME app.example.test",
  "*.wnothing.example.test CNAME no.example.test",
  "two\\046words.example.test A 192.0.2.10",
  "under_score.example.test A 192.0.2.11",
  ...Array.from({ length: 60 }, (_, index) => `many.example.test A 198.51.100.${index}`),
];

const OTHER_NAMES =
  "ns1 no a.b.no below down.below up.below sub.app _tcp wild a.wild a.b.wild y.wild z.y.wild sub.exact.wild a.*.wild " +
  "a.walias a.b.walias a.wnothing walias ApP NO";
const NAMES = new Set([
  ...RECORDS.map((line) => line.split(" ")[0] ?? ""),
  ...OTHER_NAMES.split(" ").map((name) => `${name}.${APEX}`),
]);

const TYPES = [
  "A",
  "AAAA",
  "CNAME",
  "TXT",
  "MX",
  "SRV",
  "SOA",
  "NS",
  "HTTPS",
  "CAA",
  "PTR",
  "NAPTR",
  "DS",
  "TYPE65280",
];

/** Printed with every failure, so that the generated zone can be made again. */
const SEED = 20_261_123;
const GENERATED_APEX = "generated.test";

const GENERATED_RECORD_SETS = fc.sample(recordSetBelow(GENERATED_APEX), { seed: SEED, numRuns: 60 });
const GENERATED_NAMES = new Set(fc.sample(nameBelow(GENERATED_APEX), { seed: SEED, numRuns: 150 }));
const ASKED_OF_GENERATED = ["A", "AAAA", "CNAME", "TXT", "MX"];

type Asked = Partial<QueryFields>;

const QUERIES: readonly Asked[] = [
  ...[...NAMES].flatMap((name) => TYPES.map((type) => ({ name, type, edns: DEFAULT_EDNS }))),
  ...[...GENERATED_NAMES].flatMap((name) => ASKED_OF_GENERATED.map((type) => ({ name, type, edns: DEFAULT_EDNS }))),
  ...["app", "many", "no", "below"].map((name) => ({ name: `${name}.${APEX}` })),
  ...["example.org", ".", "test", "notexample.test"].map((name) => ({ name, type: "NS" })),
  ...[0x0100, 0x0020, 0x0040, 0x0200].map((flags) => ({ name: `app.${APEX}`, flags })),
  ...[1, 2, 3, 6, 15].map((opcode) => ({ name: `app.${APEX}`, opcode })),
  { name: `app.${APEX}`, edns: { ...DEFAULT_EDNS, version: 1 } },
  { name: `app.${APEX}`, edns: { ...DEFAULT_EDNS, do: true } },
  { name: `app.${APEX}`, edns: { ...DEFAULT_EDNS, options: [0xfd, 0xe9, 0, 1, 7] } },
  { name: `many.${APEX}`, edns: { ...DEFAULT_EDNS, size: 100 } },
  { name: `app.${APEX}`, class: "CH" },
  { name: "version.bind", class: "IN", type: "TXT" },
  { name: APEX, type: "AXFR" },
];

/** Where we differ from a peer on purpose; the peers' rcodes are listed, so that a changed peer shows here. */
const DIFFERENCES: readonly {
  readonly asked: Asked;
  readonly reason: string;
  readonly ours: Partial<Comparable>;
  readonly theirRcodes: readonly string[];
}[] = [
  {
    asked: { name: `app.${APEX}`, class: "ANY" },
    reason: "we serve class IN alone; class ANY asks for what no server should join (BIND refuses it too)",
    ours: { rcode: "REFUSED", flags: ["qr"] },
    theirRcodes: ["NOERROR"],
  },
  {
    asked: { name: APEX, type: "IXFR" },
    reason: "RFC 5936 §2.2.1: NOTAUTH is for zones that are not ours; Knot says it for a missing SOA as well",
    ours: { rcode: "REFUSED", flags: ["qr"] },
    theirRcodes: ["REFUSED", "NOTAUTH", "FORMERR"],
  },
  {
    asked: { name: `app.${APEX}`, type: "OPT" },
    reason: "a pseudo type in a question is a mistake that is better told than denied",
    ours: { rcode: "FORMERR", flags: ["qr"] },
    theirRcodes: ["NOERROR"],
  },
  {
    asked: { name: `app.${APEX}`, type: "MAILA" },
    reason: "the obsolete question types are not implemented; NSD and Knot take them for data types",
    ours: { rcode: "NOTIMP", flags: ["qr"] },
    theirRcodes: ["NOERROR"],
  },
  {
    asked: { name: `app.${APEX}`, flags: 0x0010 },
    reason: "we copy CD, as BIND does (RFC 4035 §3.1.6)",
    ours: { rcode: "NOERROR", flags: ["qr", "aa", "cd"] },
    theirRcodes: ["NOERROR"],
  },
  {
    asked: { name: APEX, type: "ANY", edns: DEFAULT_EDNS },
    reason: "of all sets we give the smallest, the peers their first (RFC 8482 §4.1 allows any)",
    ours: { rcode: "NOERROR", flags: ["qr", "aa"], answer: ["example.test 120 a 192.0.2.80"] },
    theirRcodes: ["NOERROR"],
  },
];

const ZONE: TestZone = {
  apex: APEX,
  nameservers: [{ name: nameOf("ns1.example.test"), addresses: ["192.0.2.53", "2001:db8::53"] }],
  defaultTtlSeconds: 120,
  negativeTtlSeconds: 60,
  records: RECORDS,
};
const generated = compileZone(completeZoneOptions(nameOf(GENERATED_APEX)), GENERATED_RECORD_SETS, 1).content;
const snapshot = createSnapshot([compileLines(ZONE).content, withoutPending(generated)]);
const SERVED = [
  { apex: APEX, text: zoneFile(ZONE) },
  { apex: GENERATED_APEX, text: generatedZoneFile(generated) },
];

for (const [program, start] of [
  ["nsd", startNsd],
  ["knotd", startKnot],
] as const) {
  describeWithPeer(program, `${program} beside respond()`, (path) => {
    let peer: Nameserver | undefined;
    beforeAll(async () => {
      peer = await start(path, SERVED);
    });
    afterAll(() => peer?.stop());

    test(`agrees on ${QUERIES.length} questions (seed ${SEED})`, async () => {
      const theirs = await askPeer(peer?.port ?? 0, QUERIES);
      const ours = QUERIES.map(ask);
      const differences = QUERIES.flatMap((query, index) =>
        JSON.stringify(theirs[index]) === JSON.stringify(ours[index])
          ? []
          : [{ query: JSON.stringify(query), theirs: theirs[index], ours: ours[index] }],
      );
      expect(differences).toEqual([]);
    });

    test.each(DIFFERENCES)("differs on $asked: $reason", async ({ asked, ours, theirRcodes }) => {
      const [theirs] = await askPeer(peer?.port ?? 0, [asked]);
      expect(ask(asked)).toMatchObject(ours);
      expect(theirRcodes).toContain(theirs?.rcode);
    });
  });
}

test("the questions meet data, aliases, stars, missing types and missing names", () => {
  const rcodes = new Set(QUERIES.map(ask).map(({ rcode, answer }) => `${rcode} ${Math.min(answer.length, 3)}`));
  const expected = ["NOERROR 0", "NOERROR 1", "NOERROR 2", "NOERROR 3", "NXDOMAIN 0", "NXDOMAIN 1", "NXDOMAIN 2"];
  expect([...rcodes]).toEqual(expect.arrayContaining([...expected, "REFUSED 0", "NOTIMP 0", "BADVERS 0"]));
});

/** A name without data cannot stand in a master file: the peers do not know it, so we do not compare it. */
function withoutPending(content: ZoneContent): ZoneContent {
  return { ...content, recordSets: content.recordSets.filter(({ rdata }) => rdata.length > 0) };
}

/** What must agree. The order of records within a section says nothing (RFC 2181 §5), nor does letter case in names. */
interface Comparable {
  readonly rcode: string;
  readonly flags: readonly string[];
  readonly answer: readonly string[];
  readonly authority: readonly string[];
  readonly hasOpt: boolean;
}

function comparable(reply: ReadReply): Comparable {
  return {
    rcode: reply.rcode,
    flags: reply.flags,
    answer: reply.answer.map((line) => line.toLowerCase()).sort(),
    authority: reply.authority.map((line) => line.toLowerCase()).sort(),
    hasOpt: reply.edns !== undefined,
  };
}

function ask(query: Asked): Comparable {
  const outcome = respond(buildQuery(query), { snapshot, ready: true, protocol: "udp" });
  if (outcome.kind === "drop") throw new Error(`dropped: ${outcome.reason}`);
  return comparable(readReply(outcome.message));
}

async function askPeer(port: number, queries: readonly Asked[]): Promise<readonly Comparable[]> {
  const replies = await queryUdp(
    port,
    queries.map((query, id) => buildQuery({ ...query, id })),
  );
  return replies.map((reply) => comparable(readReply(reply)));
}
