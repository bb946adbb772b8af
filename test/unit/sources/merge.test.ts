import { describe, expect, test } from "vitest";
import type { Origin, RecordSet, RecordType } from "#src/domain/record.ts";
import { mergeRecordSets } from "#test/support/merge.ts";
import { domainName, lines } from "./objects.ts";

const NAME = domainName("app.home.example.com");

function claim(origin: Partial<Origin>, type: RecordType, targets: readonly string[], ttlSeconds?: number): RecordSet {
  return { name: NAME, type, targets, ttlSeconds, origin: { kind: "Ingress", namespace: "a", name: "app", ...origin } };
}

function merged(...claims: readonly RecordSet[]) {
  const { recordSets, conflicts } = mergeRecordSets(claims);
  return { lines: lines(recordSets).map((line) => line.replace(`${NAME} `, "")), conflicts, recordSets };
}

describe("objects of one kind", () => {
  test("in one namespace they are united, with the shortest TTL", () => {
    const result = merged(
      claim({ name: "x" }, "A", ["192.0.2.2"], 300),
      claim({ name: "y" }, "A", ["192.0.2.1", "192.0.2.2"], 60),
      claim({ name: "z" }, "A", ["192.0.2.3"]),
    );
    expect(result.lines).toEqual(["A 60 192.0.2.1 192.0.2.2 192.0.2.3"]);
    expect(result.conflicts).toEqual([]);
    expect(result.recordSets[0]?.contributors.map((origin) => origin.name)).toEqual(["x", "y", "z"]);
  });

  test("across namespaces the oldest wins with all of its namespace", () => {
    const result = merged(
      claim({ namespace: "young", createdAtMs: 20 }, "A", ["192.0.2.20"]),
      claim({ namespace: "old", name: "first", createdAtMs: 10 }, "A", ["192.0.2.10"]),
      claim({ namespace: "old", name: "later", createdAtMs: 30 }, "A", ["192.0.2.30"]),
    );
    expect(result.lines).toEqual(["A 192.0.2.10 192.0.2.30"]);
    expect(result.conflicts).toMatchObject([
      { code: "merge.age", winner: { name: "first" }, loser: { namespace: "young" }, lost: ["A 192.0.2.20"] },
    ]);
  });

  test("an object that does not say its age is the youngest; without ages the namespace decides", () => {
    expect(
      merged(
        claim({ namespace: "a" }, "A", ["192.0.2.1"]),
        claim({ namespace: "b", createdAtMs: 9 }, "A", ["192.0.2.2"]),
      ).lines,
    ).toEqual(["A 192.0.2.2"]);
    expect(
      merged(claim({ namespace: "b" }, "A", ["192.0.2.2"]), claim({ namespace: "a" }, "A", ["192.0.2.1"])).lines,
    ).toEqual(["A 192.0.2.1"]);
  });

  test("IPv4 and IPv6 never come from two different applications", () => {
    const result = merged(
      claim({ namespace: "old", createdAtMs: 1 }, "A", ["192.0.2.1"]),
      claim({ namespace: "young", createdAtMs: 2 }, "AAAA", ["2001:db8::2"]),
    );
    expect(result.lines).toEqual(["A 192.0.2.1"]);
    expect(result.conflicts).toMatchObject([{ code: "merge.age", lost: ["AAAA 2001:db8::2"] }]);
  });
});

describe("objects of different kinds", () => {
  test.each([
    ["static", "local"],
    ["local", "Ingress"],
    ["Ingress", "Service"],
  ] as const)("%s ranks above %s, whatever their age", (upper, lower) => {
    const result = merged(
      claim({ kind: lower, createdAtMs: 1 }, "A", ["192.0.2.2"]),
      claim({ kind: upper, createdAtMs: 2 }, "AAAA", ["2001:db8::1"]),
    );
    expect(result.lines).toEqual(["AAAA 2001:db8::1"]);
    expect(result.conflicts).toMatchObject([{ code: "merge.rank", winner: { kind: upper }, loser: { kind: lower } }]);
  });

  test("each other type has a winner of its own", () => {
    const result = merged(claim({ kind: "static" }, "TXT", ['"x"']), claim({ kind: "Service" }, "A", ["192.0.2.1"]));
    expect(result.lines).toEqual(["A 192.0.2.1", 'TXT "x"']);
    expect(result.conflicts).toEqual([]);
  });

  test("a claim that says the same as the winner is no conflict", () => {
    const result = merged(claim({ kind: "Service" }, "A", ["192.0.2.1"]), claim({}, "A", ["192.0.2.1"]));
    expect(result.conflicts).toEqual([]);
  });
});

