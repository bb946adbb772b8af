import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { describeSettings } from "#src/config/describe.ts";
import { IGNORED_VARIABLES, REFUSED_VARIABLES } from "#src/config/other-webhooks.ts";
import { SETTINGS_SCHEMA } from "#src/config/schema.ts";
import type { Settings } from "#src/config/settings.ts";
import { Secret } from "#src/lib/secret.ts";
import { load, problemsOf, type Written, yaml } from "#test/support/settings.ts";

const KEY = "canary-4711";
const CONSOLE = { UNIFI_HOST: "https://192.168.1.1", UNIFI_API_KEY: KEY };
const PIN = "0123456789abcdef".repeat(4);
const OTHER_PIN = "fedcba9876543210".repeat(4);

function unifiOf(env: Readonly<Record<string, string>>, more: Written = {}): NonNullable<Settings["unifi"]> {
  const { unifi } = load({ ...more, env: { ...CONSOLE, ...env } });
  if (unifi === undefined) throw new Error("no console was read");
  return unifi;
}

function keyOf(unifi: Settings["unifi"]): string | undefined {
  return unifi?.credentials.kind === "key" ? unifi.credentials.apiKey.reveal() : undefined;
}

describe("the console's address", () => {
  test.each([
    ["https://192.168.1.1", "https://192.168.1.1"],
    ["192.168.1.1", "https://192.168.1.1"],
    ["unifi.home.example.com:11443", "https://unifi.home.example.com:11443"],
    [" https://unifi.home.example.com/ ", "https://unifi.home.example.com"],
    ["https://proxy.example.com/console//", "https://proxy.example.com/console"],
    ["[fd00::1]:8443", "https://[fd00::1]:8443"],
  ])("%s is %s", (written, url) => {
    expect(unifiOf({ UNIFI_HOST: written }).url).toBe(url);
  });

  test.each([
    ["http://192.168.1.1", "is not https"],
    ["https://admin@192.168.1.1", "holds a user name or a password"],
    ["http://admin:hunter2@192.168.1.1", "holds a user name or a password"],
    ["https://169.254.169.254", "is a link-local address"],
    ["https://0xa9fea9fe", "169.254.169.254 is a link-local address"],
    ["https://[fe80::1]", "is a link-local address"],
    ["https://[::ffff:169.254.169.254]", "is a link-local address"],
    ["https://192.168.1.1/?a=b", "goes on behind the path"],
    ["not a host", "is not the address of a console"],
  ])("%s is refused", (written, problem) => {
    const problems = problemsOf({ env: { ...CONSOLE, UNIFI_HOST: written } });
    expect(problems).toMatchObject([
      { path: "unifi.host (UNIFI_HOST)", problem: expect.stringContaining(problem) as string },
    ]);
    expect(JSON.stringify(problems)).not.toContain("hunter2");
  });
});

describe("without more than address and key", () => {
  const settings = load({ env: CONSOLE });

  test("the console is asked for its API, the site is the default one, and its certificate is verified", () => {
    expect(settings.unifi).toEqual({
      url: "https://192.168.1.1",
      credentials: { kind: "key", apiKey: new Secret(KEY), file: undefined },
      site: "default",
      api: "auto",
      controller: "console",
      trust: { kind: "system" },
    });
  });

  test("the provider is unifi and nothing but webhook and ops runs", () => {
    expect(settings.provider).toBe("unifi");
    expect(settings.mode).toEqual({
      mode: "webhook",
      reason: "unifi.host is set (UNIFI_HOST) and mode is not",
      parts: new Set(["webhook", "ops"]),
    });
  });
});

describe("the mode", () => {
  test("is webhook with a domain filter and a data folder too", () => {
    const env = { ...CONSOLE, DOMAIN_FILTER: "home.example.com", DATA_DIR: "/data" };
    expect(load({ env }).mode.mode).toBe("webhook");
  });

  test("is standalone when that is said, and zones are answered beside", () => {
    const settings = load({ env: { ...CONSOLE, ZONEGATE_MODE: "standalone", ZONES: "a.example" } });
    expect(settings.mode.parts).toEqual(new Set(["dns", "webhook", "ops"]));
    expect(settings.provider).toBe("unifi");
  });

  test("without DNS warns of zones that nobody answers", () => {
    expect(load({ env: { ...CONSOLE, ZONES: "a.example" } }).warnings).toContain(
      "zones: set, but mode webhook answers no DNS; mode standalone answers them and takes changes too",
    );
  });

  test("resolver needs neither address nor key, for it writes nothing", () => {
    const env = { ZONEGATE_MODE: "resolver", ZONES: "a.example", ZONEGATE_PROVIDER: "unifi" };
    expect(load({ env }).unifi).toBeUndefined();
  });
});

