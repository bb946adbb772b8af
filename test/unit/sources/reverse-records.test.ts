import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { OriginKind, RecordSet } from "#src/domain/record.ts";
import { createReverseRecords, MAX_NAMES_PER_ADDRESS, reverseRecordSets } from "#src/sources/reverse-records.ts";
import { mergeRecordSets } from "#test/support/merge.ts";
import { domainName, lines } from "./objects.ts";

const APEXES = ["home.example.com", "20.168.192.in-addr.arpa", "0.2.0.0.0.0.0.0.0.0.0.0.0.2.d.f.ip6.arpa"].map(
  domainName,
);

function set(
  name: string,
  type: RecordSet["type"],
  targets: readonly string[],
  more: Partial<RecordSet> = {},
): RecordSet {
  return { name: domainName(name), type, ttlSeconds: undefined, targets, origin: from("Ingress"), ...more };
}

function from(kind: OriginKind): RecordSet["origin"] {
  return { kind, namespace: "default", name: "app" };
}

function pointers(...sets: readonly RecordSet[]): readonly string[] {
  return lines(reverseRecordSets(sets, APEXES));
}

describe("reverse zones are filled from what is answered", () => {
  test("each address of a name points back, in both families", () => {
    expect(
      pointers(
        set("nas.home.example.com", "A", ["192.168.20.5", "192.168.20.6"]),
        set("nas.home.example.com", "AAAA", ["fd20:0:0:20::5"]),
      ),
    ).toEqual([
      "5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.0.0.0.0.0.0.0.0.0.0.0.2.d.f.ip6.arpa PTR nas.home.example.com",
      "5.20.168.192.in-addr.arpa PTR nas.home.example.com",
      "6.20.168.192.in-addr.arpa PTR nas.home.example.com",
    ]);
  });

  test("names that share an address are all told, with the shortest of their TTLs", () => {
    expect(
      pointers(
        set("b.home.example.com", "A", ["192.168.20.5"], { ttlSeconds: 300 }),
        set("a.home.example.com", "A", ["192.168.20.5"], { ttlSeconds: 60 }),
        set("c.home.example.com", "A", ["192.168.20.5"]),
      ),
    ).toEqual(["5.20.168.192.in-addr.arpa PTR 60 a.home.example.com b.home.example.com c.home.example.com"]);
  });

  test("of more than eight the names whose own address it is come first, then short ones, whatever the order", () => {
    const many = Array.from({ length: 40 }, (_, index) => set(`i${index}.home.example.com`, "A", ["192.168.20.10"]));
    const owner = set("internal.network.home.example.com", "A", ["192.168.20.10"], { origin: from("Service") });
    const deep = set("a.a.home.example.com", "A", ["192.168.20.10"]);
    const [told] = reverseRecordSets([deep, ...many, owner], APEXES);
    expect(told?.targets).toHaveLength(MAX_NAMES_PER_ADDRESS);
    expect(told?.targets).toContain("internal.network.home.example.com");
    expect(told?.targets).not.toContain("a.a.home.example.com");
    expect(told?.origin.kind).toBe("Service");
    expect(reverseRecordSets([owner, ...many.toReversed(), deep], APEXES)).toEqual([told]);
  });

  test.each<readonly [string, RecordSet]>([
    ["a wildcard", set("*.home.example.com", "A", ["192.168.20.5"])],
    ["an alias", set("a.home.example.com", "CNAME", ["nas.home.example.com"])],
    ["a name without data", set("a.home.example.com", "A", [])],
    ["a name outside our zones", set("a.example.org", "A", ["192.168.20.5"])],
    ["an address outside our reverse zones", set("a.home.example.com", "A", ["192.0.2.1"])],
    ["an address at a reverse name", set("9.20.168.192.in-addr.arpa", "A", ["192.168.20.5"])],
  ])("%s is not told", (_, given) => {
    expect(pointers(given)).toEqual([]);
  });

  test.each<readonly ["PTR" | "CNAME", string]>([
    ["PTR", "router.home.example.com"],
    ["CNAME", "5.0-25.20.168.192.in-addr.arpa"],
  ])("a %s that somebody wrote stands instead", (type, target) => {
    const nas = set("nas.home.example.com", "A", ["192.168.20.5"]);
    expect(pointers(nas, set("5.20.168.192.in-addr.arpa", type, [target], { origin: from("static") }))).toEqual([]);
    expect(pointers(nas, set("5.20.168.192.in-addr.arpa", type, []))).toHaveLength(1);
  });

  test("without a reverse zone nothing is derived", () => {
    expect(
      reverseRecordSets([set("a.home.example.com", "A", ["192.168.20.5"])], [domainName("home.example.com")]),
    ).toEqual([]);
  });
});

