// As much of /openapi/v3 as kubectl needs to leave validation to the server: which kinds can be patched, with which
// parameters. There are no schemas: the server does not judge unknown fields.

import type { Catalogue } from "./catalogue.ts";
import { groupVersion, type ResourceKind } from "./resources.ts";

/** `undefined` when the path is none of OpenAPI's. */
export function openApi(catalogue: Catalogue, path: string): object | undefined {
  const versions = new Map<string, ResourceKind[]>();
  for (const resource of catalogue.all()) {
    for (const version of resource.versions) {
      const key = `${resource.group === "" ? "api" : "apis"}/${groupVersion(resource.group, version)}`;
      versions.set(key, [...(versions.get(key) ?? []), resource]);
    }
  }
  if (path === "/openapi/v3") {
    const paths = [...versions.keys()].map((key) => [key, { serverRelativeURL: `/openapi/v3/${key}` }]);
    return { paths: Object.fromEntries(paths) as object };
  }
  const key = /^\/openapi\/v3\/(.+)$/.exec(path)?.[1] ?? "";
  const resources = versions.get(key);
  return resources === undefined ? undefined : documentOf(key, resources);
}

function documentOf(key: string, resources: readonly ResourceKind[]): object {
  const version = key.split("/").at(-1) ?? "";
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "unversioned" },
    paths: Object.fromEntries(resources.map((resource) => [pathOf(key, resource), operations(resource, version)])),
    components: { schemas: Object.fromEntries(resources.map((resource) => schemaOf(resource, version))) },
  };
}

function pathOf(key: string, { isNamespaced, plural }: ResourceKind): string {
  return `/${key}/${isNamespaced ? "namespaces/{namespace}/" : ""}${plural}/{name}`;
}

function operations(resource: ResourceKind, version: string): object {
  const parameter = (name: string): object => ({ name, in: "query", schema: { type: "string", uniqueItems: true } });
  // Not strategic merge, though the server knows it: kubectl would look for merge keys in schemas that are not here.
  const types = ["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"];
  return {
    patch: {
      parameters: ["dryRun", "fieldManager", "fieldValidation", "force"].map(parameter),
      requestBody: { content: Object.fromEntries(types.map((type) => [type, { schema: { type: "object" } }])) },
      responses: { 200: { description: "OK" } },
      "x-kubernetes-action": "patch",
      "x-kubernetes-group-version-kind": { group: resource.group, version, kind: resource.kind },
    },
  };
}

function schemaOf({ group, kind }: ResourceKind, version: string): readonly [string, object] {
  const name = [...group.split(".").toReversed(), version, kind].filter((part) => part !== "").join(".");
  const schema = {
    type: "object",
    properties: { apiVersion: { type: "string" }, kind: { type: "string" }, metadata: { type: "object" } },
    "x-kubernetes-group-version-kind": [{ group, version, kind }],
    "x-kubernetes-preserve-unknown-fields": true,
  };
  return [name, schema];
}
