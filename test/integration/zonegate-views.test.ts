// The real process with several views on one cluster: who asks where, or from where, decides what he sees; and nobody sees what is
// another's, whichever way it could have come to him.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MEDIA_TYPE } from "#src/webhook/media-type.ts";
import { customResource } from "#test/fakes/kube-apiserver/custom-resources.ts";
import { type ListeningKubeApiServer, startKubeApiServer } from "#test/fakes/kube-apiserver/listening-server.ts";
import type { KubeObject } from "#test/fakes/kube-apiserver/objects.ts";
import { answerUdpFrom, type ServerAddress } from "#test/support/dns/clients.ts";
import { lookup, lookupTcp, valuesOf } from "#test/support/dns/lookup.ts";
import { buildQuery, readReply } from "#test/support/dns/packets.ts";
import { eventually } from "#test/support/eventually.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";
import { runZonegate, startZonegate, useZonegate } from "#test/support/zonegate-process.ts";

const INSIDE = "192.168.1.10";
const OUTSIDE = "198.51.100.10";
const FILE = `version: 1
zones: [home.example.com]
records:
  - {name: nas.home.example.com, type: A, targets: [192.168.1.20]}
  - {name: only.guests.example.com, type: A, targets: [192.168.1.21]}
views:
  - name: outside
    port: 0
    zones: &outside [{apex: home.example.com, ingressClasses: [external], gateways: [external]}]
  - name: guests
    clients: [127.0.0.9/32]
    zones: [{apex: home.example.com, ingressClasses: [external], gateways: [external]}, guests.example.com]
`;

function ingress(name: string, host: string, className: "internal" | "external"): KubeObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, namespace: "apps" },
    spec: { ingressClassName: className, rules: [{ host: `${host}.home.example.com` }] },
    status: { loadBalancer: { ingress: [{ ip: className === "internal" ? INSIDE : OUTSIDE }] } },
  };
}

function gateway(name: "internal" | "external"): KubeObject {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: { name, namespace: "network" },
    spec: { gatewayClassName: "cilium", listeners: [{ name: "https", port: 443, protocol: "HTTPS" }] },
    status: { addresses: [{ type: "IPAddress", value: name === "internal" ? INSIDE : OUTSIDE }] },
  };
}

function route(name: string, ...gateways: readonly string[]): KubeObject {
  const parentRefs = gateways.map((parent) => ({ name: parent, namespace: "network" }));
  const conditions = [{ type: "Accepted", status: "True", reason: "Accepted", observedGeneration: 1 }];
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name, namespace: "apps" },
    spec: { parentRefs, hostnames: [`${name}.home.example.com`] },
    status: {
      parents: parentRefs.map((parentRef) => ({ parentRef, controllerName: "example.com/c", conditions })),
    },
  };
}

const OBJECTS = [
  ingress("app-in", "app", "internal"),
  ingress("app-out", "app", "external"),
  ingress("private", "private", "internal"),
  ingress("public", "public", "external"),
  gateway("internal"),
  gateway("external"),
  route("both", "internal", "external"),
  route("inner", "internal"),
  route("outer", "external"),
];
/** What is answered for each name: to everybody, and to those outside. */
const ANSWERS: readonly (readonly [label: string, everybody: string | undefined, outside: string | undefined])[] = [
  ["app", INSIDE, OUTSIDE],
  ["private", INSIDE, undefined],
  ["public", undefined, OUTSIDE],
  ["both", INSIDE, OUTSIDE],
  ["inner", INSIDE, undefined],
  ["outer", undefined, OUTSIDE],
  ["nas", "192.168.1.20", "192.168.1.20"],
];

let api: ListeningKubeApiServer;
beforeAll(async () => {
  api = await startKubeApiServer();
  api.server.define(customResource("gateways"), customResource("httproutes"));
  api.server.put(...OBJECTS);
});
afterAll(() => api.stop());

const SURROUNDINGS = {
  KUBECONFIG: "config",
  KUBERNETES_ENABLED: "true",
  LAME_DUCK: "0",
  DOMAIN_FILTER: "home.example.com",
};
const prepare = (folder: string) => writeFile(join(folder, "config"), api.kubeconfig());

