// Is our API server honest? The real kubectl, two versions of it, reads, watches, applies and deletes against the fake, as the
// administrator and as a service account that may do little.

import { expect, onTestFinished, test } from "vitest";
import { customResource } from "#test/fakes/kube-apiserver/custom-resources.ts";
import { type ListeningKubeApiServer, startKubeApiServer } from "#test/fakes/kube-apiserver/listening-server.ts";
import { eventually } from "#test/support/eventually.ts";
import { configMap, ingress } from "#test/support/kube-api.ts";
import { createKubectl, type Kubectl } from "#test/support/kubectl.ts";
import { describeWithPeer } from "#test/support/peers.ts";

const MANIFEST = `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: default}
data: {zone: home.example.com}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: dns, namespace: default}
spec:
  replicas: 1
  selector: {matchLabels: {app: dns}}
  template:
    metadata: {labels: {app: dns}}
    spec: {containers: [{name: dns, image: "dns:1", ports: [{containerPort: 1053, protocol: UDP}]}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: home, namespace: default}
spec: {gatewayClassName: cilium}
`;

describeWithPeer("kubectl", "the real kubectl", suite);
describeWithPeer("kubectl-1.32", "the real kubectl 1.32", suite);

interface Context {
  readonly api: ListeningKubeApiServer;
  readonly admin: Kubectl;
  /** May read Ingresses, and nothing else. */
  readonly reader: Kubectl;
}

