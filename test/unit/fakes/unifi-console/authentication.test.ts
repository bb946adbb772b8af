import { describe, expect, test } from "vitest";
import type { Answer } from "./client.ts";
import { consolesOfThisSuite, type Setting } from "./setting.ts";

const start = consolesOfThisSuite();

const INFO = "/proxy/network/integration/v1/info";
const BODY = { enabled: true, key: "a.example.org", record_type: "A", value: "10.0.0.1" };

describe("API keys", () => {
  test("one key opens all three APIs, in any case of the header's name", async () => {
    const { call, records, unifi } = await start();
    for (const path of [INFO, records(), "/proxy/network/api/self/sites"]) {
      expect(await call("GET", path, { headers: { "X-Api-Key": unifi.apiKey } })).toMatchObject({ status: 200 });
    }
  });

  test.each([
    ["a wrong key", { "x-api-key": "wrong" }],
    ["no key", {}],
    ["a bearer token", { authorization: "Bearer wrong" }],
  ])("%s is refused in the words of who refuses", async (_title, headers) => {
    const { call, records } = await start();
    expect(await call("GET", INFO, { headers })).toMatchObject({
      status: 401,
      body: { statusCode: 401, code: "api.authentication.missing-credentials", requestPath: INFO },
    });
    expect(await call("GET", records(), { headers })).toMatchObject({
      status: 401,
      body: { error: { code: 401, message: "Unauthorized" } },
    });
  });

  test("a viewer's key reads and does not write", async () => {
    const { call, records, policies, unifi } = await start();
    const headers = { "x-api-key": unifi.viewerKey };
    expect(await call("GET", policies(), { headers })).toMatchObject({ status: 200 });
    expect(await call("POST", records(), { headers, body: BODY })).toMatchObject({
      status: 403,
      body: { code: "api.err.NoPermission", errorCode: 403 },
    });
    expect(await call("POST", policies(), { headers, body: {} })).toMatchObject({ status: 403 });
    expect(unifi.commits()).toEqual([]);
  });

  test("a revoked key is refused from the next request on", async () => {
    const { call, unifi } = await start();
    unifi.revokeKeys();
    expect(await call("GET", INFO)).toMatchObject({ status: 401 });
  });

  test("before Network 9.0 a key counts for nothing", async () => {
    const { call, records } = await start({ profile: "udm-8.2" });
    expect(await call("GET", records())).toMatchObject({ status: 401 });
  });
});

