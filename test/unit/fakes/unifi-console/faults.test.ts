import { describe, expect, test } from "vitest";
import type { FaultAction, FaultRule } from "#test/fakes/unifi-console/faults.ts";
import type { UnifiConsoleOptions } from "#test/fakes/unifi-console/unifi-console.ts";
import { eventually } from "#test/support/eventually.ts";
import { consolesOfThisSuite, type Setting } from "./setting.ts";

const start = consolesOfThisSuite();

const V2 = { enabled: true, key: "new.example.org", record_type: "A", value: "10.0.0.9" };

/** A console with ten records and one rule. */
async function startWith(rule: FaultRule, options: UnifiConsoleOptions = {}): Promise<Setting> {
  const setting = await start(options);
  for (let host = 0; host < 10; host++) {
    setting.unifi.seed({ type: "A", name: `host${host}.example.org`, data: `10.0.0.${host}` });
  }
  setting.unifi.faults.plan([rule]);
  return setting;
}

const onList = (action: FaultAction): FaultRule => ({ action, operation: "list" });
const onWrite = (action: FaultAction): FaultRule => ({ action, operation: ["create", "update", "delete"] });

describe("a reply in the place of the console's", () => {
  test.each([
    ["500 of the API", { kind: "answer", status: 500, body: "api" }, 500, "application/json"],
    ["502 as a page", { kind: "answer", status: 502, body: "html" }, 502, "text/html;charset=utf-8"],
    ["503 with nothing", { kind: "answer", status: 503, body: "empty" }, 503, undefined],
    ["the login page", { kind: "login-page" }, 200, "text/html;charset=utf-8"],
  ] as const)("%s", async (_title, action, status, type) => {
    const { call, policies } = await startWith(onList(action));
    const answer = await call("GET", policies());
    expect([answer.status, answer.headers["content-type"]]).toEqual([status, type]);
  });

  test("429 carries the Retry-After it is given", async () => {
    const headers = { "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" };
    const { call, policies } = await startWith(onList({ kind: "answer", status: 429, body: "api", headers }));
    expect(await call("GET", policies())).toMatchObject({ status: 429, headers });
  });

  test("a refusal is in the words of the API asked", async () => {
    const { call, policies, records, unifi } = await startWith(onWrite({ kind: "refuse", refusal: "cname-overlap" }));
    expect(await call("POST", policies(), { body: {} })).toMatchObject({
      status: 400,
      body: { code: "api.dns.policy.validation.cname-alias-overlap" },
    });
    expect(await call("POST", records(), { body: V2 })).toMatchObject({
      status: 400,
      body: { code: "api.err.StaticDnsCnameAliasOverlapsWithOtherRecords" },
    });
    expect(unifi.records()).toHaveLength(10);
  });
});

describe("a failure that leaves open whether the write was carried out", () => {
  test.each([
    ["none", 10],
    ["first", 11],
  ] as const)("a reset with commit %s leaves %i records", async (commit, count) => {
    const { call, records, unifi } = await startWith(onWrite({ kind: "reset", commit }));
    await expect(call("POST", records(), { body: V2 })).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(unifi.records()).toHaveLength(count);
  });

  test("a 500 after the commit", async () => {
    const { call, records, unifi } = await startWith(onWrite({ kind: "answer", status: 500, commit: "first" }));
    expect(await call("POST", records(), { body: V2 })).toMatchObject({ status: 500 });
    expect(unifi.records()).toHaveLength(11);
  });

  test("silence, until the client gives up", async () => {
    const { call, records, unifi } = await startWith(onWrite({ kind: "silence", commit: "first" }));
    await expect(call("POST", records(), { body: V2, timeoutMs: 50 })).rejects.toThrow("abort");
    expect(unifi.records()).toHaveLength(11);
  });

  test("a write that is carried out seconds after its 504", async () => {
    const late: FaultAction = { kind: "late-write", delayMs: 3_000, reply: "504" };
    const { call, records, unifi } = await startWith(onWrite(late), { timeScale: 0.01 });
    expect(await call("POST", records(), { body: V2 })).toMatchObject({ status: 504 });
    expect(unifi.records()).toHaveLength(10);
    await eventually("the late record", () => unifi.records().length === 11);
    expect(unifi.commits().at(-1)).toMatchObject({ by: "late", after: { name: "new.example.org" } });
  });
});

