// What must hold for any cluster of Gateways, ListenerSets and routes: what is answered follows from the objects alone, not from
// the order or the way in which they came; no address of an unwatched Gateway is answered; hosts in common are just that.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type ClusterObject, keyOf, keyText } from "#src/domain/cluster-object.ts";
import { DEFAULT_SOURCE_NAMES } from "#src/domain/source-name.ts";
import { type Catalog, createCatalog } from "#src/sources/catalog.ts";
import { readListeners } from "#src/sources/gateway-api/listener.ts";
import { commonHosts } from "#src/sources/gateway-api/listener-hosts.ts";
import { shapesOf, sourcesNamed } from "#src/sources/registry.ts";
import { defaultSourceOptions } from "#src/sources/source.ts";
import { createTrim } from "#src/sources/trim.ts";
import { mergeRecordSets } from "#test/support/merge.ts";
import { gateway, listenerSet, route } from "../unit/sources/gateway-objects.ts";
import { HOME } from "../unit/sources/objects.ts";

const NAMESPACES = ["default", "network"];
const HOSTS = [
  "a.home.example.com",
  "b.home.example.com",
  "*.home.example.com",
  "*.a.home.example.com",
  "nas",
  "x.example.net",
];
const EXTERNAL_ADDRESS = "203.0.113.1";

const listener = fc.record({
  name: fc.constantFrom("http", "tls"),
  hostname: fc.constantFrom(undefined, undefined, undefined, ...HOSTS),
  port: fc.constantFrom(80, 443),
  protocol: fc.constantFrom("HTTP", "HTTP", "HTTPS", "HTTPS", "TLS", "TCP"),
});
const listeners = fc.uniqueArray(listener, {
  minLength: 1,
  maxLength: 3,
  selector: ({ name, port }) => `${name}${port}`,
});
const metadata = (...names: readonly string[]) =>
  fc.record({ name: fc.constantFrom(...names), namespace: fc.constantFrom(...NAMESPACES) });

const gatewayOf = (where: { readonly name: string; readonly namespace: string }) =>
  fc
    .tuple(
      listeners,
      fc.subarray(["192.0.2.1", "192.0.2.2", "2001:db8::1", "lb.example.net"]),
      fc.constantFrom({}, {}, { "external-dns.alpha.kubernetes.io/target": "192.0.2.7" }),
    )
    .map(([found, addresses, annotations]) =>
      gateway({
        metadata: { ...where, annotations: where.name === "external" ? {} : annotations },
        listeners: found,
        addresses: where.name === "external" ? [EXTERNAL_ADDRESS] : addresses,
      }),
    );
const GATEWAYS = ["internal", "second", "external"].flatMap((name) =>
  NAMESPACES.map((namespace) => ({ name, namespace })),
);
/** Nearly all that can be referred to; one that is missing is a case of its own. */
const gateways = fc.subarray(GATEWAYS, { minLength: 4 }).chain((wheres) => fc.tuple(...wheres.map(gatewayOf)));

const namespaceOrNone = fc.constantFrom(undefined, ...NAMESPACES);
const gatewayRef = fc.record({ name: fc.constantFrom("internal", "second", "external"), namespace: namespaceOrNone });
const listenerSets = fc
  .tuple(metadata("team"), listeners, gatewayRef, fc.constantFrom("True", "True", "False", "Unknown"))
  .map(([where, found, parentRef, status]) =>
    listenerSet({
      metadata: where,
      listeners: found,
      spec: { parentRef },
      status: { conditions: [{ type: "Accepted", status, observedGeneration: 1 }] },
    }),
  );

const parentRef = fc.oneof(
  { arbitrary: gatewayRef, weight: 5 },
  fc.record({
    name: gatewayRef.map(({ name }) => name),
    sectionName: fc.constantFrom("http", "tls"),
    port: fc.constantFrom(undefined, 80),
  }),
  fc.record({ kind: fc.constant("ListenerSet"), name: fc.constant("team"), namespace: namespaceOrNone }),
  fc.constant({ group: "", kind: "Service", name: "internal" }),
);
const routes = fc
  .tuple(
    metadata("x", "y", "z"),
    fc.constantFrom("HTTPRoute", "HTTPRoute", "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute"),
    fc.subarray(HOSTS),
    fc.array(parentRef, { minLength: 1, maxLength: 3 }),
    fc.constantFrom("True", "True", "True", "True", "False", "Unknown" as const),
    fc.constantFrom(1, 1, 1, 1, 1, 2),
    fc.constantFrom(undefined, 1, 2),
  )
  .map(([where, kind, hosts, parentRefs, accepted, generation, createdAtMs]) =>
    route(kind === "TCPRoute" ? [] : hosts, {
      kind,
      parentRefs,
      accepted,
      metadata: { ...where, generation, ...(createdAtMs === undefined ? {} : { createdAtMs }) },
    }),
  );