describe("the provider", () => {
  test("local keeps the records although a console is set, and says that this one is not used", () => {
    const settings = load({ env: { ...CONSOLE, ZONEGATE_PROVIDER: "local", ZONES: "a.example" } });
    expect(settings).toMatchObject({ provider: "local", unifi: undefined, mode: { mode: "standalone" } });
    expect(settings.warnings).toContain("unifi: set, but provider local keeps the records, so it is not used");
  });

  test("unifi in the file needs address and key", () => {
    expect(problemsOf(yaml("provider: unifi")).map(({ path, problem }) => `${path} ${problem}`)).toEqual([
      "unifi.host is missing",
      "unifi.apiKey is missing",
    ]);
  });

  test("is unifi when only the key is there, so that a lost address is said", () => {
    expect(problemsOf({ env: { UNIFI_API_KEY: KEY } })).toMatchObject([{ path: "unifi.host", problem: "is missing" }]);
  });
});

describe("the key", () => {
  test("comes from a file, which is remembered", () => {
    const { unifi } = load({
      env: { UNIFI_HOST: "192.168.1.1", UNIFI_API_KEY_FILE: "/run/key" },
      files: { "/run/key": `${KEY}\n` },
    });
    expect(keyOf(unifi)).toBe(KEY);
    expect(unifi?.credentials.file).toBe("/run/key");
  });

  test("whose file cannot be read is one problem, not also missing", () => {
    const env = { UNIFI_HOST: "192.168.1.1", UNIFI_API_KEY_FILE: "/run/key" };
    expect(problemsOf({ env })).toMatchObject([{ path: "unifi.apiKey (UNIFI_API_KEY_FILE)" }]);
  });

  test("with a blank in it is refused without being shown", () => {
    const problems = problemsOf({ env: { ...CONSOLE, UNIFI_API_KEY: "canary 4711" } });
    expect(problems).toMatchObject([{ path: "unifi.apiKey (UNIFI_API_KEY)" }]);
    expect(JSON.stringify(problems)).not.toContain("canary");
  });

  test("is asked for when there is nothing, and how to create one is said", () => {
    const [problem, ...others] = problemsOf({ env: { UNIFI_HOST: "192.168.1.1" } });
    expect(others).toEqual([]);
    expect(problem?.hint).toMatch(/Settings, Control Plane, Integrations.*UNIFI_USER and UNIFI_PASS/);
  });

  test("wins over a login, and a line says which of them to remove", () => {
    const settings = load({ env: { ...CONSOLE, UNIFI_USER: "admin", UNIFI_PASS: "hunter2" } });
    expect(keyOf(settings.unifi)).toBe(KEY);
    expect(settings.warnings).toContain(
      "UNIFI_USER, UNIFI_PASS: not used, because unifi.apiKey (UNIFI_API_KEY) is set; remove one or the other",
    );
  });

  test("wins over half a login too", () => {
    expect(keyOf(load({ env: { ...CONSOLE, UNIFI_USER: "admin" } }).unifi)).toBe(KEY);
  });
});

