// Watches as the API concepts document them ("Efficient detection of changes"), on a clock turned by hand.

import { describe, expect, test } from "vitest";
import {
  createKubeApiServer,
  type KubeApiServer,
  type KubeApiServerOptions,
} from "#test/fakes/kube-apiserver/kube-apiserver.ts";
import { timeOfClock } from "#test/fakes/kube-apiserver/kube-time.ts";
import { ManualTime } from "#test/fakes/unifi-console/time.ts";
import { eventually } from "#test/support/eventually.ts";
import { configMap, eventsOf, openWatch } from "#test/support/kube-api.ts";
import { ManualClock } from "#test/support/manual-clock.ts";

const PATH = "/api/v1/namespaces/default/configmaps";
const MINUTE_MS = 60_000;

function start(options: KubeApiServerOptions = {}): { readonly server: KubeApiServer; readonly time: ManualTime } {
  const time = new ManualTime();
  return { time, server: createKubeApiServer({ time, compactEveryMs: Number.POSITIVE_INFINITY, ...options }) };
}

describe("where a watch starts", () => {
  test("at a version: only what came after it, in order", async () => {
    const { server } = start();
    server.put(configMap("a"));
    const version = server.revision;
    server.put(configMap("b"), configMap("a", "default", { data: { x: "1" } }));
    server.remove(configMap("b"));
    const watch = await openWatch(server, `${PATH}?resourceVersion=${version}`);
    server.put(configMap("c"));
    expect(await eventsOf(watch, 4)).toEqual(["ADDED b", "MODIFIED a", "DELETED b", "ADDED c"]);
  });

  test.each(["", "?resourceVersion=0"])(
    "without a version (%j): what is there as ADDED, then the changes",
    async (query) => {
      const { server } = start();
      server.put(configMap("b"), configMap("a"));
      const watch = await openWatch(server, `${PATH}${query}`);
      server.remove(configMap("a"));
      expect(await eventsOf(watch, 3)).toEqual(["ADDED a", "ADDED b", "DELETED a"]);
    },
  );

  test("sendInitialEvents: what is there, then a bookmark that says so (KEP-3157)", async () => {
    const { server } = start();
    server.put(configMap("a"));
    const query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    const watch = await openWatch(server, `${PATH}?${query}`);
    expect(await eventsOf(watch, 2)).toEqual(["ADDED a", `BOOKMARK ${server.revision}`]);
    expect(watch.events()[1]?.object.metadata.annotations).toEqual({ "k8s.io/initial-events-end": "true" });
  });

  test("sendInitialEvents without NotOlderThan is 422", async () => {
    const { server } = start();
    expect((await openWatch(server, `${PATH}?sendInitialEvents=true`)).status).toBe(422);
  });

  test("before the compaction: 200, one ERROR event with 410, the end", async () => {
    const { server } = start();
    const version = server.revision;
    server.put(configMap("a"));
    server.compact();
    const watch = await openWatch(server, `${PATH}?resourceVersion=${version}`);
    expect(await eventsOf(watch, 1)).toEqual(["ERROR 410"]);
    await eventually("the end", () => watch.ended() === "end");
    expect(watch.status).toBe(200);
    expect(watch.events()[0]?.object).toMatchObject({
      kind: "Status",
      reason: "Expired",
      message: `too old resource version: ${version} (${server.compactedRevision})`,
    });
  });

  test("in the future: nothing until the revision is passed", async () => {
    const { server } = start();
    const watch = await openWatch(server, `${PATH}?resourceVersion=${server.revision + 1}`);
    server.put(configMap("unseen"), configMap("seen"));
    expect(await eventsOf(watch, 1)).toEqual(["ADDED seen"]);
  });
});

describe("what a watch tells", () => {
  test("a DELETED event carries the last state under the version of the deletion", async () => {
    const { server } = start();
    server.put(configMap("a", "default", { data: { x: "1" } }));
    const watch = await openWatch(server, `${PATH}?resourceVersion=${server.revision}`);
    server.remove(configMap("a"));
    expect(await eventsOf(watch, 1)).toEqual(["DELETED a"]);
    expect(watch.events()[0]?.object["data"]).toEqual({ x: "1" });
    expect(watch.events()[0]?.object.metadata.resourceVersion).toBe(String(server.revision));
  });

  test("other namespaces are silent, all namespaces are not", async () => {
    const { server } = start();
    const one = await openWatch(server, `${PATH}?resourceVersion=${server.revision}`);
    const all = await openWatch(server, `/api/v1/configmaps?resourceVersion=${server.revision}`);
    server.put(configMap("a", "elsewhere"), configMap("b"));
    expect(await eventsOf(all, 2)).toEqual(["ADDED a", "ADDED b"]);
    expect(await eventsOf(one, 1)).toEqual(["ADDED b"]);
  });

  test("an object that leaves the selection is DELETED, one that comes into it ADDED", async () => {
    const { server } = start();
    const labelled = (app: string) => configMap("a", "default", { metadata: { name: "a", labels: { app } } });
    const put = (app: string) =>
      server.put({ ...labelled(app), metadata: { ...labelled(app).metadata, namespace: "default" } });
    const watch = await openWatch(server, `${PATH}?resourceVersion=${server.revision}&labelSelector=app%3Dx`);
    put("y");
    put("x");
    put("y");
    expect(await eventsOf(watch, 2)).toEqual(["ADDED a", "DELETED a"]);
  });

  test("a write that changes nothing is no event", async () => {
    const { server } = start();
    server.put(configMap("a"));
    const watch = await openWatch(server, `${PATH}?resourceVersion=${server.revision}`);
    server.put(configMap("a"), configMap("b"));
    expect(await eventsOf(watch, 1)).toEqual(["ADDED b"]);
  });

  test("deleted and made again, an object has another uid", async () => {
    const { server } = start();
    server.put(configMap("a"));
    const watch = await openWatch(server, `${PATH}?resourceVersion=${server.revision}`);
    server.remove(configMap("a"));
    server.put(configMap("a"));
    expect(await eventsOf(watch, 2)).toEqual(["DELETED a", "ADDED a"]);
    const [gone, made] = watch.events();
    expect(gone?.object.metadata.uid).not.toBe(made?.object.metadata.uid);
  });

  test("characters that Go escapes are escaped", async () => {
    const { server } = start();
    const watch = await openWatch(server, `${PATH}?resourceVersion=${server.revision}`);
    server.put(configMap("a", "default", { data: { x: "<\u2028&>" } }));
    expect(await eventsOf(watch, 1)).toEqual(["ADDED a"]);
    expect(watch.lines()[0]).toContain(String.raw`\u003c\u2028\u0026\u003e`);
  });
});

