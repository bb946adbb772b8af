// Creates, updates, patches and deletions, with the refusals word for word.

import { describe, expect, test } from "vitest";
import { customResource } from "#test/fakes/kube-apiserver/custom-resources.ts";
import { createKubeApiServer, type KubeApiServer } from "#test/fakes/kube-apiserver/kube-apiserver.ts";
import { ask, configMap, eventsOf, ingress, openWatch } from "#test/support/kube-api.ts";

const INGRESSES = "/apis/networking.k8s.io/v1/namespaces/default/ingresses";
const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
const MERGE = "application/merge-patch+json";
const STRATEGIC = "application/strategic-merge-patch+json";
const JSON_PATCH = "application/json-patch+json";
const APPLY = "application/apply-patch+yaml";

async function withIngress(): Promise<KubeApiServer> {
  const server = createKubeApiServer();
  await ask(server, `POST ${INGRESSES}`, { body: ingress("web") });
  return server;
}

describe("create", () => {
  test("gives uid, version, time and generation, and drops a status the writer may not set", async () => {
    const server = createKubeApiServer();
    const body = { ...ingress("web"), status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } } };
    const made = await ask(server, `POST ${INGRESSES}`, { body });
    expect(made.status).toBe(201);
    expect(made.body.metadata).toMatchObject({ generation: 1, resourceVersion: String(server.revision) });
    expect(made.body["status"]).toEqual({ loadBalancer: {} });
  });

  test("makes a name from generateName", async () => {
    const server = createKubeApiServer();
    const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { generateName: "run-" } };
    expect((await ask(server, `POST ${CONFIG_MAPS}`, { body })).body.metadata.name).toMatch(/^run-[a-z0-9]{5}$/);
  });

  test("a dry run stores nothing", async () => {
    const server = createKubeApiServer();
    expect((await ask(server, `POST ${CONFIG_MAPS}?dryRun=All`, { body: configMap("a") })).status).toBe(201);
    expect(server.object(configMap("a"))).toBeUndefined();
  });

  test("a namespace comes with its default service account", async () => {
    const server = createKubeApiServer();
    await ask(server, "POST /api/v1/namespaces", { body: { metadata: { name: "media" } } });
    const account = await ask(server, "GET /api/v1/namespaces/media/serviceaccounts/default");
    expect(account.status).toBe(200);
  });

  test.each([
    ["a name twice", ingress("web"), 409, 'ingresses.networking.k8s.io "web" already exists'],
    [
      "another namespace",
      ingress("x", "elsewhere"),
      400,
      "the namespace of the provided object does not match the namespace sent on the request",
    ],
    ["another kind", configMap("x"), 400, 'ConfigMap in version "v1" cannot be handled as a Ingress'],
    ["a bad name", ingress("Web"), 422, 'Ingress.networking.k8s.io "Web" is invalid: metadata.name: Invalid value'],
    [
      "a version",
      { ...ingress("x"), metadata: { name: "x", resourceVersion: "5" } },
      400,
      "resourceVersion should not be set on objects to be created",
    ],
  ])("refuses %s", async (_what, body, code, message) => {
    const refused = await ask(await withIngress(), `POST ${INGRESSES}`, { body });
    expect(refused.status).toBe(code);
    expect(refused.body).toMatchObject({ kind: "Status", apiVersion: "v1", status: "Failure", code });
    expect(refused.body.message).toContain(message);
  });

  test("refuses a namespace that does not exist", async () => {
    const refused = await ask(createKubeApiServer(), "POST /api/v1/namespaces/nowhere/configmaps", {
      body: configMap("a", "nowhere"),
    });
    expect(refused).toMatchObject({ status: 404, body: { message: 'namespaces "nowhere" not found' } });
  });
});

