// How seldom a login is tried, whatever happens to it and to its sessions, and what another password changes.

import { describe, expect, onTestFinished, test } from "vitest";
import type { FaultAction } from "#test/fakes/unifi-console/faults.ts";
import { startUnifiConsole } from "#test/fakes/unifi-console/unifi-console.ts";
import { unbounded } from "#test/support/engine.ts";
import { createRecord, failureOf, loginsOf, startLoginStore } from "#test/support/login-store.ts";
import { storeFor } from "#test/support/unifi-console.ts";

const PASSWORD_CHANGED = "another-password";
const MINUTE_MS = 60_000;

describe("a login that fails", () => {
  const LOGIN_FAULTS: readonly { what: string; action: FaultAction; code: string; says: RegExp }[] = [
    { what: "the limit of logins", action: { kind: "login-limit" }, code: "unifi.login-limit", says: /no more logins/ },
    {
      what: "a yes without a session",
      action: { kind: "login-without-session" },
      code: "unifi.login",
      says: /no cookie or no CSRF token/,
    },
  ];

  test.each(LOGIN_FAULTS)("with $what waits a minute, then two, then four, to a quarter of an hour", async (fault) => {
    const { console, store, later } = await startLoginStore();
    console.faults.plan([{ operation: "login", method: "POST", action: fault.action }]);
    const triedAfterMinutes: number[] = [];
    let logins = 0;
    for (let minute = 0; minute <= 64; minute += 1) {
      const error = await failureOf(store.list(unbounded()));
      expect(error).toMatchObject({
        code: fault.code,
        retryable: true,
        message: expect.stringMatching(fault.says) as string,
      });
      if (loginsOf(console) > logins) triedAfterMinutes.push(minute);
      logins = loginsOf(console);
      later(MINUTE_MS);
    }
    expect(triedAfterMinutes).toEqual([0, 1, 3, 7, 15, 30, 45, 60]);
    console.faults.clear();
    later(15 * MINUTE_MS);
    await store.list(unbounded());
    console.expireSessions();
    await store.list(unbounded());
  });

  test.each([502, 500, 408])("with %s may be tried again after five seconds, then ten", async (status) => {
    const { console, store, later } = await startLoginStore();
    console.faults.plan([
      { operation: "login", method: "POST", action: { kind: "answer", status, body: "html" }, times: 2 },
    ]);
    for (const [waitMs, logins] of [
      [0, 1],
      [4_000, 1],
      [1_000, 2],
      [9_000, 2],
    ] as const) {
      later(waitMs);
      expect(await failureOf(store.list(unbounded()))).toMatchObject({ code: "unifi.login", retryable: true });
      expect(loginsOf(console)).toBe(logins);
    }
    later(1_000);
    await store.list(unbounded());
    expect(loginsOf(console)).toBe(3);
  });

  test("because a second factor is asked for is never tried again, and the sentence says what to do", async () => {
    const { console, store, later } = await startLoginStore(
      { users: [{ username: "sso", password: "p", role: "admin", secondFactor: true }] },
      { credentials: { kind: "login", username: "sso", password: () => "p" } },
    );
    for (let call = 0; call < 3; call += 1) {
      await expect(store.list(unbounded())).rejects.toThrow(/second factor.*local account.*API key/);
      later(24 * 60 * MINUTE_MS);
    }
    expect(loginsOf(console)).toBe(1);
  });

  test("because nobody listens costs nothing, and the next list logs in", async () => {
    const console = await startUnifiConsole({ profile: "udm-8.2", timeScale: 0.01 });
    const store = storeFor(console, { controller: "console" });
    onTestFinished(async () => {
      store.close();
      await console.stop();
    });
    await console.reboot({ downMs: 100 });
    for (let call = 0; call < 10; call += 1) {
      const error = await failureOf(store.list(unbounded()));
      if (error === undefined) break;
      expect(error).toMatchObject({ code: "unifi.away" });
    }
    await expect.poll(() => failureOf(store.list(unbounded())), { timeout: 20_000 }).toBeUndefined();
    expect(store.status().failure).toBeUndefined();
  });

  test("with an untrusted certificate sends no password and says how to trust it", async () => {
    const { console, store } = await startLoginStore({}, { trust: { kind: "system" } });
    await expect(store.list(unbounded())).rejects.toMatchObject({
      code: "unifi.untrusted",
      message: expect.stringContaining("UNIFI_TLS_PIN=") as string,
    });
    expect(console.requests()).toEqual([]);
  });

  test.each([
    { csrf: "kept", cookie: "dropped" },
    { csrf: "dropped", cookie: "kept" },
  ])("to give a session (CSRF $csrf, cookie $cookie) is a failure", async ({ csrf }) => {
    const { console, store } = await startLoginStore();
    const headers: Record<string, string> =
      csrf === "kept" ? { "x-csrf-token": "t" } : { "set-cookie": "TOKEN=opaque; Path=/" };
    console.faults.plan([
      {
        operation: "login",
        method: "POST",
        action: { kind: "answer", status: 200, headers, body: { text: "{}", contentType: "application/json" } },
      },
    ]);
    await expect(store.list(unbounded())).rejects.toMatchObject({ code: "unifi.login" });
  });
});