describe("bookmarks", () => {
  test("come about once a minute with the store's revision, when they are asked for", async () => {
    const { server, time } = start();
    const watch = await openWatch(
      server,
      `${PATH}?resourceVersion=${server.revision}&allowWatchBookmarks=true&timeoutSeconds=600`,
    );
    server.skipRevisions(100);
    time.advance(2 * MINUTE_MS + 5000);
    expect(await eventsOf(watch, 2)).toEqual([`BOOKMARK ${server.revision}`, `BOOKMARK ${server.revision}`]);
    const { object } = watch.events()[0] ?? {};
    expect(object).toMatchObject({ kind: "ConfigMap", apiVersion: "v1", metadata: { creationTimestamp: null } });
  });

  test("do not come unasked", async () => {
    const { server, time } = start();
    const watch = await openWatch(server, `${PATH}?resourceVersion=${server.revision}&timeoutSeconds=600`);
    time.advance(5 * MINUTE_MS);
    server.put(configMap("a"));
    expect(await eventsOf(watch, 1)).toEqual(["ADDED a"]);
  });

  test("the last one comes two seconds before the deadline", async () => {
    const { server, time } = start();
    const watch = await openWatch(
      server,
      `${PATH}?resourceVersion=${server.revision}&allowWatchBookmarks=true&timeoutSeconds=30`,
    );
    time.advance(27_999);
    expect(watch.summary()).toEqual([]);
    time.advance(1);
    expect(await eventsOf(watch, 1)).toEqual([`BOOKMARK ${server.revision}`]);
  });
});

describe("how a watch ends", () => {
  test("after timeoutSeconds, as a whole answer", async () => {
    const { server, time } = start();
    const watch = await openWatch(server, `${PATH}?resourceVersion=${server.revision}&timeoutSeconds=10`);
    time.advance(9_999);
    expect(server.watches()).toHaveLength(1);
    time.advance(1);
    await eventually("the end", () => watch.ended() === "end");
    expect(server.watches()).toHaveLength(0);
  });

  test("without timeoutSeconds after 30 to 60 minutes", async () => {
    const { server, time } = start();
    const watch = await openWatch(server, `${PATH}?resourceVersion=${server.revision}`);
    time.advance(30 * MINUTE_MS - 1);
    expect(watch.ended()).toBeUndefined();
    time.advance(30 * MINUTE_MS + 1);
    await eventually("the end", () => watch.ended() === "end");
  });

  test("when the client leaves, and the server notices", async () => {
    const { server } = start();
    const watch = await openWatch(server, PATH);
    watch.abort();
    await eventually("the end", () => server.watches().length === 0);
    expect(server.openConnections).toBe(0);
    expect(server.requests().at(-1)).toMatchObject({
      verb: "watch",
      resource: "configmaps",
      status: 200,
      isOpen: false,
    });
  });

  test("when the server restarts", async () => {
    const { server } = start();
    const watch = await openWatch(server, PATH);
    server.endWatches();
    expect(await eventually("the end", () => watch.ended())).toBe("end");
  });
});

test("it runs on the clock of the code under test too", async () => {
  const clock = new ManualClock();
  const server = createKubeApiServer({ time: timeOfClock(clock) });
  const watch = await openWatch(server, `${PATH}?resourceVersion=${server.revision}&timeoutSeconds=10`);
  await clock.advance(9_900);
  expect(watch.ended()).toBeUndefined();
  await clock.advance(100);
  await eventually("the end", () => watch.ended() === "end");
  server.stop();
});

test("history is kept for one to two periods of compaction", async () => {
  const { server, time } = start({ compactEveryMs: 5 * MINUTE_MS });
  time.advance(5 * MINUTE_MS);
  server.put(configMap("a"));
  const version = server.revision - 1;
  time.advance(5 * MINUTE_MS);
  expect(server.compactedRevision).toBeLessThanOrEqual(version);
  time.advance(5 * MINUTE_MS);
  expect(server.compactedRevision).toBeGreaterThan(version);
});
