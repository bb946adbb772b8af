import { describe, expect, test } from "vitest";
import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { RECORD_TYPES } from "#src/domain/record.ts";
import { createCatalog } from "#src/sources/catalog.ts";
import { dnsEndpointSource } from "#src/sources/dns-endpoint.ts";
import { defaultSourceOptions } from "#src/sources/source.ts";
import { mergeRecordSets } from "#test/support/merge.ts";
import { contextOf, dnsEndpoint, domainName, HOME, ingress, lines } from "./objects.ts";

const ZONES = [HOME, { ...HOME, apex: domainName("lab.example") }];

function records(object: ClusterObject, context = contextOf()) {
  const result = dnsEndpointSource.toRecords(object, context);
  return { ...result, lines: lines(result.recordSets), codes: result.problems.map((problem) => problem.code) };
}

function entry(dnsName: unknown, recordType: unknown, targets: unknown, more: object = {}) {
  return { dnsName, recordType, targets, ...more };
}

describe("entries of a DNSEndpoint", () => {
  test("each name has its own targets (k8s_gateway answers every name with the targets of all)", () => {
    const object = dnsEndpoint([
      entry("a.home.example.com", "A", ["192.0.2.1"]),
      entry("b.home.example.com", "A", ["192.0.2.2", "192.0.2.3", "192.0.2.2"]),
    ]);
    expect(records(object)).toMatchObject({
      lines: ["a.home.example.com A 192.0.2.1", "b.home.example.com A 192.0.2.2 192.0.2.3"],
      problems: [],
    });
  });

  test("upper case and a final dot are the same name (k8s_gateway never finds it)", () => {
    const object = dnsEndpoint([entry("NAS.Home.Example.COM.", "a", ["192.0.2.1"])]);
    expect(records(object).lines).toEqual(["nas.home.example.com A 192.0.2.1"]);
  });

  const VALUES = {
    A: "192.0.2.1",
    AAAA: "2001:db8::1",
    CNAME: "target.example.net",
    TXT: '"some text"',
    NS: "ns.example.net",
    PTR: "host.example.net",
    MX: "10 mail.example.net",
    SRV: "0 5 443 host.example.net",
    NAPTR: '1 2 "u" "E2U+sip" "!^.*$!sip:a@b!" .',
    CAA: '0 issue "ca.example"',
    HTTPS: '1 . alpn="h2"',
  } as const;

  test.each(RECORD_TYPES)("type %s is read (k8s_gateway knows A, AAAA and TXT)", (type) => {
    const object = dnsEndpoint([entry("x.home.example.com", type, [VALUES[type]])]);
    expect(records(object)).toMatchObject({ lines: [`x.home.example.com ${type} ${VALUES[type]}`], problems: [] });
  });

  test("underscores, wildcards and short names are names", () => {
    const object = dnsEndpoint([
      entry("_sip._tcp.home.example.com", "SRV", ["0 5 5060 pbx.home.example.com."]),
      entry("*.apps.home.example.com", "A", ["192.0.2.1"]),
      entry("nas", "A", ["192.0.2.2"]),
    ]);
    expect(records(object, contextOf(ZONES)).lines).toEqual([
      "*.apps.home.example.com A 192.0.2.1",
      "_sip._tcp.home.example.com SRV 0 5 5060 pbx.home.example.com",
      "nas.home.example.com A 192.0.2.2",
      "nas.lab.example A 192.0.2.2",
    ]);
  });

  test("recordTTL is kept; 0 and its absence take the zone's (k8s_gateway ignores it)", () => {
    const object = dnsEndpoint([
      entry("a.home.example.com", "A", ["192.0.2.1"], { recordTTL: 180 }),
      entry("b.home.example.com", "A", ["192.0.2.1"], { recordTTL: 0 }),
      entry("c.home.example.com", "A", ["192.0.2.1"], { recordTTL: null }),
    ]);
    expect(records(object)).toMatchObject({
      lines: ["a.home.example.com A 180 192.0.2.1", "b.home.example.com A 192.0.2.1", "c.home.example.com A 192.0.2.1"],
      problems: [],
    });
  });

  test.each([-1, 1.5, "60", 2 ** 31])("recordTTL %j is said, and the default holds", (recordTTL) => {
    const result = records(dnsEndpoint([entry("a.home.example.com", "A", ["192.0.2.1"], { recordTTL })]));
    expect(result).toMatchObject({ lines: ["a.home.example.com A 192.0.2.1"], codes: ["ttl.invalid"] });
  });

  test("entries with a setIdentifier are all answered, and each is said", () => {
    const object = dnsEndpoint([
      entry("a.home.example.com", "A", ["192.0.2.1"], {
        setIdentifier: "blue",
        providerSpecific: [{ name: "weight" }],
      }),
      entry("a.home.example.com", "A", ["192.0.2.2"], { setIdentifier: "green" }),
      entry("b.home.example.com", "A", ["192.0.2.3"], { setIdentifier: "" }),
    ]);
    expect(records(object)).toMatchObject({
      lines: ["a.home.example.com A 192.0.2.1", "a.home.example.com A 192.0.2.2", "b.home.example.com A 192.0.2.3"],
      codes: ["endpoint.identifier", "endpoint.identifier"],
    });
    expect(lines(mergeRecordSets(records(object).recordSets).recordSets)[0]).toBe(
      "a.home.example.com A 192.0.2.1 192.0.2.2",
    );
  });
});

