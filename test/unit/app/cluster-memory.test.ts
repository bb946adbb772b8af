// What is answered between a start and the first list, and how it gives way: real sources, inventory and checkpoint on the emulated
// API server, in virtual time.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { customResource } from "#test/fakes/kube-apiserver/custom-resources.ts";
import type { KubeObject } from "#test/fakes/kube-apiserver/objects.ts";
import {
  createWorld,
  type ServedOptions,
  type ServedViews,
  serveViews,
  type World,
} from "#test/support/kubernetes/served-views.ts";
import { load, type Written, yaml } from "#test/support/settings.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
const HOME = { env: { ZONES: "home.example.com" } };
/** Fewer kinds make a day of virtual time cheaper. */
const INGRESSES_ONLY = { env: { ZONES: "home.example.com", SOURCES: "ingress" } };
const EVERYTHING = [{ apiGroups: ["*"], resources: ["*"], verbs: ["get", "list", "watch"] }];
const WITHOUT_INGRESS = [
  { apiGroups: ["", "discovery.k8s.io"], resources: ["*"], verbs: ["get", "list", "watch"] },
  { apiGroups: ["networking.k8s.io"], resources: ["ingressclasses"], verbs: ["list", "watch"] },
];
const WITHOUT_CLASSES = [
  { apiGroups: ["", "discovery.k8s.io"], resources: ["*"], verbs: ["get", "list", "watch"] },
  { apiGroups: ["networking.k8s.io"], resources: ["ingresses"], verbs: ["list", "watch"] },
];

function ingress(name: string, address: string, className = "internal"): KubeObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, namespace: "apps" },
    spec: { ingressClassName: className, rules: [{ host: `${name}.home.example.com` }] },
    status: { loadBalancer: { ingress: [{ ip: address }] } },
  };
}

function service(name: string, address: string): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "apps", annotations: { "coredns.io/hostname": `${name}.home.example.com` } },
    spec: { type: "LoadBalancer" },
    status: { loadBalancer: { ingress: [{ ip: address }] } },
  };
}

function endpoint(name: string, address: string): KubeObject {
  return {
    apiVersion: "externaldns.k8s.io/v1alpha1",
    kind: "DNSEndpoint",
    metadata: { name, namespace: "apps" },
    spec: { endpoints: [{ dnsName: `${name}.home.example.com`, recordType: "A", targets: [address] }] },
  };
}

const GATEWAY: KubeObject = {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "Gateway",
  metadata: { name: "internal", namespace: "apps" },
  spec: { gatewayClassName: "cilium", listeners: [{ name: "https", port: 443, protocol: "HTTPS" }] },
  status: { addresses: [{ type: "IPAddress", value: "192.0.2.5" }] },
};

const ROUTE: KubeObject = {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: { name: "route", namespace: "apps" },
  spec: { parentRefs: [{ name: "internal" }], hostnames: ["route.home.example.com"] },
  status: {
    parents: [
      {
        parentRef: { name: "internal" },
        controllerName: "example.com/c",
        conditions: [{ type: "Accepted", status: "True", reason: "Accepted", observedGeneration: 1 }],
      },
    ],
  },
};

/** A life that reads everything, writes its checkpoint and ends. */
async function firstLife(world: World, written: Written = HOME, token?: string): Promise<string> {
  const folder = await temporaryFolder();
  const life = await begin(world, folder, written, token);
  await life.stop();
  return folder;
}

async function begin(world: World, folder: string, written: Written = HOME, token?: string): Promise<ServedViews> {
  const options: ServedOptions = { settings: load(written), folder, ...(token === undefined ? {} : { token }) };
  const life = await serveViews(world, options);
  await world.clock.advance(5 * SECOND_MS);
  return life;
}

function host(name: string): string {
  return `${name}.home.example.com`;
}

function values(life: ServedViews, name: string, view = ""): readonly string[] {
  return life.ask(host(name), "A", view).answer.map((record) => record.split(" ").slice(1).join(" "));
}

