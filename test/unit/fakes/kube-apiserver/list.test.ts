// Lists as the API concepts document them ("Resource versions", "Retrieving large results sets in chunks").

import { describe, expect, test } from "vitest";
import { createKubeApiServer, type KubeApiServer } from "#test/fakes/kube-apiserver/kube-apiserver.ts";
import { type ApiBody, ask, configMap } from "#test/support/kube-api.ts";

const PATH = "/api/v1/namespaces/default/configmaps";

function serverWith(...names: readonly string[]): KubeApiServer {
  const server = createKubeApiServer({ compactEveryMs: Number.POSITIVE_INFINITY });
  server.put(...names.map((name) => configMap(name)));
  return server;
}

const namesOf = (body: ApiBody): readonly (string | undefined)[] => body.items.map((item) => item.metadata.name);

test("a list carries the revision of the whole store and its items sorted by name", async () => {
  const server = serverWith("b", "a", "c");
  server.skipRevisions(5);
  const { status, body } = await ask(server, `GET ${PATH}`);
  expect(status).toBe(200);
  expect(body.kind).toBe("ConfigMapList");
  expect(body.apiVersion).toBe("v1");
  expect(body.metadata.resourceVersion).toBe(String(server.revision));
  expect(namesOf(body)).toEqual(["a", "b", "c"]);
});

