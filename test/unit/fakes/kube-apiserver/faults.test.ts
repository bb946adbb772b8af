// The fault script in memory: each fault of facts/reliability.md 2.4 does what it says, once, and only where it was aimed.

import { describe, expect, test } from "vitest";
import type { Fault, StreamFault } from "#test/fakes/kube-apiserver/faults.ts";
import { createKubeApiServer, type KubeApiServer } from "#test/fakes/kube-apiserver/kube-apiserver.ts";
import { ManualTime } from "#test/fakes/unifi-console/time.ts";
import { eventually } from "#test/support/eventually.ts";
import { ask, configMap, eventsOf, ingress, type OpenedWatch, openWatch } from "#test/support/kube-api.ts";

const LIST = "/api/v1/namespaces/default/configmaps";

function start(fault?: Fault): { readonly server: KubeApiServer; readonly time: ManualTime } {
  const time = new ManualTime();
  const server = createKubeApiServer({ time, compactEveryMs: Number.POSITIVE_INFINITY });
  server.put(configMap("a"), configMap("b"));
  if (fault !== undefined) server.faults.add({ fault });
  return { server, time };
}

describe("a rule", () => {
  test("hits its verb and resource, from the n-th on, so many times", async () => {
    const { server } = start();
    server.put(ingress("web"));
    server.faults.add({ verb: "list", resource: "configmaps", nth: 2, times: 2, fault: { kind: "status", code: 500 } });
    const seen: number[] = [];
    for (let round = 0; round < 4; round++) {
      expect((await ask(server, "GET /apis/networking.k8s.io/v1/ingresses")).status).toBe(200);
      expect((await ask(server, `GET ${LIST}/a`)).status).toBe(200);
      seen.push((await ask(server, `GET ${LIST}`)).status);
    }
    expect(seen).toEqual([200, 500, 500, 200]);
    expect(server.faults.pending).toEqual([]);
    expect(server.requests().filter(({ fault }) => fault === "status 500")).toHaveLength(2);
  });

  test("is gone after clear()", async () => {
    const { server } = start({ kind: "status", code: 500 });
    server.faults.clear();
    expect((await ask(server, `GET ${LIST}`)).status).toBe(200);
  });
});

describe("answers", () => {
  test.each([
    [401, "Unauthorized"],
    [403, "Forbidden"],
    [404, "NotFound"],
    [409, "Conflict"],
    [410, "Expired"],
    [429, "TooManyRequests"],
    [500, "InternalError"],
    [503, "ServiceUnavailable"],
    [504, "Timeout"],
  ])("%i comes with a Status of reason %s and its Retry-After", async (code, reason) => {
    const { server } = start({ kind: "status", code, retryAfterSeconds: 7 });
    const { status, body, headers } = await ask(server, `GET ${LIST}`);
    expect(status).toBe(code);
    expect(body).toMatchObject({ kind: "Status", reason, code, details: { retryAfterSeconds: 7 } });
    expect(headers["retry-after"]).toBe("7");
  });

  test("429 of flow control is plain text", async () => {
    const { server } = start({ kind: "status", code: 429, retryAfterSeconds: 1, form: "text" });
    const { text, headers } = await ask(server, `GET ${LIST}`);
    expect(text).toBe("Too many requests, please try again later.\n");
    expect(headers["content-type"]).toContain("text/plain");
  });

  test("the head comes late", async () => {
    const { server, time } = start({ kind: "delay", delayMs: 5000 });
    const answered = ask(server, `GET ${LIST}`);
    time.advance(4999);
    expect(server.requests().at(-1)?.status).toBeUndefined();
    time.advance(1);
    expect((await answered).status).toBe(200);
  });

  test("the head never comes, until the client gives up", async () => {
    const { server } = start({ kind: "hang" });
    const controller = new AbortController();
    const headers = { authorization: `Bearer ${server.adminToken}` };
    const answered = server.transport()({ method: "GET", path: LIST, headers }, controller.signal);
    expect(server.openConnections).toBe(1);
    controller.abort(new Error("gave up"));
    await expect(answered).rejects.toThrow("gave up");
    expect(server.openConnections).toBe(0);
  });

  test("the connection is reset", async () => {
    const { server } = start({ kind: "reset" });
    await expect(ask(server, `GET ${LIST}`)).rejects.toMatchObject({ code: "ECONNRESET" });
    expect((await ask(server, `GET ${LIST}`)).status).toBe(200);
  });

  test("the body breaks off", async () => {
    const { server } = start({ kind: "cut-body", keepBytes: 10, how: "close" });
    await expect(ask(server, `GET ${LIST}`)).rejects.toMatchObject({ code: "ERR_STREAM_PREMATURE_CLOSE" });
  });
});

