// Which Gateways a zone answers for (docs/decisions.md 40), and that addresses of others never get in.

import { describe, expect, test } from "vitest";
import type { GatewayFilter, SourceZone } from "#src/sources/source.ts";
import { gateway, route } from "./gateway-objects.ts";
import { ANSWERED, HOST, records } from "./gateway-records.ts";
import { domainName, HOME } from "./objects.ts";

type Others = GatewayFilter["gateways"]["others"];

function watching(named: readonly string[], others: Others, classes: GatewayFilter["classes"]): SourceZone {
  return { ...HOME, gateways: { gateways: { named, others }, classes } };
}

const ALL = { named: [], others: "all" } as const;

describe("without a setting", () => {
  test.each([
    ["internal", "cilium", true],
    ["gateway", "traefik", true],
    ["envoy-internal", "envoy", true],
    ["external", "cilium", false],
    ["envoy-external", "envoy", false],
    ["public", "cilium", false],
    ["web", "external", false],
  ])("Gateway %s of class %s is watched: %s", (name, className, isWatched) => {
    const object = route([HOST], { parentRefs: [{ name }] });
    const result = records(object, [gateway({ metadata: { name }, className })]);
    expect(result).toMatchObject(
      isWatched ? { lines: ANSWERED, codes: [] } : { lines: [], codes: ["gateway.unwatched"] },
    );
  });

  test("a Gateway is not judged by its namespace", () => {
    const namespace = "external-gateways";
    const object = route([HOST], { parentRefs: [{ name: "internal", namespace }] });
    expect(records(object, [gateway({ metadata: { namespace } })]).lines).toEqual(ANSWERED);
  });

  test("a route at an internal and an external Gateway answers the internal address alone (k8s_gateway answers both)", () => {
    const external = gateway({ metadata: { name: "external" }, addresses: ["203.0.113.1"] });
    const object = route([HOST], { parentRefs: [{ name: "external" }, { name: "internal" }] });
    expect(records(object, [gateway(), external])).toMatchObject({ lines: ANSWERED, codes: [] });
  });

  test("while the internal one has no address the external one's is not taken", () => {
    const external = gateway({ metadata: { name: "external" }, addresses: ["203.0.113.1"] });
    const object = route([HOST], { parentRefs: [{ name: "external" }, { name: "internal" }] });
    const result = records(object, [gateway({ addresses: [] }), external]);
    expect(result).toMatchObject({ lines: [`${HOST} A`], codes: ["address.none"] });
  });
});

describe("with a setting", () => {
  test.each<[zone: SourceZone, isWatched: boolean]>([
    [watching(["internal"], "none", ALL), true],
    [watching(["default/internal"], "none", ALL), true],
    [watching(["network/internal"], "none", ALL), false],
    [watching(["intern"], "none", ALL), false],
    [watching([], "all", ALL), true],
    [watching([], "all", { named: ["cilium"], others: "none" }), true],
    [watching([], "all", { named: ["envoy"], others: "none" }), false],
    [watching(["internal"], "none", { named: ["envoy"], others: "none" }), false],
  ])("%j", (zone, isWatched) => {
    expect(records(route([HOST]), [gateway()], [zone]).codes).toEqual(isWatched ? [] : ["gateway.unwatched"]);
  });

  test("a name beats what the words say of the others", () => {
    const zone = watching(["external"], "not-external", ALL);
    const object = route([HOST], { parentRefs: [{ name: "external" }] });
    expect(records(object, [gateway({ metadata: { name: "external" } })], [zone]).lines).toEqual(ANSWERED);
  });

  test("each zone has its own filter, and the longest apex decides", () => {
    const external = gateway({ metadata: { name: "external" }, addresses: ["203.0.113.1"] });
    const outside = { ...watching(["external"], "none", ALL), apex: domainName("example.com") };
    const object = route([HOST, "app.example.com"], { parentRefs: [{ name: "internal" }, { name: "external" }] });
    expect(records(object, [gateway(), external], [HOME, outside]).lines).toEqual([
      "app.example.com A 203.0.113.1",
      ...ANSWERED,
    ]);
  });

  test("a class that Gateways leave out passes no list of classes", () => {
    const zone = watching([], "all", { named: ["cilium"], others: "none" });
    expect(records(route([HOST]), [gateway({ spec: { gatewayClassName: null } })], [zone]).lines).toEqual([]);
  });
});

test("what is left out says which Gateway, which class, and what is watched", () => {
  const name = "external";
  const object = route([HOST], { parentRefs: [{ name }] });
  expect(records(object, [gateway({ metadata: { name } })]).problems).toMatchObject([
    {
      code: "gateway.unwatched",
      hostname: HOST,
      reason:
        "zone home.example.com does not watch Gateway default/external of class cilium; it watches gateways: all but those called external or public; gateway classes: all but those called external or public",
    },
  ]);
});