function suite(program: string): void {
  async function start(): Promise<Context> {
    const api = await startKubeApiServer();
    onTestFinished(() => api.stop());
    api.server.define(customResource("gateways"));
    api.server.put(ingress("web"), ingress("files", "media"));
    const rules = [{ apiGroups: ["networking.k8s.io"], resources: ["ingresses"], verbs: ["get", "list", "watch"] }];
    const token = api.server.grant("default", "reader", rules);
    return {
      api,
      admin: await createKubectl(program, api.kubeconfig()),
      reader: await createKubectl(program, api.kubeconfig(token)),
    };
  }

  test("lists in all namespaces, in pages of one", async () => {
    const { admin } = await start();
    const { stdout } = await admin.run("get ingresses --all-namespaces --chunk-size=1 --output=name");
    expect(stdout).toBe("ingress.networking.k8s.io/web\ningress.networking.k8s.io/files\n");
  });

  test("knows resources by their short names and categories, custom ones too", async () => {
    const { api, admin } = await start();
    api.server.put({
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "Gateway",
      metadata: { name: "home", namespace: "default" },
    });
    expect((await admin.run("get ing,gtw --output=name")).stdout).toBe(
      "ingress.networking.k8s.io/web\ngateway.gateway.networking.k8s.io/home\n",
    );
    expect(await admin.run("get all")).toMatchObject({
      exitCode: 0,
      stderr: "No resources found in default namespace.\n",
    });
  });

  test("gets one object as the server holds it", async () => {
    const { api, admin } = await start();
    const { stdout } = await admin.run("get ingress web --output=json");
    expect(JSON.parse(stdout)).toEqual(api.server.object(ingress("web")));
  });

  test("selects by label and by field", async () => {
    const { api, admin } = await start();
    api.server.put(configMap("a", "default", { metadata: { name: "a", namespace: "default", labels: { app: "x" } } }));
    expect((await admin.run("get configmaps --selector=app=x --output=name")).stdout).toBe("configmap/a\n");
    const byField = await admin.run("get ingresses -A --field-selector=metadata.name=files --output=name");
    expect(byField.stdout).toBe("ingress.networking.k8s.io/files\n");
  });

  test("sees what happens while it watches", async () => {
    const { api, admin } = await start();
    const watching = admin.start("get ingresses --watch --output-watch-events --no-headers");
    await eventually("the first object", () => watching.stdout().includes("web"));
    await eventually("the watch", () => api.server.watches().length === 1);
    api.server.put(ingress("later"), ingress("web", "default", "other.example.com"));
    api.server.remove(ingress("later"));
    await eventually("the last event", () => watching.stdout().includes("DELETED"));
    const events = watching.stdout().trim().split("\n");
    expect(events.map((line) => line.split(/\s+/).slice(0, 2).join(" "))).toEqual([
      "ADDED web",
      "ADDED later",
      "MODIFIED web",
      "DELETED later",
    ]);
  });

  test("applies, applies again without a change, changes, and deletes", async () => {
    const { api, admin } = await start();
    expect((await admin.run("apply -f -", MANIFEST)).stdout).toBe(
      "configmap/settings created\ndeployment.apps/dns created\ngateway.gateway.networking.k8s.io/home created\n",
    );
    const revision = api.server.revision;
    expect((await admin.run("apply -f -", MANIFEST)).stdout).toBe(
      "configmap/settings unchanged\ndeployment.apps/dns unchanged\ngateway.gateway.networking.k8s.io/home unchanged\n",
    );
    expect(api.server.revision).toBe(revision);
    const changed = await admin.run("apply -f -", MANIFEST.replace("dns:1", "dns:2").replace("cilium", "other"));
    expect(changed.stdout).toBe(
      "configmap/settings unchanged\ndeployment.apps/dns configured\ngateway.gateway.networking.k8s.io/home configured\n",
    );
    const ref = { apiVersion: "apps/v1", kind: "Deployment", metadata: { namespace: "default", name: "dns" } };
    expect(JSON.stringify(api.server.object(ref)?.["spec"])).toContain('"image":"dns:2"');
    const deleted = await admin.run("delete -f -", MANIFEST);
    expect(deleted).toMatchObject({ exitCode: 0, stderr: "" });
    expect(api.server.object(ref)).toBeUndefined();
  });

  test("applies on the server's side, and is told of a conflict", async () => {
    const { admin } = await start();
    expect((await admin.run("apply --server-side -f -", MANIFEST)).stdout).toContain(
      "configmap/settings serverside-applied",
    );
    const other = MANIFEST.replace("home.example.com", "lab.example.com");
    const refused = await admin.run("apply --server-side --field-manager=other -f -", other);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('conflict with "kubectl": .data.zone');
    const forced = await admin.run("apply --server-side --field-manager=other --force-conflicts -f -", other);
    expect(forced.exitCode).toBe(0);
  });

  test("waits for a namespace to go with what is inside", async () => {
    const { api, admin } = await start();
    expect((await admin.run("delete namespace media")).exitCode).toBe(0);
    expect(api.server.object(ingress("files", "media"))).toBeUndefined();
  });

  test("describes", async () => {
    const { admin } = await start();
    expect((await admin.run("describe ingress web")).stdout).toMatch(/^Name: +web\n/);
  });

  test("learns what a service account may do, from the server", async () => {
    const { reader } = await start();
    expect((await reader.run("auth can-i list ingresses --all-namespaces")).stdout).toBe("yes\n");
    expect((await reader.run("auth can-i delete ingresses")).stdout).toBe("no\n");
    expect((await reader.run("auth whoami --output=jsonpath={.status.userInfo.username}")).stdout).toBe(
      "system:serviceaccount:default:reader",
    );
  });

  test("prints the refusals of the server word for word", async () => {
    const { reader } = await start();
    expect((await reader.run("get ingresses --output=name")).stdout).toBe("ingress.networking.k8s.io/web\n");
    expect((await reader.run("get secrets")).stderr).toBe(
      'Error from server (Forbidden): secrets is forbidden: User "system:serviceaccount:default:reader" cannot list resource "secrets" in API group "" in the namespace "default"\n',
    );
    expect((await reader.run("get ingress nobody")).stderr).toBe(
      'Error from server (NotFound): ingresses.networking.k8s.io "nobody" not found\n',
    );
  });

  test("is turned away when its token is rotated", async () => {
    const { api, reader } = await start();
    api.server.rotateToken("default", "reader");
    const { stderr, exitCode } = await reader.run("get ingresses");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("You must be logged in to the server");
  });

  test("notices that a kind is gone", async () => {
    const { api, admin } = await start();
    expect((await admin.run("get gateways")).exitCode).toBe(0);
    api.server.undefine("gateways.gateway.networking.k8s.io");
    const { stderr } = await admin.run("get gateways.v1.gateway.networking.k8s.io --cache-dir=/dev/null/none");
    expect(stderr).toContain("the server doesn't have a resource type");
  });

  test("asks for a token of a service account, and it works", async () => {
    const { api, admin } = await start();
    const { stdout } = await admin.run("create token reader");
    const other = await createKubectl(program, api.kubeconfig(stdout.trim()));
    expect((await other.run("get ingresses --output=name")).stdout).toBe("ingress.networking.k8s.io/web\n");
  });
}
