// The way to a cluster over real TLS: who proves what to whom, which files are read again, and how many connections there are.

import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { ConfigError, UnavailableError } from "#src/errors.ts";
import { type ClusterAccess, type ClusterConnection, connectCluster } from "#src/kubernetes/connection.ts";
import { inClusterAccess } from "#src/kubernetes/in-cluster.ts";
import { createClusterInventory } from "#src/kubernetes/inventory.ts";
import { kubeconfigAccess } from "#src/kubernetes/kubeconfig.ts";
import { type Clock, SYSTEM_CLOCK } from "#src/lib/clock.ts";
import { SILENT } from "#src/lib/log.ts";
import { type ListeningKubeApiServer, startKubeApiServer } from "#test/fakes/kube-apiserver/listening-server.ts";
import { createCertificate, type ServerCertificate } from "#test/fakes/unifi-console/certificate.ts";
import { eventually } from "#test/support/eventually.ts";
import { JumpingClock } from "#test/support/jumping-clock.ts";
import { readAny } from "#test/support/kubernetes/watched.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";

/** Real sockets; waits are a twentieth of what they are, so that a row of failures is over in a second. */
const HASTY: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now() * 20,
  sleep: (delayMs, signal) => SYSTEM_CLOCK.sleep(delayMs / 20, signal),
};
const NAMESPACE = "/api/v1/namespaces/kube-system";

async function startServer(): Promise<ListeningKubeApiServer> {
  const started = await startKubeApiServer();
  onTestFinished(() => started.stop());
  return started;
}

function connect(access: ClusterAccess, watches = 3, clock = SYSTEM_CLOCK): ClusterConnection {
  const connection = connectCluster(access, watches, clock);
  onTestFinished(() => connection.close());
  return connection;
}

/** For the same address, of another authority. */
function otherCertificate(): ServerCertificate {
  const dayMs = 86_400_000;
  const nowMs = Date.now();
  return createCertificate({
    names: ["127.0.0.1"],
    notBefore: new Date(nowMs - dayMs),
    notAfter: new Date(nowMs + dayMs),
  });
}

function get({ client }: ClusterConnection): Promise<unknown> {
  return client.getJson(NAMESPACE, AbortSignal.timeout(10_000));
}

describe("in a pod", () => {
  async function mount({ server, caPem }: ListeningKubeApiServer) {
    const folder = await temporaryFolder();
    const token = server.grant("dns", "zonegate", [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }]);
    await writeFile(join(folder, "token"), `${token}\n`);
    await writeFile(join(folder, "ca.crt"), caPem);
    return folder;
  }

  test("the mounted token and authority are used", async () => {
    const started = await startServer();
    const folder = await mount(started);
    const connection = connect(
      inClusterAccess({ host: "127.0.0.1", port: String(started.port), folder, clock: SYSTEM_CLOCK }),
    );
    expect(await get(connection)).toMatchObject({ metadata: { uid: started.server.clusterUid } });
  });

  test("22: a token that was replaced is read when the old one is refused", async () => {
    const started = await startServer();
    const folder = await mount(started);
    const connection = connect(
      inClusterAccess({ host: "127.0.0.1", port: String(started.port), folder, clock: SYSTEM_CLOCK }),
    );
    await get(connection);
    await writeFile(join(folder, "token"), started.server.rotateToken("dns", "zonegate"));
    expect(await get(connection)).toMatchObject({ kind: "Namespace" });
  });

  test("22: a token that was replaced is read within a minute although the old one still works", async () => {
    const started = await startServer();
    const folder = await mount(started);
    const clock = new JumpingClock();
    const access = inClusterAccess({ host: "127.0.0.1", port: String(started.port), folder, clock });
    const { signal } = new AbortController();
    const first = await access.credentials.headers("usual", signal);
    await writeFile(join(folder, "token"), "another");
    await clock.advance(60_000);
    expect(await access.credentials.headers("usual", signal)).toEqual(first);
    await clock.advance(1);
    expect(await access.credentials.headers("usual", signal)).toEqual({ authorization: "Bearer another" });
  });

  test("15: a token file that is away is a failure of the credentials that names the file and not its content", async () => {
    const started = await startServer();
    const folder = await mount(started);
    const access = inClusterAccess({ host: "127.0.0.1", port: String(started.port), folder, clock: SYSTEM_CLOCK });
    await rm(join(folder, "token"));
    await expect(get(connect(access))).rejects.toMatchObject({ code: "kubernetes.credentials" });
    await writeFile(join(folder, "token"), "se\ncret");
    await expect(get(connect(access))).rejects.toMatchObject({ message: expect.not.stringContaining("cret") });
  });

  test("a server with a certificate of somebody else gets no token", async () => {
    const started = await startServer();
    const folder = await mount(started);
    await writeFile(join(folder, "ca.crt"), otherCertificate().certificatePem);
    const connection = connect(
      inClusterAccess({ host: "127.0.0.1", port: String(started.port), folder, clock: SYSTEM_CLOCK }),
    );
    await expect(get(connection)).rejects.toMatchObject({ code: "kubernetes.broken" });
    expect(started.server.requests()).toEqual([]);
  });

  test("an authority that was replaced makes a new agent, and equal content keeps the old one", async () => {
    const started = await startServer();
    const folder = await mount(started);
    const clock = new JumpingClock();
    const connection = connect(
      inClusterAccess({ host: "127.0.0.1", port: String(started.port), folder, clock }),
      3,
      SYSTEM_CLOCK,
    );
    await get(connection);
    await clock.advance(61_000);
    await get(connection);
    expect(connection.sockets()).toBe(1);
    const next = otherCertificate();
    started.setCertificate(next);
    await writeFile(join(folder, "ca.crt"), next.certificatePem);
    started.resetConnections();
    await clock.advance(61_000);
    expect(await get(connection)).toMatchObject({ kind: "Namespace" });
  });

  test("without a service account the start is refused with what to do", async () => {
    const folder = await temporaryFolder();
    expect(() => inClusterAccess({ host: "127.0.0.1", port: "1", folder, clock: SYSTEM_CLOCK })).toThrow(
      UnavailableError,
    );
  });
});

