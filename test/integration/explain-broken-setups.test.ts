// What people get wrong, set up in a cluster behind an API server, and the cause that `explain` names: that one and no other.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createCheckpointFolder } from "#src/checkpoint/checkpoint-folder.ts";
import { SILENT } from "#src/lib/log.ts";
import type { Explanation } from "#src/ops/explanation.ts";
import { customResource, customResourcesOf, GATEWAY_API } from "#test/fakes/kube-apiserver/custom-resources.ts";
import type { KubeObject } from "#test/fakes/kube-apiserver/objects.ts";
import { nameOf, recordSet } from "#test/support/dns/records.ts";
import { eventually } from "#test/support/eventually.ts";
import {
  type ExplainedCluster,
  type ExplainedClusterOptions,
  startExplainedCluster,
} from "#test/support/explained-cluster.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";

const DOMAIN = "home.example.com";
const HOSTNAME = "external-dns.alpha.kubernetes.io/hostname";
const GATEWAY_VERSION = `${GATEWAY_API}/v1`;

interface IngressOptions {
  readonly className?: string;
  readonly address?: string | null;
  readonly target?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Called like its host's first label. */
function ingress(host: string, options: IngressOptions = {}): KubeObject {
  const { className = "internal", address = "192.0.2.1", target, namespace = "apps", labels = {} } = options;
  const entry = target === undefined ? { ip: address } : { hostname: target };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: host.replace("*.", "any-").split(".")[0] ?? "", namespace, labels },
    spec: { ingressClassName: className, rules: [{ host }] },
    ...(address === null ? {} : { status: { loadBalancer: { ingress: [entry] } } }),
  };
}

function service(name: string, spec: object, annotations: Readonly<Record<string, string>> = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "apps", annotations },
    spec: { ports: [{ port: 80 }], ...spec },
    status: { loadBalancer: { ingress: [{ ip: "192.0.2.5" }] } },
  };
}

interface GatewayOptions {
  readonly className?: string;
  readonly hostname?: string;
  readonly addresses?: readonly string[];
}

function gateway(name: string, options: GatewayOptions = {}): KubeObject {
  const { className = "cilium", hostname = `*.${DOMAIN}`, addresses = ["192.0.2.2"] } = options;
  return {
    apiVersion: GATEWAY_VERSION,
    kind: "Gateway",
    metadata: { name, namespace: "network" },
    spec: { gatewayClassName: className, listeners: [{ name: "web", port: 443, protocol: "HTTPS", hostname }] },
    status: { addresses: addresses.map((value) => ({ type: "IPAddress", value })) },
  };
}

interface RouteOptions {
  readonly gateway?: string;
  readonly section?: string;
  /** Of the condition Accepted, with its reason; `undefined`: no controller has spoken. */
  readonly accepted?: readonly ["True" | "False", string] | undefined;
}

function route(label: string, options: RouteOptions = {}): KubeObject {
  const { gateway: parent = "internal", section, accepted = ["True", "Accepted"] } = options;
  const parentRef = { name: parent, namespace: "network", ...(section === undefined ? {} : { sectionName: section }) };
  const conditions = [{ type: "Accepted", status: accepted[0], reason: accepted[1], observedGeneration: 1 }];
  return {
    apiVersion: GATEWAY_VERSION,
    kind: "HTTPRoute",
    metadata: { name: label, namespace: "apps" },
    spec: { hostnames: [`${label}.${DOMAIN}`], parentRefs: [parentRef] },
    status: { parents: [{ parentRef, controllerName: "io.cilium/gateway-controller", conditions }] },
  };
}

/** What an explanation gives as causes, in the order that people read it. */
function causesOf({ claims, leftOut, hints }: Explanation): readonly string[] {
  const dropped = claims.flatMap(({ by, values }) =>
    values.flatMap(({ code, lostTo }) => (code === undefined ? [] : [`${code}: ${by} to ${lostTo ?? "nobody"}`])),
  );
  return [...dropped, ...leftOut.map(({ code, by }) => `${code}: ${by}`), ...hints.map(({ code }) => code)];
}

interface BrokenSetup {
  readonly what: string;
  readonly objects: readonly KubeObject[];
  /** Below the zone; with a final dot as it is. */
  readonly name: string;
  readonly causes: readonly string[];
  /** Somewhere in the sentences. */
  readonly says: RegExp;
}

