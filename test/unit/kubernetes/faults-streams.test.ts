// The first 16 of the 27 faults that a watch of the Kubernetes API meets (facts: reliability §2.1), by their numbers, each against an API
// server in memory on a clock that jumps. What is asserted is what a listener was told, and what was asked.

import { beforeEach, describe, expect, test } from "vitest";
import { settle } from "#test/support/jumping-clock.ts";
import { broken, errorLine, json, raw, refused, type ScriptedApi } from "#test/support/kubernetes/scripted-api.ts";
import { createApi, MINUTE_MS, startOn, startWatchingOn } from "#test/support/kubernetes/use-watched.ts";
import { type Watched, type WatchedOptions } from "#test/support/kubernetes/watched.ts";

let api: ScriptedApi;

beforeEach(() => {
  api = createApi();
});

function start(options: WatchedOptions = {}): Promise<Watched> {
  return startOn(api, options);
}

function startWatching(options: WatchedOptions = {}): Promise<Watched> {
  return startWatchingOn(api, options);
}

describe("a stream that goes silent", () => {
  test("1: a half-open watch is given up 180 s after the last bookmark, and goes on from its version", async () => {
    const { clock, names } = await startWatching();
    const first = api.watch;
    first.bookmark(110);
    await clock.advance(MINUTE_MS);
    first.bookmark(120);
    await clock.advance(1_000);
    // From here on this connection brings nothing any more, and does not end either.
    api.watches.splice(0);
    api.put("late");
    await clock.advance(178_000);
    expect(first.isOpen()).toBe(true);
    await clock.advance(2_000 + 2_000);
    expect(first.isOpen()).toBe(false);
    expect(api.watch.query.get("resourceVersion")).toBe("120");
    expect(api.count("list")).toBe(1);
    api.version = 120;
    api.put("c");
    await clock.advance(0);
    expect(names()).toContain("c");
  });

  test("1: without bookmarks it is given up 15 s after the time it was asked to end at", async () => {
    const { clock } = await startWatching();
    const first = api.watch;
    const askedMs = Number(first.query.get("timeoutSeconds")) * 1_000;
    expect(askedMs).toBeGreaterThanOrEqual(5 * MINUTE_MS);
    await clock.advance(askedMs + 14_000);
    expect(first.isOpen()).toBe(true);
    await clock.advance(1_000);
    expect(first.isOpen()).toBe(false);
  });

  test("2: a server that never sends headers is given up after 10 s and asked again", async () => {
    api.once("list", undefined);
    const { clock, names, kind } = await start();
    await clock.advance(9_000);
    expect(api.count("list")).toBe(1);
    await clock.advance(3_000);
    expect(api.count("list")).toBe(2);
    expect(names()).toEqual(["a", "b"]);
    expect(kind().state).toBe("watching");
  });

  test("3: a quiet resource costs one watch in at least five minutes, because bookmarks prove that it is alive", async () => {
    const { clock, kind } = await startWatching();
    expect(api.watch.query.get("allowWatchBookmarks")).toBe("true");
    for (let minute = 0; minute < 5; minute += 1) {
      await clock.advance(MINUTE_MS - 1);
      for (const watch of api.open()) watch.bookmark(200 + minute);
    }
    await settle();
    expect(api.count("watch")).toBe(1);
    expect(clock.nowMs() - (kind().lastProofAtMs ?? 0)).toBeLessThan(MINUTE_MS);
  });
});