describe("by a kubeconfig", () => {
  async function write(content: string): Promise<string> {
    const path = join(await temporaryFolder(), "config");
    await writeFile(path, content);
    return path;
  }

  test("the current context is used when none is named", async () => {
    const started = await startServer();
    const files = [await write(started.kubeconfig())];
    const [access] = await kubeconfigAccess({ files, contexts: [], clock: SYSTEM_CLOCK });
    expect(access).toMatchObject({ name: "test", server: started.url });
    expect(await get(connect(access as ClusterAccess))).toMatchObject({ kind: "Namespace" });
  });

  test("a plugin is asked for a token, and again when that is refused", async () => {
    const started = await startServer();
    const folder = await temporaryFolder();
    const say = (token: string): Promise<void> =>
      writeFile(
        join(folder, "credential"),
        JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status: { token } }),
      );
    await say(started.server.adminToken);
    const config = JSON.parse(started.kubeconfig());
    config.users[0].user = {
      exec: { apiVersion: "client.authentication.k8s.io/v1", command: "cat", args: [join(folder, "credential")] },
    };
    const files = [await write(JSON.stringify(config))];
    const [access] = await kubeconfigAccess({ files, contexts: ["test"], clock: SYSTEM_CLOCK });
    const connection = connect(access as ClusterAccess);
    expect(await get(connection)).toMatchObject({ kind: "Namespace" });
    started.server.rotateAllTokens();
    await say(started.server.adminToken);
    expect(await get(connection)).toMatchObject({ kind: "Namespace" });
  });

  test("several files are joined, and of equal names the first one holds", async () => {
    const [one, two] = [await startServer(), await startServer()];
    const other = JSON.parse(two.kubeconfig());
    other.contexts.push({ name: "second", context: { cluster: "test", user: "test" } });
    const files = [await write(one.kubeconfig()), await write(JSON.stringify(other))];
    const accesses = await kubeconfigAccess({ files, contexts: ["second", "test"], clock: SYSTEM_CLOCK });
    expect(accesses.map(({ name, server }) => [name, server])).toEqual([
      ["second", one.url],
      ["test", one.url],
    ]);
  });

  test.each([
    ["a context that is not there", () => "{}", 'there is no context "elsewhere"'],
    ["a file that is no YAML", () => 'users:\n- token: "secret\n  x: [', ""],
  ])("%s is a problem of the settings, without a secret in it", async (_, content, problem) => {
    const files = [await write(content() === "{}" ? (await startServer()).kubeconfig() : content())];
    const refused = await kubeconfigAccess({ files, contexts: ["elsewhere"], clock: SYSTEM_CLOCK }).catch(
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(ConfigError);
    expect(String(refused)).toContain(problem);
    expect(String(refused)).not.toContain("secret");
  });
});

test("24: connections stay within the kinds and two more, over resets, refusals and a restart of the server", async () => {
  const started = await startServer();
  const folder = await temporaryFolder();
  await writeFile(join(folder, "config"), started.kubeconfig());
  const [access] = await kubeconfigAccess({ files: [join(folder, "config")], contexts: [], clock: SYSTEM_CLOCK });
  const kinds = [
    { group: "", kind: "Service" },
    { group: "networking.k8s.io", kind: "Ingress" },
    { group: "networking.k8s.io", kind: "IngressClass" },
  ];
  const connection = connect(access as ClusterAccess, kinds.length);
  let most = 0;
  const names = new Set<string>();
  const inventory = createClusterInventory({
    clusters: [connection],
    resources: kinds,
    namespaces: [],
    transform: readAny,
    clock: HASTY,
    log: SILENT,
    random: () => 0,
    onChange: ({ upserted }) => {
      most = Math.max(most, connection.sockets());
      for (const { metadata } of upserted) names.add(metadata.name);
    },
    onReport: () => {
      most = Math.max(most, connection.sockets());
    },
  });
  onTestFinished(() => inventory.stop());
  await inventory.start();
  await eventually("every kind is listed", () => inventory.report().synced);
  for (let round = 0; round < 5; round += 1) {
    if (round % 2 === 0) started.resetConnections();
    else started.server.endWatches();
    started.server.put({ apiVersion: "v1", kind: "Service", metadata: { name: `s${round}`, namespace: "apps" } });
    await eventually(`the Service of round ${round}`, () => names.has(`s${round}`));
  }
  await started.close();
  await eventually("the outage is noticed", () =>
    inventory.report().clusters[0]?.kinds.every(({ state }) => state === "failing"),
  );
  await started.open();
  await eventually("every watch goes on", () =>
    inventory.report().clusters[0]?.kinds.every(({ state }) => state === "watching"),
  );
  expect(most).toBeLessThanOrEqual(kinds.length + 2);
});