describe("two views of one cluster", () => {
  const zonegate = useZonegate({ env: SURROUNDINGS, file: FILE, prepare });
  const outside = (): ServerAddress => {
    const [, address] = zonegate().dnsAddresses;
    if (address === undefined) throw new Error("the view has no address");
    return address;
  };
  const name = (label: string): string => `${label}.home.example.com`;

  beforeAll(async () => {
    await eventually("everything is read", async () => (await lookup(outside(), name("none"))).rcode === "NXDOMAIN");
  });

  test.each(ANSWERS)("%s is %s for everybody and %s where the view listens", async (label, everybody, atPort) => {
    for (const ask of [lookup, lookupTcp]) {
      expect(valuesOf(await ask(zonegate().dns, name(label)))).toEqual(
        everybody === undefined ? [] : [`A ${everybody}`],
      );
      expect(valuesOf(await ask(outside(), name(label)))).toEqual(atPort === undefined ? [] : [`A ${atPort}`]);
    }
  });

  test.each(ANSWERS)("%s is %s for everybody and %s for clients of the guest network", async (label, _, guests) => {
    const reply = await answerUdpFrom("127.0.0.9", zonegate().dns, buildQuery({ name: name(label) }));
    expect(valuesOf(readReply(reply))).toEqual(guests === undefined ? [] : [`A ${guests}`]);
  });

  test("an address of a view's own answers that view also to a client of another's network", async () => {
    const reply = await answerUdpFrom("127.0.0.9", outside(), buildQuery({ name: "only.guests.example.com" }));
    expect(readReply(reply).rcode).toBe("REFUSED");
  });

  test("a record of the settings may lie in a zone that only one view has", async () => {
    const query = buildQuery({ name: "only.guests.example.com" });
    expect(valuesOf(readReply(await answerUdpFrom("127.0.0.9", zonegate().dns, query)))).toEqual(["A 192.168.1.21"]);
    expect((await lookup(zonegate().dns, "only.guests.example.com")).rcode).toBe("REFUSED");
  });

  test("what external-dns writes is answered in every view that has its zone", async () => {
    const owner = '"heritage=external-dns,external-dns/owner=home"';
    const create = [
      { dnsName: name("written"), recordType: "A", targets: ["192.168.1.30"], labels: { owner: "home" } },
      { dnsName: `a-${name("written")}`, recordType: "TXT", targets: [owner], labels: { owner: "home" } },
    ];
    const response = await fetch(`${zonegate().webhookUrl}/records`, {
      method: "POST",
      headers: { "content-type": MEDIA_TYPE },
      body: JSON.stringify({ create }),
    });
    expect(response.status).toBe(204);
    for (const address of [zonegate().dns, outside()]) {
      await eventually("it is answered", async () => valuesOf(await lookup(address, name("written"))).length > 0);
      expect(valuesOf(await lookup(address, name("written")))).toEqual(["A 192.168.1.30"]);
    }
  });

  test("explain tells what a view answers, and that there is no such view", async () => {
    const port = `--ops-port=${new URL(zonegate().opsUrl).port}`;
    const seen = await runZonegate({ args: ["explain", `${name("app")}@outside`, port] });
    expect([seen.exitCode, seen.stderr]).toEqual([0, ""]);
    expect(seen.stdout).toContain(`${name("app")} 60 A ${OUTSIDE}`);
    // The hint at the end tells the operator what another view answers.
    const [ofThisView = "", toKnow] = seen.stdout.split("to know:");
    expect(ofThisView).not.toContain(INSIDE);
    expect(toKnow).toContain(`The view of everybody answers otherwise, with A ${INSIDE}`);
    expect((await runZonegate({ args: ["explain", `${name("app")}@nobody`, port] })).exitCode).toBe(64);
  });

  test("status and metrics tell the views apart", async () => {
    const { dns } = JSON.parse(await (await fetch(`${zonegate().opsUrl}/status`)).text());
    expect(dns.views.map((view: { name: string }) => view.name)).toEqual(["outside", "guests"]);
    const metrics = await (await fetch(`${zonegate().opsUrl}/metrics`)).text();
    expect(metrics).toMatch(/^zonegate_names\{view="outside",zone="home.example.com"\} \d+$/m);
    expect(metrics).toMatch(/^zonegate_names\{view="",zone="home.example.com"\} \d+$/m);
  });
});

test("each view has a checkpoint of its own, and a start without the API leaks nothing either", async () => {
  const folder = await temporaryFolder();
  const options = { env: { ...SURROUNDINGS, ZONEGATE_MODE: "resolver" }, file: FILE, prepare, folder };
  const life = await startZonegate(options);
  // Everything, and not the first answer: half a state is no checkpoint.
  await eventually("everything is read", async () => (await fetch(`${life.opsUrl}/readyz`)).status === 200);
  await life.stop("SIGTERM");
  await api.close();
  try {
    const next = await startZonegate(options);
    const [everybody, outside] = next.dnsAddresses as readonly [ServerAddress, ServerAddress];
    // A view that has not read its checkpoint yet answers SERVFAIL: the process is there before that on a busy machine.
    for (const [dns, address] of [
      [everybody, INSIDE],
      [outside, OUTSIDE],
    ] as const) {
      await eventually("it answers", async () => valuesOf(await lookup(dns, "app.home.example.com")).length > 0);
      expect(valuesOf(await lookup(dns, "app.home.example.com"))).toEqual([`A ${address}`]);
    }
    expect(valuesOf(await lookup(outside, "private.home.example.com"))).toEqual([]);
    await next.kill9();
  } finally {
    await api.open();
  }
}, 60_000);