test("every object has its own uid, version and time, and versions never repeat", async () => {
  const server = serverWith("a", "b");
  const { body } = await ask(server, `GET ${PATH}`);
  const [a, b] = body.items;
  expect(a?.metadata.uid).not.toBe(b?.metadata.uid);
  expect(Number(b?.metadata.resourceVersion)).toBeGreaterThan(Number(a?.metadata.resourceVersion));
  expect(a?.metadata["creationTimestamp"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
});

test("all namespaces are listed by namespace, then name", async () => {
  const server = serverWith("b");
  server.put(configMap("a", "zeta"), configMap("z", "alpha"));
  const { body } = await ask(server, "GET /api/v1/configmaps");
  expect(namesOf(body)).toEqual(["z", "b", "a"]);
});

describe("the version asked for", () => {
  test("none and 0 are answered with the newest state", async () => {
    const server = serverWith("a");
    for (const query of ["", "?resourceVersion=", "?resourceVersion=0"]) {
      expect(namesOf((await ask(server, `GET ${PATH}${query}`)).body)).toEqual(["a"]);
    }
  });

  test("an older one without a limit means not older than: the newest state", async () => {
    const server = serverWith("a");
    const old = server.revision;
    server.put(configMap("b"));
    for (const match of ["", "&resourceVersionMatch=NotOlderThan"]) {
      const { body } = await ask(server, `GET ${PATH}?resourceVersion=${old}${match}`);
      expect(namesOf(body)).toEqual(["a", "b"]);
      expect(body.metadata.resourceVersion).toBe(String(server.revision));
    }
  });

  test("Exact shows what was there then, changes and deletions undone", async () => {
    const server = serverWith("a", "b");
    const old = server.revision;
    server.put(configMap("c"), configMap("a", "default", { data: { changed: "yes" } }));
    server.remove(configMap("b"));
    const { body } = await ask(server, `GET ${PATH}?resourceVersion=${old}&resourceVersionMatch=Exact`);
    expect(namesOf(body)).toEqual(["a", "b"]);
    expect(body.items[0]?.["data"]).toBeUndefined();
    expect(body.metadata.resourceVersion).toBe(String(old));
  });

  test("with a limit and no match it means Exact", async () => {
    const server = serverWith("a");
    const old = server.revision;
    server.put(configMap("b"));
    expect(namesOf((await ask(server, `GET ${PATH}?resourceVersion=${old}&limit=10`)).body)).toEqual(["a"]);
  });

  test("Exact after compaction is 410 Expired", async () => {
    const server = serverWith("a");
    const old = server.revision;
    server.put(configMap("b"));
    server.compact();
    const { status, body } = await ask(server, `GET ${PATH}?resourceVersion=${old}&resourceVersionMatch=Exact`);
    expect(status).toBe(410);
    expect(body).toMatchObject({ kind: "Status", status: "Failure", reason: "Expired", code: 410 });
  });

  test("one of the future is 504 with the cause ResourceVersionTooLarge", async () => {
    const server = serverWith("a");
    const { status, body, headers } = await ask(server, `GET ${PATH}?resourceVersion=${server.revision + 7}`);
    expect(status).toBe(504);
    expect(headers["retry-after"]).toBe("1");
    expect(body).toMatchObject({
      reason: "Timeout",
      message: `Too large resource version: ${server.revision + 7}, current: ${server.revision}`,
      details: { causes: [{ reason: "ResourceVersionTooLarge" }], retryAfterSeconds: 1 },
    });
  });

  test.each([
    ["resourceVersionMatch=Exact", 422],
    ["resourceVersion=0&resourceVersionMatch=Exact", 422],
    ["resourceVersion=5&resourceVersionMatch=Newest", 422],
    ["resourceVersion=abc", 422],
    ["limit=x", 400],
  ])("%s is refused with %i", async (query, code) => {
    expect((await ask(serverWith("a"), `GET ${PATH}?${query}`)).status).toBe(code);
  });
});

describe("pages", () => {
  async function pages(server: KubeApiServer, between: () => void): Promise<readonly (readonly unknown[])[]> {
    const seen: (readonly unknown[])[] = [];
    let token = "";
    do {
      const next = token === "" ? "" : `&continue=${token}`;
      const { status, body } = await ask(server, `GET ${PATH}?limit=2${next}`);
      expect(status).toBe(200);
      seen.push(namesOf(body));
      token = body.metadata.continue ?? "";
      between();
    } while (token !== "");
    return seen;
  }

  test("show one snapshot, whatever is written between them", async () => {
    const server = serverWith("a", "b", "c", "d", "e");
    const seen = await pages(server, () => {
      server.put(configMap("bb"), configMap("zz"));
      server.remove(configMap("e"));
    });
    expect(seen).toEqual([["a", "b"], ["c", "d"], ["e"]]);
  });

  test("say how many items are left, but not under a selector", async () => {
    const server = serverWith("a", "b", "c");
    const plain = await ask(server, `GET ${PATH}?limit=1`);
    expect(plain.body.metadata["remainingItemCount"]).toBe(2);
    const selected = await ask(server, `GET ${PATH}?limit=1&labelSelector=!x`);
    expect(selected.body.metadata.continue).toBeDefined();
    expect(selected.body.metadata["remainingItemCount"]).toBeUndefined();
  });

  test("version 0 comes from the watch cache, which knows no limit", async () => {
    const { body } = await ask(serverWith("a", "b", "c"), `GET ${PATH}?limit=1&resourceVersion=0`);
    expect(namesOf(body)).toEqual(["a", "b", "c"]);
    expect(body.metadata.continue).toBeUndefined();
  });

  test("a token outlived by compaction is 410, with another to go on inconsistently", async () => {
    const server = serverWith("a", "b", "c");
    const first = await ask(server, `GET ${PATH}?limit=1`);
    server.put(configMap("bb"));
    server.compact();
    const second = await ask(server, `GET ${PATH}?limit=1&continue=${first.body.metadata.continue}`);
    expect(second.status).toBe(410);
    expect(second.body.reason).toBe("Expired");
    expect(second.body.message).toContain("The provided continue parameter is too old");
    const third = await ask(server, `GET ${PATH}?limit=9&continue=${second.body.metadata.continue}`);
    expect(namesOf(third.body)).toEqual(["b", "bb", "c"]);
    expect(third.body.metadata.resourceVersion).toBe(String(server.revision));
  });

  test("a token with a version is 400, and so is one that is none", async () => {
    const server = serverWith("a", "b");
    const { body } = await ask(server, `GET ${PATH}?limit=1`);
    const both = await ask(server, `GET ${PATH}?continue=${body.metadata.continue}&resourceVersion=5`);
    expect(both).toMatchObject({
      status: 400,
      body: { message: "specifying resource version is not allowed when using continue" },
    });
    expect((await ask(server, `GET ${PATH}?continue=nonsense`)).status).toBe(400);
  });
});

describe("selectors", () => {
  const labelled = (name: string, labels: Readonly<Record<string, string>>) =>
    configMap(name, "default", { metadata: { name, namespace: "default", labels } });
  const server = createKubeApiServer();
  server.put(labelled("a", { app: "x", tier: "web" }), labelled("b", { app: "y" }), labelled("c", {}));

  test.each([
    ["app=x", ["a"]],
    ["app==y", ["b"]],
    ["app!=x", ["b", "c"]],
    ["app in (x,y)", ["a", "b"]],
    ["app notin (x)", ["b", "c"]],
    ["app", ["a", "b"]],
    ["!app", ["c"]],
    ["app in (x,y),tier", ["a"]],
  ])("labelSelector=%s finds %j", async (selector, names) => {
    const { body } = await ask(server, `GET ${PATH}?labelSelector=${encodeURIComponent(selector)}`);
    expect(namesOf(body)).toEqual(names);
  });

  test.each([
    ["metadata.name=b", ["b"]],
    ["metadata.name!=b", ["a", "c"]],
    ["metadata.namespace=elsewhere", []],
  ])("fieldSelector=%s finds %j", async (selector, names) => {
    expect(namesOf((await ask(server, `GET ${PATH}?fieldSelector=${encodeURIComponent(selector)}`)).body)).toEqual(
      names,
    );
  });

  test("a field that the kind does not know is 400", async () => {
    const { status, body } = await ask(server, `GET ${PATH}?fieldSelector=spec.x%3Dy`);
    expect(status).toBe(400);
    expect(body.message).toBe("field label not supported: spec.x");
  });
});
