// A login and its session: when one is opened, what is sent with it, what is sent again, and how seldom a login is tried.

import { afterEach, describe, expect, test } from "vitest";
import { UpstreamRejected, UpstreamUnavailable } from "#src/errors.ts";
import { SYSTEM_CLOCK } from "#src/lib/clock.ts";
import type { UnifiStore } from "#src/providers/unifi/unifi-store.ts";
import type { FaultAction } from "#test/fakes/unifi-console/faults.ts";
import {
  startUnifiConsole,
  type UnifiConsole,
  type UnifiConsoleOptions,
} from "#test/fakes/unifi-console/unifi-console.ts";
import { unbounded } from "#test/support/engine.ts";
import { name } from "#test/support/parsed.ts";
import { type StoreForOptions, storeFor } from "#test/support/unifi-console.ts";

const FRONTS = ["udm-8.2", "selfhosted-10"] as const;
const PASSWORD_CHANGED = "another-password";
const MINUTE_MS = 60_000;

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

interface Over {
  readonly console: UnifiConsole;
  readonly store: UnifiStore;
  /** Moves the store's clock; the console's own stays. */
  readonly later: (byMs: number) => void;
}

async function over(options: UnifiConsoleOptions = {}, more: StoreForOptions = {}): Promise<Over> {
  let aheadMs = 0;
  const clock = { ...SYSTEM_CLOCK, monotonicMs: () => SYSTEM_CLOCK.monotonicMs() + aheadMs };
  // The tests count logins themselves.
  const switches = { loginsPerWindow: 1_000, ...options.switches };
  const console = await startUnifiConsole({ profile: "udm-8.2", ...options, switches });
  const store = storeFor(console, { clock, ...more });
  stops.push(
    () => store.close(),
    () => console.stop(),
  );
  return {
    console,
    store,
    later: (byMs) => {
      aheadMs += byMs;
    },
  };
}

