// Who may reach the webhook: the address, the user name and the password judged together.

import { describe, expect, test } from "vitest";
import { load, problemsOf, type Written, yaml } from "#test/support/settings.ts";

const LOGIN = { WEBHOOK_USERNAME: "external-dns", WEBHOOK_PASSWORD: "canary-4711" };

function written(env: Readonly<Record<string, string>>): Written {
  return { ...yaml("zones: [home.example.com]", "domainFilter: {include: [home.example.com]}"), env };
}

describe("an address that other machines reach", () => {
  const reachable = ["0.0.0.0", "::", "192.168.1.1", "::ffff:127.0.0.1"];

  test.each(reachable)("%s is refused without a password, and the problem says what to set", (host) => {
    expect(problemsOf(written({ SERVER_HOST: host }))).toEqual([
      {
        path: "webhook.host (SERVER_HOST)",
        problem: expect.stringContaining("can be reached from other machines") as string,
        hint: expect.stringMatching(/WEBHOOK_USERNAME.*WEBHOOK_PASSWORD_FILE.*http:\/\/USERNAME:PASSWORD@/) as string,
      },
    ]);
  });

  test.each(reachable)("%s is taken with one, and a warning says what that means", (host) => {
    const settings = load(written({ SERVER_HOST: host, ...LOGIN }));
    expect(settings.webhook).toMatchObject({ isExposed: true, credentials: { username: "external-dns" } });
    expect(settings.webhook.credentials?.password.reveal()).toBe("canary-4711");
    expect(settings.warnings).toEqual([expect.stringMatching(/^webhook\.host: other machines reach the webhook/)]);
  });

  test("is nobody's concern when no webhook runs", () => {
    const settings = load(written({ SERVER_HOST: "0.0.0.0", ZONEGATE_MODE: "resolver" }));
    expect(settings.warnings).toEqual([]);
  });
});

describe("a password", () => {
  test("may be asked for on loopback too", () => {
    const { webhook, warnings } = load(written(LOGIN));
    expect([webhook.isExposed, webhook.credentials?.username, warnings]).toEqual([false, "external-dns", []]);
  });

  test("is read from a file", () => {
    const base = written({ WEBHOOK_USERNAME: "external-dns", WEBHOOK_PASSWORD_FILE: "/run/password" });
    const settings = load({ ...base, files: { ...base.files, "/run/password": "canary-4711\n" } });
    expect(settings.webhook.credentials?.password.reveal()).toBe("canary-4711");
  });

  test("has no flag, because other users see a command line", () => {
    expect(JSON.stringify(load(written(LOGIN)))).not.toContain("canary");
    expect(problemsOf({ ...written({ WEBHOOK_USERNAME: "a" }), flags: { "webhook-password": "x" } })).toMatchObject([
      { path: "webhook.username (WEBHOOK_USERNAME)" },
    ]);
  });

  test.each([
    [{ WEBHOOK_USERNAME: "external-dns" }, "webhook.username (WEBHOOK_USERNAME)", "stands without a password"],
    [{ WEBHOOK_PASSWORD: "canary-4711" }, "webhook.password (WEBHOOK_PASSWORD)", "stands without a user name"],
  ])("or a user name alone is refused: %j", (env, path, problem) => {
    const problems = problemsOf(written(env));
    expect(problems).toMatchObject([{ path, problem }]);
    expect(JSON.stringify(problems)).not.toContain("canary");
  });

  test("cannot follow a user name with a colon (RFC 7617 §2)", () => {
    expect(problemsOf(written({ ...LOGIN, WEBHOOK_USERNAME: "a:b" }))).toMatchObject([
      { path: "webhook.username (WEBHOOK_USERNAME)", problem: "holds a colon" },
    ]);
  });
});