describe("while the API is away at the start", () => {
  test("names come from the checkpoint: short-lived, marked, and ready", async () => {
    const world = createWorld();
    world.server.put(ingress("app", "192.0.2.1"));
    const folder = await firstLife(world);
    world.setAway(true);
    const life = await begin(world, folder);
    const reply = life.ask(host("app"));
    expect(reply.answer).toEqual([`${host("app")} 30 A 192.0.2.1`]);
    expect(reply.edns?.extendedErrors).toEqual([3]);
    expect(life.clusters.memory.standsIn).toBe(true);
    expect(life.clusters.memory.status().staleRecordSets).toBe(1);
    expect(life.warnings).toContain("answering from the checkpoint until the cluster is read");
  });

  test("a name that is not in it is not denied before a minute has passed", async () => {
    const world = createWorld();
    world.server.put(ingress("app", "192.0.2.1"));
    const folder = await firstLife(world);
    world.setAway(true);
    const life = await begin(world, folder);
    expect(life.ask(host("other"))).toMatchObject({ rcode: "SERVFAIL", edns: { extendedErrors: [14] } });
  });

  test("without a checkpoint nothing is denied, and nothing stands in", async () => {
    const world = createWorld();
    world.setAway(true);
    const life = await begin(world, await temporaryFolder());
    expect(life.ask(host("app"))).toMatchObject({ rcode: "SERVFAIL", edns: { extendedErrors: [14] } });
    expect(life.clusters.memory.standsIn).toBe(false);
  });

  test("a day of it changes no answer, and the age of what is answered is known", async () => {
    const world = createWorld();
    world.server.put(ingress("app", "192.0.2.1"));
    const folder = await firstLife(world, INGRESSES_ONLY);
    const knownAtMs = world.clock.nowMs();
    world.setAway(true);
    const life = await begin(world, folder, INGRESSES_ONLY);
    await world.clock.advance(DAY_MS);
    expect(values(life, "app")).toEqual(["30 A 192.0.2.1"]);
    expect(life.clusters.memory.status().staleSinceMs).toBeLessThanOrEqual(knownAtMs);
  });

  test("after a week without a proof the next start answers nothing of it, however often it was restarted", async () => {
    const world = createWorld();
    world.server.put(ingress("app", "192.0.2.1"));
    const folder = await firstLife(world);
    world.setAway(true);
    for (let day = 0; day < 6; day += 1) {
      const life = await begin(world, folder);
      expect(values(life, "app")).toEqual(["30 A 192.0.2.1"]);
      await life.stop();
      await world.clock.advance(DAY_MS);
    }
    await world.clock.advance(DAY_MS);
    const life = await begin(world, folder);
    expect(life.ask(host("app")).rcode).toBe("SERVFAIL");
    expect(life.warnings).toContain("checkpoint is too old to be answered");
  });
});