describe("a list or a watch that is refused", () => {
  test.each([
    ["500", refused(500, {})],
    ["refused", broken("ECONNREFUSED")],
    ["503", refused(503, {})],
  ])("4: a list that fails (%s) is tried again until it succeeds", async (_, answer) => {
    api.times(4, "list", answer);
    const { clock, names, kind } = await start();
    expect(kind().state).toBe("failing");
    await clock.advance(MINUTE_MS);
    expect(names()).toEqual(["a", "b"]);
    expect(kind().state).toBe("watching");
  });

  test("4: a list that is forbidden is asked for each 30 s, and reported as what it is", async () => {
    api.times(3, "list", refused(403, { reason: "Forbidden", message: "cannot list ingresses" }));
    const { clock, kind, names } = await start();
    expect(kind()).toMatchObject({ state: "forbidden", failure: { code: "kubernetes.forbidden" } });
    await clock.advance(29_000);
    expect(api.count("list")).toBe(1);
    await clock.advance(62_000);
    expect(api.count("list")).toBe(4);
    expect(names()).toEqual(["a", "b"]);
  });

  test.each([429, 503])(
    "5: a watch that gets %d waits as long as it was told, and is not listed again",
    async (status) => {
      const { clock, names } = await startWatching();
      api.once("watch", refused(status, {}, { "retry-after": "20" }));
      await clock.advance(6_000);
      api.watch.end();
      await clock.advance(19_000);
      expect(api.count("watch")).toBe(2);
      await clock.advance(2_000);
      expect(api.count("watch")).toBe(3);
      expect(api.count("list")).toBe(1);
      expect(names()).toEqual(["a", "b"]);
    },
  );

  test("5: a server that asks to be left alone for an hour is asked again after a minute", async () => {
    const { clock } = await startWatching();
    api.once("watch", refused(429, {}, { "retry-after": "3600" }));
    await clock.advance(6_000);
    api.watch.end();
    await clock.advance(MINUTE_MS + 1_000);
    expect(api.count("watch")).toBe(3);
  });

  test("5: a watch that gets 404 looks for the kind anew and goes on", async () => {
    const { clock, names, kind } = await startWatching();
    api.once("watch", refused(404, {}));
    await clock.advance(6_000);
    api.watch.end();
    await clock.advance(5_000);
    expect(api.count("group")).toBe(2);
    expect(kind().state).toBe("watching");
    expect(names()).toEqual(["a", "b"]);
  });
});

describe("a stream that breaks", () => {
  test("6: a reset goes on from the last version, without a list", async () => {
    const { clock, names } = await startWatching();
    api.put("c");
    await clock.advance(0);
    const { version } = api;
    api.watch.break("ECONNRESET");
    await clock.advance(2_000);
    expect(api.watch.query.get("resourceVersion")).toBe(String(version));
    expect(api.count("list")).toBe(1);
    api.put("d");
    await clock.advance(0);
    expect(names()).toEqual(["a", "b", "c", "d"]);
  });

  test("6: an end inside a line is a broken connection: the half line is not taken", async () => {
    const { clock, names, kind } = await startWatching();
    api.watch.text('{"type":"ADDED","object":{"meta');
    api.watch.end();
    await clock.advance(2_000);
    expect(names()).toEqual(["a", "b"]);
    expect(kind().dropped.malformed).toBe(0);
    expect(api.count("watch")).toBe(2);
    expect(api.count("list")).toBe(1);
  });

  test("7: HTTP 410 on a watch is a list at once", async () => {
    const { clock, names } = await startWatching();
    await clock.advance(6_000);
    api.once("watch", refused(410, { reason: "Expired" }));
    api.watch.end();
    api.put("c");
    await clock.advance(0);
    expect(api.count("list")).toBe(2);
    expect(names()).toEqual(["a", "b", "c"]);
  });

  test.each([
    ["8: the server closes", true],
    ["9: the server keeps the stream open", false],
  ])("%s after an ERROR 410: a list at once, and the stream is left", async (_, closes) => {
    const { clock, names } = await startWatching();
    const first = api.watch;
    first.text(errorLine(410, { reason: "Expired" }));
    if (closes) first.end();
    api.watches.splice(0);
    api.put("c");
    await clock.advance(0);
    expect(first.isOpen()).toBe(false);
    expect(api.count("list")).toBe(2);
    expect(names()).toEqual(["a", "b", "c"]);
    expect(api.open().length).toBe(1);
  });

  test("10: an ERROR 500 is reported, goes on from the version twice, and is listed after the third", async () => {
    const { clock, kind } = await startWatching();
    for (const lists of [1, 1, 2]) {
      api.watch.text(errorLine(500, { message: "etcd is unwell" }));
      await clock.advance(0);
      expect(kind()).toMatchObject({ state: "failing", failure: { message: "status 500: etcd is unwell" } });
      await clock.advance(10_000);
      expect(api.count("list")).toBe(lists);
    }
    expect(kind().state).toBe("watching");
  });

  test("11: a server that closes at once is asked some dozen times in ten minutes, not thousands", async () => {
    const { clock } = await startWatching();
    for (let index = 0; index < 100; index += 1) api.once("watch", json(""));
    api.watch.break();
    await clock.advance(10 * MINUTE_MS);
    expect(api.count("watch")).toBeGreaterThan(10);
    expect(api.count("watch")).toBeLessThan(40);
  });

  test("11: neither does an ERROR 410 at each watch turn round without a pause", async () => {
    const { clock } = await startWatching();
    for (let index = 0; index < 200; index += 1) api.once("watch", { status: 410 });
    api.watch.break();
    await clock.advance(10 * MINUTE_MS);
    expect(api.count("list")).toBeLessThan(100);
  });
});