describe("change by change", () => {
  test("only reverse names whose PTR records are others now are told", () => {
    const reverse = createReverseRecords(APEXES);
    const nas = set("nas.home.example.com", "A", ["192.168.20.5"]);
    const moved = set("nas.home.example.com", "A", ["192.168.20.6"]);
    expect(reverse.update({ before: [], after: [nas] })).toMatchObject([
      { name: "5.20.168.192.in-addr.arpa", recordSet: { targets: ["nas.home.example.com"] } },
    ]);
    expect(reverse.update({ before: [nas], after: [nas] })).toEqual([]);
    expect(reverse.update({ before: [nas], after: [moved] })).toMatchObject([
      { name: "5.20.168.192.in-addr.arpa", recordSet: undefined },
      { name: "6.20.168.192.in-addr.arpa", recordSet: { targets: ["nas.home.example.com"] } },
    ]);
  });

  test("what somebody writes takes the derived records away, and gives them back when it goes", () => {
    const reverse = createReverseRecords(APEXES);
    const written = set("5.20.168.192.in-addr.arpa", "PTR", ["router.home.example.com"]);
    reverse.update({ before: [], after: [set("nas.home.example.com", "A", ["192.168.20.5"])] });
    expect(reverse.update({ before: [], after: [written] })).toEqual([
      { name: "5.20.168.192.in-addr.arpa", recordSet: undefined },
    ]);
    expect(reverse.update({ before: [written], after: [] })).toMatchObject([
      { recordSet: { targets: ["nas.home.example.com"] } },
    ]);
  });

  test("any sequence of changes ends where the whole begins", () => {
    const names = ["a.home.example.com", "b.home.example.com", "*.home.example.com", "5.20.168.192.in-addr.arpa"];
    const claim = fc.record({
      name: fc.constantFrom(...names),
      type: fc.constantFrom("A", "PTR", "CNAME", "TXT"),
      last: fc.uniqueArray(fc.integer({ min: 4, max: 6 }), { maxLength: 3 }),
      kind: fc.constantFrom<OriginKind>("Ingress", "Service", "static"),
      ttlSeconds: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
    });
    const state = fc.array(claim, { maxLength: 8 }).map(
      (claims) =>
        mergeRecordSets(
          claims.map(({ name, type, last, kind, ttlSeconds }) => {
            const targets = last.map((octet) => (type === "A" ? `192.168.20.${octet}` : `t${octet}.example.net`));
            return set(name, type, targets, { origin: from(kind), ttlSeconds });
          }),
        ).recordSets,
    );
    fc.assert(
      fc.property(fc.array(state, { minLength: 1, maxLength: 6 }), (states) => {
        const reverse = createReverseRecords(APEXES);
        const told = new Map<string, RecordSet>();
        let before: readonly RecordSet[] = [];
        for (const after of states) {
          // Only names that differ are given, as an incremental merge does it.
          const changed = names.filter((name) => textAt(before, name) !== textAt(after, name));
          const of = (sets: readonly RecordSet[]) => sets.filter((each) => changed.includes(each.name));
          for (const { name, recordSet } of reverse.update({ before: of(before), after: of(after) })) {
            if (recordSet === undefined) told.delete(name);
            else told.set(name, recordSet);
          }
          before = after;
          expect([...told.keys()].sort().map((name) => told.get(name))).toEqual(reverseRecordSets(after, APEXES));
        }
      }),
      { numRuns: 500 },
    );
  });
});

function textAt(sets: readonly RecordSet[], name: string): string {
  return JSON.stringify(sets.filter((each) => each.name === name));
}