describe("update", () => {
  test("with the version that was read replaces, and counts a change of the spec as a generation", async () => {
    const server = await withIngress();
    const { body } = await ask(server, `GET ${INGRESSES}/web`);
    const changed = await ask(server, `PUT ${INGRESSES}/web`, { body: { ...body, spec: { rules: [] } } });
    expect(changed.status).toBe(200);
    expect(changed.body.metadata.generation).toBe(2);
    expect(changed.body.metadata.uid).toBe(body.metadata.uid);
  });

  test("with an older version is 409 Conflict", async () => {
    const server = await withIngress();
    const { body } = await ask(server, `GET ${INGRESSES}/web`);
    server.put(ingress("web", "default", "other.example.com"));
    const refused = await ask(server, `PUT ${INGRESSES}/web`, { body });
    expect(refused.status).toBe(409);
    expect(refused.body.reason).toBe("Conflict");
    expect(refused.body.message).toBe(
      'Operation cannot be fulfilled on ingresses.networking.k8s.io "web": the object has been modified; please apply your changes to the latest version and try again',
    );
  });

  test("of what is not there is 404", async () => {
    const refused = await ask(createKubeApiServer(), `PUT ${INGRESSES}/web`, { body: ingress("web") });
    expect(refused).toMatchObject({
      status: 404,
      body: {
        message: 'ingresses.networking.k8s.io "web" not found',
        details: { name: "web", group: "networking.k8s.io", kind: "ingresses" },
      },
    });
  });

  test("of a custom object needs the version", async () => {
    const server = createKubeApiServer();
    server.define(customResource("gateways"));
    const gateway = {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "Gateway",
      metadata: { name: "g", namespace: "default" },
    };
    server.put(gateway);
    const path = "/apis/gateway.networking.k8s.io/v1/namespaces/default/gateways/g";
    const refused = await ask(server, `PUT ${path}`, { body: gateway });
    expect(refused.status).toBe(422);
    expect(refused.body.message).toContain(
      "metadata.resourceVersion: Invalid value: 0: must be specified for an update",
    );
  });

  test("that changes nothing gives the same version and no event", async () => {
    const server = await withIngress();
    const { body } = await ask(server, `GET ${INGRESSES}/web`);
    const before = server.revision;
    await ask(server, `PUT ${INGRESSES}/web`, { body });
    expect(server.revision).toBe(before);
  });

  test("status and the rest are written apart", async () => {
    const server = await withIngress();
    const { body } = await ask(server, `GET ${INGRESSES}/web`);
    const status = { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } };
    const told = await ask(server, `PUT ${INGRESSES}/web/status`, { body: { ...body, spec: {}, status } });
    expect(told.body["status"]).toEqual(status);
    expect(told.body["spec"]).toEqual(body["spec"]);
    expect(told.body.metadata.generation).toBe(1);
    const replaced = await ask(server, `PUT ${INGRESSES}/web`, { body: { ...told.body, status: {}, spec: {} } });
    expect(replaced.body["status"]).toEqual(status);
  });
});

describe("patch", () => {
  const patch = async (contentType: string, body: object, object = ingress("web")) => {
    const server = createKubeApiServer();
    server.put({ ...object, data: { keep: "1", drop: "2" } });
    return ask(server, `PATCH ${INGRESSES}/web`, { body, contentType });
  };

  test("merge: null removes, records merge, lists are replaced (RFC 7396)", async () => {
    const { body } = await patch(MERGE, { data: { drop: null, add: "3" }, spec: { rules: [] } });
    expect(body["data"]).toEqual({ keep: "1", add: "3" });
    expect(body["spec"]).toEqual({ rules: [] });
  });

  test("json: operations in order, a failed test changes nothing (RFC 6902)", async () => {
    const done = await patch(JSON_PATCH, [
      { op: "test", path: "/data/keep", value: "1" },
      { op: "replace", path: "/spec/rules/0/host", value: "new.example.com" },
      { op: "add", path: "/spec/rules/-", value: { host: "second.example.com" } },
      { op: "move", from: "/data/drop", path: "/data/a~1b" },
    ]);
    expect(done.body["spec"]).toEqual({ rules: [{ host: "new.example.com" }, { host: "second.example.com" }] });
    expect(done.body["data"]).toEqual({ keep: "1", "a/b": "2" });
    expect((await patch(JSON_PATCH, [{ op: "test", path: "/data/keep", value: "2" }])).status).toBe(400);
  });

  test("strategic: containers merge by name, and directives are followed", async () => {
    const server = createKubeApiServer();
    const path = "/apis/apps/v1/namespaces/default/deployments";
    const container = (name: string, more: object = {}) => ({ name, image: `${name}:1`, ...more });
    const deployment = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "d", namespace: "default" },
      spec: {
        template: { spec: { containers: [container("a", { env: [{ name: "X", value: "1" }] }), container("b")] } },
      },
    };
    server.put(deployment);
    const containers = [
      { name: "a", env: [{ name: "Y", value: "2" }] },
      { name: "b", $patch: "delete" },
      container("c"),
    ];
    const { body } = await ask(server, `PATCH ${path}/d`, {
      contentType: STRATEGIC,
      body: { spec: { template: { spec: { containers } } } },
    });
    const env = [
      { name: "X", value: "1" },
      { name: "Y", value: "2" },
    ];
    expect(body["spec"]).toEqual({ template: { spec: { containers: [container("a", { env }), container("c")] } } });
  });

  test("strategic is 415 for custom objects", async () => {
    const server = createKubeApiServer();
    server.define(customResource("gateways"));
    server.put({
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "Gateway",
      metadata: { name: "g", namespace: "default" },
    });
    const path = "/apis/gateway.networking.k8s.io/v1/namespaces/default/gateways/g";
    expect((await ask(server, `PATCH ${path}`, { contentType: STRATEGIC, body: {} })).status).toBe(415);
  });

  test("with an older version in it is 409", async () => {
    expect((await patch(MERGE, { metadata: { resourceVersion: "1" } })).status).toBe(409);
  });
});

