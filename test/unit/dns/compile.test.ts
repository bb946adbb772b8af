// Record sets become a zone: what is added, united, refused and reported.

import { describe, expect, test } from "vitest";
import { TYPE } from "#src/dns/wire/registry.ts";
import { completeZoneOptions, sameContent, ZONE_DEFAULTS } from "#src/dns/zone-content.ts";
import { compileZone } from "#test/support/dns/compile.ts";
import { compileLines, nameOf, recordSet } from "#test/support/dns/records.ts";

const NAMESERVERS = [{ name: nameOf("ns1.example.test"), addresses: ["192.0.2.53", "2001:db8::53"] }];
const ZONE = { apex: "example.test", nameservers: NAMESERVERS } as const;

describe("what every zone has", () => {
  test("NS and name server addresses from its settings, and a SOA with the given serial", () => {
    const { content, problems } = compileLines({ ...ZONE, serial: 2 ** 32 - 1, records: [] });
    expect(summary(content.recordSets)).toEqual([
      "example.test 2 60 036e7331076578616d706c65047465737400",
      "ns1.example.test 1 60 c0000235",
      "ns1.example.test 28 60 20010db8000000000000000000000053",
    ]);
    expect(content).toMatchObject({ serial: 2 ** 32 - 1, soa: { primary: "ns1.example.test" } });
    expect(problems).toEqual([]);
  });

  test("record sets with an address for a name server win over its settings", () => {
    const { content } = compileLines({ ...ZONE, records: ["ns1.example.test A 192.0.2.99"] });
    expect(summary(content.recordSets).slice(1)).toEqual(["ns1.example.test 1 60 c0000263"]);
  });

  test("defaults that satisfy RFC 1912: refresh above retry, expire above both", () => {
    expect(ZONE_DEFAULTS.refreshSeconds).toBeGreaterThan(ZONE_DEFAULTS.retrySeconds);
    expect(ZONE_DEFAULTS.expireSeconds).toBeGreaterThan(ZONE_DEFAULTS.refreshSeconds + ZONE_DEFAULTS.retrySeconds);
    expect(completeZoneOptions(nameOf("example.test"))).toMatchObject({
      hostmaster: "hostmaster.example.test",
      nameservers: [{ name: "ns1.example.test" }],
    });
  });

  test("a name server even when none is set, reported as unreachable", () => {
    const { content, problems } = compileLines({ apex: "example.test", nameservers: [], records: [] });
    expect(content.soa.primary).toBe("example.test");
    expect(codes(problems)).toEqual(["nameserver-without-address example.test NS"]);
  });

  test("a name server outside the zone needs no address in it", () => {
    const nameservers = [{ name: nameOf("ns.example.org"), addresses: [] }];
    expect(compileLines({ apex: "example.test", nameservers, records: [] }).problems).toEqual([]);
  });

  test("a name server that is an alias is reported (RFC 2181 §10.3)", () => {
    const nameservers = [{ name: nameOf("ns1.example.test"), addresses: [] }];
    const { problems } = compileLines({ ...ZONE, nameservers, records: ["ns1.example.test CNAME x.example.test"] });
    expect(codes(problems)).toEqual(["nameserver-is-alias ns1.example.test NS"]);
  });
});

describe("protected labels", () => {
  const records = ["*.example.test A 192.0.2.7", "app.example.test A 192.0.2.8"];
  const protectedLabels = ["wpad", "unifi"];

  test("exist without data beside a wildcard that would answer for them", () => {
    const { content } = compileLines({ ...ZONE, protectedLabels, records });
    const empty = content.recordSets.filter(({ rdata }) => rdata.length === 0);
    expect(empty.map(({ name }) => name)).toEqual(["unifi.example.test", "wpad.example.test"]);
  });

  test("do not exist where no wildcard stands", () => {
    const { content } = compileLines({ ...ZONE, protectedLabels, records: ["app.example.test A 192.0.2.8"] });
    expect(content.recordSets.map(({ name }) => name)).not.toContain("wpad.example.test");
  });

  test("keep a record of their own", () => {
    const { content } = compileLines({
      ...ZONE,
      protectedLabels,
      records: [...records, "wpad.example.test A 192.0.2.9"],
    });
    expect(summary(content.recordSets)).toContain("wpad.example.test 1 60 c0000209");
  });
});

describe("record sets", () => {
  test("outside the zone are ignored", () => {
    const records = ["app.example.org A 192.0.2.1", "notexample.test A 192.0.2.1"];
    expect(dataOf(records)).toEqual([]);
  });

  test("of one name and type are united without duplicates, in byte order, under the smallest TTL", () => {
    const records = ["a.example.test 300 A 192.0.2.9", "a.example.test 20 A 192.0.2.1", "a.example.test A 192.0.2.9"];
    expect(dataOf(records)).toEqual(["a.example.test 1 20 c0000201 c0000209"]);
  });

  test("without a TTL take the zone's default; beyond 31 bits the largest legal one", () => {
    const records = ["a.example.test A 192.0.2.1", "b.example.test 4294967295 A 192.0.2.1"];
    expect(dataOf(records)).toEqual(["a.example.test 1 60 c0000201", "b.example.test 1 2147483647 c0000201"]);
  });

  test("in any order give the same content", () => {
    const records = ["b.example.test A 192.0.2.1", "a.example.test A 192.0.2.2", "a.example.test TXT x"];
    const forwards = compileLines({ ...ZONE, records }).content;
    expect(compileLines({ ...ZONE, records: records.toReversed() }).content).toEqual(forwards);
  });

  test("without targets make their name exist, unless it has data anyway", () => {
    const records = ["pending.example.test A", "pending.example.test AAAA", "a.example.test A", "a.example.test TXT x"];
    expect(dataOf(records)).toEqual(["a.example.test 16 60 0178", "pending.example.test 1 0"]);
  });
});