describe("lists", () => {
  const names = async (server: KubeApiServer) => {
    const { body } = await ask(server, `GET ${LIST}`);
    return { version: Number(body.metadata.resourceVersion), names: body.items.map((item) => item.metadata.name) };
  };

  test("are empty under the newest version", async () => {
    const { server } = start({ kind: "empty-list" });
    expect(await names(server)).toEqual({ version: server.revision, names: [] });
    expect((await names(server)).names).toEqual(["a", "b"]);
  });

  test("are partial without a word of it", async () => {
    const { server } = start({ kind: "partial-list", keep: 1 });
    expect(await names(server)).toEqual({ version: server.revision, names: ["a"] });
  });

  test("are stale", async () => {
    const { server } = start({ kind: "stale-list", revisionsBack: 1 });
    expect(await names(server)).toEqual({ version: server.revision - 1, names: ["a"] });
  });
});

describe("events of the cluster", () => {
  test("tokens rotate under a request", async () => {
    const { server } = start({ kind: "rotate-tokens" });
    const old = server.adminToken;
    expect((await ask(server, `GET ${LIST}`, { token: old })).status).toBe(401);
    expect((await ask(server, `GET ${LIST}`)).status).toBe(200);
  });

  test("another cluster answers at the address: other uids, watches end, old versions mean nothing", async () => {
    const { server } = start();
    const before = { uid: server.clusterUid, object: server.object(configMap("a"))?.metadata.uid };
    const watch = await openWatch(server, LIST);
    const version = server.revision;
    server.becomeOtherCluster();
    await eventually("the end", () => watch.ended() === "end");
    expect(server.clusterUid).not.toBe(before.uid);
    expect(server.object(configMap("a"))?.metadata.uid).not.toBe(before.object);
    expect((await ask(server, `GET ${LIST}?resourceVersion=${version}`)).status).toBe(504);
  });

  test("history is compacted under a request", async () => {
    const { server } = start({ kind: "compact" });
    const watch = await openWatch(server, `${LIST}?resourceVersion=${server.revision - 1}`);
    expect(await eventsOf(watch, 1)).toEqual(["ERROR 410"]);
  });
});

