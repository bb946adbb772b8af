// The inventory as a whole on the fake API server: several kinds, several clusters, rights, versions, identity, and long outages.

import { describe, expect, onTestFinished, test } from "vitest";
import { createKubeApiServer, type KubeApiServer } from "#test/fakes/kube-apiserver/kube-apiserver.ts";
import { timeOfClock } from "#test/fakes/kube-apiserver/kube-time.ts";
import { JumpingClock } from "#test/support/jumping-clock.ts";
import { ScriptedApi } from "#test/support/kubernetes/scripted-api.ts";
import { MINUTE_MS, startWatchingOn } from "#test/support/kubernetes/use-watched.ts";
import { clientOf, INGRESS, type Watched, type WatchedOptions, watched } from "#test/support/kubernetes/watched.ts";

const SERVICE = { group: "", kind: "Service" };
const INGRESS_CLASS = { group: "networking.k8s.io", kind: "IngressClass" };
const ROUTE = { group: "gateway.networking.k8s.io", kind: "TLSRoute" };
const DAY_MS = 24 * 60 * MINUTE_MS;

interface World {
  readonly clock: JumpingClock;
  readonly server: KubeApiServer;
}

function createWorld(clock = new JumpingClock()): World {
  const server = createKubeApiServer({ time: timeOfClock(clock) });
  onTestFinished(() => server.stop());
  return { clock, server };
}

async function watch(
  { clock, server }: World,
  options: WatchedOptions & { readonly token?: string } = {},
): Promise<Watched> {
  const token = options.token ?? server.adminToken;
  const credentials = { headers: () => Promise.resolve({ authorization: `Bearer ${token}` }) };
  const running = watched(server.transport(), { clock, credentials, ...options });
  onTestFinished(() => running.inventory.stop());
  await running.inventory.start();
  await clock.advance(0);
  return running;
}

function object(kind: "Ingress" | "Service", name: string, namespace = "apps") {
  return { apiVersion: kind === "Service" ? "v1" : "networking.k8s.io/v1", kind, metadata: { name, namespace } };
}

function routeDefinition(...versions: readonly string[]) {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "tlsroutes.gateway.networking.k8s.io" },
    spec: {
      group: ROUTE.group,
      names: { kind: ROUTE.kind, plural: "tlsroutes", singular: "tlsroute", listKind: "TLSRouteList" },
      scope: "Namespaced",
      versions: versions.map((name, index) => ({
        name,
        served: true,
        storage: index === 0,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      })),
    },
  };
}

function states({ inventory }: Watched): Readonly<Record<string, string>> {
  const kinds = inventory.report().clusters.flatMap((cluster) => cluster.kinds);
  return Object.fromEntries(kinds.map(({ kind, state }) => [kind, state]));
}