describe("claims without an address", () => {
  test("never win against data, of whatever rank", () => {
    const result = merged(claim({ kind: "static" }, "A", []), claim({ kind: "Service" }, "AAAA", ["2001:db8::1"]));
    expect(result.lines).toEqual(["AAAA 2001:db8::1"]);
    expect(result.conflicts).toEqual([]);
  });

  test("keep the name existing when nobody has data", () => {
    const result = merged(claim({ name: "x" }, "A", []), claim({ name: "y" }, "A", []));
    expect(result.recordSets).toMatchObject([{ type: "A", targets: [], origin: { name: "x" } }]);
  });
});

describe("aliases", () => {
  test("addresses of the same winner win against its alias", () => {
    const result = merged(claim({ name: "x" }, "CNAME", ["lb.example.net"]), claim({ name: "y" }, "A", ["192.0.2.1"]));
    expect(result.lines).toEqual(["A 192.0.2.1"]);
    expect(result.conflicts).toMatchObject([{ code: "merge.alias", lost: ["CNAME lb.example.net"] }]);
  });

  test("of two aliases the oldest object's stands", () => {
    const result = merged(
      claim({ name: "x", createdAtMs: 2 }, "CNAME", ["a.example.net"]),
      claim({ name: "y", createdAtMs: 1 }, "CNAME", ["b.example.net"]),
    );
    expect(result.lines).toEqual(["CNAME b.example.net"]);
    expect(result.conflicts).toMatchObject([{ code: "merge.alias", winner: { name: "y" }, loser: { name: "x" } }]);
  });

  test("of one object's two aliases the first by name stands", () => {
    const result = merged(claim({}, "CNAME", ["b.example.net", "a.example.net"]));
    expect(result.lines).toEqual(["CNAME a.example.net"]);
    expect(result.conflicts).toMatchObject([{ code: "merge.alias", lost: ["CNAME b.example.net"] }]);
  });

  test("an alias stands alone: other data of a better kind takes its place, of the same or a lower kind gives way", () => {
    const alias = claim({ kind: "local" }, "CNAME", ["lb.example.net"]);
    expect(merged(alias, claim({ kind: "static" }, "TXT", ['"x"'])).lines).toEqual(['TXT "x"']);
    expect(merged(alias, claim({ kind: "local" }, "TXT", ['"x"'])).lines).toEqual(["CNAME lb.example.net"]);
    expect(merged(alias, claim({ kind: "Service" }, "TXT", ['"x"'])).lines).toEqual(["CNAME lb.example.net"]);
  });
});

test("a name answers 100 values of a type at most, and says what it leaves out", () => {
  const many = Array.from({ length: 106 }, (_, index) => `192.0.2.${index + 100}`);
  const result = merged(claim({}, "A", many));
  expect(result.recordSets[0]?.targets).toHaveLength(100);
  expect(result.conflicts).toMatchObject([{ code: "merge.limit" }]);
  expect(result.conflicts[0]?.lost).toHaveLength(6);
});

describe("objects of several clusters", () => {
  const edge = { cluster: "edge", clusterOrder: 0 };
  const home = { cluster: "home", clusterOrder: 1 };

  test("the first cluster wins, whatever kind and age", () => {
    const result = merged(
      claim({ ...home, kind: "Ingress", createdAtMs: 1 }, "A", ["192.0.2.1"]),
      claim({ ...edge, kind: "Service", createdAtMs: 9 }, "A", ["192.0.2.9"]),
    );
    expect(result.lines).toEqual(["A 192.0.2.9"]);
    expect(result.conflicts).toMatchObject([{ code: "merge.rank", winner: edge, loser: home }]);
  });

  test("equal objects of two clusters are not united", () => {
    const result = merged(claim(home, "A", ["192.0.2.1"]), claim(edge, "A", ["192.0.2.9"]));
    expect(result.lines).toEqual(["A 192.0.2.9"]);
  });

  test("what is written down wins against every cluster", () => {
    const result = merged(claim(edge, "A", ["192.0.2.9"]), claim({ kind: "local" }, "A", ["192.0.2.5"]));
    expect(result.lines).toEqual(["A 192.0.2.5"]);
  });
});
