// What the server says it serves, and kinds that appear and vanish with their definition.

import { describe, expect, test } from "vitest";
import { customResource, customResourcesOf, GATEWAY_API } from "#test/fakes/kube-apiserver/custom-resources.ts";
import { createKubeApiServer } from "#test/fakes/kube-apiserver/kube-apiserver.ts";
import { eventually } from "#test/support/eventually.ts";
import { ask, eventsOf, openWatch } from "#test/support/kube-api.ts";

const GATEWAYS = "/apis/gateway.networking.k8s.io/v1/namespaces/default/gateways";
const GATEWAY = {
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "Gateway",
  metadata: { name: "g", namespace: "default" },
};

describe("the documents", () => {
  test("the core versions and the groups with their preferred version", async () => {
    const server = createKubeApiServer();
    server.define(...customResourcesOf(GATEWAY_API));
    expect((await ask(server, "GET /api")).body).toMatchObject({ kind: "APIVersions", versions: ["v1"] });
    const { body } = await ask(server, "GET /apis");
    expect(body["groups"]).toContainEqual({
      name: GATEWAY_API,
      versions: ["v1", "v1beta1", "v1alpha3", "v1alpha2"].map((version) => ({
        groupVersion: `${GATEWAY_API}/${version}`,
        version,
      })),
      preferredVersion: { groupVersion: `${GATEWAY_API}/v1`, version: "v1" },
    });
  });

  test("a version's resources, subresources, scope, verbs and short names", async () => {
    const { body } = await ask(createKubeApiServer(), "GET /apis/networking.k8s.io/v1");
    expect(body).toMatchObject({ kind: "APIResourceList", groupVersion: "networking.k8s.io/v1" });
    const verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    expect(body["resources"]).toContainEqual({
      name: "ingresses",
      singularName: "ingress",
      namespaced: true,
      kind: "Ingress",
      verbs,
      shortNames: ["ing"],
    });
    expect(body["resources"]).toContainEqual(expect.objectContaining({ name: "ingresses/status" }));
    expect(body["resources"]).toContainEqual(expect.objectContaining({ name: "ingressclasses", namespaced: false }));
  });

  test("aggregated discovery, for who asks for it", async () => {
    const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
    const { body, headers } = await ask(createKubeApiServer(), "GET /apis", { accept });
    expect(headers["content-type"]).toBe("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
    const group = body.items.find((item) => item.metadata.name === "networking.k8s.io");
    expect(group?.["versions"]).toMatchObject([
      { version: "v1", freshness: "Current", resources: [{ resource: "ingresses", scope: "Namespaced" }, {}, {}] },
    ]);
  });

  test("the version of the server, and its health", async () => {
    const server = createKubeApiServer({ gitVersion: "v1.32.9" });
    expect((await ask(server, "GET /version")).body).toMatchObject({ major: "1", minor: "32", gitVersion: "v1.32.9" });
    expect((await ask(server, "GET /readyz")).text).toBe("ok");
  });

  test.each(["/apis/nobody.example.com", "/apis/nobody.example.com/v1", "/api/v2", "/openapi/v2", "/apis/apps/v9"])(
    "%s is 404",
    async (path) => {
      expect((await ask(createKubeApiServer(), `GET ${path}`)).status).toBe(404);
    },
  );
});

describe("a kind with a definition", () => {
  test("is not there before", async () => {
    const server = createKubeApiServer();
    expect(await ask(server, `GET ${GATEWAYS}`)).toMatchObject({ status: 404, text: "404 page not found\n" });
    expect((await ask(server, "GET /apis/gateway.networking.k8s.io/v1")).status).toBe(404);
  });

  test("is served once the definition is posted, which is then Established", async () => {
    const server = createKubeApiServer();
    const made = await ask(server, "POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
      body: customResource("gateways"),
    });
    const conditions = expect.arrayContaining([
      expect.objectContaining({ type: "Established", status: "True" }),
    ]) as unknown;
    expect(made.body["status"]).toMatchObject({ conditions });
    expect((await ask(server, `POST ${GATEWAYS}`, { body: GATEWAY })).status).toBe(201);
    expect((await ask(server, "GET /apis/gateway.networking.k8s.io/v1")).status).toBe(200);
  });

  test("is the same object in each served version", async () => {
    const server = createKubeApiServer();
    server.define(customResource("gateways"));
    server.put(GATEWAY);
    const { body } = await ask(server, `GET ${GATEWAYS.replace("/v1/", "/v1beta1/")}/g`);
    expect(body.apiVersion).toBe("gateway.networking.k8s.io/v1beta1");
    expect(body.metadata.uid).toBe(server.object(GATEWAY)?.metadata.uid);
  });

  test("vanishes with it: its objects are deleted, its watches end, 404 from then on", async () => {
    const server = createKubeApiServer();
    server.define(customResource("gateways"));
    server.put(GATEWAY);
    const watch = await openWatch(server, `${GATEWAYS}?resourceVersion=${server.revision}`);
    await ask(
      server,
      "DELETE /apis/apiextensions.k8s.io/v1/customresourcedefinitions/gateways.gateway.networking.k8s.io",
    );
    expect(await eventsOf(watch, 1)).toEqual(["DELETED g"]);
    await eventually("the end", () => watch.ended() === "end");
    expect((await ask(server, `GET ${GATEWAYS}`)).status).toBe(404);
    server.define(customResource("gateways"));
    expect((await ask(server, `GET ${GATEWAYS}`)).body.items).toEqual([]);
  });

  test("loses the watches of all its versions when one is served no more", async () => {
    const server = createKubeApiServer();
    const definition = customResource("gateways");
    server.define(definition);
    const watch = await openWatch(server, GATEWAYS);
    const { versions, ...spec } = definition["spec"] as { versions: readonly { name: string }[] };
    const fewer = versions.map((version) => ({ ...version, served: version.name === "v1" }));
    server.define({ ...definition, spec: { ...spec, versions: fewer } });
    await eventually("the end", () => watch.ended() === "end");
    expect((await ask(server, `GET ${GATEWAYS}`)).status).toBe(200);
    expect((await ask(server, `GET ${GATEWAYS.replace("/v1/", "/v1beta1/")}`)).status).toBe(404);
  });
});

test("a resource that a built-in group does not have is a Status, not a page", async () => {
  const { status, body } = await ask(createKubeApiServer(), "GET /api/v1/namespaces/default/gadgets");
  expect(status).toBe(404);
  expect(body).toMatchObject({ reason: "NotFound", message: "the server could not find the requested resource" });
});
