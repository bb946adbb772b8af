// Who may do what: tokens, their end, and RBAC with its refusals word for word.

import { describe, expect, test } from "vitest";
import { createKubeApiServer, type KubeApiServer } from "#test/fakes/kube-apiserver/kube-apiserver.ts";
import { ManualTime } from "#test/fakes/unifi-console/time.ts";
import { ask, configMap, ingress } from "#test/support/kube-api.ts";

const ALL_INGRESSES = "/apis/networking.k8s.io/v1/ingresses";
const READ_INGRESSES = [
  { apiGroups: ["networking.k8s.io"], resources: ["ingresses"], verbs: ["get", "list", "watch"] },
];

describe("tokens", () => {
  test("a wrong one is 401 with a Status", async () => {
    const { status, body } = await ask(createKubeApiServer(), `GET ${ALL_INGRESSES}`, { token: "wrong" });
    expect(status).toBe(401);
    expect(body).toEqual({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: "Unauthorized",
      reason: "Unauthorized",
      code: 401,
    });
  });

  test("none is system:anonymous, who may read the version and nothing else", async () => {
    const server = createKubeApiServer();
    expect((await ask(server, "GET /version", { token: "" })).status).toBe(200);
    const refused = await ask(server, `GET ${ALL_INGRESSES}`, { token: "" });
    expect(refused.status).toBe(403);
    expect(refused.body.message).toBe(
      'ingresses.networking.k8s.io is forbidden: User "system:anonymous" cannot list resource "ingresses" in API group "networking.k8s.io" at the cluster scope',
    );
  });

  test("none is 401 where anonymous requests are switched off", async () => {
    const server = createKubeApiServer({ allowsAnonymous: false });
    expect((await ask(server, "GET /version", { token: "" })).status).toBe(401);
  });

  test("an old one dies when it is rotated, the new one works", async () => {
    const server = createKubeApiServer();
    const old = server.grant("default", "reader", READ_INGRESSES);
    const fresh = server.rotateToken("default", "reader");
    expect((await ask(server, `GET ${ALL_INGRESSES}`, { token: old })).status).toBe(401);
    expect((await ask(server, `GET ${ALL_INGRESSES}`, { token: fresh })).status).toBe(200);
    expect(server.tokenFor("default", "reader")).toBe(fresh);
  });

  test("one expires", async () => {
    const time = new ManualTime();
    const server = createKubeApiServer({ time });
    server.grant("default", "reader", READ_INGRESSES);
    const token = server.shortLivedToken("default", "reader", 600_000);
    time.advance(599_999);
    expect((await ask(server, `GET ${ALL_INGRESSES}`, { token })).status).toBe(200);
    time.advance(1);
    expect((await ask(server, `GET ${ALL_INGRESSES}`, { token })).status).toBe(401);
  });

  test("one dies with its service account, even when another gets the name", async () => {
    const server = createKubeApiServer();
    const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace: "default", name: "reader" } };
    const token = server.grant("default", "reader", READ_INGRESSES);
    server.remove(account);
    server.put(account);
    expect((await ask(server, `GET ${ALL_INGRESSES}`, { token })).status).toBe(401);
  });

  test("the server's own log knows who asked", async () => {
    const server = createKubeApiServer();
    await ask(server, `GET ${ALL_INGRESSES}`, { token: server.grant("default", "reader", READ_INGRESSES) });
    expect(server.requests().at(-1)).toMatchObject({
      user: "system:serviceaccount:default:reader",
      verb: "list",
      resource: "ingresses",
      status: 200,
    });
    expect(server.counters()).toEqual({ "list ingresses": 1 });
  });
});

/** `GET path` of a service account with these rules, by its status. */
async function tryWith(
  rules: readonly object[],
  what: string,
  prepare?: (server: KubeApiServer) => void,
): Promise<number> {
  const server = createKubeApiServer();
  prepare?.(server);
  server.put(configMap("a"), configMap("b"), ingress("web"));
  const token = server.grant("default", "robot", rules);
  const body = what.startsWith("GET") || what.startsWith("DELETE") ? {} : { body: ingress("web") };
  return (await ask(server, what, { token, ...body })).status;
}

const rule = (apiGroup: string, resource: string, verbs: readonly string[], more: object = {}): object => ({
  apiGroups: [apiGroup],
  resources: [resource],
  verbs,
  ...more,
});

