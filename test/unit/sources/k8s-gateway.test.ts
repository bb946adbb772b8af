// Faults of k8s_gateway around Ingress and Service (facts: k8s-gateway §1.2–1.4), each shown right from objects to merged
// record sets. Those inside one object are shown in ingress.test.ts and service.test.ts.

import { expect, test } from "vitest";
import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { createCatalog } from "#src/sources/catalog.ts";
import { defaultSourceOptions } from "#src/sources/source.ts";
import { mergeRecordSets } from "#test/support/merge.ts";
import { endpointSlice, HOME, ingress, ingressClass, lines, service } from "./objects.ts";

const HOST = { "coredns.io/hostname": "app.home.example.com" };

function answers(...objects: readonly ClusterObject[]): readonly string[] {
  const catalog = createCatalog({ sourceOptions: defaultSourceOptions([HOME]), nowMs: () => 0 });
  catalog.apply({ upserted: objects, deleted: [] });
  return lines(mergeRecordSets(catalog.recordSets()).recordSets);
}

test("a Service with externalIPs does not hide another Service of the same name", () => {
  const first = service({ metadata: { name: "first", annotations: HOST }, spec: { externalIPs: ["192.0.2.1"] } });
  const second = service({ metadata: { name: "second", annotations: HOST }, addresses: ["192.0.2.2"] });
  expect(answers(first, second)).toEqual(["app.home.example.com A 192.0.2.1 192.0.2.2"]);
});

test("two Ingresses of different classes with one host answer only the class that is watched", () => {
  const host = ["app.home.example.com"];
  const inside = ingress(host, { className: "internal", metadata: { name: "in" }, addresses: ["192.0.2.1"] });
  const outside = ingress(host, { className: "external", metadata: { name: "out" }, addresses: ["192.0.2.2"] });
  const classes = [ingressClass("internal", "default"), ingressClass("external")];
  expect(answers(inside, outside, ...classes)).toEqual(["app.home.example.com A 192.0.2.1"]);
});

test("an Ingress that waits for its address does not fall to the wildcard beside it: its name exists", () => {
  const wild = ingress(["*.home.example.com"], { metadata: { name: "wild" } });
  const pending = ingress(["app.home.example.com"], { metadata: { name: "pending" }, addresses: [] });
  expect(answers(wild, pending)).toEqual(["*.home.example.com A 192.0.2.1", "app.home.example.com A"]);
});

test("an Ingress that waits for its address does not hide a Service that has one", () => {
  const pending = ingress(["app.home.example.com"], { addresses: [] });
  const ready = service({ metadata: { annotations: HOST }, addresses: ["2001:db8::1"] });
  expect(answers(pending, ready)).toEqual(["app.home.example.com AAAA 2001:db8::1"]);
});

test("one class-less Ingress does not take the other names down", () => {
  const classless = ingress(["a.home.example.com"], { metadata: { name: "a" } });
  const other = ingress(["b.home.example.com"], { metadata: { name: "b" }, className: "internal" });
  expect(answers(classless, other, ingressClass("internal"))).toEqual(["b.home.example.com A 192.0.2.1"]);
});

test("a Service without a ready endpoint does not fall to the wildcard beside it: its name exists", () => {
  const wild = ingress(["*.home.example.com"], { metadata: { name: "wild" } });
  const metadata = { annotations: { ...HOST, "k8s-gateway.dns/resolve-endpoints": "true" } };
  const slice = endpointSlice("app-x1", [{ addresses: ["10.42.0.1"], conditions: { ready: false } }]);
  expect(answers(wild, service({ metadata, spec: { type: "ClusterIP" } }), slice)).toEqual([
    "*.home.example.com A 192.0.2.1",
    "app.home.example.com A",
  ]);
});

test("names with an underscore, with capitals and with a final dot are names in an annotation too", () => {
  const annotations = { "coredns.io/hostname": "_app.home.example.com,App.home.example.com." };
  expect(answers(service({ metadata: { annotations } }))).toEqual([
    "_app.home.example.com A 192.0.2.1",
    "app.home.example.com A 192.0.2.1",
  ]);
});
