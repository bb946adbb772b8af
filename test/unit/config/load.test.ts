import { describe, expect, test } from "vitest";
import { load, problemsOf, yaml } from "#test/support/settings.ts";

const HOME = { ZONES: "home.example.com" };

describe("layers", () => {
  const port = yaml("dns: {port: 1}", "zones: [home.example.com]");

  test("the file wins over the default", () => {
    expect(load(port).dns.port).toBe(1);
  });

  test("the environment wins over the file", () => {
    expect(load({ ...port, env: { DNS_PORT: "2" } }).dns.port).toBe(2);
  });

  test("a flag wins over the environment", () => {
    expect(load({ ...port, env: { DNS_PORT: "2" }, flags: { "dns-port": "3" } }).dns.port).toBe(3);
  });

  test("a variable adds to a section of the file without touching its neighbours", () => {
    const settings = load({ ...yaml("ops: {host: 127.0.0.1}", "zones: [a.example]"), env: { METRICS_PORT: "9" } });
    expect(settings.ops).toEqual({ addresses: ["127.0.0.1"], port: 9 });
  });

  test("a key without a value counts as not written", () => {
    expect(load(yaml("zones: [a.example]", "webhook:", "dns:", "  port:")).dns.port).toBe(1053);
  });

  test("an empty variable counts as not set", () => {
    expect(load({ env: { ...HOME, DNS_PORT: " " } }).dns.port).toBe(1053);
  });

  test("what Kubernetes injects for a Service called dns is not taken for a port", () => {
    expect(load({ env: { ...HOME, DNS_PORT: "tcp://10.43.0.10:53" } }).dns.port).toBe(1053);
  });

  test("variables that are not ours are ignored", () => {
    expect(load({ env: { ...HOME, SERVER_READ_TIMEOUT: "5s", SERVER_PROT: "x" } }).webhook.port).toBe(8888);
  });

  test("another webhook's name for a setting works", () => {
    expect(load({ env: { ...HOME, HEALTHZ_PORT: "9" } }).ops.port).toBe(9);
  });

  test("two names of one setting with different values are refused", () => {
    expect(problemsOf({ env: { ...HOME, METRICS_PORT: "8", HEALTH_PORT: "9" } })).toEqual([
      {
        path: "ops.port",
        problem: "METRICS_PORT and HEALTH_PORT name the same setting and differ",
        hint: "Keep METRICS_PORT.",
      },
    ]);
  });

  test("two names of one setting with the same value are accepted", () => {
    expect(load({ env: { ...HOME, METRICS_PORT: "9", HEALTH_PORT: "9" } }).ops.port).toBe(9);
  });
});

describe("the file", () => {
  const elsewhere = { files: { "/etc/z.yaml": "version: 1\nzones: [a.example]" } };

  test("is named by --config", () => {
    expect(load({ ...elsewhere, flags: { config: "/etc/z.yaml" } }).configFile).toBe("/etc/z.yaml");
  });

  test("is named by ZONEGATE_CONFIG", () => {
    expect(load({ ...elsewhere, env: { ZONEGATE_CONFIG: "/etc/z.yaml" } }).zones).toHaveLength(1);
  });

  test("may be absent when nobody named it", () => {
    expect(load({}).configFile).toBeUndefined();
  });

  test("that was named and cannot be read is a problem", () => {
    expect(problemsOf({ flags: { config: "/nowhere.yaml" } })).toEqual([
      { path: "/nowhere.yaml", problem: "cannot be read: ENOENT", hint: "Name a file that this user may read." },
    ]);
  });
});

