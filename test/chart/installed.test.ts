// The chart installed by the real kubectl and Helm on the fake API server, and the real process run as its pod would be, with
// exactly the rights that the installed roles give.

import { expect, onTestFinished, test } from "vitest";
import { type ListeningKubeApiServer, startKubeApiServer } from "#test/fakes/kube-apiserver/listening-server.ts";
import type { KubeObject } from "#test/fakes/kube-apiserver/objects.ts";
import { CHART, type ChartValues, configFile, objectOf, renderText, rulesOf } from "#test/support/chart.ts";
import { lookup, lookupTcp, valuesOf } from "#test/support/dns/lookup.ts";
import { eventually } from "#test/support/eventually.ts";
import { defineEveryKind, HOME_NAMES, HOME_OBJECTS } from "#test/support/home-cluster.ts";
import { createKubectl } from "#test/support/kubectl.ts";
import { describeWithPeer } from "#test/support/peers.ts";
import { type RunningPod, startPod } from "#test/support/pod.ts";
import { canMount } from "#test/support/zonegate-on-disk.ts";

/** Of the account that the chart makes. */
const USER = "system:serviceaccount:dns:zonegate";

describeWithPeer("helm", "with the chart rendered by Helm", (helm) => {
  describeWithPeer("kubectl", "and applied by kubectl 1.35", (kubectl) => installedBy(helm, kubectl));
  describeWithPeer("kubectl-1.32", "and applied by kubectl 1.32", (kubectl) => installedBy(helm, kubectl));
});
describeWithPeer("helm", "the chart installed by Helm 4", releasedBy);
describeWithPeer("helm3", "the chart installed by Helm 3", releasedBy);

async function startCluster(): Promise<ListeningKubeApiServer> {
  const api = await startKubeApiServer();
  onTestFinished(() => api.stop());
  defineEveryKind(api.server);
  api.server.put(...HOME_OBJECTS);
  return api;
}

interface Installation {
  readonly helm: string;
  readonly kubectl: string;
  readonly values: ChartValues;
}

async function install(api: ListeningKubeApiServer, { helm, kubectl, values }: Installation): Promise<void> {
  const client = await createKubectl(kubectl, api.kubeconfig());
  const text = await renderText(helm, values);
  const applied = await client.run("apply -f -", text);
  expect(applied).toMatchObject({ exitCode: 0, stderr: "" });
  const again = (await client.run("apply -f -", text)).stdout.trim().split("\n");
  expect(again.filter((line) => !line.endsWith(" unchanged"))).toEqual([]);
}

/** Its settings and its token are those that the cluster holds for it. */
function run(api: ListeningKubeApiServer): Promise<RunningPod> {
  const config = configFile(api.server.objects("configmaps.").filter(({ metadata }) => metadata.name === "zonegate"));
  return startPod({ api, token: api.server.tokenFor("dns", "zonegate"), config });
}

function untilReady(pod: RunningPod): Promise<unknown> {
  return eventually("it is ready", async () => (await fetch(`${pod.opsUrl}/readyz`)).status === 200);
}

interface Status {
  readonly dns: {
    readonly kubernetes: {
      readonly clusters: readonly {
        readonly identity: { readonly state: string };
        readonly kinds: readonly { readonly kind: string; readonly state: string }[];
      }[];
    };
  };
}

async function clusterOf(pod: RunningPod) {
  const status = (await (await fetch(`${pod.opsUrl}/status`)).json()) as Status;
  return status.dns.kubernetes.clusters[0];
}

function requestsOf({ server }: ListeningKubeApiServer) {
  return server.requests().filter(({ user }) => user === USER);
}

