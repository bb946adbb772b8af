import { describe, expect, test } from "vitest";
import { type ClusterObject, keyOf } from "#src/domain/cluster-object.ts";
import { DEFAULT_SOURCE_NAMES } from "#src/domain/source-name.ts";
import { type CatalogOptions, createCatalog } from "#src/sources/catalog.ts";
import { shapesOf, sourcesNamed } from "#src/sources/registry.ts";
import { defaultSourceOptions, type Source } from "#src/sources/source.ts";
import { createTrim } from "#src/sources/trim.ts";
import { gateway, route } from "./gateway-objects.ts";
import { HOME, ingress, ingressClass, ingressRoute, lines, service } from "./objects.ts";

function catalogOf(more: Partial<CatalogOptions> = {}) {
  return createCatalog({ sourceOptions: defaultSourceOptions([HOME]), nowMs: () => 0, ...more });
}

/** The registry's sources, counting how often each computes. */
function counted(): { readonly sources: readonly Source[]; readonly calls: string[] } {
  const calls: string[] = [];
  const sources = sourcesNamed(DEFAULT_SOURCE_NAMES).map((source) => ({
    ...source,
    toRecords: (...[object, context]: Parameters<Source["toRecords"]>) => {
      calls.push(object.metadata.name);
      return source.toRecords(object, context);
    },
  }));
  return { sources, calls };
}

function app(name: string, className?: string): ClusterObject {
  return ingress([`${name}.home.example.com`], {
    metadata: { name },
    ...(className === undefined ? {} : { className }),
  });
}

describe("changes", () => {
  test("among 10,000 objects one change recomputes one object", () => {
    const { sources, calls } = counted();
    const catalog = catalogOf({ sources });
    const objects = Array.from({ length: 10_000 }, (_, index) => app(`app${index}`, "internal"));
    catalog.apply({ upserted: objects, deleted: [] });
    expect(calls).toHaveLength(10_000);
    calls.length = 0;
    catalog.apply({ upserted: [app("app7", "external")], deleted: [] });
    expect(calls).toEqual(["app7"]);
    expect(catalog.recordSets()).toHaveLength(9_999);
  });

  test("a change of an IngressClass recomputes those that name it and those that name none", () => {
    const { sources, calls } = counted();
    const catalog = catalogOf({ sources });
    const objects = [app("a", "nginx"), app("b", "traefik"), app("c"), service()];
    catalog.apply({ upserted: [...objects, ingressClass("nginx"), ingressClass("traefik")], deleted: [] });
    expect(lines(catalog.recordSets())).toEqual(["app.default.home.example.com A 192.0.2.1"]);
    calls.length = 0;
    catalog.apply({ upserted: [ingressClass("nginx", "default")], deleted: [] });
    expect(calls.toSorted()).toEqual(["a", "c"]);
    expect(lines(catalog.recordSets())).toEqual([
      "a.home.example.com A 192.0.2.1",
      "app.default.home.example.com A 192.0.2.1",
      "c.home.example.com A 192.0.2.1",
    ]);
  });

  test("when the last IngressClass goes, an Ingress without a class counts as the default class", () => {
    const catalog = catalogOf();
    catalog.apply({ upserted: [app("a"), ingressClass("other")], deleted: [] });
    expect(catalog.problems().map((problem) => problem.code)).toEqual(["class.unwatched"]);
    catalog.apply({ upserted: [], deleted: [keyOf(ingressClass("other"))] });
    expect(catalog.recordSets()).toHaveLength(1);
    expect(catalog.problems()).toEqual([]);
  });

  test("a deleted object takes its records and its problems along", () => {
    const catalog = catalogOf();
    const pending = ingress(["a.home.example.com"], { addresses: [] });
    catalog.apply({ upserted: [pending], deleted: [] });
    expect(catalog.problems()).toHaveLength(1);
    catalog.apply({ upserted: [], deleted: [keyOf(pending)] });
    expect(catalog.recordSets()).toEqual([]);
    expect(catalog.problems()).toEqual([]);
  });

  test("a change without effect touches no name and keeps the same problems", () => {
    const catalog = catalogOf();
    const pending = ingress(["p.home.example.com"], { addresses: [], metadata: { name: "pending" } });
    catalog.apply({ upserted: [app("a", "internal"), pending], deleted: [] });
    expect([...catalog.takeTouched()]).toEqual(["a.home.example.com", "p.home.example.com"]);
    const problems = catalog.problems();
    const configMap = { ...app("a"), apiVersion: "v1", kind: "ConfigMap" };
    catalog.apply({
      upserted: [app("a", "internal"), pending, configMap],
      deleted: [{ ...keyOf(pending), name: "x" }],
    });
    expect(catalog.takeTouched().size).toBe(0);
    expect(catalog.problems()).toBe(problems);
  });
});

