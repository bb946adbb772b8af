// The 27 faults that a watch of the Kubernetes API meets (facts: reliability §2.1), by their numbers, each against an API server in
// memory on a clock that jumps. What is asserted is what a listener was told, and what was asked.

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { JumpingClock, settle } from "#test/support/jumping-clock.ts";
import { broken, errorLine, json, raw, refused, ScriptedApi } from "#test/support/kubernetes/scripted-api.ts";
import { readAny, type Watched, type WatchedOptions, watched } from "#test/support/kubernetes/watched.ts";

const MINUTE_MS = 60_000;

let api: ScriptedApi;
let running: Watched | undefined;

beforeEach(() => {
  api = new ScriptedApi();
  api.put("a");
  api.put("b");
});

afterEach(async () => {
  await running?.inventory.stop();
  running = undefined;
});

async function start(options: WatchedOptions = {}): Promise<Watched> {
  running = watched(api.transport, options);
  await running.inventory.start();
  await running.clock.advance(0);
  return running;
}

/** Started, listed, and watching. */
async function startWatching(options: WatchedOptions = {}): Promise<Watched> {
  const started = await start(options);
  expect(started.names()).toEqual(["a", "b"]);
  expect(started.kind().state).toBe("watching");
  return started;
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

describe("lists", () => {
  function page(names: readonly string[], next: string): ReturnType<typeof json> {
    const items = names.map((name) => raw(name, { uid: name, resourceVersion: "90", host: name }));
    return json({ metadata: { resourceVersion: "150", continue: next }, items });
  }

  test("17: pages are one list: nothing of a later page is told as deleted, and nothing before the last one", async () => {
    api.once("list", page(["a", "b"], "page 2&more"));
    api.once("list", page(["c"], "page-3"));
    api.once("list", page(["d"], ""));
    const { names, changes } = await start();
    expect(names()).toEqual(["a", "b", "c", "d"]);
    expect(changes.length).toBe(1);
    const paths = api.requests.filter(({ what }) => what === "list").map(({ path }) => path.split("?")[1]);
    expect(paths).toEqual(["limit=500", "limit=500&continue=page+2%26more", "limit=500&continue=page-3"]);
  });

  test("17: a token that has expired begins the list again, without pages", async () => {
    api.once("list", page(["gone"], "old"));
    api.once("list", refused(410, { reason: "Expired" }));
    const { names } = await start();
    expect(names()).toEqual(["a", "b"]);
    expect(api.requests.filter(({ what }) => what === "list").at(-1)?.path).not.toContain("?");
  });

  test("18: an empty list after a full one is believed at the third time, 2 s and 10 s later", async () => {
    for (const name of ["c", "d", "e"]) api.put(name);
    const { clock, names, kind } = await start();
    api.objects.clear();
    api.watch.text(errorLine(410));
    await clock.advance(0);
    expect(kind().isHeld).toBe(true);
    await clock.advance(11_900);
    expect(names().length).toBe(5);
    expect(api.count("list")).toBe(3);
    await clock.advance(200);
    expect(names()).toEqual([]);
    expect(api.count("list")).toBe(4);
    expect(kind().isHeld).toBe(false);
  });

  test("18: an empty list of a server that lost its memory for a moment changes nothing", async () => {
    for (const name of ["c", "d", "e"]) api.put(name);
    const { clock, names, changes, kind } = await start();
    const told = changes.length;
    api.once("list", json({ metadata: { resourceVersion: "200" }, items: null }));
    api.watch.text(errorLine(410));
    await clock.advance(20_000);
    expect(names().length).toBe(5);
    expect(changes.length).toBe(told);
    expect(kind()).toMatchObject({ isHeld: false, state: "watching" });
  });

  test("18: half of the objects, or four of them, may go at once", async () => {
    for (const name of ["c", "d"]) api.put(name);
    const { clock, names } = await start();
    api.objects.clear();
    api.watch.text(errorLine(410));
    await clock.advance(0);
    expect(names()).toEqual([]);
  });

  test("19: stop while a list runs opens no watch", async () => {
    api.once("list", undefined);
    const { clock, inventory } = await start();
    await inventory.stop();
    await clock.advance(MINUTE_MS);
    expect(api.count("watch")).toBe(0);
    expect(clock.sleepers).toBe(0);
  });

  test("19: stop while a watch waits for its headers, or for its next try, ends it", async () => {
    const first = await startWatching();
    api.once("watch", undefined);
    api.watch.break();
    await first.clock.advance(2_000);
    await first.inventory.stop();
    expect(first.clock.sleepers).toBe(0);
    const second = await start();
    api.watch.break();
    await second.clock.advance(0);
    await second.inventory.stop();
    expect(second.clock.sleepers).toBe(0);
    expect(api.openNow).toBe(0);
  });

  test("20: a second start is an error, and no second watch", async () => {
    const { inventory, clock } = await startWatching();
    await expect(inventory.start()).rejects.toThrow("started already");
    await clock.advance(1_000);
    expect(api.count("watch")).toBe(1);
  });
});

describe("events that come twice, late or about others", () => {
  test("21: an older version after a newer one is not taken", async () => {
    const { clock, told, kind, changes } = await startWatching();
    const known = api.objects.get("a");
    api.put("a", "new.example.com");
    await clock.advance(0);
    const told1 = changes.length;
    api.watch.event("MODIFIED", raw("a", known ?? { uid: "", resourceVersion: "", host: "" }));
    await clock.advance(0);
    expect([...told().values()].map(({ spec }) => spec)).toContainEqual({ host: "new.example.com" });
    expect(kind().dropped.stale).toBe(1);
    expect(changes.length).toBe(told1);
  });

  test("21: an event of an object that is not known, older than the stream, leads to a list: it may be long gone", async () => {
    const { clock, names, kind } = await startWatching();
    api.put("c");
    api.watch.event("MODIFIED", raw("ghost", { uid: "g", resourceVersion: "90", host: "ghost" }));
    await clock.advance(2_000);
    expect(names()).toEqual(["a", "b", "c"]);
    expect(kind()).toMatchObject({ dropped: { disorder: 1 }, relists: 1, state: "watching" });
  });

  test("21: the same event twice is told once", async () => {
    const { clock, changes, kind } = await startWatching();
    const object = raw("c", { uid: "c", resourceVersion: "300", host: "c" });
    for (let times = 0; times < 3; times += 1) api.watch.event("ADDED", object);
    await clock.advance(0);
    expect(changes.length).toBe(2);
    expect(kind().dropped.duplicate).toBe(2);
  });

  test("21: the end of an earlier object of the same name does not delete the present one", async () => {
    const { clock, names } = await startWatching();
    api.put("a", "a.example.com", "another-uid");
    api.watch.event("DELETED", raw("a", { uid: "uid-a-101", resourceVersion: "999", host: "a" }));
    await clock.advance(0);
    expect(names()).toEqual(["a", "b"]);
  });

  test("21: an object made again under its name is another one", async () => {
    const { clock, told } = await startWatching();
    api.delete("a");
    api.put("a", "again.example.com", "another-uid");
    await clock.advance(0);
    expect([...told().values()].map(({ metadata }) => metadata.uid)).toContain("another-uid");
  });

  test("21: a bookmark never takes the version back", async () => {
    const { clock } = await startWatching();
    api.put("c");
    const { version } = api;
    api.watch.bookmark(5);
    await clock.advance(0);
    api.watch.break();
    await clock.advance(2_000);
    expect(api.watch.query.get("resourceVersion")).toBe(String(version));
  });
});

describe("credentials and connections", () => {
  test("22: a rotated token is read at a 401, and the request is sent once more at once", async () => {
    const needs: string[] = [];
    const { clock, kind } = await startWatching({
      credentials: {
        headers: (need) => {
          needs.push(need);
          return Promise.resolve({ authorization: `Bearer ${need}` });
        },
      },
    });
    api.once("watch", refused(401, { reason: "Unauthorized" }));
    await clock.advance(6_000);
    needs.splice(0);
    api.watch.end();
    await clock.advance(0);
    expect(needs).toEqual(["usual", "usual", "fresh"]);
    expect(kind().state).toBe("watching");
    expect(api.requests.at(-1)?.headers["authorization"]).toBe("Bearer fresh");
  });

  test("22: a token that is refused again is not sent in a loop", async () => {
    api.times(1_000, "list", refused(401, {}));
    const { clock, kind } = await start();
    await clock.advance(10 * MINUTE_MS);
    expect(kind()).toMatchObject({ state: "failing", failure: { code: "kubernetes.unauthorized" } });
    expect(api.count("list")).toBeLessThan(80);
  });

  test("23: credentials that take longer than 15 s are given up", async () => {
    const { clock, kind } = await start({ credentials: { headers: () => new Promise<never>(() => undefined) } });
    await clock.advance(14_000);
    expect(kind().state).toBe("listing");
    await clock.advance(2_000);
    expect(kind()).toMatchObject({ state: "failing", failure: { code: "kubernetes.credentials" } });
  });

  test("24: one kind has at most two requests open at a time", async () => {
    const { clock } = await startWatching();
    for (let times = 0; times < 20; times += 1) {
      api.watch.break();
      await clock.advance(MINUTE_MS);
    }
    await clock.advance(60 * MINUTE_MS);
    expect(api.openMost).toBeLessThanOrEqual(2);
    expect(api.openNow).toBe(1);
  });

  test("25: a list that drips is given up after 30 s", async () => {
    async function* drip(): AsyncGenerator<Uint8Array> {
      for (;;) {
        yield new TextEncoder().encode(" ");
        await clock.sleep(1_000, AbortSignal.timeout(10_000));
      }
    }
    const clock = new JumpingClock();
    api.once("list", { body: drip() });
    const { names } = await start({ clock });
    await clock.advance(29_000);
    expect(api.count("list")).toBe(1);
    await clock.advance(3_000);
    expect(names()).toEqual(["a", "b"]);
  });

  test("25: a list beyond 64 MiB is given up", async () => {
    async function* flood(): AsyncGenerator<Uint8Array> {
      const chunk = new Uint8Array(1_024 * 1_024).fill(0x20);
      for (;;) yield await Promise.resolve(chunk);
    }
    api.once("list", { body: flood() });
    const { clock, kind, names } = await start();
    for (let turns = 0; turns < 20; turns += 1) await clock.advance(100);
    expect(kind().dropped.malformed).toBe(1);
    expect(names()).toEqual(["a", "b"]);
  });

  test("26: of an object only what the reader keeps stays, and a line beyond 4 MiB ends the watch", async () => {
    const { clock, told, names } = await startWatching();
    expect(JSON.stringify([...told().values()])).not.toContain("managedFields");
    const first = api.watch;
    for (let mebibytes = 0; mebibytes < 5; mebibytes += 1) first.text("x".repeat(1_024 * 1_024));
    await clock.advance(2_000);
    expect(first.isOpen()).toBe(false);
    expect(api.count("list")).toBe(2);
    expect(names()).toEqual(["a", "b"]);
  });

  test("26: an object that cannot be read keeps its last good version and does not disturb the others", async () => {
    const { clock, told, kind } = await startWatching({
      transform: (object) => {
        if (JSON.stringify(object).includes("poison")) throw new Error("unreadable");
        return readAny(object);
      },
    });
    api.put("a", "poison");
    api.put("c");
    await clock.advance(0);
    expect([...told().values()].map(({ spec }) => spec)).toEqual([
      { host: "a.example.com" },
      { host: "b.example.com" },
      { host: "c.example.com" },
    ]);
    expect(kind().dropped.unreadable).toBe(1);
    expect(api.count("watch")).toBe(1);
  });

  test("27: a kind that is missing is parked, and found at most 72 s after it was installed", async () => {
    api.served = [];
    const { clock, kind, inventory, names } = await start();
    expect(kind().state).toBe("parked");
    expect(inventory.report().synced).toBe(true);
    await clock.advance(10 * MINUTE_MS);
    expect(api.count("list")).toBe(0);
    api.served = ["v1"];
    await clock.advance(72_000);
    expect(kind()).toMatchObject({ state: "watching", apiVersion: "networking.k8s.io/v1" });
    expect(names()).toEqual(["a", "b"]);
  });
});
