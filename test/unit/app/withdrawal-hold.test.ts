// What vanishes with most of the other names is answered a little longer; what vanishes alone is gone at once.

import { describe, expect, test } from "vitest";
import { createClusterClaims } from "#src/app/cluster-claims.ts";
import { type ClusterObject, keyOf } from "#src/domain/cluster-object.ts";
import type { DomainName } from "#src/domain/name.ts";
import { sourcesNamed } from "#src/sources/registry.ts";
import { defaultSourceOptions } from "#src/sources/source.ts";
import { customResource } from "#test/fakes/kube-apiserver/custom-resources.ts";
import type { KubeObject } from "#test/fakes/kube-apiserver/objects.ts";
import { createWorld, serveViews } from "#test/support/kubernetes/served-views.ts";
import { load } from "#test/support/settings.ts";
import { createVirtualClock } from "#test/support/virtual-clock.ts";
import { HOME, ingress } from "#test/unit/sources/objects.ts";

const SECOND_MS = 1_000;

function objects(count: number, first = 0) {
  return Array.from({ length: count }, (_, index) => {
    const name = `app${first + index}`;
    return ingress([`${name}.home.example.com`], { metadata: { name } });
  });
}

function inCluster({ apiVersion, kind, metadata: { name, namespace }, spec, status }: ClusterObject): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace }, spec, status };
}

function claimsWith(count: number, options: { readonly withdrawalHoldMs?: number } = {}) {
  const clock = createVirtualClock();
  const claims = createClusterClaims([undefined], {
    sourceOptions: defaultSourceOptions([HOME]),
    sources: sourcesNamed(["ingress"]),
    nowMs: () => clock.monotonicMs(),
    ...options,
  });
  claims.apply({ upserted: objects(count), deleted: [] });
  claims.takeTouched();
  return {
    clock,
    claims,
    remove: (howMany: number, first = 0) =>
      claims.apply({ upserted: [], deleted: objects(howMany, first).map((object) => keyOf(object)) }),
    count: () => [...claims.names()].length,
  };
}

describe("names that vanish at once", () => {
  test.each([
    { of: 20, gone: 11, left: 20, because: "more than half, and ten or more" },
    { of: 20, gone: 20, left: 20, because: "all of them" },
    { of: 20, gone: 10, left: 10, because: "half is not more than half" },
    { of: 9, gone: 9, left: 0, because: "nine are few" },
    { of: 200, gone: 50, left: 150, because: "a quarter is somebody's work" },
  ])("$gone of $of: $left are answered, $because", ({ of, gone, left }) => {
    const { remove, count } = claimsWith(of);
    remove(gone);
    expect(count()).toBe(left);
  });

  test("are gone after a minute, and everybody is told", () => {
    const { claims, clock, remove, count } = claimsWith(20);
    remove(20);
    expect(claims.nextExpiryMs()).toBe(60 * SECOND_MS);
    claims.takeTouched();
    clock.advance(59 * SECOND_MS);
    claims.expire();
    expect(count()).toBe(20);
    clock.advance(SECOND_MS);
    claims.expire();
    expect(count()).toBe(0);
    expect(claims.takeTouched().size).toBe(20);
    expect(claims.nextExpiryMs()).toBeUndefined();
  });

  test("come back at once, as they are now, when their objects do", () => {
    const { claims, remove } = claimsWith(20);
    remove(20);
    claims.apply({
      upserted: [ingress(["app3.home.example.com"], { metadata: { name: "app3" }, addresses: ["192.0.2.99"] })],
      deleted: [],
    });
    expect(claims.at("app3.home.example.com" as DomainName).map(({ targets }) => targets)).toEqual([["192.0.2.99"]]);
    expect(claims.heldNames()).toBe(19);
  });

  test("one by one within ten seconds are at once too: what was gone already comes back", () => {
    const { claims, clock, remove, count } = claimsWith(20);
    for (let index = 0; index < 20; index += 1) {
      remove(1, index);
      clock.advance(SECOND_MS / 4);
    }
    expect(count()).toBe(20);
    expect(claims.takeTouched().size).toBe(20);
  });

  test("one by one over minutes are somebody's work", () => {
    const { clock, remove, count } = claimsWith(20);
    for (let index = 0; index < 20; index += 1) {
      remove(1, index);
      clock.advance(15 * SECOND_MS);
    }
    expect(count()).toBe(0);
  });

  test("are not held with a hold of 0", () => {
    const { remove, count } = claimsWith(20, { withdrawalHoldMs: 0 });
    remove(20);
    expect(count()).toBe(0);
  });

  test("are explained", () => {
    const { claims, remove } = claimsWith(20);
    remove(20);
    expect(claims.problemsAbout("app1.home.example.com" as DomainName)).toMatchObject([
      {
        code: "name.held",
        object: { group: "networking.k8s.io", kind: "Ingress", namespace: "default", name: "app1" },
      },
    ]);
    expect(claims.problems().length).toBe(20);
  });
});