describe("addresses that vanish from status", () => {
  const HOLD_MS = 600_000;
  const full = ingress(["a.home.example.com"], { addresses: ["192.0.2.1", "2001:db8::1"] });
  const empty = ingress(["a.home.example.com"], { addresses: [] });
  const held = ["a.home.example.com A 192.0.2.1", "a.home.example.com AAAA 2001:db8::1"];

  function holding() {
    const time = { nowMs: 1_000 };
    const catalog = catalogOf({ nowMs: () => time.nowMs, statusHoldMs: HOLD_MS });
    catalog.apply({ upserted: [full], deleted: [] });
    time.nowMs = 5_000;
    catalog.apply({ upserted: [empty], deleted: [] });
    return { catalog, time };
  }

  test("are answered until the hold ends, and it is said", () => {
    const { catalog, time } = holding();
    expect(lines(catalog.recordSets())).toEqual(held);
    expect(catalog.problems().map((problem) => problem.code)).toEqual(["address.none", "address.held"]);
    expect(catalog.nextExpiryMs()).toBe(5_000 + HOLD_MS);
    time.nowMs = 5_000 + HOLD_MS - 1;
    catalog.expire();
    expect(lines(catalog.recordSets())).toEqual(held);
    time.nowMs += 1;
    catalog.expire();
    expect(lines(catalog.recordSets())).toEqual(["a.home.example.com A"]);
    expect(catalog.nextExpiryMs()).toBeUndefined();
  });

  test("are held from the first loss: more changes without an address do not prolong it", () => {
    const { catalog, time } = holding();
    time.nowMs = 300_000;
    catalog.apply({ upserted: [empty], deleted: [] });
    expect(catalog.nextExpiryMs()).toBe(5_000 + HOLD_MS);
  });

  test("give way to new ones at once", () => {
    const { catalog } = holding();
    catalog.apply({ upserted: [ingress(["a.home.example.com"], { addresses: ["192.0.2.9"] })], deleted: [] });
    expect(lines(catalog.recordSets())).toEqual(["a.home.example.com A 192.0.2.9"]);
    expect(catalog.nextExpiryMs()).toBeUndefined();
  });

  test("go with their object, also when another takes its name", () => {
    const { catalog } = holding();
    catalog.apply({ upserted: [{ ...empty, metadata: { ...empty.metadata, uid: "another" } }], deleted: [] });
    expect(lines(catalog.recordSets())).toEqual(["a.home.example.com A"]);
    const again = holding().catalog;
    again.apply({ upserted: [], deleted: [keyOf(empty)] });
    expect(again.recordSets()).toEqual([]);
    expect(again.nextExpiryMs()).toBeUndefined();
  });

  test("are not held for a host that the object no longer names, nor when the hold is switched off", () => {
    const { catalog } = holding();
    catalog.apply({ upserted: [ingress(["b.home.example.com"], { addresses: [] })], deleted: [] });
    expect(lines(catalog.recordSets())).toEqual(["b.home.example.com A"]);
    const off = catalogOf({ statusHoldMs: 0 });
    off.apply({ upserted: [full], deleted: [] });
    off.apply({ upserted: [empty], deleted: [] });
    expect(lines(off.recordSets())).toEqual(["a.home.example.com A"]);
  });
});

describe("more names than allowed", () => {
  test("new names are refused and old ones stay; freed room is used again", () => {
    const catalog = catalogOf({ maxNames: 2 });
    catalog.apply({ upserted: [app("a"), app("b")], deleted: [] });
    catalog.apply({ upserted: [app("c")], deleted: [] });
    expect(catalog.problems()).toMatchObject([{ code: "names.limit", hostname: "c.home.example.com" }]);
    catalog.apply({ upserted: [app("a")], deleted: [] });
    expect(lines(catalog.recordSets()).map((line) => line.split(".")[0])).toEqual(["a", "b"]);
    catalog.apply({ upserted: [], deleted: [keyOf(app("b"))] });
    expect(lines(catalog.recordSets()).map((line) => line.split(".")[0])).toEqual(["a", "c"]);
    expect(catalog.problems()).toEqual([]);
  });

  test("another object for a name that is served already is no new name", () => {
    const catalog = catalogOf({ maxNames: 1 });
    const second = { ...app("a"), metadata: { ...app("a").metadata, name: "second" } };
    catalog.apply({ upserted: [app("a"), second], deleted: [] });
    expect(catalog.recordSets()).toHaveLength(2);
    expect(catalog.problems()).toEqual([]);
  });
});