describe("what is refused and reported", () => {
  test("a CNAME beside other data: the data stays (RFC 1034 §3.6.2)", () => {
    const records = ["a.example.test CNAME b.example.test", "a.example.test A 192.0.2.1"];
    expect(dataOf(records)).toEqual(["a.example.test 1 60 c0000201"]);
    expect(problemsOf(records)).toEqual(["cname-beside-other-data a.example.test CNAME"]);
  });

  test("a CNAME beside a set without data is alone", () => {
    const records = ["a.example.test CNAME b.test", "a.example.test A"];
    expect(dataOf(records)).toEqual(["a.example.test 5 60 0162047465737400"]);
    expect(problemsOf(records)).toEqual([]);
  });

  test("a CNAME at the apex", () => {
    expect(problemsOf(["example.test CNAME b.example.test"])).toEqual(["cname-at-apex example.test CNAME"]);
  });

  test("all targets of a CNAME but one (RFC 2181 §10.1)", () => {
    const records = ["a.example.test CNAME c.", "a.example.test CNAME b."];
    expect(dataOf(records)).toEqual(["a.example.test 5 60 016200"]);
    expect(problemsOf(records)).toEqual(["several-cnames a.example.test CNAME"]);
  });

  test("a bad target alone; the others of its set stay", () => {
    const records = ["a.example.test A 192.0.2.1", "a.example.test A nonsense"];
    expect(dataOf(records)).toEqual(["a.example.test 1 60 c0000201"]);
    expect(problemsOf(records)).toEqual(["bad-target a.example.test A"]);
  });

  test("a set with nothing but bad targets leaves its name existing: no denial for all types", () => {
    expect(dataOf(["a.example.test A nonsense"])).toEqual(["a.example.test 1 0"]);
  });

  test("NS below the apex, and at the apex, where it does not touch the TTL either", () => {
    const records = ["sub.example.test NS ns.sub.example.test", "example.test 1 NS ns.example.org"];
    const { content, problems } = compileLines({ ...ZONE, records });
    expect(codes(problems)).toEqual(["apex-ns example.test NS", "delegation sub.example.test NS"]);
    expect(summary(content.recordSets)).toContain("sub.example.test 1 0");
    expect(content.recordSets[0]).toMatchObject({ type: TYPE.NS, ttlSeconds: 60, rdata: { length: 1 } });
  });

  test("with the origin of the record set", () => {
    const origin = { kind: "Ingress", namespace: "web", name: "shop" } as const;
    const set = { ...recordSet("a.example.test A nonsense"), origin };
    const { problems } = compileZone(
      completeZoneOptions(nameOf("example.test"), { nameservers: NAMESERVERS }),
      [set],
      1,
    );
    expect(problems).toMatchObject([{ code: "bad-target", origin }]);
  });
});

describe("sameContent", () => {
  const records = ["a.example.test A 192.0.2.1"];
  const content = compileLines({ ...ZONE, serial: 1, records }).content;

  test("holds for another serial", () => {
    expect(sameContent(content, compileLines({ ...ZONE, serial: 2, records }).content)).toBe(true);
  });

  test("survives posting to a worker", () => {
    expect(sameContent(content, structuredClone(content))).toBe(true);
  });

  test.each([
    ["another target", { records: ["a.example.test A 192.0.2.2"] }],
    ["one target more", { records: [...records, "a.example.test A 192.0.2.2"] }],
    ["another type", { records: ["a.example.test TXT x"] }],
    ["another name", { records: ["b.example.test A 192.0.2.1"] }],
    ["another TTL", { records: ["a.example.test 1 A 192.0.2.1"] }],
    ["one set more", { records: [...records, "b.example.test A"] }],
    ["another negative TTL", { records, negativeTtlSeconds: 31 }],
    ["another hostmaster", { records, hostmaster: nameOf("root.example.test") }],
    ["another apex", { records, apex: "test" }],
  ])("fails for %s", (_title, change) => {
    expect(sameContent(content, compileLines({ ...ZONE, ...change }).content)).toBe(false);
  });
});

type Sets = ReturnType<typeof compileLines>["content"]["recordSets"];
type Problems = ReturnType<typeof compileLines>["problems"];

function summary(sets: Sets): readonly string[] {
  return sets.map(({ name, type, ttlSeconds, rdata }) =>
    [name, type, ttlSeconds, ...rdata.map((octets) => Buffer.from(octets).toString("hex"))].join(" "),
  );
}

/** What a zone holds beside its own NS and name server addresses. */
function dataOf(records: readonly string[]): readonly string[] {
  return summary(compileLines({ ...ZONE, records }).content.recordSets).filter(
    (line) => !/^(ns1\.)?example\.test /.test(line),
  );
}

function codes(problems: Problems): readonly string[] {
  return problems.map(({ code, name, type }) => `${code} ${name} ${type}`).sort();
}

function problemsOf(records: readonly string[]): readonly string[] {
  return codes(compileLines({ ...ZONE, records }).problems);
}