describe("a login", () => {
  const LOGIN = { UNIFI_HOST: "192.168.1.1", UNIFI_USER: "zonegate", UNIFI_PASS: "canary 4711 ä" };

  test("is enough, and a password may hold anything", () => {
    const { unifi, provider } = load({ env: LOGIN });
    expect(provider).toBe("unifi");
    expect(unifi?.credentials).toMatchObject({ kind: "login", username: "zonegate", file: undefined });
    expect(unifi?.credentials.kind === "login" && unifi.credentials.password.reveal()).toBe("canary 4711 ä");
  });

  test("may have its password in a file, which is remembered", () => {
    const { UNIFI_PASS: _, ...env } = LOGIN;
    const { unifi } = load({ env: { ...env, UNIFI_PASS_FILE: "/run/pass" }, files: { "/run/pass": "canary\n" } });
    expect(unifi?.credentials).toMatchObject({ kind: "login", file: "/run/pass" });
    expect(unifi?.credentials.kind === "login" && unifi.credentials.password.reveal()).toBe("canary");
  });

  test.each([
    ["UNIFI_USER", "unifi.username", "is missing beside the password"],
    ["UNIFI_PASS", "unifi.password", "is missing beside the user name"],
  ])("without %s is refused", (name, path, problem) => {
    const env = Object.fromEntries(Object.entries(LOGIN).filter(([other]) => other !== name));
    const problems = problemsOf({ env });
    expect(problems).toMatchObject([{ path, problem }]);
    expect(JSON.stringify(problems)).not.toContain("canary");
  });

  test("whose password file cannot be read is one problem, not also missing", () => {
    const { UNIFI_PASS: _, ...env } = LOGIN;
    expect(problemsOf({ env: { ...env, UNIFI_PASS_FILE: "/run/pass" } })).toMatchObject([
      { path: "unifi.password (UNIFI_PASS_FILE)" },
    ]);
  });

  test("does not open the official API, which is said when that is asked for", () => {
    expect(problemsOf({ env: { ...LOGIN, UNIFI_API: "policies" } })).toMatchObject([
      { path: "unifi.api", problem: "policies takes an API key, and there is only a login" },
    ]);
    expect(load({ env: { ...LOGIN, UNIFI_API: "static-dns" } }).unifi?.api).toBe("static-dns");
  });
});

describe("trust", () => {
  const CA_PEM = readFileSync(new URL("../../fixtures/authority.pem", import.meta.url), "utf8");

  test.each([
    ["with colons, in capitals", (PIN.toUpperCase().match(/../g) ?? []).join(":")],
    ["without", PIN],
    ["as openssl prints it", `sha256 Fingerprint=${(PIN.match(/../g) ?? []).join(":")}`],
    ["twice", `${PIN},${PIN}`],
  ])("is a pin %s", (_, written) => {
    expect(unifiOf({ UNIFI_TLS_PIN: written }).trust).toEqual({ kind: "pins", sha256: [PIN] });
  });

  test("is two pins while one replaces the other", () => {
    expect(unifiOf({ UNIFI_TLS_PIN: `${PIN}, ${OTHER_PIN}` }).trust).toEqual({
      kind: "pins",
      sha256: [PIN, OTHER_PIN],
    });
  });

  test("in a half fingerprint is refused", () => {
    expect(problemsOf({ env: { ...CONSOLE, UNIFI_TLS_PIN: PIN.slice(2) } })).toMatchObject([
      { path: "unifi.tls.pins (UNIFI_TLS_PIN)" },
    ]);
  });

  test.each(["UNIFI_CA_FILE", "UNIFI_CA_CERT"])("is the authority in the file of %s", (name) => {
    const files = { "/ca.pem": CA_PEM };
    expect(unifiOf({ [name]: "/ca.pem" }, { files }).trust).toEqual({ kind: "ca", pem: CA_PEM });
  });

  test.each([
    ["is not there", {}, "/ca.pem cannot be read: ENOENT"],
    ["holds something else", { "/ca.pem": "hello" }, "/ca.pem holds no certificate in PEM form"],
  ])("in a file that %s is refused", (_, files, problem) => {
    const env = { ...CONSOLE, UNIFI_CA_FILE: "/ca.pem" };
    expect(problemsOf({ env, files })).toMatchObject([{ path: "unifi.tls.caFile (UNIFI_CA_FILE)", problem }]);
  });

  test.each(["UNIFI_SKIP_TLS_VERIFY", "WEBHOOK_UNIFI_SKIP_TLS_VERIFY"])(
    "is skipped only by %s, with a warning",
    (name) => {
      const env = { ...CONSOLE, [name]: "true" };
      expect(unifiOf(env).trust).toEqual({ kind: "skip" });
      expect(load({ env }).warnings.join()).toContain(
        "unifi.tls.skipVerify: the console's certificate is not looked at",
      );
    },
  );

  test.each([
    ["UNIFI_SKIP_TLS_VERIFY", "true", "unifi.tls.skipVerify"],
    ["UNIFI_CA_FILE", "/ca.pem", "unifi.tls.caFile"],
  ])("by %s contradicts a pin", (name, value, path) => {
    const env = { ...CONSOLE, UNIFI_TLS_PIN: PIN, [name]: value };
    expect(problemsOf({ env, files: { "/ca.pem": CA_PEM } })).toMatchObject([
      { path: `${path} (${name}) and unifi.tls.pins (UNIFI_TLS_PIN)`, problem: "contradict each other" },
    ]);
  });

  test("that is not skipped stands beside a pin", () => {
    expect(unifiOf({ UNIFI_SKIP_TLS_VERIFY: "false", UNIFI_TLS_PIN: PIN }).trust.kind).toBe("pins");
  });
});