describe("inside a watch", () => {
  /** Opens a watch under a script and then writes c, d and e. */
  async function watchUnder(
    ...script: readonly StreamFault[]
  ): Promise<OpenedWatch & { readonly server: KubeApiServer; readonly time: ManualTime }> {
    const { server, time } = start({ kind: "stream", script });
    const watch = await openWatch(
      server,
      `${LIST}?resourceVersion=${server.revision}&allowWatchBookmarks=true&timeoutSeconds=600`,
    );
    server.put(configMap("c"), configMap("d"), configMap("e"));
    return { ...watch, server, time };
  }
  const afterOne = (action: Extract<StreamFault["do"], string>): StreamFault =>
    ({ after: 1, do: action }) as StreamFault;

  test("an ERROR event ends it", async () => {
    const watch = await watchUnder({ after: 1, do: "error", code: 410, thenClose: true });
    await eventually("the end", () => watch.ended() === "end");
    expect(await eventsOf(watch, 2)).toEqual(["ADDED c", "ERROR 410"]);
  });

  test("an ERROR event, and the stream stays open and says no more", async () => {
    const watch = await watchUnder({ after: 1, do: "error", code: 500, thenClose: false });
    expect(await eventsOf(watch, 2)).toEqual(["ADDED c", "ERROR 500"]);
    expect(watch.ended()).toBeUndefined();
  });

  test("bookmarks are missing", async () => {
    const watch = await watchUnder(afterOne("no-bookmarks"));
    watch.time.advance(300_000);
    expect(await eventsOf(watch, 3)).toEqual(["ADDED c", "ADDED d", "ADDED e"]);
  });

  test("a bookmark comes early", async () => {
    const watch = await watchUnder(afterOne("early-bookmark"));
    const [c] = watch.server.objects("configmaps.").filter(({ metadata }) => metadata.name === "c");
    expect(await eventsOf(watch, 4)).toEqual([
      "ADDED c",
      `BOOKMARK ${c?.metadata.resourceVersion}`,
      "ADDED d",
      "ADDED e",
    ]);
  });

  test("a bookmark carries an old version", async () => {
    const watch = await watchUnder({ after: 3, do: "old-bookmark", revisionsBack: 9 });
    expect(await eventsOf(watch, 4)).toEqual([
      "ADDED c",
      "ADDED d",
      "ADDED e",
      `BOOKMARK ${watch.server.revision - 9}`,
    ]);
  });

  test("an event comes twice", async () => {
    expect(await eventsOf(await watchUnder(afterOne("duplicate")), 4)).toEqual([
      "ADDED c",
      "ADDED d",
      "ADDED d",
      "ADDED e",
    ]);
  });

  test("two events come in the wrong order", async () => {
    expect(await eventsOf(await watchUnder(afterOne("swap")), 3)).toEqual(["ADDED c", "ADDED e", "ADDED d"]);
  });

  test("an object has no metadata", async () => {
    const watch = await watchUnder(afterOne("no-metadata"));
    expect(await eventsOf(watch, 3)).toEqual(["ADDED c", "ADDED ?", "ADDED e"]);
    expect(watch.events()[1]?.object).toEqual({ apiVersion: "v1", kind: "ConfigMap" });
  });

  test("a line is not JSON", async () => {
    const watch = await watchUnder(afterOne("bad-json"));
    expect(await eventsOf(watch, 2)).toEqual(["ADDED c", "ADDED e"]);
    expect(watch.lines()).toHaveLength(3);
  });

  test("a line stops half-way and the answer ends as if it were whole", async () => {
    const watch = await watchUnder(afterOne("half-line"));
    await eventually("the end", () => watch.ended() === "end");
    expect(await eventsOf(watch, 1)).toEqual(["ADDED c"]);
    expect(watch.lines()[1]).toMatch(/^\{"type":"ADDED"/);
  });

  test("a line is cut inside a character", async () => {
    const watch = await watchUnder(afterOne("split-character"));
    expect(await eventsOf(watch, 3)).toEqual(["ADDED c", "ADDED d", "ADDED e"]);
    const utf8 = new TextDecoder("utf-8", { fatal: true });
    expect(watch.chunks()).toHaveLength(4);
    expect(() => utf8.decode(watch.chunks()[1])).toThrow(TypeError);
  });

  test("a line holds U+2028 as it is", async () => {
    const watch = await watchUnder(afterOne("line-separator"));
    expect(await eventsOf(watch, 3)).toEqual(["ADDED c", "ADDED d", "ADDED e"]);
    expect(watch.lines()[1]).toContain("\u2028");
  });

  test("a line ends with CR LF", async () => {
    const watch = await watchUnder(afterOne("crlf"));
    expect(await eventsOf(watch, 3)).toEqual(["ADDED c", "ADDED d", "ADDED e"]);
    expect(watch.lines().map((line) => line.endsWith("\r"))).toEqual([false, true, false]);
  });

  test("a line is 5 MiB long", async () => {
    const bytes = 5 * 1024 * 1024;
    const watch = await watchUnder({ after: 1, do: "long-line", bytes });
    expect(await eventsOf(watch, 3)).toEqual(["ADDED c", "ADDED d", "ADDED e"]);
    expect(watch.lines()[1]?.length).toBeGreaterThan(bytes);
  });

  test.each([
    ["close", "end"],
    ["reset", "ECONNRESET"],
    ["cut", "ERR_STREAM_PREMATURE_CLOSE"],
  ] as const)("%s ends it as %s", async (action, end) => {
    const watch = await watchUnder(afterOne(action));
    await eventually("the end", () => watch.ended() !== undefined);
    expect(watch.ended()).toBe(end);
    expect(watch.summary()).toEqual(["ADDED c"]);
    expect(watch.server.watches()).toEqual([]);
  });

  test("silence: open, and nothing more until the deadline of the client", async () => {
    const watch = await watchUnder(afterOne("silence"));
    watch.time.advance(300_000);
    expect(await eventsOf(watch, 1)).toEqual(["ADDED c"]);
    expect(watch.ended()).toBeUndefined();
    expect(watch.server.watches()).toHaveLength(1);
  });
});