describe("a list that is not the store", () => {
  test("truncated in the middle of its JSON", async () => {
    const { call, policies } = await startWith(onList({ kind: "truncate", keepBytes: 50 }));
    await expect(call("GET", policies())).rejects.toThrow("aborted");
  });

  test.each([
    ["empty", { count: 0, totalCount: 10 }],
    ["short", { count: 5, totalCount: 10 }],
    ["total-changes", { count: 10, totalCount: 11 }],
  ] as const)("a page that is %s", async (effect, page) => {
    const { call, policies } = await startWith(onList({ kind: "page", effect }));
    expect((await call("GET", policies())).body).toMatchObject(page);
  });

  test("a page that repeats an id", async () => {
    const { call, policies } = await startWith(onList({ kind: "page", effect: "repeated-id" }));
    const { data } = (await call("GET", policies())).body as { readonly data: readonly { readonly id: string }[] };
    expect(data).toHaveLength(10);
    expect(new Set(data.map(({ id }) => id)).size).toBe(9);
  });

  test.each([
    [{ kind: "half-list" }, 5],
    [{ kind: "empty-list" }, 0],
    [{ kind: "odd-item", oddity: "unknown-type" }, 11],
  ] as const)("%j shows %i items in both APIs", async (action, count) => {
    const { call, policies, records } = await startWith(onList(action));
    expect((await call("GET", records())).body).toHaveLength(count);
    expect((await call("GET", policies())).body).toMatchObject({ count, totalCount: count });
  });

  test("stale for a while after a write", async () => {
    const { call, records, unifi } = await startWith(onWrite({ kind: "stale-lists", forMs: 10_000 }), {
      timeScale: 0.01,
    });
    expect(await call("POST", records(), { body: V2 })).toMatchObject({ status: 200 });
    expect(unifi.records()).toHaveLength(11);
    expect((await call("GET", records())).body).toHaveLength(10);
    await eventually("the fresh list", async () => ((await call("GET", records())).body as unknown[]).length === 11);
  });

  test("one byte at a time", async () => {
    const { call, records } = await startWith(onList({ kind: "drip", bytesPerSecond: 1 }));
    await expect(call("GET", records(), { timeoutMs: 100 })).rejects.toThrow("abort");
  });

  test("without an end in sight", async () => {
    const { call, records } = await startWith(onList({ kind: "bomb", bytes: 1024 * 1024 }));
    const { text, body } = await call("GET", records());
    expect([text.length, body]).toEqual([1024 * 1024 + 2, []]);
  });
});

describe("connections, sessions and people", () => {
  test("an idle connection is reset when it is used again", async () => {
    const { call, records } = await startWith({ action: { kind: "close-idle" }, nth: 1 });
    expect(await call("GET", records())).toMatchObject({ status: 200 });
    await expect(call("GET", records())).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(await call("GET", records())).toMatchObject({ status: 200 });
  });

  test("keys revoked in mid-batch", async () => {
    const { call, records } = await startWith({ action: { kind: "keys-revoked" }, nth: 2 });
    expect(await call("GET", records())).toMatchObject({ status: 200 });
    expect(await call("GET", records())).toMatchObject({ status: 401 });
  });

  test("a login without a session", async () => {
    const { call, unifi } = await startWith({ action: { kind: "login-without-session" }, operation: "login" });
    const answer = await call("POST", "/api/auth/login", { headers: {}, body: unifi });
    expect([answer.status, answer.headers["set-cookie"]]).toEqual([200, undefined]);
  });

  test("the record removed by hand just before it is changed", async () => {
    const action: FaultAction = { kind: "hand-edit", edit: { kind: "remove" }, when: "before" };
    const { call, records, unifi } = await startWith(onWrite(action));
    const [first] = unifi.records();
    expect(await call("PUT", records(first?.objectId), { body: V2 })).toMatchObject({ status: 404 });
    expect(unifi.commits().at(-1)).toMatchObject({ by: "hand", before: first, after: undefined });
  });
});

describe("the plan", () => {
  test("strikes the n-th match, every n-th, and no more often than told", async () => {
    const { call, records, unifi } = await start({ transport: "http" });
    unifi.faults.plan([
      { action: { kind: "answer", status: 501 }, nth: 2 },
      { action: { kind: "answer", status: 502 }, every: 3, times: 1 },
    ]);
    const seen: number[] = [];
    for (let request = 0; request < 8; request++) seen.push((await call("GET", records())).status);
    expect(seen).toEqual([200, 501, 200, 502, 200, 200, 200, 200]);
  });

  test("aims at a record by its name", async () => {
    const action: FaultAction = { kind: "answer", status: 500 };
    const { call, records, unifi } = await startWith({ action, name: "HOST3.example.org" });
    const statuses = unifi.records().map(async ({ objectId }) => (await call("DELETE", records(objectId))).status);
    expect((await Promise.all(statuses)).filter((status) => status === 500)).toHaveLength(1);
    expect(unifi.records()).toMatchObject([{ name: "host3.example.org" }]);
  });

  test("a seed strikes the same requests again, and so does a replay", async () => {
    const { call, records, unifi } = await start({ transport: "http" });
    const run = async (): Promise<readonly (readonly [number, string])[]> => {
      for (let request = 0; request < 40; request++) await call("GET", records()).catch(() => undefined);
      return unifi.faults.fired().map(({ request, action }) => [request, JSON.stringify(action)]);
    };
    const dice = { seed: 7, rate: 0.3, kinds: ["answer", "truncate", "login-page"] } as const;
    unifi.faults.random(dice);
    const first = await run();
    const fired = unifi.faults.fired();
    expect(first.length).toBeGreaterThan(4);
    unifi.faults.clear();
    unifi.faults.random(dice);
    expect(await run()).toEqual(first);
    unifi.faults.replay(fired);
    expect(await run()).toEqual(first);
  });
});

describe("the log", () => {
  test("names the operation, the record and the fault, and no secret", async () => {
    const { call, policies, unifi } = await startWith(onWrite({ kind: "answer", status: 500 }));
    const [first] = unifi.records();
    await call("DELETE", policies(first?.uuid ?? ""));
    await call("POST", "/api/auth/login", { headers: {}, body: unifi });
    expect(unifi.requests()).toMatchObject([
      { number: 1, operation: "delete", name: "host0.example.org", status: 500, fault: "answer" },
      { number: 2, operation: "login", status: 200, fault: undefined },
    ]);
    const written = JSON.stringify(unifi.requests());
    for (const secret of [unifi.apiKey, unifi.password]) expect(written).not.toContain(secret);
    expect(unifi.counters()).toMatchObject({ requests: 2, writes: 1, logins: 1, peakParallel: 1 });
  });
});