describe("rules", () => {
  const A = "/api/v1/namespaces/default/configmaps/a";
  const B = "/api/v1/namespaces/default/configmaps/b";
  const STATUS = "/apis/networking.k8s.io/v1/namespaces/default/ingresses/web/status";
  const named = (verbs: readonly string[]) => [rule("", "configmaps", verbs, { resourceNames: ["a"] })];

  test.each([
    ["the verb", [rule("", "configmaps", ["get"])], `GET ${A}`, 200],
    ["another verb", [rule("", "configmaps", ["get"])], `DELETE ${A}`, 403],
    ["every verb", [rule("", "configmaps", ["*"])], `DELETE ${A}`, 200],
    ["another group", [rule("apps", "configmaps", ["*"])], `GET ${A}`, 403],
    ["every group", [rule("*", "configmaps", ["get"])], `GET ${A}`, 200],
    ["another resource", [rule("", "pods", ["get"])], `GET ${A}`, 403],
    ["every resource", [rule("", "*", ["get"])], `GET ${A}`, 200],
    ["the name", named(["get"]), `GET ${A}`, 200],
    ["another name", named(["get"]), `GET ${B}`, 403],
    ["a list under names", named(["list"]), "GET /api/v1/namespaces/default/configmaps", 403],
    [
      "a list of that name",
      named(["list"]),
      "GET /api/v1/namespaces/default/configmaps?fieldSelector=metadata.name%3Da",
      200,
    ],
    ["a subresource by its resource", [rule("networking.k8s.io", "ingresses", ["update"])], `PUT ${STATUS}`, 403],
    ["a subresource", [rule("networking.k8s.io", "ingresses/status", ["update"])], `PUT ${STATUS}`, 200],
    ["a subresource of all", [rule("networking.k8s.io", "*/status", ["update"])], `PUT ${STATUS}`, 200],
    ["a path", [{ nonResourceURLs: ["/metrics"], verbs: ["get"] }], "GET /metrics", 404],
    ["another path", [{ nonResourceURLs: ["/metrics"], verbs: ["get"] }], "GET /logs", 403],
    ["a path by its beginning", [{ nonResourceURLs: ["/met*"], verbs: ["get"] }], "GET /metrics", 404],
  ])("%s", async (_what, rules, request, status) => {
    expect(await tryWith(rules, request)).toBe(status);
  });

  test("a role in a namespace holds there and nowhere else", async () => {
    const rbac = "rbac.authorization.k8s.io/v1";
    const withRole = (server: KubeApiServer): void => {
      server.put(
        {
          apiVersion: rbac,
          kind: "Role",
          metadata: { name: "r", namespace: "media" },
          rules: [rule("", "configmaps", ["list"])],
        },
        {
          apiVersion: rbac,
          kind: "RoleBinding",
          metadata: { name: "r", namespace: "media" },
          roleRef: { kind: "Role", name: "r" },
          subjects: [{ kind: "ServiceAccount", name: "robot", namespace: "default" }],
        },
      );
    };
    expect(await tryWith([], "GET /api/v1/namespaces/media/configmaps", withRole)).toBe(200);
    expect(await tryWith([], "GET /api/v1/namespaces/default/configmaps", withRole)).toBe(403);
    expect(await tryWith([], "GET /api/v1/configmaps", withRole)).toBe(403);
  });

  test("a group of all service accounts of a namespace is bound like a user", async () => {
    const prepare = (server: KubeApiServer): void => {
      server.put({
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRoleBinding",
        metadata: { name: "everybody" },
        roleRef: { kind: "ClusterRole", name: "cluster-admin" },
        subjects: [{ kind: "Group", name: "system:serviceaccounts:default" }],
      });
    };
    expect(await tryWith([], `DELETE ${A}`, prepare)).toBe(200);
  });
});

describe("refusals", () => {
  test.each([
    [
      "/api/v1/namespaces/default/configmaps/a",
      'configmaps "a" is forbidden: User "system:serviceaccount:default:robot" cannot get resource "configmaps" in API group "" in the namespace "default"',
    ],
    [
      "/api/v1/namespaces/kube-system",
      'namespaces "kube-system" is forbidden: User "system:serviceaccount:default:robot" cannot get resource "namespaces" in API group "" in the namespace "kube-system"',
    ],
    [
      "/apis/gateway.networking.k8s.io/v1/gateways?watch=1",
      'gateways.gateway.networking.k8s.io is forbidden: User "system:serviceaccount:default:robot" cannot watch resource "gateways" in API group "gateway.networking.k8s.io" at the cluster scope',
    ],
    ["/metrics", 'forbidden: User "system:serviceaccount:default:robot" cannot get path "/metrics"'],
  ])("GET %s", async (path, message) => {
    const server = createKubeApiServer();
    const { status, body } = await ask(server, `GET ${path}`, { token: server.grant("default", "robot", []) });
    expect(status).toBe(403);
    expect(body).toMatchObject({ kind: "Status", reason: "Forbidden", code: 403, message });
  });

  test("name the role that a binding asks for and nobody made", async () => {
    const server = createKubeApiServer();
    const token = server.grant("default", "robot", []);
    server.remove({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "default-robot" },
    });
    const { body } = await ask(server, "GET /api/v1/pods", { token });
    expect(body.message).toMatch(/: RBAC: clusterrole\.rbac\.authorization\.k8s\.io "default-robot" not found$/);
  });
});