describe("when the API comes back", () => {
  test("answers are fresh, what vanished goes, what is new comes", async () => {
    const world = createWorld();
    world.server.put(ingress("app", "192.0.2.1"), ingress("gone", "192.0.2.2"));
    const folder = await firstLife(world);
    world.setAway(true);
    const life = await begin(world, folder);
    world.server.put(ingress("new", "192.0.2.3"));
    world.server.remove(ingress("gone", ""));
    world.setAway(false);
    await world.clock.advance(60 * SECOND_MS);
    expect(life.ask(host("app"))).toMatchObject({
      answer: [`${host("app")} 60 A 192.0.2.1`],
      edns: { extendedErrors: [] },
    });
    expect(values(life, "new")).toEqual(["60 A 192.0.2.3"]);
    expect(life.ask(host("gone")).rcode).toBe("NXDOMAIN");
    expect(life.clusters.memory.status()).toMatchObject({ staleRecordSets: 0, staleSinceMs: undefined });
  });

  test("a name that moved is answered by the old address, then by the new one, never by both or none", async () => {
    const world = createWorld();
    world.server.put(ingress("app", "192.0.2.1"));
    const folder = await firstLife(world);
    world.server.put(ingress("app", "192.0.2.2"));
    const { history } = await serveViews(world, { settings: load(HOME), folder, followed: host("app") });
    await world.clock.advance(5 * SECOND_MS);
    const [nothingYet, ...answers] = [...new Set(history)];
    expect(nothingYet).toBe("");
    expect(answers).toEqual(["A 192.0.2.1", "A 192.0.2.2"]);
    expect(history.slice(1)).not.toContain("");
  });

  test("a kind that may not be read any more keeps its names while others are fresh, and over the next restart too", async () => {
    const world = createWorld();
    world.server.put(ingress("app", "192.0.2.1"), service("nas", "192.0.2.2"));
    const folder = await firstLife(world, HOME, world.server.grant("dns", "zonegate", EVERYTHING));
    const token = world.server.grant("dns", "zonegate", WITHOUT_INGRESS);
    for (const address of ["192.0.2.3", "192.0.2.4"]) {
      world.server.put(service("nas", address));
      const life = await begin(world, folder, HOME, token);
      expect(values(life, "app")).toEqual(["30 A 192.0.2.1"]);
      expect(values(life, "nas")).toEqual([`60 A ${address}`]);
      await life.stop();
    }
  });

  test("an object that says something anew is believed although a kind it looks up may not be read", async () => {
    const world = createWorld();
    world.server.put(ingress("app", "192.0.2.1"));
    const folder = await firstLife(world, HOME, world.server.grant("dns", "zonegate", EVERYTHING));
    world.server.put(ingress("app", "192.0.2.2"));
    const life = await begin(world, folder, HOME, world.server.grant("dns", "zonegate", WITHOUT_CLASSES));
    expect(values(life, "app")).toEqual(["60 A 192.0.2.2"]);
  });

  test("names of a kind that the server does not have for a moment stay until three answers say so", async () => {
    const world = createWorld();
    world.server.define(customResource("dnsendpoints"));
    world.server.put(endpoint("app", "192.0.2.1"));
    const folder = await firstLife(world);
    world.server.undefine("dnsendpoints.externaldns.k8s.io");
    const life = await begin(world, folder);
    expect(values(life, "app")).toEqual(["30 A 192.0.2.1"]);
    await world.clock.advance(4 * 60 * SECOND_MS);
    expect(life.ask(host("app")).rcode).toBe("NXDOMAIN");
  });

  test("a kind to look up that was never there is not waited for", async () => {
    const world = createWorld();
    world.server.define(customResource("httproutes"), customResource("gateways"));
    world.server.put(GATEWAY, ROUTE);
    const folder = await firstLife(world);
    world.server.remove(ROUTE);
    expect((await begin(world, folder)).ask(host("route")).rcode).toBe("NXDOMAIN");
  });

  test("another cluster at the address ends the memory, and it is said", async () => {
    const world = createWorld();
    world.server.put(ingress("app", "192.0.2.1"));
    const folder = await firstLife(world);
    world.setAway(true);
    const life = await begin(world, folder, HOME);
    world.server.becomeOtherCluster();
    world.server.remove(ingress("app", ""));
    world.setAway(false);
    await world.clock.advance(60 * SECOND_MS);
    expect(life.ask(host("app")).rcode).not.toBe("NOERROR");
    expect(life.warnings).toContain("checkpoint not answered: it is of another cluster");
  });
});

