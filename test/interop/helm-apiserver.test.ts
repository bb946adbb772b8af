// The real Helm, 4 and 3, installs, changes and removes a release on the fake API server: its Secrets arrive as protobuf, its
// objects by server-side apply (4) or by patches (3).

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startKubeApiServer } from "#test/fakes/kube-apiserver/listening-server.ts";
import { createKubectl } from "#test/support/kubectl.ts";
import { describeWithPeer } from "#test/support/peers.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";

const TEMPLATE = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: dns}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: dns}}
  template:
    metadata: {labels: {app: dns}}
    spec: {containers: [{name: dns, image: "dns:1"}]}
---
apiVersion: v1
kind: Service
metadata: {name: dns}
spec: {ports: [{port: 53, protocol: UDP}], selector: {app: dns}}
`;

describeWithPeer("helm", "the real Helm 4", suite);
describeWithPeer("helm3", "the real Helm 3", suite);

async function chart(): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "templates"));
  await writeFile(join(folder, "Chart.yaml"), "apiVersion: v2\nname: dns\nversion: 0.1.0\n");
  await writeFile(join(folder, "values.yaml"), "replicas: 1\n");
  await writeFile(join(folder, "templates", "dns.yaml"), TEMPLATE);
  return folder;
}

const DEPLOYMENT = { apiVersion: "apps/v1", kind: "Deployment", metadata: { namespace: "default", name: "dns" } };

function suite(program: string): void {
  test("installs, upgrades and uninstalls", async () => {
    const api = await startKubeApiServer();
    onTestFinished(() => api.stop());
    const helm = await createKubectl(program, api.kubeconfig());
    const folder = await chart();
    expect(await helm.run(`install home ${folder}`)).toMatchObject({ exitCode: 0 });
    expect(api.server.object(DEPLOYMENT)?.["spec"]).toMatchObject({ replicas: 1 });
    expect(await helm.run(`upgrade home ${folder} --set replicas=2`)).toMatchObject({ exitCode: 0 });
    expect(api.server.object(DEPLOYMENT)?.["spec"]).toMatchObject({ replicas: 2 });
    expect((await helm.run("list --short")).stdout).toBe("home\n");
    expect(await helm.run("uninstall home")).toMatchObject({ exitCode: 0 });
    expect(api.server.object(DEPLOYMENT)).toBeUndefined();
    expect((await helm.run("list --short")).stdout.trim()).toBe("");
  });
}
