// The last 11 of the 27 faults that a watch of the Kubernetes API meets (facts: reliability §2.1), by their numbers, each against an API
// server in memory on a clock that jumps. What is asserted is what a listener was told, and what was asked.

import { beforeEach, describe, expect, test } from "vitest";
import { SILENT } from "#src/lib/log.ts";
import { JumpingClock } from "#test/support/jumping-clock.ts";
import { errorLine, json, raw, refused, type ScriptedApi } from "#test/support/kubernetes/scripted-api.ts";
import { createApi, MINUTE_MS, startOn, startWatchingOn } from "#test/support/kubernetes/use-watched.ts";
import { readAny, type Watched, type WatchedOptions } from "#test/support/kubernetes/watched.ts";

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
    const warned: object[] = [];
    const { clock, told, kind } = await startWatching({
      log: { ...SILENT, warn: (fields) => void warned.push(fields) },
      transform: (object) => {
        if (JSON.stringify(object).includes("poison")) throw new Error("spec.host: is poison");
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
    expect(warned).toEqual([{ kind: "Ingress", namespace: "apps", name: "a", reason: "spec.host: is poison" }]);
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
