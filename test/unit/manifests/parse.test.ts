import { describe, expect, test } from "vitest";
import { parseManifest } from "#src/manifests/parse.ts";

const HEAD = "apiVersion: v1\nkind: Service\nmetadata:\n  name: app\n";

function objects(text: string, path = "app.yaml") {
  const result = parseManifest(path, text);
  if (!result.ok) throw new Error(result.problem);
  return result.value;
}

function problem(text: string, path = "app.yaml"): string {
  const result = parseManifest(path, text);
  if (result.ok) throw new Error("it was read");
  return result.problem;
}

describe("objects", () => {
  test("every field that matters is read, and the rest is left", () => {
    const text = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: app
  namespace: media
  uid: u-1
  resourceVersion: "5"
  generation: 3
  creationTimestamp: 2026-01-02T03:04:05Z
  labels: { team: tv }
  annotations: { note: "on" }
spec: { rules: [] }
status: { loadBalancer: {} }
`;
    expect(objects(text)).toEqual([
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: {
          name: "app",
          namespace: "media",
          uid: "u-1",
          createdAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
          generation: 3,
          labels: { team: "tv" },
          annotations: { note: "on" },
        },
        spec: { rules: [] },
        status: { loadBalancer: {} },
      },
    ]);
  });

  test("an EndpointSlice has its fields beside metadata", () => {
    const text = `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: app-x1 }
addressType: IPv4
endpoints: [{ addresses: [10.42.0.1] }]
ports: [{ port: 80 }]
`;
    expect(objects(text)[0]).toMatchObject({
      spec: { addressType: "IPv4", endpoints: [{ addresses: ["10.42.0.1"] }] },
      status: {},
    });
  });

  test("what the cluster is taking away says so", () => {
    expect(objects(`${HEAD}  deletionTimestamp: 2026-01-02T03:04:05Z\n`)[0]?.metadata.isBeingDeleted).toBe(true);
    expect(objects(`${HEAD}  deletionTimestamp: null\n`)[0]?.metadata).not.toHaveProperty("isBeingDeleted");
  });

  test("without a namespace an object lives in default, a cluster-wide one in none", () => {
    expect(objects(HEAD)[0]?.metadata.namespace).toBe("default");
    expect(objects(HEAD.replace("Service", "IngressClass"))[0]?.metadata.namespace).toBe("");
  });

  test("null stands for absent, as kubectl prints it", () => {
    const text = `${HEAD}  creationTimestamp: null\n  generation: null\n  labels: null\n  annotations: { a: null }\nspec: null\n`;
    expect(objects(text)[0]).toMatchObject({ metadata: { labels: {}, annotations: { a: "" } }, spec: {}, status: {} });
    expect(objects(text)[0]?.metadata).not.toHaveProperty("createdAtMs");
    expect(objects(text)[0]?.metadata).not.toHaveProperty("generation");
  });

  test("several documents, empty ones, comments and a byte order mark", () => {
    const text = `\uFEFF---\n# nothing\n---\n${HEAD}---\n\n---\n${HEAD.replace("app", "other")}...\n`;
    expect(objects(text).map((object) => object.metadata.name)).toEqual(["app", "other"]);
  });

  test("a file of comments holds no objects", () => {
    expect(objects("# all of it is commented out\n")).toEqual([]);
  });

  test("a List is its items", () => {
    const item = { apiVersion: "v1", kind: "Service", metadata: { name: "app" } };
    const text = JSON.stringify({
      apiVersion: "v1",
      kind: "List",
      items: [item, { ...item, metadata: { name: "b" } }],
    });
    expect(objects(text, "list.json").map((object) => object.metadata.name)).toEqual(["app", "b"]);
    expect(objects(text, "list.yaml")).toHaveLength(2);
  });

  test("anchors within a document are followed", () => {
    expect(objects(`${HEAD}spec: { a: &x { b: 1 }, c: *x }\n`)[0]?.spec).toEqual({ a: { b: 1 }, c: { b: 1 } });
  });

  test("words that older YAML took for booleans stay text, and << is a key like any other", () => {
    const text = `${HEAD}  annotations: { answer: no }\nspec: { base: &b { x: 1 }, "<<": *b }\n`;
    expect(objects(text)[0]).toMatchObject({
      metadata: { annotations: { answer: "no" } },
      spec: { base: { x: 1 }, "<<": { x: 1 } },
    });
  });

  test("a kustomization is no object of a cluster", () => {
    expect(objects("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n")).toEqual(
      [],
    );
  });
});

describe("what is refused, in one sentence", () => {
  test.each([
    ["", "the file is empty"],
    [" \n", "the file is empty"],
    ["a: [", "not YAML"],
    ["a: 1\na: 2\n", "not YAML"],
    ["just text", "no kind"],
    ["kind: Service\nmetadata: { name: app }\n", "no apiVersion"],
    [HEAD.replace("name: app", "generateName: app-"), "metadata.name"],
    [HEAD.replace("name: app", "name: a/b"), "metadata.name"],
    [`${HEAD}  annotations: { on: true }\n`, "metadata.annotations.on: must be text"],
    [`${HEAD}  creationTimestamp: yesterday\n`, "metadata.creationTimestamp"],
    ["apiVersion: v1\nkind: List\n", "no items"],
    ["apiVersion: v1\nkind: List\nitems: [{}]\n", "items[0]"],
    [`${HEAD}---\nkind: 5\n`, "document 2"],
  ])("%j", (text, sentence) => {
    expect(problem(text)).toContain(sentence);
    expect(problem(text)).not.toContain("\n");
  });

  test("JSON with a fault", () => {
    expect(problem('{"kind":', "app.json")).toContain("not JSON");
  });

  test("an alias bomb costs nothing", () => {
    const levels = Array.from(
      { length: 30 },
      (_, index) => `l${index + 1}: &l${index + 1} [*l${index}, *l${index}, *l${index}]`,
    );
    expect(problem(`l0: &l0 [x, x]\n${levels.join("\n")}\n`)).toContain("not YAML");
  });

  test("an alias that leads back to itself", () => {
    expect(problem(`${HEAD}spec: &a { self: *a }\n`)).toContain("not YAML");
  });

  test("nesting deeper than any manifest", () => {
    expect(problem(`${HEAD}spec: ${"[".repeat(100_000)}\n`)).toContain("not YAML");
  });
});