function installedBy(helm: string, kubectl: string): void {
  test.skipIf(!canMount())(
    "the service answers with exactly the rights it was given (needs root on Linux)",
    async () => {
      const api = await startCluster();
      await install(api, { helm, kubectl, values: { lameDuckSeconds: 0 } });
      const pod = await run(api);
      await untilReady(pod);
      for (const [name, value] of Object.entries(HOME_NAMES)) {
        expect(valuesOf(await lookup(pod.dns, name))).toEqual([value]);
        expect(valuesOf(await lookupTcp(pod.dns, name))).toEqual([value]);
      }
      expect((await lookup(pod.dns, "unknown.home.example.com")).rcode).toBe("NXDOMAIN");
      await eventually("every kind is watched", async () =>
        (await clusterOf(pod))?.kinds.every(({ state }) => state === "watching"),
      );
      expect((await clusterOf(pod))?.identity.state).toBe("verified");
      expect(requestsOf(api).length).toBeGreaterThan(20);
      expect(requestsOf(api).filter(({ status }) => status !== undefined && status >= 400)).toEqual([]);
      expect(new Set(requestsOf(api).map(({ verb }) => verb))).toEqual(new Set(["get", "list", "watch"]));
      expect((await pod.stop("SIGTERM")).exitCode).toBe(0);
    },
    60_000,
  );

  test.skipIf(!canMount())(
    "with Roles in two namespaces it reads these and asks for no other (needs root on Linux)",
    async () => {
      const api = await startCluster();
      const values = { sources: ["ingress", "service", "dnsendpoint"], namespaces: ["dns", "media"] };
      await install(api, { helm, kubectl, values });
      const pod = await run(api);
      await untilReady(pod);
      expect(valuesOf(await lookup(pod.dns, "jellyfin.home.example.com"))).toEqual(["A 192.168.1.10"]);
      expect(valuesOf(await lookup(pod.dns, "nas.home.example.com"))).toEqual(["A 192.168.1.13"]);
      expect((await lookup(pod.dns, "mqtt.home.example.com")).rcode).toBe("NXDOMAIN");
      expect(requestsOf(api).filter(({ status }) => status !== undefined && status >= 400)).toEqual([]);
      const asked = requestsOf(api).map(({ namespace }) => namespace);
      expect(new Set(asked)).toEqual(new Set(["", "dns", "media", "kube-system"]));
    },
    60_000,
  );
}

function releasedBy(program: string): void {
  test("takes an upgrade with other sources, and leaves nothing behind", async () => {
    const api = await startCluster();
    const helm = await createKubectl(program, api.kubeconfig());
    const before = namesOf(api.server.objects());
    expect(await helm.run(`install zonegate ${CHART} --namespace dns`)).toMatchObject({ exitCode: 0 });
    expect(resourcesOf(api)).toContain("httproutes");
    const installed = checksumOf(api);
    const others = "--set sources={ingress,service} --set zones[0].apex=a.example --set zones[1]=b.example";
    expect(await helm.run(`upgrade zonegate ${CHART} --namespace dns ${others}`)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("Zonegate answers for a.example, b.example.\n"),
    });
    expect(resourcesOf(api)).toEqual(["services", "endpointslices", "ingressclasses", "ingresses", "namespaces"]);
    expect(checksumOf(api)).not.toBe(installed);
    expect(await helm.run("uninstall zonegate --namespace dns")).toMatchObject({ exitCode: 0 });
    expect(namesOf(api.server.objects())).toEqual(before);
  }, 60_000);
}

function namesOf(objects: readonly KubeObject[]): readonly string[] {
  return objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ""}/${metadata.name}`).sort();
}

function resourcesOf({ server }: ListeningKubeApiServer): readonly string[] {
  const roles = server.objects("clusterroles.rbac.authorization.k8s.io");
  return rulesOf(objectOf(roles, "ClusterRole", "dns-zonegate")).flatMap(({ resources }) => resources);
}

function checksumOf({ server }: ListeningKubeApiServer): unknown {
  const ref = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "zonegate", namespace: "dns" } };
  return JSON.stringify(server.object(ref)?.["spec"]).match(/"checksum\/config":"(\w+)"/)?.[1];
}