describe("what is remembered", () => {
  test("is kept although a kind may not be read", async () => {
    const world = createWorld();
    world.server.put(service("nas", "192.0.2.2"));
    const token = world.server.grant("dns", "zonegate", WITHOUT_INGRESS);
    const folder = await firstLife(world, HOME, token);
    world.setAway(true);
    expect(values(await begin(world, folder, HOME, token), "nas")).toEqual(["30 A 192.0.2.2"]);
  });

  test("is proven by a watch on which nothing happens for more than a week", async () => {
    const world = createWorld();
    world.server.put(ingress("app", "192.0.2.1"));
    const folder = await temporaryFolder();
    await begin(world, folder, INGRESSES_ONLY);
    // The disk is slower than a clock that jumps.
    for (let day = 0; day < 8; day += 1) {
      await world.clock.advance(DAY_MS);
      await readFile(join(folder, "checkpoint.jsonl"));
    }
    // As after a power cut: what was written counts, and nothing is written now.
    world.setAway(true);
    const next = await begin(world, folder, INGRESSES_ONLY);
    expect(values(next, "app")).toEqual(["30 A 192.0.2.1"]);
  }, 60_000);

  test("is not answered in a view whose filters are others now", async () => {
    const world = createWorld();
    world.server.put(ingress("app", "192.0.2.1"), ingress("app-outside", "198.51.100.1", "external"));
    const guests = (classes: string): Written =>
      yaml(
        "zones: [home.example.com]",
        `views: [{name: guests, port: 1054, zones: [{apex: home.example.com, ingressClasses: [${classes}]}]}]`,
      );
    const folder = await firstLife(world, guests("internal"));
    world.setAway(true);
    const life = await begin(world, folder, guests("external"));
    expect(values(life, "app")).toEqual(["30 A 192.0.2.1"]);
    expect(values(life, "app", "guests")).toEqual([]);
    expect(life.warnings).toContain("checkpoint not answered: what the zones watch was set otherwise");
  });

  test("is of each view apart", async () => {
    const world = createWorld();
    world.server.put(ingress("app", "192.0.2.1"), ingress("web", "198.51.100.1", "external"));
    const written = yaml(
      "zones: [home.example.com]",
      "views: [{name: guests, port: 1054, zones: [{apex: home.example.com, ingressClasses: [external]}]}]",
    );
    const folder = await firstLife(world, written);
    world.setAway(true);
    const life = await begin(world, folder, written);
    expect(values(life, "app")).toEqual(["30 A 192.0.2.1"]);
    expect(values(life, "web")).toEqual([]);
    expect(values(life, "app", "guests")).toEqual([]);
    expect(values(life, "web", "guests")).toEqual(["30 A 198.51.100.1"]);
  });
});

test("a day without the API changes no answer of a process that runs", async () => {
  const world = createWorld();
  world.server.put(ingress("app", "192.0.2.1"), ingress("pending", "192.0.2.2"));
  const life = await begin(world, await temporaryFolder(), INGRESSES_ONLY);
  const before = [life.ask(host("app")), life.ask(host("none"))];
  world.setAway(true);
  await world.clock.advance(DAY_MS);
  expect([life.ask(host("app")), life.ask(host("none"))]).toEqual(before);
});

test("without the API and without a checkpoint names are denied after a minute, and no sooner", async () => {
  const world = createWorld();
  world.setAway(true);
  const life = await begin(world, await temporaryFolder());
  await world.clock.advance(54 * SECOND_MS);
  expect(life.ask(host("app")).rcode).toBe("SERVFAIL");
  await world.clock.advance(2 * SECOND_MS);
  expect(life.ask(host("app")).rcode).toBe("NXDOMAIN");
});

test.each([DAY_MS, -DAY_MS])(
  "a wall clock set by %i ms changes no answer, ends no hold and no memory (row 73)",
  async (byMs) => {
    const world = createWorld();
    world.clock.setWallClock(30 * DAY_MS);
    const emptied = ingress("emptied", "192.0.2.2");
    world.server.put(ingress("app", "192.0.2.1"), emptied);
    const folder = await firstLife(world);
    world.setAway(true);
    const life = await begin(world, folder);
    world.clock.setWallClock(byMs);
    await world.clock.advance(60 * SECOND_MS);
    expect(values(life, "app")).toEqual(["30 A 192.0.2.1"]);
    world.setAway(false);
    await world.clock.advance(60 * SECOND_MS);
    expect(values(life, "app")).toEqual(["60 A 192.0.2.1"]);
    world.server.put({ ...emptied, status: {} });
    await world.clock.advance(SECOND_MS);
    world.clock.setWallClock(-byMs);
    await world.clock.advance(590 * SECOND_MS);
    expect(values(life, "emptied")).toEqual(["60 A 192.0.2.2"]);
    await world.clock.advance(10 * SECOND_MS);
    expect(values(life, "emptied")).toEqual([]);
  },
);
