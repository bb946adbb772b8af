// A login and its session: when one is opened, what is sent with it, and what is sent again; and what stands there.

import { describe, expect, onTestFinished, test } from "vitest";
import { UpstreamRejected, UpstreamUnavailable } from "#src/errors.ts";
import { startUnifiConsole, type UnifiConsole } from "#test/fakes/unifi-console/unifi-console.ts";
import { unbounded } from "#test/support/engine.ts";
import { createRecord, failureOf, loginsOf, startLoginStore } from "#test/support/login-store.ts";
import { type StoreForOptions, storeFor } from "#test/support/unifi-console.ts";

const FRONTS = ["udm-8.2", "selfhosted-10"] as const;
const MINUTE_MS = 60_000;

describe.each(FRONTS)("on %s", (profile) => {
  test("one login serves every list and write, and the version is read", async () => {
    const { console, store } = await startLoginStore({ profile });
    await store.list(unbounded());
    await createRecord(store, "a");
    await createRecord(store, "b");
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
    const { console, store } = await startLoginStore({ profile });
    await store.list(unbounded());
    await createRecord(store, "a");
    const sent = console.requests().filter(({ api }) => api === "v2");
    expect(sent.map(({ method, headers }) => [method, "x-csrf-token" in headers, "x-api-key" in headers])).toEqual([
      ["GET", false, false],
      ["POST", true, false],
    ]);
  });

  test("an ended session is opened once more, and the write goes out again whole", async () => {
    const { console, store } = await startLoginStore({ profile });
    await store.list(unbounded());
    console.expireSessions();
    await createRecord(store, "a");
    expect(loginsOf(console)).toBe(2);
    expect(console.records()).toMatchObject([{ name: "a.example.com", data: "10.0.0.1" }]);
    const posts = console.requests().filter(({ method, api }) => method === "POST" && api === "v2");
    expect(posts.map(({ status }) => status)).toEqual([401, 200]);
    expect(new Set(posts.map(({ body }) => body)).size).toBe(1);
  });

  test("a session that ended before the console ever answered with it is opened once more, without a pause", async () => {
    const { console, store, later } = await startLoginStore({ profile });
    console.faults.plan([{ operation: "classic", action: { kind: "reset", commit: "none" }, times: 3 }]);
    await failureOf(store.list(unbounded()));
    later(3 * 60 * MINUTE_MS);
    console.expireSessions();
    await store.list(unbounded());
    expect(loginsOf(console)).toBe(2);
  });

  test("callers at the same time share one login", async () => {
    const { console, store } = await startLoginStore({ profile });
    await store.list(unbounded());
    console.expireSessions();
    await Promise.all(Array.from({ length: 5 }, () => store.list(unbounded())));
    expect(loginsOf(console)).toBe(2);
  });

  test("a token that changes with every write is followed without a request more", async () => {
    const { console, store } = await startLoginStore({ profile, switches: { csrfRotationWrites: 1 } });
    await store.list(unbounded());
    for (const label of ["a", "b", "c"]) await createRecord(store, label);
    expect(console.counters()).toMatchObject({ logins: 1, writes: 3 });
  });

  test("a stale token is replaced by the one in the refusal, and the write goes out once more", async () => {
    const { console, store } = await startLoginStore({ profile });
    await store.list(unbounded());
    console.rotateCsrf();
    await createRecord(store, "a");
    expect(console.counters()).toMatchObject({ logins: 1, writes: 2 });
    expect(console.records()).toHaveLength(1);
  });

  test("a wrong password is refused with a sentence, and not tried again within a minute", async () => {
    const { console, store, later } = await startLoginStore({ profile }, wrongLogin());
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
    const { console, store } = await startLoginStore({ profile }, { site: "nowhere" });
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
    onTestFinished(async () => {
      store.close();
      await console.stop();
    });
    await store.list(unbounded());
    const asked = console.requests().map(({ method, path }) => `${method} ${path}`);
    expect(asked.slice(0, 2)).toEqual(["GET /api/auth/login", `POST ${loginPath}`]);
    expect(asked).toContain(`GET ${listPath}`);
    expect(asked.some((request) => request.includes("/integration/"))).toBe(false);
  });

  test("is not asked for where the settings say it", async () => {
    const { console, store } = await startLoginStore({ profile: "selfhosted-10" }, { controller: "self-hosted" });
    await store.list(unbounded());
    expect(console.requests()[0]).toMatchObject({ method: "POST", path: "/api/login" });
  });

  test("said wrongly is an error that says what is missing, and it is not hammered", async () => {
    const { console, store } = await startLoginStore({ profile: "udm-8.2" }, { controller: "self-hosted" });
    for (let call = 0; call < 3; call += 1) {
      await expect(store.list(unbounded())).rejects.toThrow(/has no login where its kind has one/);
    }
    expect(console.requests()).toHaveLength(1);
  });

  test("is not decided by a console that fails", async () => {
    const { console, store } = await startLoginStore();
    console.faults.plan([
      { pathPattern: "login$", method: "GET", action: { kind: "answer", status: 502, body: "html" }, times: 1 },
    ]);
    await expect(store.list(unbounded())).rejects.toThrow(UpstreamUnavailable);
    await store.list(unbounded());
    expect(store.status().api).toBe("static-dns");
  });

  test("is asked for again after a login that failed, for a console that starts answers 404 to everything", async () => {
    const { console, store, later } = await startLoginStore();
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
    const { console, store } = await startLoginStore();
    console.faults.plan([{ pathPattern: "sysinfo$", action: { kind: "refuse", refusal: "no-permission" } }]);
    await store.list(unbounded());
    expect(store.status().version).toBe("8.2.93");
  });

  test("may be replaced by the other kind while we run", async () => {
    const { console, store, later } = await startLoginStore();
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
    const { store } = await startLoginStore({ profile: "usg" }, {});
    await expect(store.list(unbounded())).rejects.toThrow(/offers no DNS records \(it runs Network 9\.0\.114\)/);
  });
});

function wrongLogin(): StoreForOptions {
  return { credentials: { kind: "login", username: "zonegate", password: () => "wrong" } };
}

function loginFor({ username, password }: UnifiConsole) {
  return { kind: "login", username, password: () => password } as const;
}