describe("kinds", () => {
  test("one that may not be read is reported, and the others serve", async () => {
    const world = createWorld();
    world.server.put(object("Ingress", "a"), object("Service", "b"));
    const token = world.server.grant("dns", "zonegate", [
      { apiGroups: [""], resources: ["services", "namespaces"], verbs: ["get", "list", "watch"] },
    ]);
    const running = await watch(world, { resources: [INGRESS, SERVICE], token });
    expect(states(running)).toEqual({ Ingress: "forbidden", Service: "watching" });
    expect(running.names()).toEqual(["b"]);
    expect(running.inventory.report().synced).toBe(true);
    world.server.grant("dns", "zonegate", [{ apiGroups: ["*"], resources: ["*"], verbs: ["get", "list", "watch"] }]);
    await world.clock.advance(31_000);
    expect(running.names()).toEqual(["a", "b"]);
  });

  test("one that comes later is watched, and one that vanishes is given up after three answers that say so", async () => {
    const world = createWorld();
    const running = await watch(world, { resources: [ROUTE] });
    expect(states(running)).toEqual({ TLSRoute: "parked" });
    world.server.define(routeDefinition("v1"));
    const route = {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "TLSRoute",
      metadata: { name: "r", namespace: "n" },
    };
    world.server.put(route);
    await world.clock.advance(72_000);
    expect(running.names()).toEqual(["r"]);
    world.server.undefine("tlsroutes.gateway.networking.k8s.io");
    await world.clock.advance(4 * MINUTE_MS);
    expect(states(running)).toEqual({ TLSRoute: "parked" });
    expect(running.names()).toEqual([]);
  });

  test("one that discovery denies for a minute keeps its objects", async () => {
    const api = new ScriptedApi();
    api.put("a");
    api.put("b");
    const { clock, names, changes, kind } = await startWatchingOn(api);
    api.served = [];
    api.once("watch", { status: 404 });
    await clock.advance(6_000);
    api.watch.end();
    await clock.advance(MINUTE_MS / 2);
    expect(kind().state).toBe("parked");
    api.served = ["v1"];
    await clock.advance(72_000);
    expect(kind().state).toBe("watching");
    expect(names()).toEqual(["a", "b"]);
    expect(changes.length).toBe(1);
  });

  test("a version that is no longer served is changed for one that is, and no name is missing meanwhile", async () => {
    const api = new ScriptedApi();
    api.served = ["v1beta1"];
    api.put("a");
    api.put("b");
    const { clock, names, told, changes, kind } = await startWatchingOn(api);
    expect(kind().apiVersion).toBe("networking.k8s.io/v1beta1");
    api.served = ["v1"];
    api.once("watch", { status: 404 });
    await clock.advance(6_000);
    api.watch.end();
    await clock.advance(5_000);
    expect(kind()).toMatchObject({ apiVersion: "networking.k8s.io/v1", state: "watching" });
    expect(names()).toEqual(["a", "b"]);
    expect([...told().values()].map(({ apiVersion }) => apiVersion)).toEqual([
      "networking.k8s.io/v1",
      "networking.k8s.io/v1",
    ]);
    expect(changes.flatMap(({ deleted }) => deleted)).toEqual([]);
  });

  test("only the namespaces that are named are asked for, and kinds without one once", async () => {
    const world = createWorld();
    world.server.put(object("Ingress", "mine", "dns"), object("Ingress", "yours", "media"), object("Ingress", "other"));
    world.server.put({ apiVersion: "networking.k8s.io/v1", kind: "IngressClass", metadata: { name: "internal" } });
    const running = await watch(world, { resources: [INGRESS, INGRESS_CLASS], namespaces: ["dns", "media"] });
    expect(running.names()).toEqual(["internal", "mine", "yours"]);
    const lists = world.server.requests().filter(({ verb }) => verb === "list");
    expect(lists.map(({ path }) => path.split("?")[0] ?? "").toSorted()).toEqual([
      "/apis/networking.k8s.io/v1/ingressclasses",
      "/apis/networking.k8s.io/v1/namespaces/dns/ingresses",
      "/apis/networking.k8s.io/v1/namespaces/media/ingresses",
    ]);
  });
});

describe("time", () => {
  test("an API that never answers is waited for a minute, and then names may be denied", async () => {
    const clock = new JumpingClock();
    const running = watched(() => new Promise<never>(() => undefined), { clock });
    onTestFinished(() => running.inventory.stop());
    await running.inventory.start();
    await clock.advance(59_000);
    expect(running.inventory.report().synced).toBe(false);
    await clock.advance(1_000);
    expect(running.inventory.report().synced).toBe(true);
  });

  test("an API that is away for a day changes nothing, is asked at most twice a minute for each kind, and is caught up with", async () => {
    const world = createWorld();
    world.server.put(object("Ingress", "a"), object("Service", "b"));
    let isAway = false;
    let asked = 0;
    const transport = world.server.transport();
    const credentials = { headers: () => Promise.resolve({ authorization: `Bearer ${world.server.adminToken}` }) };
    const running = watched(
      (request, signal) => {
        asked += 1;
        if (isAway) return Promise.reject(Object.assign(new Error("connect"), { code: "ECONNREFUSED" }));
        return transport(request, signal);
      },
      { clock: world.clock, credentials, resources: [INGRESS, SERVICE] },
    );
    onTestFinished(() => running.inventory.stop());
    await running.inventory.start();
    await world.clock.advance(0);
    expect(running.names()).toEqual(["a", "b"]);
    const told = running.changes.length;
    isAway = true;
    world.server.endWatches();
    asked = 0;
    await world.clock.advance(DAY_MS);
    expect(running.changes.length).toBe(told);
    expect(states(running)).toEqual({ Ingress: "failing", Service: "failing" });
    expect(asked).toBeLessThan(2 * 2 * 24 * 60);
    world.server.put(object("Ingress", "new"));
    isAway = false;
    await world.clock.advance(MINUTE_MS + 1_000);
    expect(running.names()).toEqual(["a", "b", "new"]);
  });

  test("every half an hour everything is listed, and an event that was missed is found and counted", async () => {
    const api = new ScriptedApi();
    api.put("a");
    api.put("b");
    const { clock, names, kind } = await startWatchingOn(api);
    api.delete("a", { isSilent: true });
    await clock.advance(10_000);
    expect(names()).toEqual(["a", "b"]);
    const lists = api.count("list");
    for (let minute = 0; minute < 37; minute += 1) {
      await clock.advance(MINUTE_MS);
      for (const watching of api.open()) watching.bookmark(api.version);
    }
    await clock.advance(0);
    expect(api.count("list")).toBe(lists + 1);
    expect(names()).toEqual(["b"]);
    expect(kind()).toMatchObject({ drift: 1, state: "watching" });
  });

  test("a periodic list that fails does not stop the watch", async () => {
    const world = createWorld();
    world.server.put(object("Ingress", "a"));
    world.server.faults.add({ verb: "list", nth: 2, times: 1_000, fault: { kind: "status", code: 500 } });
    const running = await watch(world);
    await world.clock.advance(60 * MINUTE_MS);
    world.server.put(object("Ingress", "b"));
    await world.clock.advance(MINUTE_MS);
    expect(running.names()).toEqual(["a", "b"]);
    expect(running.kind().relists).toBe(0);
  });
});