describe("an entry that is wrong is left out alone", () => {
  const GOOD = entry("good.home.example.com", "A", ["192.0.2.1"]);

  test.each<readonly [string, unknown]>([
    ["endpoint.invalid", 5],
    ["endpoint.invalid", {}],
    ["endpoint.invalid", entry(7, "A", ["192.0.2.1"])],
    ["endpoint.invalid", entry("x.home.example.com", "SPF", ["v=spf1"])],
    ["endpoint.invalid", entry("x.home.example.com", undefined, ["192.0.2.1"])],
    ["endpoint.invalid", entry("x.home.example.com", "A", [])],
    ["endpoint.invalid", entry("x.home.example.com", "A", undefined)],
    ["endpoint.invalid", entry("x.home.example.com", "A", "192.0.2.1")],
    ["endpoint.invalid", entry("x.home.example.com", "A", [7])],
    ["endpoint.invalid", entry("x.home.example.com", "A", ["192.0.2.1", "host.example.net"])],
    ["endpoint.invalid", entry("x.home.example.com", "CNAME", ["a.example.net", "b.example.net"])],
    ["endpoint.invalid", entry("x.home.example.com", "TXT", [`"${"x".repeat(600_000)}"`])],
    ["cname.self", entry("x.home.example.com", "CNAME", ["X.home.example.com."])],
    ["cname.apex", entry("home.example.com", "CNAME", ["a.example.net"])],
    ["host.outside", entry("www.example.org", "A", ["192.0.2.1"])],
    ["host.invalid", entry("-x-.home.example.com", "A", ["192.0.2.1"])],
    ["host.protected", entry("wpad.home.example.com", "A", ["192.0.2.1"])],
  ])("%s", (code, wrong) => {
    const result = records(dnsEndpoint([wrong, GOOD]));
    expect(result).toMatchObject({ lines: ["good.home.example.com A 192.0.2.1"], codes: [code] });
    expect(result.problems[0]?.reason.length).toBeLessThanOrEqual(300);
  });

  test("it is said of each name that it means", () => {
    const { problems } = records(dnsEndpoint([entry("NAS", "A", ["none"])]), contextOf(ZONES));
    expect(problems.map(({ hostname }) => hostname)).toEqual(["nas.home.example.com", "nas.lab.example"]);
  });

  test("beyond 1,000 entries the rest is left out, and said", () => {
    const many = Array.from({ length: 1_001 }, (_, index) => entry(`n${index}.home.example.com`, "A", ["192.0.2.1"]));
    const result = records(dnsEndpoint(many));
    expect(result.recordSets).toHaveLength(1_000);
    expect(result.problems).toMatchObject([{ code: "host.limit", hostname: "n1000.home.example.com" }]);
  });

  test.each([[[]], [undefined], [null]])("without entries (%j) there is no name", (endpoints) => {
    expect(records(dnsEndpoint(endpoints)).codes).toEqual(["host.none"]);
  });

  test("endpoints that are no list are a problem of the object", () => {
    expect(records(dnsEndpoint("none")).codes).toEqual(["object.invalid"]);
  });

  test("the ignore label takes the object out", () => {
    expect(records(dnsEndpoint([GOOD], { labels: { "k8s-gateway.dns/ignore": "true" } }))).toMatchObject({
      recordSets: [],
      codes: ["object.ignored"],
    });
  });
});

test("a text beside the addresses of another kind hides nothing (k8s_gateway lets the TXT of a DNSEndpoint end the search)", () => {
  const catalog = createCatalog({ sourceOptions: defaultSourceOptions([HOME]), nowMs: () => 0 });
  const text = dnsEndpoint([entry("app.home.example.com", "TXT", ["hello"])]);
  catalog.apply({ upserted: [text, ingress(["app.home.example.com"])], deleted: [] });
  expect(lines(mergeRecordSets(catalog.recordSets()).recordSets)).toEqual([
    "app.home.example.com A 192.0.2.1",
    'app.home.example.com TXT "hello"',
  ]);
});
