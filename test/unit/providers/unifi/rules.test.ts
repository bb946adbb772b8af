// What the rules of each API refuse, and the state validator's words. That the validator agrees with dnsmasq is proven in
// test/property/unifi-state.test.ts, that what passes is stored as it is in unifi-records.test.ts.

import { describe, expect, test } from "vitest";
import type { RecordType } from "#src/domain/record.ts";
import type { StateRecord } from "#src/providers/provider.ts";
import { POLICY_RULES, STATIC_RULES } from "#src/providers/unifi/rules.ts";
import { refuseState } from "#src/providers/unifi/state-rules.ts";
import { name, problemOf, valueOf } from "#test/support/parsed.ts";

const LABEL = "n".repeat(60);
const LONG_NAME = `${LABEL}.${LABEL}.example.com`;

describe.each([
  { api: "dns/policies", rules: POLICY_RULES },
  { api: "static-dns", rules: STATIC_RULES },
])("$api", ({ rules }) => {
  test.each([
    ["*.example.com", "CNAME", /wildcard CNAME/],
    ["example.com", "SRV", /_service\._protocol/],
    ["a b.example.com", "A", /letters, digits/],
    ["a,b.example.com", "A", /letters, digits/],
    ["a#b.example.com", "TXT", /letters, digits/],
    ["a/b.example.com", "A", /letters, digits/],
    [String.raw`a\010b.example.com`, "A", /letters, digits/],
    ["a.*.example.com", "A", /letters, digits/],
    [".", "A", /root/],
  ] as const)("refuses the name %s for %s", (owner, type, problem) => {
    expect(rules.refuseName(name(owner), type)).toMatch(problem);
  });

  test.each([
    ["*.example.com", "A"],
    ["*.example.com", "AAAA"],
    ["a-*.example.com", "TXT"],
    ["_sip._tcp.example.com", "SRV"],
    ["_acme.example.com", "TXT"],
    ["host", "A"],
  ] as const)("takes the name %s for %s", (owner, type) => {
    expect(rules.refuseName(name(owner), type)).toBeUndefined();
  });

  test.each([
    ["TXT", 'say "hello"', /double quote or a backslash/],
    ["TXT", String.raw`C:\dns`, /double quote or a backslash/],
    ["TXT", "line\nline", /printable ASCII/],
    ["TXT", "grüße", /printable ASCII/],
    ["TXT", "", /empty/],
    ["TXT", "x".repeat(1_025), /at most \d+ characters/],
    ["CNAME", "a b.example.com", /letters, digits/],
    ["CNAME", "*.example.com", /letters, digits/],
    ["CNAME", ".", /letters, digits/],
    ["MX", "10 .", /letters, digits/],
    ["SRV", "0 0 65536 host", /65535/],
  ] as const)("refuses the %s target %j", (type, target, problem) => {
    expect(problemOf(rules.canonicalTarget(type, target))).toMatch(problem);
  });

  test("keeps a TTL of addresses and aliases up to its limit, and none of the rest", () => {
    const ttl = (type: RecordType, seconds: number) => rules.effectiveTtlSeconds(seconds, type);
    expect([ttl("A", 300), ttl("AAAA", 1), ttl("A", 0), ttl("A", 1_000_000)]).toEqual([300, 1, undefined, 86_400]);
    expect([ttl("TXT", 300), ttl("MX", 300), ttl("SRV", 300)]).toEqual([undefined, undefined, undefined]);
  });

  test("lets an alias stand beside nothing, and everything else beside each other", () => {
    expect(["A", "TXT", "CNAME", "FORWARD_DOMAIN"].map((other) => rules.isExclusive("CNAME", other))).not.toContain(
      false,
    );
    expect(rules.isExclusive("A", "CNAME")).toBe(true);
    expect(rules.isExclusive("A", "TXT")).toBe(false);
  });

  test("takes external-dns' text quoted or not, as one", () => {
    const text = "heritage=external-dns,external-dns/owner=home";
    expect(valueOf(rules.canonicalTarget("TXT", text))).toBe(valueOf(rules.canonicalTarget("TXT", `"${text}"`)));
  });
});

test("the official API has its own limits for names, hosts and aliases", () => {
  expect(POLICY_RULES.refuseName(name(LONG_NAME), "A")).toMatch(/at most 127/);
  expect(STATIC_RULES.refuseName(name(LONG_NAME), "A")).toBeUndefined();
  expect(problemOf(POLICY_RULES.canonicalTarget("CNAME", LONG_NAME))).toMatch(/at most 127/);
  expect(valueOf(STATIC_RULES.canonicalTarget("CNAME", LONG_NAME))).toBe(LONG_NAME);
  expect(POLICY_RULES.effectiveTtlSeconds(1_000_000, "CNAME")).toBe(604_800);
  expect(valueOf(POLICY_RULES.canonicalTarget("TXT", "x".repeat(1_024)))).toHaveLength(1_026);
  expect(problemOf(STATIC_RULES.canonicalTarget("TXT", "x".repeat(257)))).toMatch(/at most 256/);
});

describe("a set of records is refused", () => {
  test.each([
    { what: "with two aliases of one name", records: ["a.x CNAME b.x", "a.x CNAME c.x"], reason: /two aliases/ },
    { what: "with the same alias twice", records: ["a.x CNAME b.x", "a.x CNAME b.x"], reason: /two aliases/ },
    { what: "with an alias of itself", records: ["a.x CNAME a.x"], reason: /back to itself/ },
    {
      what: "with aliases in a circle",
      records: ["z.x A 1", "a.x CNAME b.x", "b.x CNAME c.x", "c.x CNAME a.x"],
      reason: /a\.x CNAME: .*back to itself/,
    },
    { what: "with a label too long", records: [`${"l".repeat(64)}.x A 10.0.0.1`], reason: /label of more than 63/ },
    { what: "with a target too long", records: [`a.x MX 10 ${"l".repeat(64)}`], reason: /target has a label/ },
    { what: "with a number too large", records: ["_s._t.x SRV 0 0 65536 h.x"], reason: /0 to 65535/ },
    { what: "with an alias of nothing", records: ["a.x CNAME "], reason: /no target/ },
    { what: "with a comma in a name", records: ["a,b.x A 10.0.0.1"], reason: /change the meaning/ },
    { what: "with a comma in a target", records: ["a.x CNAME b,c.x"], reason: /change the meaning/ },
  ])("$what", ({ records, reason }) => {
    expect(refuseState(records.map(stateRecord))?.reason).toMatch(reason);
  });

  test("for what certainly stops the console before what only might", () => {
    const records = ["odd,name.x A 10.0.0.1", "a.x CNAME a.x"].map(stateRecord);
    expect(refuseState(records)).toMatchObject({ name: "a.x", type: "CNAME" });
  });

  test("but not for records that are switched off, nor of types that nobody knows", () => {
    const off = ["a.x CNAME a.x"].map(stateRecord).map((record) => ({ ...record, enabled: false }));
    expect(refuseState([...off, stateRecord("a,b NOVEL x")])).toBeUndefined();
  });
});

test("ten thousand aliases in one chain are judged without a second walk", () => {
  const chain = Array.from({ length: 10_000 }, (_, index) => stateRecord(`n${index} CNAME n${index + 1}`));
  expect(refuseState(chain)).toBeUndefined();
});

/** `name type target`. */
function stateRecord(text: string): StateRecord {
  const [owner = "", type = "", ...target] = text.split(" ");
  return { name: owner as StateRecord["name"], type, target: target.join(" "), enabled: true };
}