const clusters = fc
  .tuple(
    gateways,
    fc.uniqueArray(listenerSets, { maxLength: 2, selector: idOf }),
    fc.uniqueArray(routes, { minLength: 1, maxLength: 5, selector: idOf }),
  )
  .map((parts) => parts.flat());

function idOf(object: ClusterObject): string {
  return keyText(keyOf(object));
}

function emptyCatalog(): Catalog {
  return createCatalog({ sourceOptions: defaultSourceOptions([HOME]), nowMs: () => 0, statusHoldMs: 0 });
}

/** What is answered and what is said, in no order. */
function outcome(catalog: Catalog) {
  const problems = catalog.problems().map((problem) => JSON.stringify(problem));
  return { merged: mergeRecordSets(catalog.recordSets()), problems: problems.sort() };
}

function atOnce(objects: readonly ClusterObject[]) {
  const catalog = emptyCatalog();
  catalog.apply({ upserted: objects, deleted: [] });
  return outcome(catalog);
}

const shuffled = clusters.chain((list) =>
  fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })),
);

test("the order of the objects changes nothing, nor whether they come at once or one by one", () => {
  fc.assert(
    fc.property(shuffled, ([list, other]) => {
      const oneByOne = emptyCatalog();
      for (const object of other) oneByOne.apply({ upserted: [object], deleted: [] });
      expect(outcome(oneByOne)).toEqual(atOnce(list));
    }),
    { numRuns: 500 },
  );
});

test("what was there before leaves no trace", () => {
  fc.assert(
    fc.property(clusters, clusters, (before, after) => {
      const catalog = emptyCatalog();
      catalog.apply({ upserted: before, deleted: [] });
      const kept = new Set(after.map((object) => idOf(object)));
      for (const object of after) catalog.apply({ upserted: [object], deleted: [] });
      const gone = before.map(keyOf).filter((key) => !kept.has(keyText(key)));
      for (const key of gone) catalog.apply({ upserted: [], deleted: [key] });
      expect(outcome(catalog)).toEqual(atOnce(after));
    }),
    { numRuns: 500 },
  );
});

test("what is kept of an object is all that is read of it", () => {
  const { annotationPrefixes } = defaultSourceOptions([HOME]);
  const trim = createTrim(shapesOf(sourcesNamed(DEFAULT_SOURCE_NAMES)), annotationPrefixes);
  fc.assert(
    fc.property(clusters, (objects) => {
      expect(atOnce(objects.flatMap((object) => trim(object) ?? []))).toEqual(atOnce(objects));
    }),
  );
});

test("no answer has an address of a Gateway that no zone watches", () => {
  let answered = 0;
  fc.assert(
    fc.property(clusters, (objects) => {
      const targets = atOnce(objects).merged.recordSets.flatMap((set) => set.targets);
      answered += targets.length;
      expect(targets).not.toContain(EXTERNAL_ADDRESS);
    }),
    { numRuns: 500 },
  );
  expect(answered).toBeGreaterThan(500);
});

const label = fc.constantFrom("a", "b", "*");
const host = fc
  .tuple(fc.array(fc.constantFrom("a", "b"), { maxLength: 2 }), fc.constantFrom("", "*."))
  .map(([labels, star]) => `${star}${[...labels, "home", "example", "com"].join(".")}`);
const name = fc
  .array(label, { minLength: 1, maxLength: 3 })
  .map((labels) => `${labels.join("").replaceAll("*", "c.")}.home.example.com`.replaceAll("..", "."));

/** Gateway API's own words: a wildcard label is a suffix match, and not of the suffix itself. */
function admits(pattern: string, text: string): boolean {
  return pattern.startsWith("*.")
    ? text.length > pattern.length - 1 && text.endsWith(pattern.slice(1))
    : pattern === text;
}

test("a name is among the hosts in common exactly when the listener and the route both admit it", () => {
  fc.assert(
    fc.property(host, host, name, (ofListener, ofRoute, text) => {
      const listening = readListeners([{ name: "l", hostname: ofListener, protocol: "HTTPS" }]);
      const common = commonHosts(listening, ofRoute, [HOME]);
      expect(common.some((each) => admits(each, text))).toBe(admits(ofListener, text) && admits(ofRoute, text));
    }),
    { numRuns: 2_000 },
  );
});