const SETUPS: readonly BrokenSetup[] = [
  {
    what: "an Ingress of a class that is not watched",
    objects: [ingress(`class.${DOMAIN}`, { className: "nginx" })],
    name: "class",
    causes: ["class.unwatched: Ingress apps/class"],
    says: /class nginx; zone home\.example\.com watches internal, the default class/,
  },
  {
    what: "an Ingress whose controller wrote no status",
    objects: [ingress(`status.${DOMAIN}`, { address: null })],
    name: "status",
    causes: ["address.none: Ingress apps/status"],
    says: /controller has written no address into status\.loadBalancer/,
  },
  {
    what: "a route whose host no listener has",
    objects: [gateway("lab", { hostname: `*.lab.${DOMAIN}` }), route("listener", { gateway: "lab" })],
    name: "listener",
    causes: ["listener.mismatch: HTTPRoute apps/listener"],
    says: /no listener of its parents has a hostname that fits listener\.home\.example\.com/,
  },
  {
    what: "an object with the label that takes it out",
    objects: [ingress(`label.${DOMAIN}`, { labels: { "k8s-gateway.dns/ignore": "true" } })],
    name: "label",
    causes: ["object.ignored: Ingress apps/label"],
    says: /k8s-gateway\.dns\/ignore/,
  },
  {
    what: "a route that its Gateway did not accept",
    objects: [route("refused", { accepted: ["False", "NotAllowedByListeners"] })],
    name: "refused",
    causes: ["route.unaccepted: HTTPRoute apps/refused"],
    says: /NotAllowedByListeners/,
  },
  {
    what: "a route to a Gateway that is not there",
    objects: [route("parent", { gateway: "internol" })],
    name: "parent",
    causes: ["parent.unknown: HTTPRoute apps/parent"],
    says: /there is no Gateway network\/internol/,
  },
  {
    what: "a route to a listener that its Gateway does not have",
    objects: [route("section", { section: "admin" })],
    name: "section",
    causes: ["section.unknown: HTTPRoute apps/section"],
    says: /no listener called admin/,
  },
  {
    what: "a Gateway without an address",
    objects: [gateway("pending", { addresses: [] }), route("bound", { gateway: "pending" })],
    name: "bound",
    causes: ["address.none: HTTPRoute apps/bound"],
    says: /Gateway network\/pending has no address in status\.addresses/,
  },
  {
    what: "a namespace that may not claim the name",
    objects: [ingress(`namespace.${DOMAIN}`, { namespace: "guests" })],
    name: "namespace",
    causes: ["host.forbidden: Ingress guests/namespace"],
    says: /namespace guests may only claim names in guests\.home\.example\.com/,
  },
  {
    what: "a name that another object has the better right to",
    objects: [
      ingress(`conflict.${DOMAIN}`),
      service("rival", { type: "LoadBalancer" }, { [HOSTNAME]: `conflict.${DOMAIN}` }),
    ],
    name: "conflict",
    // The guests do not see the Ingress, so the Service has the name there.
    causes: ["merge.rank: Service apps/rival to Ingress apps/conflict", "view.differs"],
    says: /Ingress apps\/conflict ranks above Service apps\/rival/,
  },
  {
    what: "a Gateway that is not watched by its name",
    objects: [gateway("external"), route("outside", { gateway: "external" })],
    name: "outside",
    causes: ["gateway.unwatched: HTTPRoute apps/outside"],
    says: /does not watch Gateway network\/external of class cilium/,
  },
  {
    what: "a Gateway that is not watched by its class",
    objects: [gateway("edge", { className: "cilium-public" }), route("by-class", { gateway: "edge" })],
    name: "by-class",
    causes: ["gateway.unwatched: HTTPRoute apps/by-class"],
    says: /does not watch Gateway network\/edge of class cilium-public/,
  },
  {
    what: "a name outside every zone",
    objects: [ingress("zone.example.net")],
    name: "zone.example.net.",
    causes: ["host.outside: Ingress apps/zone", "zone.none"],
    says: /lies in none of our zones \(home\.example\.com\)/,
  },
  {
    what: "a name that nobody may claim",
    objects: [ingress(`wpad.${DOMAIN}`)],
    name: "wpad",
    causes: ["host.protected: Ingress apps/wpad", "name.protected"],
    says: /wpad\.home\.example\.com is a protected name/,
  },
  {
    what: "a name that the settings protect",
    objects: [ingress(`router.${DOMAIN}`)],
    name: "router",
    causes: ["host.protected: Ingress apps/router", "name.protected"],
    says: /router\.home\.example\.com is a protected name/,
  },
  {
    what: "a wildcard where none is allowed, asked for by itself",
    objects: [ingress(`*.wild.${DOMAIN}`)],
    name: "*.wild",
    causes: ["host.forbidden: Ingress apps/any-wild"],
    says: /the settings allow objects no wildcards/,
  },
  {
    what: "a wildcard where none is allowed, asked for by a name below it",
    objects: [],
    name: "x.wild",
    causes: ["host.forbidden: Ingress apps/any-wild"],
    says: /the settings allow objects no wildcards/,
  },
  {
    what: "an annotation with a URL in the place of a host name",
    objects: [service("dash", { type: "LoadBalancer" }, { [HOSTNAME]: `https://malformed.${DOMAIN}/` })],
    name: "malformed",
    causes: ["host.invalid: Service apps/dash"],
    says: /"https:\/\/malformed\.home\.example\.com\/" is not a host name/,
  },
  {
    what: "a Service that is for inside the cluster, without an annotation",
    objects: [service("inner", { type: "ClusterIP", clusterIP: "10.0.0.7" })],
    name: "inner.apps",
    causes: ["service.type: Service apps/inner"],
    says: /has type ClusterIP, which has no address outside the cluster/,
  },
  {
    what: "a Service that is for inside the cluster, with an annotation",
    objects: [service("named", { type: "ClusterIP", clusterIP: "10.0.0.8" }, { [HOSTNAME]: `cluster-ip.${DOMAIN}` })],
    name: "cluster-ip",
    causes: ["service.type: Service apps/named"],
    says: /has type ClusterIP, which has no address outside the cluster/,
  },
  {
    what: "an alias that leads nowhere",
    objects: [ingress(`alias.${DOMAIN}`, { target: `nowhere.${DOMAIN}` })],
    name: "alias",
    causes: ["alias.empty"],
    says: /leads to nowhere\.home\.example\.com, which has no A/,
  },
  {
    what: "an object of a kind whose definition is not installed",
    objects: [],
    name: "endpoint",
    causes: ["name.unclaimed", "kind.absent", "kind.off"],
    says: /does not have these kinds.*DNSEndpoint \(externaldns\.k8s\.io\)/,
  },
  {
    what: "a node, while nodes are switched off",
    objects: [],
    name: "node-1",
    causes: ["name.unclaimed", "kind.absent", "kind.off"],
    says: /Switched off.*: node, pod\./,
  },
  {
    what: "a name that only another view answers",
    objects: [ingress(`guest.${DOMAIN}`, { className: "guests" })],
    name: "guest",
    causes: ["class.unwatched: Ingress apps/guest", "view.only"],
    says: /View guests answers what is not answered here, with A 192\.0\.2\.1: zonegate explain guest\.home\.example\.com@guests/,
  },
];

