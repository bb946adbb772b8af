// The real process on a cluster: what its objects say is answered, an outage changes nothing, and the operator sees how it stands.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type ListeningKubeApiServer, startKubeApiServer } from "#test/fakes/kube-apiserver/listening-server.ts";
import type { KubeObject } from "#test/fakes/kube-apiserver/objects.ts";
import { lookup, valuesOf } from "#test/support/dns/lookup.ts";
import { eventually } from "#test/support/eventually.ts";
import { type RunningZonegate, runZonegate, startZonegate } from "#test/support/zonegate-process.ts";

const ZONE = { ZONES: "home.example.com", LAME_DUCK: "0", DOMAIN_FILTER: "home.example.com" };

async function startServer(): Promise<ListeningKubeApiServer> {
  const started = await startKubeApiServer();
  onTestFinished(() => started.stop());
  return started;
}

function ingress(name: string, address: string, namespace = "apps"): KubeObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, namespace },
    spec: { ingressClassName: "internal", rules: [{ host: `${name}.home.example.com` }] },
    status: { loadBalancer: { ingress: [{ ip: address }] } },
  };
}

function readClusters(
  kubeconfigs: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningZonegate> {
  return startZonegate({
    env: { ...ZONE, KUBECONFIG: Object.keys(kubeconfigs).join(":"), KUBERNETES_ENABLED: "true", ...env },
    prepare: async (folder) => {
      for (const [file, content] of Object.entries(kubeconfigs)) await writeFile(join(folder, file), content);
    },
  });
}

function answered(zonegate: RunningZonegate, label: string): Promise<readonly string[]> {
  return lookup(zonegate.dns, `${label}.home.example.com`).then(valuesOf);
}

function untilAnswered(zonegate: RunningZonegate, label: string, values: readonly string[]): Promise<unknown> {
  return eventually(`${label} is ${values.join(" ")}`, async () => {
    const now = await answered(zonegate, label);
    return now.length === values.length && now.every((value, index) => value === values[index]);
  });
}

async function textOf(url: string): Promise<string> {
  return (await fetch(url)).text();
}

test("an object is answered, changed and withdrawn as the cluster says", async () => {
  const started = await startServer();
  started.server.put(ingress("jellyfin", "192.168.1.10"));
  const zonegate = await readClusters({ config: started.kubeconfig() });
  await untilAnswered(zonegate, "jellyfin", ["A 192.168.1.10"]);
  started.server.put(ingress("jellyfin", "192.168.1.11"));
  await untilAnswered(zonegate, "jellyfin", ["A 192.168.1.11"]);
  started.server.remove(ingress("jellyfin", ""));
  await eventually("the name is gone", async () => {
    const { rcode } = await lookup(zonegate.dns, "jellyfin.home.example.com");
    return rcode === "NXDOMAIN";
  });
  expect((await zonegate.stop("SIGTERM")).exitCode).toBe(0);
});

test("an API that goes away takes no name with it, and the operator sees it", async () => {
  const started = await startServer();
  started.server.put(ingress("paperless", "192.168.1.12"));
  const zonegate = await readClusters({ config: started.kubeconfig() });
  await untilAnswered(zonegate, "paperless", ["A 192.168.1.12"]);
  // A name is answered as soon as it is read; ready is who has read everything.
  await eventually("ready", async () => (await fetch(`${zonegate.opsUrl}/readyz`)).status === 200);
  await started.close();
  await eventually("the outage is in the metrics", async () => {
    const metrics = await textOf(`${zonegate.opsUrl}/metrics`);
    return metrics.includes('kind_state{cluster="test",kind="Ingress.networking.k8s.io",state="failing"} 1');
  });
  expect(await answered(zonegate, "paperless")).toEqual(["A 192.168.1.12"]);
  expect((await fetch(`${zonegate.opsUrl}/readyz`)).status).toBe(200);
  await started.open();
  started.server.put(ingress("grafana", "192.168.1.13"));
  await untilAnswered(zonegate, "grafana", ["A 192.168.1.13"]);
  const status = JSON.parse(await textOf(`${zonegate.opsUrl}/status`));
  expect(status.dns.kubernetes).toMatchObject({
    synced: true,
    clusters: [{ name: "test", identity: { state: "verified", uid: started.server.clusterUid } }],
  });
});

test("an API that was never there delays neither static names nor the start", async () => {
  const started = await startServer();
  await started.close();
  const zonegate = await startZonegate({
    env: { ...ZONE, KUBECONFIG: "config", KUBERNETES_ENABLED: "true" },
    file: "version: 1\nrecords:\n  - {name: nas.home.example.com, type: A, targets: [192.168.1.20]}\n",
    prepare: (folder) => writeFile(join(folder, "config"), started.kubeconfig()),
  });
  expect(await answered(zonegate, "nas")).toEqual(["A 192.168.1.20"]);
  // Nobody may be told that a name does not exist before the cluster was read (docs/decisions.md 16).
  expect((await lookup(zonegate.dns, "unknown.home.example.com")).rcode).toBe("SERVFAIL");
  expect((await fetch(`${zonegate.opsUrl}/readyz`)).status).toBe(503);
});

test("of two clusters the first one has the better right, and names of both are answered", async () => {
  const [one, two] = [await startServer(), await startServer()];
  one.server.put(ingress("shared", "192.168.1.30"));
  two.server.put(ingress("shared", "192.168.2.30"), ingress("second", "192.168.2.31"));
  const renamed = JSON.parse(two.kubeconfig());
  renamed.clusters[0].name = renamed.users[0].name = renamed.contexts[0].name = "edge";
  renamed.contexts[0].context = { cluster: "edge", user: "edge" };
  const files = { config: one.kubeconfig(), "config-2": JSON.stringify(renamed) };
  const zonegate = await readClusters(files, { KUBE_CONTEXTS: "edge,test", KUBERNETES_ENABLED: "auto" });
  await untilAnswered(zonegate, "second", ["A 192.168.2.31"]);
  await untilAnswered(zonegate, "shared", ["A 192.168.2.30"]);
  // Each cluster is read in its own time.
  const conflict = await eventually("both clusters have been read", async () => {
    const { dns } = JSON.parse(await textOf(`${zonegate.opsUrl}/status`));
    return dns.conflicts[0];
  });
  expect(conflict).toMatchObject({
    code: "merge.rank",
    winner: { cluster: "edge" },
    loser: { cluster: "test" },
  });
});

test("only the namespaces that are named are read", async () => {
  const started = await startServer();
  started.server.put(ingress("mine", "192.168.1.40", "dns"), ingress("other", "192.168.1.41", "apps"));
  const zonegate = await readClusters({ config: started.kubeconfig() }, { KUBE_NAMESPACES: "dns,media" });
  await untilAnswered(zonegate, "mine", ["A 192.168.1.40"]);
  await eventually("everything is read, and the other one is not there", async () => {
    return (await lookup(zonegate.dns, "other.home.example.com")).rcode === "NXDOMAIN";
  });
  const paths = started.server.requests().map(({ path }) => path);
  expect(paths.filter((path) => /^\/apis\/networking.k8s.io\/v1\/ingresses/.test(path))).toEqual([]);
});

test("the start is refused while the environment switches verification off", async () => {
  const ended = await runZonegate({
    env: { ...ZONE, KUBECONFIG: "config", KUBERNETES_ENABLED: "true", NODE_TLS_REJECT_UNAUTHORIZED: "0" },
  });
  expect(ended.exitCode).toBe(78);
  expect(ended.stderr).toContain("NODE_TLS_REJECT_UNAUTHORIZED");
});

test("a kubeconfig that is not there ends the start with what to do", async () => {
  const ended = await runZonegate({ env: { ...ZONE, KUBECONFIG: "nowhere", KUBERNETES_ENABLED: "true" } });
  expect(ended.exitCode).toBe(78);
  expect(ended.stderr).toContain("kubernetes.kubeconfig");
});