function create(store: UnifiStore, label: string): Promise<unknown> {
  const record = {
    name: name(`${label}.example.com`),
    type: "A",
    target: "10.0.0.1",
    ttlSeconds: undefined,
  } as const;
  return store.apply({ kind: "create", record }, unbounded());
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

function loginsOf(console: UnifiConsole): number {
  return console.requests().filter(({ operation }) => operation === "login").length;
}

describe.each(FRONTS)("on %s", (profile) => {
  test("one login serves every list and write, and the version is read", async () => {
    const { console, store } = await over({ profile });
    await store.list(unbounded());
    await create(store, "a");
    await create(store, "b");
    await store.list(unbounded());
    expect(loginsOf(console)).toBe(1);
    expect(store.status()).toMatchObject({
      access: "login",
      logins: 1,
      api: "static-dns",
      site: "default",
      version: profile === "udm-8.2" ? "8.2.93" : "10.4.57",
    });
    expect(console.records()).toHaveLength(2);
  });

  test("writes carry the CSRF token, reads do not, and no request carries a key", async () => {
    const { console, store } = await over({ profile });
    await store.list(unbounded());
    await create(store, "a");
    const sent = console.requests().filter(({ api }) => api === "v2");
    expect(sent.map(({ method, headers }) => [method, "x-csrf-token" in headers, "x-api-key" in headers])).toEqual([
      ["GET", false, false],
      ["POST", true, false],
    ]);
  });

  test("an ended session is opened once more, and the write goes out again whole", async () => {
    const { console, store } = await over({ profile });
    await store.list(unbounded());
    console.expireSessions();
    await create(store, "a");
    expect(loginsOf(console)).toBe(2);
    expect(console.records()).toMatchObject([{ name: "a.example.com", data: "10.0.0.1" }]);
    const posts = console.requests().filter(({ method, api }) => method === "POST" && api === "v2");
    expect(posts.map(({ status }) => status)).toEqual([401, 200]);
    expect(new Set(posts.map(({ body }) => body)).size).toBe(1);
  });

  test("callers at the same time share one login", async () => {
    const { console, store } = await over({ profile });
    await store.list(unbounded());
    console.expireSessions();
    await Promise.all(Array.from({ length: 5 }, () => store.list(unbounded())));
    expect(loginsOf(console)).toBe(2);
  });

  test("a token that changes with every write is followed without a request more", async () => {
    const { console, store } = await over({ profile, switches: { csrfRotationWrites: 1 } });
    await store.list(unbounded());
    for (const label of ["a", "b", "c"]) await create(store, label);
    expect(console.counters()).toMatchObject({ logins: 1, writes: 3 });
  });

  test("a stale token is replaced by the one in the refusal, and the write goes out once more", async () => {
    const { console, store } = await over({ profile });
    await store.list(unbounded());
    console.rotateCsrf();
    await create(store, "a");
    expect(console.counters()).toMatchObject({ logins: 1, writes: 2 });
    expect(console.records()).toHaveLength(1);
  });

  test("a wrong password is refused with a sentence, and not tried again within a minute", async () => {
    const { console, store, later } = await over({ profile }, wrongLogin());
    for (let call = 0; call < 3; call += 1) {
      const error = await failureOf(store.list(unbounded()));
      expect(error).toBeInstanceOf(UpstreamRejected);
      expect(error).toMatchObject({
        code: "unifi.credentials",
        message: expect.stringMatching(
          /refuses the user name or the password .* the next login is tried in \d+ s/,
        ) as string,
      });
    }
    later(MINUTE_MS - 5_000);
    await failureOf(store.list(unbounded()));
    expect(loginsOf(console)).toBe(1);
    later(5_000);
    await failureOf(store.list(unbounded()));
    expect(loginsOf(console)).toBe(2);
    // The pause has doubled.
    later(MINUTE_MS);
    await failureOf(store.list(unbounded()));
    expect(loginsOf(console)).toBe(2);
  });

  test("a site that does not exist is an error and costs one login", async () => {
    const { console, store } = await over({ profile }, { site: "nowhere" });
    await expect(store.list(unbounded())).rejects.toThrow(/no site "nowhere".*default/);
    expect(loginsOf(console)).toBe(1);
  });
});

describe("what stands there", () => {
  test.each([
    ["udm-8.2", "/api/auth/login", "/proxy/network/v2/api/site/default/static-dns"],
    ["udm-9.4", "/api/auth/login", "/proxy/network/v2/api/site/default/static-dns"],
    ["udm-10.4", "/api/auth/login", "/proxy/network/v2/api/site/default/static-dns"],
    ["os-server", "/api/auth/login", "/proxy/network/v2/api/site/default/static-dns"],
    ["selfhosted-10", "/api/login", "/v2/api/site/default/static-dns"],
  ] as const)("is found out on %s before the password is sent", async (profile, loginPath, listPath) => {
    const console = await startUnifiConsole({ profile });
    const store = storeFor(console, { credentials: loginFor(console) });
    stops.push(
      () => store.close(),
      () => console.stop(),
    );
    await store.list(unbounded());
    const asked = console.requests().map(({ method, path }) => `${method} ${path}`);
    expect(asked.slice(0, 2)).toEqual(["GET /api/auth/login", `POST ${loginPath}`]);
    expect(asked).toContain(`GET ${listPath}`);
    expect(asked.some((request) => request.includes("/integration/"))).toBe(false);
  });

  test("is not asked for where the settings say it", async () => {
    const { console, store } = await over({ profile: "selfhosted-10" }, { controller: "self-hosted" });
    await store.list(unbounded());
    expect(console.requests()[0]).toMatchObject({ method: "POST", path: "/api/login" });
  });

  test("said wrongly is an error that says what is missing, and it is not hammered", async () => {
    const { console, store } = await over({ profile: "udm-8.2" }, { controller: "self-hosted" });
    for (let call = 0; call < 3; call += 1) {
      await expect(store.list(unbounded())).rejects.toThrow(/has no login where its kind has one/);
    }
    expect(console.requests()).toHaveLength(1);
  });

  test("is not decided by a console that fails", async () => {
    const { console, store } = await over();
    console.faults.plan([
      { pathPattern: "login$", method: "GET", action: { kind: "answer", status: 502, body: "html" }, times: 1 },
    ]);
    await expect(store.list(unbounded())).rejects.toThrow(UpstreamUnavailable);
    await store.list(unbounded());
    expect(store.status().api).toBe("static-dns");
  });

  test("is asked for again after a login that failed, for a console that starts answers 404 to everything", async () => {
    const { console, store, later } = await over();
    console.faults.plan([
      { pathPattern: "login$", method: "GET", action: { kind: "answer", status: 404, body: "html" }, times: 1 },
      { pathPattern: "/api/login$", method: "POST", action: { kind: "answer", status: 403, body: "api" }, times: 1 },
    ]);
    await failureOf(store.list(unbounded()));
    later(MINUTE_MS);
    await store.list(unbounded());
    expect(store.status()).toMatchObject({ api: "static-dns", failure: undefined });
  });

  test("tells its version by the status page where the account may not read more", async () => {
    const { console, store } = await over();
    console.faults.plan([{ pathPattern: "sysinfo$", action: { kind: "refuse", refusal: "no-permission" } }]);
    await store.list(unbounded());
    expect(store.status().version).toBe("8.2.93");
  });

  test("may be replaced by the other kind while we run", async () => {
    const { console, store, later } = await over();
    await store.list(unbounded());
    console.upgrade("selfhosted-10");
    for (let call = 0; call < 5; call += 1) {
      await failureOf(store.list(unbounded()));
      later(MINUTE_MS);
    }
    expect((await store.list(unbounded())).records).toEqual([]);
    expect(console.requests().at(-1)?.path).toBe("/v2/api/site/default/static-dns");
  });

  test("without static DNS is an error that says so and names the version", async () => {
    const { store } = await over({ profile: "usg" }, {});
    await expect(store.list(unbounded())).rejects.toThrow(/offers no DNS records \(it runs Network 9\.0\.114\)/);
  });
});

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
    const { console, store, later } = await over();
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
    const { console, store, later } = await over();
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
    const { console, store, later } = await over(
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
    stops.push(
      () => store.close(),
      () => console.stop(),
    );
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
    const { console, store } = await over({}, { trust: { kind: "system" } });
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
    const { console, store } = await over();
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
    const { console, store } = await over();
    console.faults.plan([{ pathPattern: "/proxy/", action: { kind: "answer", status: 401, body: "api" } }]);
    for (let call = 0; call < 10; call += 1) await failureOf(store.list(unbounded()));
    expect(loginsOf(console)).toBe(1);
  });

  test("when sessions end all the time: four in a minute", async () => {
    const { console, store, later } = await over();
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
    const { console, store } = await over();
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
    const { console, store } = await over(
      { users: [{ username: "viewer", password: "p", role: "viewer" }] },
      { credentials: { kind: "login", username: "viewer", password: () => "p" } },
    );
    await store.list(unbounded());
    for (const label of ["a", "b"]) {
      expect(await failureOf(create(store, label))).toMatchObject({ code: "unifi.permission", retryable: false });
    }
    expect(console.counters()).toMatchObject({ logins: 1, writes: 2 });
  });

  test("when the classic API says 200 and means that nobody is logged in", async () => {
    const { console, store } = await over({ profile: "selfhosted-10" });
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
    const { console, store } = await over(
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
    const { console, store } = await over(
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

function wrongLogin(): StoreForOptions {
  return { credentials: { kind: "login", username: "zonegate", password: () => "wrong" } };
}

function loginFor({ username, password }: UnifiConsole) {
  return { kind: "login", username, password: () => password } as const;
}