const VIEW = `views:
  - {name: guests, clients: [10.9.0.0/16], zones: [{apex: ${DOMAIN}, ingressClasses: [guests]}]}
`;

describe("a cluster in which everything is wrong", () => {
  let cluster: ExplainedCluster;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "zonegate-explain-"));
    const objects = [gateway("internal"), ...SETUPS.flatMap((setup) => setup.objects)];
    const env = {
      NAMESPACE_DOMAINS: `guests=guests.${DOMAIN}`,
      ALLOW_WILDCARDS: "false",
      PROTECTED_NAMES: `router.${DOMAIN}`,
    };
    cluster = await startExplainedCluster({
      definitions: customResourcesOf(GATEWAY_API),
      objects,
      env,
      file: VIEW,
      folder,
    });
  });
  afterAll(async () => {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test.each(SETUPS)("$what", async ({ name, causes, says }) => {
    const explanation = await cluster.explain(name.endsWith(".") ? name.slice(0, -1) : `${name}.${DOMAIN}`);
    expect(causesOf(explanation)).toEqual(causes);
    const sentences = [explanation.claims, explanation.leftOut, explanation.hints].map((part) => JSON.stringify(part));
    expect(sentences.join("\n").replaceAll('\\"', '"')).toMatch(says);
  });

  test("and what is right in it has no cause, but its class and its Gateway", async () => {
    cluster.api.server.put(route("right"));
    const { claims } = await eventually("the route is served", async () => {
      const explanation = await cluster.explain(`right.${DOMAIN}`);
      return explanation.answers[0]?.result === "data" && causesOf(explanation).length === 0 && explanation;
    });
    expect(claims).toMatchObject([{ by: "HTTPRoute apps/right", className: "cilium", gateways: ["network/internal"] }]);
  });
});

