// What a change of a Gateway, a ListenerSet or a route's status touches, and what is held meanwhile.

import { describe, expect, test } from "vitest";
import { type ClusterObject, keyOf } from "#src/domain/cluster-object.ts";
import { DEFAULT_SOURCE_NAMES } from "#src/domain/source-name.ts";
import { createCatalog } from "#src/sources/catalog.ts";
import { sourcesNamed } from "#src/sources/registry.ts";
import { defaultSourceOptions } from "#src/sources/source.ts";
import { gateway, listenerSet, type RouteParts, route } from "./gateway-objects.ts";
import { HOME, lines } from "./objects.ts";

function counted() {
  const calls: string[] = [];
  const sources = sourcesNamed(DEFAULT_SOURCE_NAMES).map((source) => ({
    ...source,
    toRecords: (...[object, context]: Parameters<typeof source.toRecords>) => {
      if (object.kind !== "Gateway") calls.push(object.metadata.name);
      return source.toRecords(object, context);
    },
  }));
  const catalog = createCatalog({ sourceOptions: defaultSourceOptions([HOME]), nowMs: () => 0, sources });
  const put = (...upserted: readonly ClusterObject[]): readonly string[] => {
    calls.length = 0;
    catalog.apply({ upserted, deleted: [] });
    return calls.toSorted();
  };
  return { catalog, put };
}

function app(name: string, parts: RouteParts = {}): ClusterObject {
  return route([`${name}.home.example.com`], { ...parts, metadata: { ...parts.metadata, name } });
}

const atSet = { parentRefs: [{ kind: "ListenerSet", name: "team" }] };
const atFar = { parentRefs: [{ name: "internal", namespace: "network" }] };

describe("a change recomputes the routes it can touch, and those alone", () => {
  const everything = [
    gateway(),
    gateway({ metadata: { namespace: "network" }, addresses: ["192.0.2.2"] }),
    listenerSet({ spec: { parentRef: { name: "internal", namespace: "network" } } }),
    app("a"),
    app("b", { kind: "GRPCRoute" }),
    app("far", atFar),
    app("set", atSet),
  ];

  test.each<[title: string, changed: ClusterObject, touched: string[]]>([
    // The one at a ListenerSet may belong to any Gateway.
    ["a Gateway", gateway({ addresses: ["192.0.2.9"] }), ["a", "b", "set"]],
    ["a Gateway of the same name elsewhere", gateway({ metadata: { namespace: "network" } }), ["far", "set"]],
    ["a Gateway of nobody", gateway({ metadata: { name: "other" } }), ["set"]],
    ["a ListenerSet", listenerSet(), ["set"]],
    ["a ListenerSet of nobody", listenerSet({ metadata: { name: "other" } }), []],
    ["a route", route(["x.home.example.com"], { metadata: { name: "a" } }), ["a"]],
  ])("%s", (_title, changed, touched) => {
    const { put } = counted();
    put(...everything);
    expect(put(changed)).toEqual(touched);
  });

  test("a new address of the Gateway behind a ListenerSet reaches its routes", () => {
    const { catalog, put } = counted();
    put(...everything);
    put(gateway({ metadata: { namespace: "network" }, addresses: ["192.0.2.9"] }));
    expect(lines(catalog.recordSets())).toEqual([
      "a.home.example.com A 192.0.2.1",
      "b.home.example.com A 192.0.2.1",
      "far.home.example.com A 192.0.2.9",
      "set.home.example.com A 192.0.2.9",
    ]);
  });

  test("a Gateway that is deleted takes the names of its routes along", () => {
    const { catalog, put } = counted();
    put(...everything);
    catalog.apply({ upserted: [], deleted: [keyOf(gateway())] });
    expect(lines(catalog.recordSets())).toEqual([
      "far.home.example.com A 192.0.2.2",
      "set.home.example.com A 192.0.2.2",
    ]);
  });
});

describe("names of a route do not flap", () => {
  const HELD = ["a.home.example.com A 192.0.2.1"];

  function after(...changed: readonly ClusterObject[]) {
    const catalog = createCatalog({ sourceOptions: defaultSourceOptions([HOME]), nowMs: () => 0 });
    catalog.apply({ upserted: [gateway(), app("a")], deleted: [] });
    for (const object of changed) catalog.apply({ upserted: [object], deleted: [] });
    return { lines: lines(catalog.recordSets()), codes: catalog.problems().map(({ code }) => code) };
  }

  test("while an edit waits for its controller", () => {
    const edited = app("a", { metadata: { generation: 2 } });
    expect(after(edited)).toEqual({ lines: HELD, codes: ["route.unaccepted", "address.none", "address.held"] });
    expect(after(edited, app("a", { metadata: { generation: 2 }, observedGeneration: 2 }))).toEqual({
      lines: HELD,
      codes: [],
    });
  });

  test("while its Gateway has no address", () => {
    expect(after(gateway({ addresses: [] }))).toEqual({ lines: HELD, codes: ["address.none", "address.held"] });
  });

  test("but go at once when its controller says no", () => {
    expect(after(app("a", { accepted: "False" }))).toEqual({ lines: [], codes: ["route.unaccepted"] });
  });

  test("and give way to the address of another Gateway at once", () => {
    const second = gateway({ metadata: { name: "second" }, addresses: ["192.0.2.2"] });
    const moved = app("a", { parentRefs: [{ name: "second" }], metadata: { generation: 2 }, observedGeneration: 2 });
    expect(after(second, moved)).toEqual({ lines: ["a.home.example.com A 192.0.2.2"], codes: [] });
  });
});
