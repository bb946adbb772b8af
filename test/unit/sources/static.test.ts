import { expect, test } from "vitest";
import { type StaticRecord, staticRecordSets } from "#src/sources/static.ts";
import { domainName, HOME, lines } from "./objects.ts";

const zones = [HOME, { ...HOME, apex: domainName("lab.example") }];

function record(more: Partial<StaticRecord>): StaticRecord {
  return { path: "records[0]", name: "nas.home.example.com", type: "A", targets: ["192.0.2.1"], ...more };
}

test("a record becomes one set with canonical name and targets", () => {
  const { recordSets, problems } = staticRecordSets(
    [record({ name: "NAS.home.example.com.", type: "AAAA", targets: ["2001:DB8::0", "2001:db8::"], ttlSeconds: 30 })],
    zones,
  );
  expect(problems).toEqual([]);
  expect(recordSets).toEqual([
    {
      name: "nas.home.example.com",
      type: "AAAA",
      ttlSeconds: 30,
      targets: ["2001:db8::"],
      origin: { kind: "static", name: "records[0]" },
    },
  ]);
});

test("a short name exists in every zone", () => {
  expect(lines(staticRecordSets([record({ name: "nas" })], zones).recordSets)).toEqual([
    "nas.home.example.com A 192.0.2.1",
    "nas.lab.example A 192.0.2.1",
  ]);
});

test("a short name is not one of a reverse zone", () => {
  const reverse = { ...HOME, apex: domainName("20.168.192.in-addr.arpa") };
  const short = [record({ name: "nas" })];
  expect(lines(staticRecordSets(short, [...zones, reverse]).recordSets)).toHaveLength(2);
  expect(staticRecordSets(short, [reverse]).problems).toHaveLength(1);
});

test("every bad record is a problem with its path, and the good ones stand", () => {
  const bad: readonly Partial<StaticRecord>[] = [
    { name: "a..b" },
    { name: "nas.example.org" },
    { targets: ["not an address"] },
    { targets: [] },
    { type: "CNAME", targets: ["a.example.net", "b.example.net"] },
    { type: "CNAME", name: "home.example.com", targets: ["a.example.net"] },
    { type: "CNAME", targets: ["nas.home.example.com"] },
  ];
  const records = [...bad, {}].map((more, index) => record({ ...more, path: `records[${index}]` }));
  const { recordSets, problems } = staticRecordSets(records, zones);
  expect(problems.map((problem) => problem.path)).toEqual(bad.map((_, index) => `records[${index}]`));
  expect(recordSets).toHaveLength(1);
});
