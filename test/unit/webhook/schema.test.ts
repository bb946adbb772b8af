import { describe, expect, test } from "vitest";
import { RequestError } from "#src/errors.ts";
import {
  encodeDomainFilter,
  encodeEndpoints,
  MAX_ENDPOINTS,
  MAX_VALUES,
  parseChanges,
  parseEndpoints,
} from "#src/webhook/schema.ts";
import { endpoint } from "#test/support/endpoints.ts";

const NO_FILTER = { include: [], exclude: [], regexInclude: "", regexExclude: "" };

describe("reading", () => {
  test("an endpoint keeps its text and gets every missing field made whole", () => {
    expect(parseEndpoints([{ dnsName: "WWW.Example.com.", recordType: "A", targets: ["192.0.2.1"] }])).toEqual([
      endpoint("WWW.Example.com.", "A", ["192.0.2.1"], { labels: new Map() }),
    ]);
  });

  test("every field arrives", () => {
    const [read] = parseEndpoints([
      {
        dnsName: "www.example.com",
        recordType: "A",
        targets: ["192.0.2.1", "192.0.2.2"],
        setIdentifier: "blue",
        recordTTL: 60,
        labels: { owner: "home", resource: "ingress/default/app" },
        providerSpecific: [{ name: "webhook/comment", value: "hello" }],
      },
    ]);
    expect(read).toEqual({
      dnsName: "www.example.com",
      recordType: "A",
      targets: ["192.0.2.1", "192.0.2.2"],
      setIdentifier: "blue",
      recordTtlSeconds: 60,
      labels: new Map([
        ["owner", "home"],
        ["resource", "ingress/default/app"],
      ]),
      providerSpecific: [{ name: "webhook/comment", value: "hello" }],
    });
  });

  test("a property without a value means the empty value, as Go omits it", () => {
    const [read] = parseEndpoints([{ dnsName: "a.example.com", providerSpecific: [{ name: "alias" }] }]);
    expect(read?.providerSpecific).toEqual([{ name: "alias", value: "" }]);
  });

  test("keys are matched without regard to case, as Go does", () => {
    const body = { Create: [{ DNSName: "a.example.com", RECORDTYPE: "A", Targets: ["192.0.2.1"], RecordTTL: 5 }] };
    expect(parseChanges(body).create).toEqual([
      endpoint("a.example.com", "A", ["192.0.2.1"], { labels: new Map(), recordTtlSeconds: 5 }),
    ]);
  });

  test("the capitalised keys and nulls of external-dns before 0.17 are read", () => {
    const old = [{ dnsName: "a.example.com", recordType: "A", targets: ["192.0.2.1"] }];
    const read = parseChanges({ Create: null, UpdateOld: old, UpdateNew: old, Delete: null });
    expect([read.create.length, read.updateOld.length, read.updateNew.length, read.delete.length]).toEqual([
      0, 1, 1, 0,
    ]);
  });

  test.each([[null], [{}], [{ create: null }], [{ somethingNew: [1, 2] }]])("%j is no changes", (body) => {
    expect(parseChanges(body)).toEqual({ create: [], updateOld: [], updateNew: [], delete: [] });
  });

  test("null is no endpoints", () => {
    expect(parseEndpoints(null)).toEqual([]);
  });

  test("null fields are Go's zero values", () => {
    const nulls = { dnsName: null, targets: null, recordTTL: null, labels: null, providerSpecific: null };
    expect(parseEndpoints([nulls])).toEqual([endpoint("", "", [], { labels: new Map() })]);
  });

  test("updateOld and updateNew of different lengths lose nothing", () => {
    const item = (name: string) => ({ dnsName: name, recordType: "A", targets: ["192.0.2.1"] });
    const read = parseChanges({
      updateOld: [item("a.example.com")],
      updateNew: [item("b.example.com"), item("a.example.com")],
    });
    expect(read.updateOld.map(({ dnsName }) => dnsName)).toEqual(["a.example.com"]);
    expect(read.updateNew.map(({ dnsName }) => dnsName)).toEqual(["b.example.com", "a.example.com"]);
  });

  test("an item that no backend can hold passes, because it must fail alone", () => {
    const long = { dnsName: `${"x".repeat(300)}.example.com`, recordType: "NOSUCH", targets: ["not an address"] };
    expect(parseEndpoints([long])).toHaveLength(1);
  });

  test("an int64 beyond JavaScript's exact integers is kept as an integer Go can read back", () => {
    const [read] = parseEndpoints([{ dnsName: "a.example.com", recordTTL: 2 ** 63 }]);
    expect(read?.recordTtlSeconds).toBe(Number.MAX_SAFE_INTEGER);
  });

  test.each([
    ["a list instead of changes", () => parseChanges([])],
    ["text", () => parseChanges("create")],
    ["an object instead of endpoints", () => parseEndpoints({})],
    ["a missing body of endpoints", () => parseEndpoints(undefined)],
    ["a fraction as TTL", () => parseEndpoints([{ recordTTL: 1.5 }])],
    ["text as TTL", () => parseEndpoints([{ recordTTL: "60" }])],
    ["a number as name", () => parseEndpoints([{ dnsName: 7 }])],
    ["one target instead of a list", () => parseEndpoints([{ targets: "192.0.2.1" }])],
    ["a null endpoint", () => parseEndpoints([null])],
    ["a name without end", () => parseEndpoints([{ dnsName: "x".repeat(2_000) }])],
  ])("%s is refused with 400", (_, read) => {
    expect(read).toThrow(expect.objectContaining({ status: 400, code: "request.body_invalid" }) as Error);
  });

  test("the refusal says where the fault is", () => {
    const body = { create: [{ dnsName: "a.example.com" }, { dnsName: "b.example.com", recordTTL: 0.5 }] };
    expect(() => parseChanges(body)).toThrow(/^create\[1\]\.recordTTL: must be an integer\.$/);
  });

  test("more targets than one name can have are read, because that endpoint must fail alone", () => {
    const targets = Array.from({ length: 101 }, (_, index) => `192.0.2.${index}`);
    expect(parseEndpoints([{ targets }])[0]?.targets).toEqual(targets);
  });

  test("exactly as many values as the limit are read, one more in any endpoints together is 413", () => {
    const half = { targets: Array.from({ length: MAX_VALUES / 2 }, () => "") };
    expect(parseChanges({ create: [half], delete: [half] }).create[0]?.targets).toHaveLength(MAX_VALUES / 2);
    const one = { TARGETS: [""] };
    expect(() => parseChanges({ create: [half], updateNew: [half, one] })).toThrow(
      expect.objectContaining({ status: 413, code: "request.too_many_values" }) as Error,
    );
  });

  test("exactly as many endpoints as the limit are read, one more in any lists together is 413", () => {
    const half = Array.from({ length: MAX_ENDPOINTS / 2 }, () => ({}));
    expect(parseChanges({ create: half, delete: half }).delete).toHaveLength(MAX_ENDPOINTS / 2);
    expect(() => parseChanges({ create: half, Delete: [...half, {}] })).toThrow(
      expect.objectContaining({ status: 413, code: "request.too_many_endpoints" }) as Error,
    );
    expect(() => parseEndpoints([...half, ...half, {}])).toThrow(RequestError);
  });

  test("a label called like a member of Object is a label", () => {
    const [read] = parseEndpoints([{ labels: { constructor: "a", toString: "b" } }]);
    expect(read?.labels).toEqual(
      new Map([
        ["constructor", "a"],
        ["toString", "b"],
      ]),
    );
  });
});