describe("a source that throws", () => {
  test("costs its object the change at most: the others go on, and what was known of it stays", () => {
    const [ingressSource] = sourcesNamed(["ingress"]);
    if (ingressSource === undefined) throw new Error("there is an Ingress source");
    let isBroken = false;
    const bugs: string[] = [];
    const fragile: Source = {
      ...ingressSource,
      toRecords: (object, context) => {
        if (isBroken && object.metadata.name === "bad") throw new Error("a bug");
        return ingressSource.toRecords(object, context);
      },
    };
    const catalog = catalogOf({ sources: [fragile], onBug: (_error, { name }) => bugs.push(name) });
    catalog.apply({ upserted: [app("bad", "internal"), app("good", "internal")], deleted: [] });
    isBroken = true;
    catalog.apply({ upserted: [app("bad", "external"), app("other", "internal")], deleted: [] });
    expect(bugs).toEqual(["bad"]);
    expect(lines(catalog.recordSets()).map((line) => line.split(".")[0])).toEqual(["bad", "good", "other"]);
    expect(catalog.problems()).toMatchObject([{ code: "object.failed", object: { name: "bad" } }]);
    isBroken = false;
    catalog.apply({ upserted: [app("bad", "external")], deleted: [] });
    expect(lines(catalog.recordSets()).map((line) => line.split(".")[0])).toEqual(["good", "other"]);
  });
});
describe("updates that change nothing that is kept", () => {
  test("of an object that others refer to recompute neither it nor them", () => {
    const { sources, calls } = counted();
    const catalog = catalogOf({ sources });
    catalog.apply({ upserted: [ingressClass("internal"), app("a", "internal"), app("b", "internal")], deleted: [] });
    calls.length = 0;
    catalog.apply({ upserted: [ingressClass("internal"), structuredClone(app("a", "internal"))], deleted: [] });
    expect(calls).toEqual([]);
    catalog.apply({ upserted: [ingressClass("internal", "default")], deleted: [] });
    expect(calls.toSorted()).toEqual(["a", "b"]);
  });

  test("of a Gateway, whose listeners count the routes attached to them, recompute no route", () => {
    const { sources, calls } = counted();
    const catalog = catalogOf({ sources });
    const trim = createTrim(shapesOf(sources), []);
    const take = (...objects: readonly ClusterObject[]): void =>
      catalog.apply({ upserted: objects.map(trim).filter((object) => object !== undefined), deleted: [] });
    const counting = (attachedRoutes: number, address = "192.0.2.1"): ClusterObject =>
      gateway({
        status: {
          addresses: [{ value: address }],
          conditions: [{ type: "Programmed", status: "True" }],
          listeners: [{ name: "l0", attachedRoutes, conditions: [], supportedKinds: [] }],
        },
      });
    const routes = ["r1", "r2"].map((name) => route([`${name}.home.example.com`], { metadata: { name } }));
    take(counting(0), ...routes);
    expect(lines(catalog.recordSets())).toEqual(["r1.home.example.com A 192.0.2.1", "r2.home.example.com A 192.0.2.1"]);
    calls.length = 0;
    take(counting(2));
    expect(calls).toEqual([]);
    take(counting(2, "192.0.2.2"));
    expect(calls.toSorted()).toEqual(["internal", "r1", "r2"]);
  });
});

test("an object made again under its name by another uid gives up the names of the one before", () => {
  const catalog = catalogOf();
  const born = (uid: string, host: string): ClusterObject => ingress([host], { metadata: { name: "app", uid } });
  catalog.apply({ upserted: [born("1", "old.home.example.com")], deleted: [] });
  catalog.takeTouched();
  catalog.apply({ upserted: [born("2", "new.home.example.com")], deleted: [] });
  expect([...catalog.names()]).toEqual(["new.home.example.com"]);
  expect([...catalog.takeTouched()].toSorted()).toEqual(["new.home.example.com", "old.home.example.com"]);
});

test("an object with a hundred thousand faults tells some hundred of them", () => {
  const catalog = catalogOf({ sources: sourcesNamed(["ingressroute"]) });
  const rules = Array.from({ length: 100_000 }, () => "Host(`");
  catalog.apply({ upserted: [ingressRoute(rules)], deleted: [] });
  expect(catalog.problems().length).toBeGreaterThan(1);
  expect(catalog.problems().length).toBeLessThan(302);
});