describe("what cannot be read", () => {
  test.each([
    ["12: a line that is no JSON", "{broken\n"],
    ["12: a line that is no UTF-8", new Uint8Array([0x22, 0xff, 0x22, 0x0a])],
    ["13: an event without metadata", `${JSON.stringify({ type: "ADDED", object: { spec: {} } })}\n`],
    ["13: an event without a version", `${JSON.stringify({ type: "ADDED", object: { metadata: { name: "x" } } })}\n`],
    ["13: an event without an object", `${JSON.stringify({ type: "MODIFIED" })}\n`],
    ["13: an event that is null", "null\n"],
    ["13: a bookmark without a version", `${JSON.stringify({ type: "BOOKMARK", object: {} })}\n`],
  ])("%s is counted, ends the stream and leads to a list", async (_, line) => {
    const { clock, names, kind } = await startWatching();
    const first = api.watch;
    first.text(line);
    api.watches.splice(0);
    api.put("c");
    await clock.advance(2_000);
    expect(first.isOpen()).toBe(false);
    expect(kind()).toMatchObject({ state: "watching", dropped: { malformed: 1 } });
    expect(api.count("list")).toBe(2);
    expect(names()).toEqual(["a", "b", "c"]);
  });

  test("12: what came before a bad line in the same chunk is taken", async () => {
    const { clock, names } = await startWatching();
    const object = raw("before", { uid: "u", resourceVersion: "200", host: "before.example.com" });
    api.watch.text(`${JSON.stringify({ type: "ADDED", object })}\n{broken\n`);
    await clock.advance(0);
    expect(names()).toEqual(["a", "b", "before"]);
  });

  test("12: an event of a type that nobody knows is counted, and the watch goes on", async () => {
    const { clock, names, kind } = await startWatching();
    api.watch.event("RENAMED", {});
    api.put("c");
    await clock.advance(0);
    expect(kind().dropped.unknown).toBe(1);
    expect(names()).toEqual(["a", "b", "c"]);
    expect(api.count("watch")).toBe(1);
  });

  test("14: a listener that throws costs nothing: everything is told anew until he takes it", async () => {
    let refusals = 3;
    const { clock, names, inventory, changes } = await start({
      onChange: () => {
        if (refusals > 0) refusals -= 1;
        else return;
        throw new Error("a bug");
      },
    });
    expect(changes).toEqual([]);
    api.put("c");
    api.delete("a");
    await clock.advance(20_000);
    expect(names()).toEqual(["b", "c"]);
    expect(inventory.report().handlerFailures).toBe(3);
  });

  test.each([
    ["the token file is absent", () => Promise.reject(new Error("ENOENT"))],
    ["the plugin hangs", () => new Promise<never>(() => undefined)],
  ])("15: when %s at a reconnect, it is tried again, and what was known stays", async (_, unavailable) => {
    let isAway = false;
    const { clock, names, kind } = await startWatching({
      credentials: { headers: () => (isAway ? unavailable() : Promise.resolve({ authorization: "Bearer t" })) },
    });
    isAway = true;
    api.watch.break();
    await clock.advance(2 * MINUTE_MS);
    expect(kind()).toMatchObject({ state: "failing", failure: { code: "kubernetes.credentials" } });
    expect(names()).toEqual(["a", "b"]);
    isAway = false;
    await clock.advance(2 * MINUTE_MS);
    expect(kind().state).toBe("watching");
  });

  test("16: U+2028, U+2029 and a bare CR inside a line are part of it", async () => {
    const { clock, told } = await startWatching();
    const object = raw("odd", { uid: "u", resourceVersion: "200", host: "x\u2028y\u2029z" });
    const line = JSON.stringify({ type: "ADDED", object }).replace('{"type"', '{\r"type"');
    expect(line).toContain("\u2028");
    api.watch.text(`${line}\r\n`);
    await clock.advance(0);
    expect([...told().values()].map(({ spec }) => spec)).toContainEqual({ host: "x\u2028y\u2029z" });
  });

  test("16: a character that is cut in two by the network is one character", async () => {
    const { clock, told } = await startWatching();
    const object = raw("odd", { uid: "u", resourceVersion: "200", host: "köln" });
    const bytes = new TextEncoder().encode(`${JSON.stringify({ type: "ADDED", object })}\n`);
    const middle = bytes.indexOf(0xc3) + 1;
    api.watch.text(bytes.subarray(0, middle));
    await clock.advance(0);
    api.watch.text(bytes.subarray(middle));
    await clock.advance(0);
    expect([...told().values()].map(({ spec }) => spec)).toContainEqual({ host: "köln" });
  });
});