describe("logins are few", () => {
  test("when every session is refused at once: one login, then a pause", async () => {
    const { console, store } = await startLoginStore();
    console.faults.plan([{ pathPattern: "/proxy/", action: { kind: "answer", status: 401, body: "api" } }]);
    for (let call = 0; call < 10; call += 1) await failureOf(store.list(unbounded()));
    expect(loginsOf(console)).toBe(1);
  });

  test("when sessions end all the time: four in a minute", async () => {
    const { console, store, later } = await startLoginStore();
    const seen: number[] = [];
    for (let minute = 0; minute < 3; minute += 1) {
      for (let call = 0; call < 10; call += 1) {
        await failureOf(store.list(unbounded()));
        console.expireSessions();
      }
      seen.push(loginsOf(console));
      later(MINUTE_MS);
    }
    expect(seen).toEqual([4, 8, 12]);
  });

  test("when the site is unknown to the classic API: a 401 that says so ends nothing", async () => {
    const { console, store } = await startLoginStore();
    await store.list(unbounded());
    const body = {
      text: '{"meta":{"rc":"error","msg":"api.err.NoSiteContext"},"data":[]}',
      contentType: "application/json",
    };
    console.faults.plan([{ pathPattern: "static-dns", action: { kind: "answer", status: 401, body }, times: 1 }]);
    await expect(store.list(unbounded())).rejects.toMatchObject({ code: "unifi.site" });
    await store.list(unbounded());
    expect(loginsOf(console)).toBe(1);
  });

  test("when the account may only read: a write is refused, and nobody logs in again", async () => {
    const { console, store } = await startLoginStore(
      { users: [{ username: "viewer", password: "p", role: "viewer" }] },
      { credentials: { kind: "login", username: "viewer", password: () => "p" } },
    );
    await store.list(unbounded());
    for (const label of ["a", "b"]) {
      expect(await failureOf(createRecord(store, label))).toMatchObject({ code: "unifi.permission", retryable: false });
    }
    expect(console.counters()).toMatchObject({ logins: 1, writes: 2 });
  });

  // sirkirby/unifi-network-rules #48: after the Network application was started again there was a 403 for ever.
  test.each(["list", "create"] as const)(
    "when a forgotten session is told by a bare 403 at a %s: one, and all goes on",
    async (operation) => {
      const { console, store } = await startLoginStore();
      await store.list(unbounded());
      const body = { text: '{"error":{"code":403,"message":"Forbidden"}}', contentType: "application/json" };
      console.faults.plan([{ operation, action: { kind: "answer", status: 403, body }, times: 1 }]);
      await store.list(unbounded());
      await createRecord(store, "a");
      expect(loginsOf(console)).toBe(2);
      expect(console.records()).toHaveLength(1);
    },
  );

  test.each([401, 403])("when a right is missing and the console says %s: one, and lists go on", async (status) => {
    const { console, store, later } = await startLoginStore();
    await store.list(unbounded());
    const body = { text: '{"error":{"code":1,"message":"No"}}', contentType: "application/json" };
    console.faults.plan([{ operation: "create", action: { kind: "answer", status, body } }]);
    for (const label of ["a", "b", "c"]) {
      expect(await failureOf(createRecord(store, label))).toMatchObject({ retryable: false });
      later(MINUTE_MS);
      await store.list(unbounded());
    }
    expect(loginsOf(console)).toBe(2);
    console.faults.clear();
    await createRecord(store, "d");
    expect(console.records()).toHaveLength(1);
  });

  test("when the classic API says 200 and means that nobody is logged in", async () => {
    const { console, store } = await startLoginStore({ profile: "selfhosted-10" });
    await store.list(unbounded());
    const body = {
      text: '{"meta":{"rc":"error","msg":"api.err.LoginRequired"},"data":[]}',
      contentType: "application/json",
    };
    console.faults.plan([{ operation: "list", action: { kind: "answer", status: 200, body }, times: 1 }]);
    await store.list(unbounded());
    expect(loginsOf(console)).toBe(2);
  });
});

describe("a replaced password", () => {
  test("is read once after the old one was refused, and the call goes on with it", async () => {
    const needs: string[] = [];
    const { console, store } = await startLoginStore(
      { users: [{ username: "u", password: PASSWORD_CHANGED, role: "admin" }] },
      {
        credentials: {
          kind: "login",
          username: "u",
          password: (need) => {
            needs.push(need);
            return need === "fresh" ? PASSWORD_CHANGED : "old";
          },
        },
      },
    );
    await store.list(unbounded());
    expect(needs).toEqual(["current", "fresh"]);
    expect(loginsOf(console)).toBe(2);
  });

  test("ends the pause that its predecessor has earned", async () => {
    let password = "old";
    const { console, store } = await startLoginStore(
      { users: [{ username: "u", password: PASSWORD_CHANGED, role: "admin" }] },
      {
        credentials: { kind: "login", username: "u", password: () => password },
      },
    );
    await failureOf(store.list(unbounded()));
    await failureOf(store.list(unbounded()));
    expect(loginsOf(console)).toBe(1);
    password = PASSWORD_CHANGED;
    await store.list(unbounded());
    expect(loginsOf(console)).toBe(2);
  });
});
