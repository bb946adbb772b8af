// The pure parts of a session: what of an answer opens one, what renews it, and what an answer says of it.

import { describe, expect, test } from "vitest";
import { type Answer, openSession } from "#src/providers/unifi/session.ts";
import { judgeSession } from "#src/providers/unifi/session-verdict.ts";
import { mayStoreTwice } from "#src/providers/unifi/write-doubts.ts";

function answer(more: Partial<Omit<Answer, "body">> & { readonly body?: string } = {}): Answer {
  return {
    kind: "answer",
    status: 200,
    contentType: "application/json",
    retryAfter: undefined,
    setCookies: [],
    csrfToken: undefined,
    ...more,
    body: new TextEncoder().encode(more.body ?? ""),
  };
}

function jwt(payload: object): string {
  return `e30.${Buffer.from(JSON.stringify(payload)).toString("base64url")}.sig`;
}

describe("a session", () => {
  test("of UniFi OS has its token from the header", () => {
    const session = openSession(answer({ setCookies: ["TOKEN=abc; Path=/; HttpOnly"], csrfToken: "t1" }));
    expect(session).toMatchObject({ cookieHeader: "TOKEN=abc", csrfToken: "t1", isProven: false });
  });

  test("of UniFi OS has its token from inside the cookie where no header names one", () => {
    const token = jwt({ csrfToken: "t2" });
    expect(openSession(answer({ setCookies: [`TOKEN=${token}`] }))?.csrfToken).toBe("t2");
  });

  test("of the Network application has its token from a cookie, and sends both", () => {
    const session = openSession(answer({ setCookies: ["unifises=abc; Secure", "csrf_token=t3; Secure"] }));
    expect(session).toMatchObject({ cookieHeader: "unifises=abc; csrf_token=t3", csrfToken: "t3" });
  });

  test.each([
    ["no cookie", { csrfToken: "t" }],
    ["another cookie", { setCookies: ["theme=dark"], csrfToken: "t" }],
    ["an empty cookie", { setCookies: ["TOKEN=; Max-Age=0"], csrfToken: "t" }],
    ["no token", { setCookies: ["TOKEN=opaque"] }],
    ["a token that no header can hold", { setCookies: ["TOKEN=opaque"], csrfToken: "a\r\nx: y" }],
    ["a cookie that no header can hold", { setCookies: ["TOKEN=a b\u0000"], csrfToken: "t" }],
    ["a JWT of something else", { setCookies: [`TOKEN=${jwt(["t"])}`] }],
  ])("is none with %s", (_, given) => {
    expect(openSession(answer(given))).toBeUndefined();
  });

  test("takes over new tokens and renewed cookies, and no strange ones; all it ever held are its secrets", () => {
    const session = openSession(answer({ setCookies: ["unifises=a", "csrf_token=t"] }));
    session?.take(answer({ setCookies: ["unifises=b", "theme=dark"], csrfToken: "t2" }));
    expect(session).toMatchObject({ cookieHeader: "unifises=b; csrf_token=t", csrfToken: "t2" });
    session?.take(answer({ setCookies: ["csrf_token=t3", "unifises=; Max-Age=0"] }));
    expect(session).toMatchObject({ cookieHeader: "unifises=b; csrf_token=t3", csrfToken: "t3" });
    session?.take(answer({ csrfToken: "bad token" }));
    expect(session?.csrfToken).toBe("t3");
    expect(new Set(session?.secrets)).toEqual(new Set(["a", "t", "b", "t2", "t3"]));
  });
});

describe("of its session an answer says", () => {
  const error = (code: string, message = ""): string => JSON.stringify({ code, message });
  const classic = (msg: string): string => JSON.stringify({ meta: { rc: "error", msg }, data: [] });
  test.each([
    ["that it ended", { status: 401, body: error("AUTHENTICATION_REQUIRED") }, "expired"],
    ["that it ended, without a word", { status: 401 }, "expired"],
    ["that it ended, in a 200", { status: 200, body: classic("api.err.LoginRequired") }, "expired"],
    ["that only the site is wrong", { status: 401, body: classic("api.err.NoSiteContext") }, "accepted"],
    ["that the account has no right", { status: 403, body: error("api.err.NoPermission") }, "accepted"],
    [
      "that its token is stale",
      { status: 403, body: '{"error":{"code":403,"message":"Invalid CSRF token"}}' },
      "stale-token",
    ],
    ["that it ended or that the account has no right", { status: 403, body: error("x") }, "forbidden"],
    ["that it ended, in a 200 of UniFi OS", { status: 200, body: '{"error":{"code":401,"message":"x"}}' }, "expired"],
    ["that it is good, with a record of any kind", { status: 200, body: '{"error":"401","_id":"1"}' }, "accepted"],
    ["that it is good", { status: 200, body: "[]" }, "accepted"],
    ["that it is good, without a body", { status: 204 }, "accepted"],
    ["nothing, showing a page", { status: 200, contentType: "text/html", body: "<html>" }, "silent"],
    ["nothing, failing", { status: 502, contentType: "text/html" }, "silent"],
    ["nothing, refusing a record", { status: 400, body: error("api.err.StaticDnsRecordAlreadyExists") }, "silent"],
  ] as const)("%s", (_, given, verdict) => {
    expect(judgeSession(answer(given), false)).toBe(verdict);
  });

  test("that its token is stale by bringing another one with a 403, but not where the account has no right", () => {
    expect(judgeSession(answer({ status: 403 }), true)).toBe("stale-token");
    expect(judgeSession(answer({ status: 403, body: error("api.err.NoPermission") }), true)).toBe("accepted");
  });
});

test.each([
  ["static-dns", "8.2.93", true],
  ["static-dns", "9.0.114", true],
  ["static-dns", "9.3.99", true],
  ["static-dns", "9.4.19", false],
  ["static-dns", "10.0.162", false],
  ["static-dns", undefined, true],
  ["static-dns", "unknown", true],
  ["policies", "10.4.57", false],
] as const)("a console with %s and version %s may store a record twice: %s", (api, version, expected) => {
  expect(mayStoreTwice(api, version)).toBe(expected);
});