describe("server-side apply", () => {
  const apply = (server: KubeApiServer, data: Readonly<Record<string, string>>, query: string) =>
    ask(server, `PATCH ${CONFIG_MAPS}/a?${query}`, { contentType: APPLY, body: { ...configMap("a"), data } });

  test("creates, and what its manager leaves out the next time goes", async () => {
    const server = createKubeApiServer();
    expect((await apply(server, { x: "1", y: "1" }, "fieldManager=one")).status).toBe(201);
    const next = await apply(server, { x: "2" }, "fieldManager=one");
    expect(next.status).toBe(200);
    expect(next.body["data"]).toEqual({ x: "2" });
  });

  test("leaves what others applied, and refuses to change it without force", async () => {
    const server = createKubeApiServer();
    await apply(server, { x: "1", y: "1" }, "fieldManager=one");
    const refused = await apply(server, { x: "2" }, "fieldManager=two");
    expect(refused.status).toBe(409);
    expect(refused.body.message).toBe('Apply failed with 1 conflict: conflict with "one": .data.x');
    const forced = await apply(server, { x: "2" }, "fieldManager=two&force=true");
    expect(forced.body["data"]).toEqual({ x: "2", y: "1" });
  });

  test("twice the same is one version", async () => {
    const server = createKubeApiServer();
    await apply(server, { x: "1" }, "fieldManager=one");
    const before = server.revision;
    await apply(server, { x: "1" }, "fieldManager=one");
    expect(server.revision).toBe(before);
  });

  test("needs a manager", async () => {
    expect((await apply(createKubeApiServer(), {}, "")).status).toBe(400);
  });
});

describe("delete", () => {
  test("answers Success with the uid, then 404", async () => {
    const server = await withIngress();
    const uid = server.object(ingress("web"))?.metadata.uid;
    const gone = await ask(server, `DELETE ${INGRESSES}/web`);
    expect(gone.body).toMatchObject({ kind: "Status", status: "Success", details: { name: "web", uid } });
    expect((await ask(server, `DELETE ${INGRESSES}/web`)).status).toBe(404);
  });

  test("with another uid as precondition is 409", async () => {
    const server = await withIngress();
    const body = { preconditions: { uid: "another" } };
    expect((await ask(server, `DELETE ${INGRESSES}/web`, { body })).status).toBe(409);
  });

  test("waits for finalizers, and goes when the last one is taken away", async () => {
    const server = createKubeApiServer();
    server.put(
      configMap("a", "default", { metadata: { name: "a", namespace: "default", finalizers: ["example.com/hold"] } }),
    );
    const watch = await openWatch(server, `${CONFIG_MAPS}?resourceVersion=${server.revision}`);
    const held = await ask(server, `DELETE ${CONFIG_MAPS}/a`);
    expect(held.body.metadata["deletionTimestamp"]).toBeDefined();
    await ask(server, `PATCH ${CONFIG_MAPS}/a`, { contentType: MERGE, body: { metadata: { finalizers: null } } });
    expect(await eventsOf(watch, 2)).toEqual(["MODIFIED a", "DELETED a"]);
  });

  test("of a collection takes what is selected", async () => {
    const server = createKubeApiServer();
    server.put(configMap("a"), configMap("b"));
    await ask(server, `DELETE ${CONFIG_MAPS}?fieldSelector=metadata.name%3Da`);
    expect(server.object(configMap("a"))).toBeUndefined();
    expect(server.object(configMap("b"))).toBeDefined();
  });

  test("of a namespace takes what is inside", async () => {
    const server = createKubeApiServer();
    server.put(configMap("a", "media"));
    await ask(server, "DELETE /api/v1/namespaces/media");
    expect(server.object(configMap("a", "media"))).toBeUndefined();
    expect((await ask(server, "GET /api/v1/namespaces/media")).status).toBe(404);
  });
});