describe("writing", () => {
  test("no endpoints are an empty list, never null", () => {
    expect(encodeEndpoints([]).toString()).toBe("[]\n");
  });

  test("zero values are omitted as Go omits them", () => {
    const bare = endpoint("a.example.com", "A", ["192.0.2.1"], { labels: new Map() });
    expect(encodeEndpoints([bare]).toString()).toBe(
      '[{"dnsName":"a.example.com","targets":["192.0.2.1"],"recordType":"A"}]\n',
    );
  });

  test("what was written is read back the same", () => {
    const full = endpoint("a.example.com", "TXT", ['"a b"', "é"], {
      setIdentifier: "x",
      recordTtlSeconds: 300,
      labels: new Map([["ownedRecord", "b.example.com"]]),
      providerSpecific: [{ name: "alias", value: "" }],
    });
    expect(parseEndpoints(JSON.parse(encodeEndpoints([full]).toString()))).toEqual([full]);
  });

  test("an empty filter is an empty object, which matches everything", () => {
    expect(encodeDomainFilter(NO_FILTER).toString()).toBe("{}\n");
  });

  test("the keys of a filter are those the Go code reads", () => {
    expect(
      JSON.parse(encodeDomainFilter({ ...NO_FILTER, include: ["a.org"], exclude: ["b.a.org"] }).toString()),
    ).toEqual({
      include: ["a.org"],
      exclude: ["b.a.org"],
    });
    expect(JSON.parse(encodeDomainFilter({ ...NO_FILTER, regexInclude: "a", regexExclude: "b" }).toString())).toEqual({
      regexInclude: "a",
      regexExclude: "b",
    });
  });
});
