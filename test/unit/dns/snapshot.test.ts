// The picture of all zones that questions are answered from.

import { describe, expect, test } from "vitest";
import { createSnapshot, findZone } from "#src/dns/snapshot.ts";
import { compileLines, nameOf, snapshotOf } from "#test/support/dns/records.ts";

describe("zones", () => {
  const snapshot = snapshotOf({ apex: "test", records: [] }, { apex: "home.test", records: [] });

  test.each([
    ["home.test", "home.test"],
    ["a.b.home.test", "home.test"],
    ["nothome.test", "test"],
    ["test", "test"],
    ["example.org", undefined],
    [".", undefined],
  ])("%s lies in %s, the longest apex above it", (name, apex) => {
    expect(findZone(snapshot, nameOf(name))?.apex).toBe(apex);
  });

  test("the root can be a zone", () => {
    expect(findZone(snapshotOf({ apex: ".", records: [] }), nameOf("example.org"))?.apex).toBe("");
  });
});

describe("nodes", () => {
  const zone = findZone(
    snapshotOf({ apex: "example.test", records: ["a.b.c.example.test A 192.0.2.1", "pending.example.test A"] }),
    nameOf("example.test"),
  );

  test("stand for every name up to the apex, and none above it", () => {
    expect([...(zone?.nodes.keys() ?? [])].sort()).toEqual([
      "a.b.c.example.test",
      "b.c.example.test",
      "c.example.test",
      "example.test",
      "pending.example.test",
    ]);
  });

  test("without data have no sets", () => {
    expect(zone?.nodes.get(nameOf("b.c.example.test"))?.sets).toEqual([]);
    expect(zone?.nodes.get(nameOf("pending.example.test"))?.sets).toEqual([]);
  });
});

describe("the SOA of negative answers", () => {
  test.each([
    [120, 60, 60],
    [30, 60, 30],
  ])("with TTL %i and minimum %i has TTL %i (RFC 2308 §3)", (defaultTtlSeconds, negativeTtlSeconds, ttlSeconds) => {
    const zone = compileLines({ apex: "example.test", defaultTtlSeconds, negativeTtlSeconds, records: [] });
    const snapshot = createSnapshot([zone.content]);
    expect(findZone(snapshot, nameOf("example.test"))?.negativeSoa).toMatchObject({ ttlSeconds });
  });
});