describe("identity", () => {
  test("another cluster at the same address is not merged: what was known is served, and it says so", async () => {
    const world = createWorld();
    world.server.put(object("Ingress", "a"));
    const token = { headers: () => Promise.resolve({ authorization: `Bearer ${world.server.adminToken}` }) };
    const running = await watch(world, { credentials: token });
    const told = running.changes.length;
    world.server.becomeOtherCluster();
    world.server.put(object("Ingress", "foreign"));
    await world.clock.advance(60 * MINUTE_MS);
    expect(running.names()).toEqual(["a"]);
    expect(running.changes.length).toBe(told);
    expect(running.inventory.report().clusters[0]?.identity.state).toBe("other");
    expect(running.kind()).toMatchObject({ state: "failing", failure: { code: "kubernetes.other-cluster" } });
  });

  test("it is taken when the operator says so", async () => {
    const world = createWorld();
    world.server.put(object("Ingress", "a"));
    let mayChange = false;
    const credentials = { headers: () => Promise.resolve({ authorization: `Bearer ${world.server.adminToken}` }) };
    const running = await watch(world, {
      credentials,
      acceptCluster: (seen, known) => mayChange || known === undefined || seen === known,
    });
    world.server.becomeOtherCluster();
    world.server.put(object("Ingress", "foreign"));
    await world.clock.advance(5 * MINUTE_MS);
    expect(running.names()).toEqual(["a"]);
    mayChange = true;
    await world.clock.advance(MINUTE_MS);
    expect(running.names()).toEqual(["a", "foreign"]);
  });

  test("without the right to read it the cluster is watched all the same, and the report says so", async () => {
    const world = createWorld();
    world.server.put(object("Ingress", "a"));
    const rules = [{ apiGroups: ["networking.k8s.io"], resources: ["ingresses"], verbs: ["list", "watch"] }];
    const running = await watch(world, { token: world.server.grant("dns", "zonegate", rules) });
    expect(running.names()).toEqual(["a"]);
    expect(running.inventory.report().clusters[0]?.identity.state).toBe("unreadable");
  });
});

test("equal names in two clusters are two objects, and one cluster that is away holds nobody up", async () => {
  const clock = new JumpingClock();
  const [home, edge] = [createWorld(clock), createWorld(clock)];
  home.server.put(object("Ingress", "same"));
  edge.server.put(object("Ingress", "same"));
  const clusters = [home, edge].map(({ server }, index) => {
    const credentials = { headers: () => Promise.resolve({ authorization: `Bearer ${server.adminToken}` }) };
    return { name: index === 0 ? "home" : "edge", client: clientOf(server.transport(), clock, credentials) };
  });
  const away = { name: "away", client: clientOf(() => Promise.reject(new Error("connect")), clock) };
  const running = watched(home.server.transport(), { clock, clusters: [...clusters, away] });
  onTestFinished(() => running.inventory.stop());
  await running.inventory.start();
  await clock.advance(0);
  expect([...running.told().values()].map(({ metadata }) => metadata.cluster ?? "").toSorted()).toEqual([
    "edge",
    "home",
  ]);
  home.server.remove(object("Ingress", "same"));
  await clock.advance(0);
  expect([...running.told().values()].map(({ metadata }) => metadata.cluster)).toEqual(["edge"]);
});
