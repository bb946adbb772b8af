// Faults of k8s_gateway around the Gateway API (facts: k8s-gateway §1.3), each shown right from objects to merged record sets.

import { expect, test } from "vitest";
import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { createCatalog } from "#src/sources/catalog.ts";
import { defaultSourceOptions } from "#src/sources/source.ts";
import { mergeRecordSets } from "#test/support/merge.ts";
import { gateway, listenerSet, route } from "./gateway-objects.ts";
import { annotated, HOST } from "./gateway-records.ts";
import { HOME, ingress, lines, service } from "./objects.ts";

function answers(...objects: readonly ClusterObject[]): readonly string[] {
  const catalog = createCatalog({ sourceOptions: defaultSourceOptions([HOME]), nowMs: () => 0 });
  catalog.apply({ upserted: objects, deleted: [] });
  return lines(mergeRecordSets(catalog.recordSets()).recordSets);
}

test("a reference without a namespace means the route's own (k8s_gateway takes that of the reference before)", () => {
  const far = gateway({ metadata: { name: "far", namespace: "network" }, addresses: ["192.0.2.1"] });
  const near = gateway({ addresses: ["192.0.2.2"] });
  const wrong = gateway({ metadata: { namespace: "network" }, addresses: ["192.0.2.3"] });
  const object = route([HOST], { parentRefs: [{ name: "far", namespace: "network" }, { name: "internal" }] });
  expect(answers(object, far, near, wrong)).toEqual([`${HOST} A 192.0.2.1 192.0.2.2`]);
});

test.each([
  [{ group: "", kind: "Service", name: "internal" }],
  [{ kind: "ListenerSet", name: "internal" }],
  [{ group: "mesh.example.com", kind: "Gateway", name: "internal" }],
])("a parent %j is not the Gateway of the same name (k8s_gateway looks at the name alone)", (parentRef) => {
  expect(answers(route([HOST], { parentRefs: [parentRef] }), gateway())).toEqual([]);
});

test("a ListenerSet leads to its own Gateway, not to the Gateway of its name (k8s_gateway looks at the name alone)", () => {
  const set = listenerSet({ metadata: { name: "same" }, spec: { parentRef: { name: "internal" } } });
  const same = gateway({ metadata: { name: "same" }, addresses: ["192.0.2.9"] });
  const object = route([HOST], { parentRefs: [{ kind: "ListenerSet", name: "same" }] });
  expect(answers(object, set, same, gateway())).toEqual([`${HOST} A 192.0.2.1`]);
});

test("a section that does not exist gives no name (k8s_gateway ignores sectionName)", () => {
  expect(answers(route([HOST], { parentRefs: [{ name: "internal", sectionName: "x" }] }), gateway())).toEqual([]);
});

test("a port that no listener has gives no name (k8s_gateway ignores port)", () => {
  expect(answers(route([HOST], { parentRefs: [{ name: "internal", port: 8443 }] }), gateway())).toEqual([]);
});

test("a host that no listener has is not answered (k8s_gateway ignores the listener's hostname)", () => {
  const object = route([HOST, "other.home.example.com"]);
  expect(answers(object, gateway({ listeners: [HOST] }))).toEqual([`${HOST} A 192.0.2.1`]);
});

test("a route that its Gateway refuses has no name (k8s_gateway ignores the route's status)", () => {
  expect(answers(route([HOST], { accepted: "False" }), gateway())).toEqual([]);
});

test("a route without hosts has those of its listener (k8s_gateway does not see it)", () => {
  expect(answers(route([]), gateway({ listeners: [HOST] }))).toEqual([`${HOST} A 192.0.2.1`]);
});

test.each(["TCPRoute", "UDPRoute"])(
  "a %s has the names of its annotation (k8s_gateway does not read the kind)",
  (kind) => {
    const listeners = [{ protocol: kind.slice(0, 3) }];
    const object = route([], { kind, ...annotated({ hostname: HOST }) });
    expect(answers(object, gateway({ listeners }))).toEqual([`${HOST} A 192.0.2.1`]);
  },
);

test("a TLSRoute of v1alpha2 is one too (k8s_gateway wants v1)", () => {
  const object = route([HOST], { kind: "TLSRoute", apiVersion: "gateway.networking.k8s.io/v1alpha2" });
  expect(answers(object, gateway({ listeners: [{ protocol: "TLS" }] }))).toEqual([`${HOST} A 192.0.2.1`]);
});

test("an address without a type is an IP address (k8s_gateway panics), and a host name is an alias without a look-up", () => {
  expect(answers(route([HOST]), gateway({ addresses: [{ value: "192.0.2.1" }] }))).toEqual([`${HOST} A 192.0.2.1`]);
  expect(answers(route([HOST]), gateway({ addresses: ["lb.example.net"] }))).toEqual([`${HOST} CNAME lb.example.net`]);
});

test("a route whose Gateway waits for its address does not fall to the wildcard beside it (k8s_gateway lets it)", () => {
  const wild = ingress(["*.home.example.com"], { addresses: ["192.0.2.7"] });
  expect(answers(route([HOST]), gateway({ addresses: [] }), wild)).toEqual([
    "*.home.example.com A 192.0.2.7",
    `${HOST} A`,
  ]);
});

test("a route ranks above an Ingress and a Service of the same name, and one without an address hides neither", () => {
  const other = ingress([HOST], { addresses: ["192.0.2.7"] });
  const third = service({ ...annotated({ hostname: HOST }), addresses: ["192.0.2.8"] });
  expect(answers(route([HOST]), gateway(), other, third)).toEqual([`${HOST} A 192.0.2.1`]);
  expect(answers(route([HOST]), gateway({ addresses: [] }), other, third)).toEqual([`${HOST} A 192.0.2.7`]);
});

test("kinds rank HTTPRoute, GRPCRoute, TLSRoute (k8s_gateway: the order of a setting)", () => {
  const listeners = [undefined, { protocol: "TLS" }];
  const at = (kind: string, name: string) => route([HOST], { kind, parentRefs: [{ name }] });
  const gateways = ["a", "b", "c"].map((name, index) =>
    gateway({ metadata: { name }, listeners, addresses: [`192.0.2.${index + 1}`] }),
  );
  const tls = at("TLSRoute", "a");
  const grpc = at("GRPCRoute", "b");
  expect(answers(tls, ...gateways)).toEqual([`${HOST} A 192.0.2.1`]);
  expect(answers(tls, grpc, ...gateways)).toEqual([`${HOST} A 192.0.2.2`]);
  expect(answers(tls, grpc, at("HTTPRoute", "c"), ...gateways)).toEqual([`${HOST} A 192.0.2.3`]);
});