describe("problems", () => {
  test("of a file that cannot be read come without complaints about what it may have set", () => {
    const written = { files: { "zonegate.yaml": "version: 1\nzones: [" }, env: { DATA_DIR: "/data", DNS_PORT: "x" } };
    expect(problemsOf(written).map(({ path }) => path)).toEqual(["zonegate.yaml line 2", "dns.port (DNS_PORT)"]);
  });

  test("all are told at once, each with its place, also those between settings that are right", () => {
    const written = {
      ...yaml(
        "webhok: 3",
        "webhook:",
        "  prot: 1",
        "ops: 5",
        "zones:",
        "  - apex: a..b",
        "    ttl: 3",
        "domainFilter: {include: [a.example], regexInclude: x}",
        "records: [{name: nas.a.example, type: A, targets: [192.0.2.300]}]",
      ),
      env: { SERVER_HOST: "0.0.0.0" },
      flags: { "dns-ttl": "1.5" },
    };
    expect(problemsOf(written).map(({ path }) => path)).toEqual([
      "webhook.prot (zonegate.yaml line 4)",
      "ops (zonegate.yaml line 5)",
      "dns.ttlSeconds (--dns-ttl)",
      "zones[0].apex (zonegate.yaml line 7)",
      "zones[0].ttl (zonegate.yaml line 8)",
      "webhok (zonegate.yaml line 2)",
      "domainFilter",
      "records[0].targets (zonegate.yaml line 10)",
      "webhook.host (SERVER_HOST)",
    ]);
  });

  test("an unknown key comes with the one that was probably meant", () => {
    expect(problemsOf(yaml("zones: [{apex: a.example, hostmastr: x}]"))).toMatchObject([
      { problem: "is not a setting", hint: 'Did you mean "hostmaster"?' },
    ]);
  });

  test("an unknown key that is near nothing comes with what there is", () => {
    expect(problemsOf(yaml("zones: [a.example]", "shutdown: {frequency: 1}"))).toMatchObject([
      { hint: "Here are: lameDuckSeconds." },
    ]);
  });

  test("a value inside a variable is placed there", () => {
    expect(problemsOf({ env: { ZONES: "home.example.com,a..b" } })).toMatchObject([{ path: "zones[1].apex (ZONES)" }]);
  });

  test("a missing key is placed at the entry that lacks it", () => {
    expect(problemsOf(yaml("zones:", "  - hostmaster: a@b.example"))).toMatchObject([
      { path: "zones[0].apex (zonegate.yaml line 3)", problem: "is missing" },
    ]);
  });

  test("a setting that was wrong is not also called missing", () => {
    expect(problemsOf({ env: { ZONES: "a..b" } })).toHaveLength(1);
  });

  test("a list in the place of a mapping is not quoted, for it may hold a secret", () => {
    expect(problemsOf(yaml("webhook: [canary-4711]"))).toMatchObject([{ problem: "a list is not a mapping" }]);
  });
});

describe("checks between settings", () => {
  test("standalone without a zone is refused, and told why it is standalone", () => {
    expect(problemsOf({ env: { DATA_DIR: "/data" } })).toMatchObject([
      {
        path: "zones",
        problem: "is missing, and mode standalone was chosen because data.dir is set (DATA_DIR) and mode is not",
      },
    ]);
  });

  test("one zone twice is refused, however it is written", () => {
    expect(problemsOf({ env: { ZONES: "home.example.com,HOME.example.com." } })).toMatchObject([
      { problem: "home.example.com is there twice" },
    ]);
  });

  test("DNS and health on one port are refused, because DNS listens on TCP too", () => {
    expect(problemsOf({ env: { ...HOME, DNS_PORT: "8080" } })).toMatchObject([{ path: "dns.port and ops.port" }]);
  });

  test("one port on two addresses is accepted", () => {
    const env = { ...HOME, SERVER_PORT: "8080", SERVER_HOST: "::1", METRICS_HOST: "127.0.0.1" };
    expect(load({ env }).webhook).toMatchObject({ addresses: ["::1"], port: 8080 });
  });

  test("port 0 is never a conflict", () => {
    expect(load({ env: { ...HOME, SERVER_PORT: "0", METRICS_PORT: "0", DNS_PORT: "0" } }).dns.port).toBe(0);
  });

  test("a part that does not run takes no port", () => {
    expect(load({ env: { ...HOME, ZONEGATE_MODE: "resolver", SERVER_PORT: "8080" } }).ops.port).toBe(8080);
  });

  test("lists and regular expressions of the domain filter exclude each other", () => {
    expect(problemsOf({ env: { ...HOME, DOMAIN_FILTER: "a.example", REGEXP_DOMAIN_FILTER: "b" } })).toMatchObject([
      { path: "domainFilter", problem: "lists and regular expressions cannot be used together" },
    ]);
  });
});

describe("warnings", () => {
  test("without a domain filter external-dns may write everything", () => {
    expect(load({ env: { ...HOME, DOMAIN_FILTER: "," } }).warnings).toEqual([
      "domainFilter: nothing is set, so external-dns may write names of every domain",
    ]);
  });

  test("a resolver takes no changes and needs no domain filter", () => {
    expect(load({ env: { ...HOME, ZONEGATE_MODE: "resolver" } }).warnings).toEqual([]);
  });

  test("records that nobody answers are worth a warning", () => {
    const settings = load({ env: { ZONEGATE_MODE: "webhook", DOMAIN_FILTER: "a.example" } });
    expect(settings.warnings).toEqual([
      "mode: webhook with provider local keeps records that nobody answers, because DNS does not run",
    ]);
  });

  test("a folder of manifests that is not there", () => {
    const env = { ...HOME, ZONEGATE_MODE: "resolver", MANIFESTS_DIR: "/m" };
    expect(load({ env }).warnings).toEqual(["sources.manifests: the folder /m is not there, so no names come from it"]);
    expect(load({ env, files: { "/m": "" } }).warnings).toEqual([]);
  });

  test("letting the whole Internet ask", () => {
    expect(load({ env: { ...HOME, ZONEGATE_MODE: "resolver", DNS_ALLOW: "0.0.0.0/0" } }).warnings).toHaveLength(1);
  });
});
