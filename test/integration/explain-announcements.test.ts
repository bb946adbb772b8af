// Which node announces an address, as `explain` reads it from Cilium's Leases: when it is asked, and never else.

import { expect, onTestFinished, test } from "vitest";
import type { KubeObject } from "#test/fakes/kube-apiserver/objects.ts";
import { type ExplainedCluster, startExplainedCluster } from "#test/support/explained-cluster.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";

const NAME = "plex.home.example.com";

const PLEX: KubeObject = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "plex", namespace: "media", annotations: { "external-dns.alpha.kubernetes.io/hostname": NAME } },
  spec: { type: "LoadBalancer", ports: [{ port: 32400 }] },
  status: { loadBalancer: { ingress: [{ ip: "192.168.20.10" }] } },
};

function lease(spec: object, name = "cilium-l2announce-media-plex", namespace = "kube-system"): KubeObject {
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name, namespace }, spec };
}

function heldBy(holderIdentity: string, ageMs: number): object {
  const renewTime = new Date(Date.now() - ageMs).toISOString();
  return { holderIdentity, leaseDurationSeconds: 15, leaseTransitions: 1, acquireTime: renewTime, renewTime };
}

async function start(more: {
  readonly objects: readonly KubeObject[];
  readonly env?: Readonly<Record<string, string>>;
  readonly rules?: readonly object[];
}): Promise<ExplainedCluster> {
  const { objects, env = { CILIUM_LEASES: "true" }, rules } = more;
  const cluster = await startExplainedCluster({
    objects,
    env,
    folder: await temporaryFolder(),
    ...(rules === undefined ? {} : { rules }),
  });
  onTestFinished(() => cluster.stop());
  return cluster;
}

const leaseRequests = ({ api }: ExplainedCluster) =>
  api.server.requests().filter(({ path }) => path.includes("/leases"));

test("the holder of the Lease is the node that answers, also for a name that leads there by an alias", async () => {
  const alias: KubeObject = {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: "tv", namespace: "media" },
    spec: { ingressClassName: "internal", rules: [{ host: "tv.home.example.com" }] },
    status: { loadBalancer: { ingress: [{ hostname: NAME }] } },
  };
  const cluster = await start({ objects: [PLEX, alias, lease(heldBy("node-2", 1_000))] });
  expect(leaseRequests(cluster)).toEqual([]);
  const expected = [
    {
      address: "192.168.20.10",
      service: "Service media/plex",
      state: "announced",
      node: "node-2",
      renewedAtMs: expect.any(Number) as number,
      reason: "node node-2 answers for it",
    },
  ];
  const { announcements, hints } = await cluster.explain(NAME);
  expect(announcements).toEqual(expected);
  expect(hints).toEqual([]);
  expect((await cluster.explain("tv.home.example.com")).announcements).toEqual(expected);
  // Asked once for both, and watched never.
  expect(leaseRequests(cluster).map(({ method, path }) => `${method} ${path}`)).toEqual([
    "GET /apis/coordination.k8s.io/v1/namespaces/kube-system/leases/cilium-l2announce-media-plex",
  ]);
});

test.each([
  [
    "that nobody renews",
    lease(heldBy("node-1", 3_600_000)),
    "expired",
    /node node-1 renewed the Lease 3[56]\d\d s ago, it lasts 15 s/,
  ],
  ["that nobody holds", lease({ holderIdentity: "" }), "none", /no node holds the Lease cilium-l2announce-media-plex/],
  ["that is not there", undefined, "none", /there is no Lease cilium-l2announce-media-plex/],
  ["in another namespace", lease(heldBy("node-1", 0), undefined, "cilium"), "none", /there is no Lease/],
])("a Lease %s means that no node answers", async (_, object, state, reason) => {
  const cluster = await start({ objects: [PLEX, ...(object === undefined ? [] : [object])] });
  const { announcements, hints } = await cluster.explain(NAME);
  expect(announcements).toMatchObject([{ state, reason: expect.stringMatching(reason) as string }]);
  expect(hints).toMatchObject([{ code: "address.unannounced", text: expect.stringMatching(reason) as string }]);
});

test("another namespace of Cilium is asked where the settings say so", async () => {
  const env = { CILIUM_LEASES: "true", CILIUM_NAMESPACE: "cilium" };
  const cluster = await start({ env, objects: [PLEX, lease(heldBy("node-3", 0), undefined, "cilium")] });
  expect((await cluster.explain(NAME)).announcements).toMatchObject([{ state: "announced", node: "node-3" }]);
});

test("a missing right is said, and takes nothing from the rest of the explanation", async () => {
  const rule = (group: string, resources: readonly string[]) => ({
    apiGroups: [group],
    resources,
    verbs: ["list", "watch"],
  });
  const rules = [
    rule("", ["services"]),
    rule("discovery.k8s.io", ["endpointslices"]),
    rule("networking.k8s.io", ["ingresses", "ingressclasses"]),
  ];
  const cluster = await start({ rules, objects: [PLEX, lease(heldBy("node-2", 0))] });
  const { announcements, answers } = await cluster.explain(NAME);
  expect(announcements).toMatchObject([{ state: "unknown", reason: expect.stringContaining("forbidden") as string }]);
  expect(answers[0]).toMatchObject({ result: "data" });
});

test("the right that docs/cluster.md names is enough", async () => {
  const rule = (group: string, resources: readonly string[], verbs: readonly string[]) => ({
    apiGroups: [group],
    resources,
    verbs,
  });
  const rules = [
    rule("", ["services"], ["list", "watch"]),
    rule("networking.k8s.io", ["ingresses", "ingressclasses"], ["list", "watch"]),
    rule("coordination.k8s.io", ["leases"], ["get"]),
  ];
  const cluster = await start({ rules, objects: [PLEX, lease(heldBy("node-2", 0))] });
  expect((await cluster.explain(NAME)).announcements).toMatchObject([{ state: "announced" }]);
});

test("an API that does not answer is given up after two seconds, and the rest is explained", async () => {
  const cluster = await start({ objects: [PLEX, lease(heldBy("node-2", 0))] });
  cluster.api.setMode("handshake-hang");
  cluster.api.resetConnections();
  const { announcements, answers } = await cluster.explain(NAME);
  expect(announcements).toMatchObject([{ state: "unknown" }]);
  expect(answers[0]).toMatchObject({ result: "data" });
});

test("nobody is asked unless the settings say so", async () => {
  const cluster = await start({ env: {}, objects: [PLEX, lease(heldBy("node-2", 0))] });
  expect((await cluster.explain(NAME)).announcements).toBeUndefined();
  expect(leaseRequests(cluster)).toEqual([]);
});