describe("login at UniFi OS", () => {
  test("gives a cookie and a CSRF token, and writes need both", async () => {
    const { call, records, unifi } = await start({ profile: "udm-8.2" });
    const { cookie, token } = session(await login({ call, unifi }));
    expect(await call("GET", records(), { headers: { cookie } })).toMatchObject({ status: 200 });
    const stale = await call("POST", records(), { headers: { cookie, "x-csrf-token": "stale" }, body: BODY });
    expect(stale).toMatchObject({ status: 403, headers: { "x-updated-csrf-token": token } });
    expect(await call("POST", records(), { headers: { cookie, "x-csrf-token": token }, body: BODY })).toMatchObject({
      status: 200,
    });
  });

  test("the token changes after as many writes as the switch says", async () => {
    const { call, records, unifi } = await start({ switches: { csrfRotationWrites: 1 } });
    const { cookie, token } = session(await login({ call, unifi }));
    const first = await call("POST", records(), { headers: { cookie, "x-csrf-token": token }, body: BODY });
    const next = first.headers["x-updated-csrf-token"];
    expect(next).toMatch(/^[0-9a-f]{32}$/);
    const body = { ...BODY, value: "10.0.0.2" };
    const headers = { cookie, "x-csrf-token": token };
    expect(await call("POST", records(), { headers, body })).toMatchObject({ status: 403 });
    expect(
      await call("POST", records(), { headers: { ...headers, "x-csrf-token": String(next) }, body }),
    ).toMatchObject({
      status: 200,
    });
  });

  test("an expired session is told by UniFi OS", async () => {
    const { call, records, unifi } = await start();
    const { cookie } = session(await login({ call, unifi }));
    unifi.expireSessions();
    expect(await call("GET", records(), { headers: { cookie } })).toMatchObject({
      status: 401,
      body: { code: "AUTHENTICATION_REQUIRED" },
    });
  });

  test("a session does not open the Integration API", async () => {
    const { call, unifi } = await start();
    const { cookie } = session(await login({ call, unifi }));
    expect(await call("GET", INFO, { headers: { cookie } })).toMatchObject({ status: 401 });
  });

  test("after five attempts in a minute there is a 429 without Retry-After", async () => {
    const { call, unifi } = await start();
    const wrong = { call, unifi: { username: unifi.username, password: "wrong" } };
    for (let attempt = 0; attempt < 5; attempt++) {
      expect(await login(wrong)).toMatchObject({
        status: 403,
        body: { code: "AUTHENTICATION_FAILED_INVALID_CREDENTIALS" },
      });
    }
    const answer = await login({ call, unifi });
    expect(answer).toMatchObject({ status: 429, body: { code: "AUTHENTICATION_FAILED_LIMIT_REACHED" } });
    expect(answer.headers["retry-after"]).toBeUndefined();
  });

  test("an account with a second factor gets 499", async () => {
    const user = { username: "sso", password: "p", role: "admin", secondFactor: true } as const;
    const { call } = await start({ users: [user] });
    expect(await login({ call, unifi: user })).toMatchObject({
      status: 499,
      body: { code: "MFA_AUTH_REQUIRED", data: { required: "2fa" } },
    });
  });

  test("logout ends the session", async () => {
    const { call, records, unifi } = await start();
    const { cookie, token } = session(await login({ call, unifi }));
    const headers = { cookie, "x-csrf-token": token };
    expect(await call("POST", "/api/auth/logout", { headers })).toMatchObject({ status: 200 });
    expect(await call("GET", records(), { headers })).toMatchObject({ status: 401 });
  });
});

describe("a self-hosted Network application", () => {
  const V2 = "/v2/api/site/default/static-dns";

  test("has its login elsewhere, and the CSRF token in a cookie", async () => {
    const { call, unifi } = await start({ profile: "selfhosted-10" });
    expect(await login({ call, unifi })).toMatchObject({ status: 404 });
    const answer = await login({ call, unifi }, "/api/login");
    expect(answer).toMatchObject({ status: 200, body: { meta: { rc: "ok" } } });
    const cookies = (answer.headers["set-cookie"] as string[]).map((line) => line.split(";")[0] ?? "");
    const token = cookies[1]?.replace("csrf_token=", "") ?? "";
    const headers = { cookie: cookies.join("; "), "x-csrf-token": token };
    expect(await call("POST", V2, { headers, body: BODY })).toMatchObject({ status: 200 });
  });

  test("takes keys when the switch says so", async () => {
    const { call } = await start({ profile: "selfhosted-10", switches: { apiKeys: "yes" } });
    expect(await call("GET", V2)).toMatchObject({ status: 200 });
    expect(await call("GET", "/integration/v1/info")).toMatchObject({ status: 200 });
  });

  test("answers a wrong password, a missing session and a missing key in its own words", async () => {
    const { call, unifi } = await start({ profile: "selfhosted-10" });
    const wrong = await login({ call, unifi: { username: unifi.username, password: "wrong" } }, "/api/login");
    expect(wrong).toMatchObject({ status: 400, body: { meta: { rc: "error", msg: "api.err.Invalid" } } });
    expect(await call("GET", V2)).toMatchObject({ status: 401, body: { code: "api.err.LoginRequired" } });
    expect(await call("GET", "/integration/v1/info")).toMatchObject({ status: 403 });
  });
});

interface Credentials {
  readonly call: Setting["call"];
  readonly unifi: { readonly username: string; readonly password: string };
}

function login({ call, unifi: { username, password } }: Credentials, path = "/api/auth/login"): Promise<Answer> {
  return call("POST", path, { headers: {}, body: { username, password, rememberMe: true, token: "" } });
}

function session(answer: Answer): { readonly cookie: string; readonly token: string } {
  const [line = ""] = answer.headers["set-cookie"] as string[];
  return { cookie: line.split(";")[0] ?? "", token: String(answer.headers["x-csrf-token"]) };
}