async function start(options: Omit<ExplainedClusterOptions, "folder">): Promise<ExplainedCluster> {
  const cluster = await startExplainedCluster({ ...options, folder: await temporaryFolder() });
  onTestFinished(() => cluster.stop());
  return cluster;
}

test("a kind that the service account may not read", async () => {
  const rule = (group: string, resources: readonly string[]) => ({
    apiGroups: [group],
    resources,
    verbs: ["list", "watch"],
  });
  const { explain } = await start({
    definitions: [customResource("gateways"), customResource("httproutes")],
    objects: [gateway("internal"), route("secret")],
    rules: [
      rule("", ["services"]),
      rule("discovery.k8s.io", ["endpointslices"]),
      rule("networking.k8s.io", ["ingresses", "ingressclasses"]),
      rule(GATEWAY_API, ["gateways"]),
    ],
  });
  const explanation = await explain(`secret.${DOMAIN}`);
  expect(causesOf(explanation)).toEqual(["name.unclaimed", "kind.forbidden", "kind.absent", "kind.off"]);
  expect(explanation.hints[1]?.text).toMatch(
    /^HTTPRoute \(gateway\.networking\.k8s\.io\) cannot be read: forbidden, .*httproutes/,
  );
});

test("a start while the API is away, with a checkpoint: what is answered says how old it is, and what is not why", async () => {
  const folder = await temporaryFolder();
  const savedAtMs = Date.now() - 3_600_000;
  const stale = {
    ...recordSet(`old.${DOMAIN} 60 A 192.0.2.7`),
    origin: { kind: "Ingress", namespace: "apps", name: "old", className: "internal" } as const,
  };
  await createCheckpointFolder({ folder, log: SILENT }).save({
    savedAtMs,
    clusterUids: new Map([["", "0a-1b"]]),
    claims: new Map([["", [stale]]]),
  });
  const cluster = await startExplainedCluster({ folder, isAway: true });
  onTestFinished(() => cluster.stop());
  const explanation = await eventually("the first request has failed", async () => {
    const seen = await cluster.explain(`old.${DOMAIN}`);
    return seen.answers[0]?.result === "data" && seen;
  });
  expect(explanation.claims).toMatchObject([{ by: "Ingress apps/old", isStale: true }]);
  const hint = explanation.hints.find(({ code }) => code === "checkpoint.stale");
  expect(hint?.text).toContain(
    `Answered from the checkpoint of ${new Date(savedAtMs).toISOString()}: what Ingress needs`,
  );
  const missing = await eventually("the failure is known", async () => {
    const seen = await cluster.explain(`new.${DOMAIN}`);
    return seen.hints.some(({ code }) => code === "kind.failing") && seen;
  });
  expect(missing.answers[0]).toMatchObject({ result: "not-ready" });
});

test("an API that goes away later: what is answered says until when it was true", async () => {
  const cluster = await start({ objects: [ingress(`kept.${DOMAIN}`)] });
  expect(causesOf(await cluster.explain(`kept.${DOMAIN}`))).toEqual([]);
  await cluster.api.close();
  const { hints, answers } = await eventually("the outage is told", async () => {
    const seen = await cluster.explain(`kept.${DOMAIN}`);
    return seen.hints.some(({ code }) => code === "kind.stale") && seen;
  });
  expect(answers[0]).toMatchObject({ result: "data" });
  expect(hints[0]?.text).toMatch(
    /^Ingress \(networking\.k8s\.io\) cannot be read now \(.+\): what the cluster said until 20/,
  );
});

test("a view explains its own answers", async () => {
  const cluster = await start({
    file: VIEW,
    objects: [ingress(`guest.${DOMAIN}`, { className: "guests" }), ingress(`guest-2.${DOMAIN}`)],
  });
  const ours = await cluster.explain(`guest.${DOMAIN}@guests`);
  expect([ours.view, causesOf(ours)]).toEqual(["guests", []]);
  expect(causesOf(await cluster.explain(`guest-2.${DOMAIN}@guests`))).toEqual([
    "class.unwatched: Ingress apps/guest-2",
    "view.only",
  ]);
  expect(nameOf(ours.name)).toBe(`guest.${DOMAIN}`);
});