test("a definition that is removed with its twenty objects and put back a moment later takes no name with it (row 63)", async () => {
  const world = createWorld();
  const definition = customResource("dnsendpoints");
  const endpoints = Array.from({ length: 20 }, (_, index) => ({
    apiVersion: "externaldns.k8s.io/v1alpha1",
    kind: "DNSEndpoint",
    metadata: { name: `e${index}`, namespace: "apps" },
    spec: { endpoints: [{ dnsName: `e${index}.home.example.com`, recordType: "A", targets: ["192.0.2.1"] }] },
  }));
  world.server.define(definition);
  world.server.put(...endpoints);
  const life = await serveViews(world, {
    settings: load({ env: { ZONES: "home.example.com" } }),
    followed: "e7.home.example.com",
  });
  await world.clock.advance(5 * SECOND_MS);
  const before = life.history.length;
  world.server.undefine("dnsendpoints.externaldns.k8s.io");
  await world.clock.advance(20 * SECOND_MS);
  world.server.define(definition);
  world.server.put(...endpoints);
  await world.clock.advance(5 * 60 * SECOND_MS);
  expect(life.history.slice(before - 1).filter((answer) => answer !== "A 192.0.2.1").length).toBeLessThanOrEqual(1);
  expect(life.ask("e7.home.example.com").answer).toEqual(["e7.home.example.com 60 A 192.0.2.1"]);
});

test("the same without putting it back is believed after a minute", async () => {
  const world = createWorld();
  const ingresses = objects(20).map(inCluster);
  world.server.put(...ingresses);
  const life = await serveViews(world, { settings: load({ env: { ZONES: "home.example.com" } }) });
  await world.clock.advance(5 * SECOND_MS);
  expect(life.ask("app1.home.example.com").rcode).toBe("NOERROR");
  for (const object of ingresses) world.server.remove(object);
  await world.clock.advance(30 * SECOND_MS);
  expect(life.ask("app19.home.example.com").rcode).toBe("NOERROR");
  expect(life.warnings).toContain("most names vanished at once and are held");
  await world.clock.advance(60 * SECOND_MS);
  expect(life.ask("app19.home.example.com").rcode).toBe("NXDOMAIN");
});

test("a status that empties is held as long as the setting says", async () => {
  const world = createWorld();
  const [object] = objects(1).map(inCluster);
  if (object === undefined) throw new Error("there is one");
  world.server.put(object);
  const env = { ZONES: "home.example.com", STATUS_HOLD: "30" };
  const life = await serveViews(world, { settings: load({ env }) });
  await world.clock.advance(5 * SECOND_MS);
  world.server.put({ ...object, status: {} });
  await world.clock.advance(29 * SECOND_MS);
  expect(life.ask("app0.home.example.com").answer.length).toBe(1);
  await world.clock.advance(2 * SECOND_MS);
  expect(life.ask("app0.home.example.com")).toMatchObject({ rcode: "NOERROR", answer: [] });
});