describe("the environment of the other webhooks", () => {
  test("kashalls' is read whole", () => {
    const settings = load({
      env: {
        ...CONSOLE,
        UNIFI_SITE: "home",
        UNIFI_EXTERNAL_CONTROLLER: "true",
        UNIFI_SKIP_TLS_VERIFY: "true",
        SERVER_HOST: "localhost",
        SERVER_PORT: "9888",
        SERVER_READ_TIMEOUT: "5s",
        SERVER_WRITE_TIMEOUT: "10s",
        DOMAIN_FILTER: "home.example.com,example.net",
        EXCLUDE_DOMAIN_FILTER: "private.home.example.com",
        LOG_LEVEL: "debug",
        LOG_FORMAT: "test",
      },
    });
    expect(settings).toMatchObject({
      unifi: { site: "home", controller: "self-hosted", trust: { kind: "skip" } },
      webhook: { port: 9888 },
      domainFilter: {
        options: { include: ["home.example.com", "example.net"], exclude: ["private.home.example.com"] },
      },
      log: { level: "debug", format: "text" },
    });
  });

  test("lexfrei's is read whole", () => {
    const settings = load({
      env: {
        WEBHOOK_UNIFI_HOST: "https://192.168.1.1",
        WEBHOOK_UNIFI_API_KEY: KEY,
        WEBHOOK_UNIFI_SITE: "home",
        WEBHOOK_UNIFI_SKIP_TLS_VERIFY: "false",
        WEBHOOK_SERVER_HOST: "127.0.0.1",
        WEBHOOK_SERVER_PORT: "9888",
        WEBHOOK_HEALTH_HOST: "127.0.0.1",
        WEBHOOK_HEALTH_PORT: "9080",
        WEBHOOK_LOGGING_LEVEL: "warn",
        WEBHOOK_LOGGING_FORMAT: "json",
      },
    });
    expect(settings).toMatchObject({
      unifi: { url: "https://192.168.1.1", site: "home", trust: { kind: "system" } },
      webhook: { addresses: ["127.0.0.1"], port: 9888 },
      ops: { addresses: ["127.0.0.1"], port: 9080 },
      log: { level: "warn", format: "json" },
    });
  });

  test("of a console behind the cloud is refused", () => {
    expect(problemsOf({ env: { ...CONSOLE, UNIFI_CONSOLE_ID: "abc" } })).toMatchObject([{ path: "UNIFI_CONSOLE_ID" }]);
  });

  test("what is not used is named, once", () => {
    const { warnings } = load({ env: { ...CONSOLE, UNIFI_APPLY_WORKERS: "5", READINESS_CACHE_TTL: "30s" } });
    expect(warnings.filter((warning) => warning.includes("another webhook"))).toEqual([
      "UNIFI_APPLY_WORKERS, READINESS_CACHE_TTL: of another webhook and not used here; docs/migrate.md says why",
    ]);
  });

  test("what is not used or refused stands in docs/migrate.md, as its warning says", () => {
    const page = readFileSync(new URL("../../../docs/migrate.md", import.meta.url), "utf8");
    const names = [...IGNORED_VARIABLES, ...REFUSED_VARIABLES];
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  test("what is not used has no setting", () => {
    const known = new Set(describeSettings(SETTINGS_SCHEMA).flatMap(({ env }) => env));
    expect([...IGNORED_VARIABLES, ...REFUSED_VARIABLES].filter((name) => known.has(name))).toEqual([]);
  });
});
