// Names that Gateways have by their own annotations.

import { expect, test } from "vitest";
import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { gatewaySource } from "#src/sources/gateway-api/gateway.ts";
import type { SourceZone } from "#src/sources/source.ts";
import { gateway } from "./gateway-objects.ts";
import { annotated } from "./gateway-records.ts";
import { contextOf, HOME, lines } from "./objects.ts";

const NAME = "gw.home.example.com";

function records(object: ClusterObject, zones: readonly SourceZone[] = [HOME]) {
  const { recordSets, problems } = gatewaySource.toRecords(object, contextOf(zones));
  return { lines: lines(recordSets), codes: problems.map(({ code }) => code), sets: recordSets };
}

test("without a hostname it has none, and that is no problem", () => {
  expect(records(gateway({ spec: { listeners: "all" } }))).toMatchObject({ lines: [], codes: [] });
});

test("a hostname leads to its addresses, whatever its listeners are for", () => {
  const object = gateway({ ...annotated({ hostname: `${NAME},nas`, ttl: "60" }), listeners: ["x.example.net"] });
  expect(records(object)).toMatchObject({
    lines: [`${NAME} A 60 192.0.2.1`, "nas.home.example.com A 60 192.0.2.1"],
    codes: [],
  });
  expect(records(object).sets[0]?.origin).toMatchObject({ kind: "Gateway", name: "internal", namespace: "default" });
});

test.each([
  ["another name is an alias of it", "lb.example.net", [`${NAME} CNAME lb.example.net`]],
  [
    "its own name leads to the addresses, for routes that are aliases of it",
    "GW.home.example.com.",
    [`${NAME} A 192.0.2.1`],
  ],
])("target: %s", (_title, target, expected) => {
  expect(records(gateway(annotated({ hostname: NAME, target }))).lines).toEqual(expected);
});

test("without an address its name exists without data", () => {
  expect(records(gateway({ ...annotated({ hostname: NAME }), addresses: [] }))).toMatchObject({
    lines: [`${NAME} A`],
    codes: ["address.none"],
  });
});

test("an address that cannot be answered and a wrong ttl are said once for all names", () => {
  const addresses = [{ type: "NamedAddress", value: "lan" }, "192.0.2.1"];
  const object = gateway({ ...annotated({ hostname: `${NAME},nas`, ttl: "soon" }), addresses });
  expect(records(object).codes).toEqual(["address.invalid", "ttl.invalid"]);
});

test("a Gateway that the zone does not watch has no name there, and its target is for public DNS elsewhere", () => {
  const parts = annotated({ hostname: NAME, target: "tunnel.example.net" });
  const object = gateway({ metadata: { name: "external", ...parts.metadata } });
  const all = { named: [], others: "all" } as const;
  expect(records(object)).toMatchObject({ lines: [], codes: ["gateway.unwatched"] });
  expect(records(object, [{ ...HOME, gateways: { gateways: all, classes: all } }]).lines).toEqual([
    `${NAME} A 192.0.2.1`,
  ]);
});

test.each([
  ["the ignore label", { labels: { "k8s-gateway.dns/ignore": "true" } }, {}],
  ["another controller", {}, { controller: "other" }],
])("%s takes its names away", (_title, metadata, more) => {
  const parts = annotated({ hostname: NAME, ...more });
  expect(records(gateway({ metadata: { ...parts.metadata, ...metadata } })).codes).toEqual(["object.ignored"]);
});

test("a Gateway of another shape is a problem, not an exception", () => {
  expect(records({ ...gateway(annotated({ hostname: NAME })), spec: { listeners: "all" } }).codes).toEqual([
    "object.invalid",
  ]);
});
