import { describe, expect, test } from "vitest";
import { load, problemsOf, yaml } from "#test/support/settings.ts";

const ZONE = "zones: [home.example.com]";
const NOT_EXTERNAL = { named: [], others: "not-external" };

describe("listeners", () => {
  test("localhost is both loopbacks", () => {
    expect(load(yaml(ZONE)).webhook).toEqual({
      addresses: ["127.0.0.1", "::1"],
      port: 8888,
      credentials: undefined,
      isExposed: false,
    });
  });

  test.each(["127.0.0.1", "127.1.2.3", "::1", "0:0:0:0:0:0:0:1", "LOCALHOST"])("the webhook may be on %s", (host) => {
    expect(load({ ...yaml(ZONE), env: { SERVER_HOST: host } }).webhook.port).toBe(8888);
  });

  test.each(["127.example.com", "1270.0.0.1", "eth0"])("the webhook cannot be on %s", (host) => {
    expect(problemsOf({ ...yaml(ZONE), env: { SERVER_HOST: host } })).toMatchObject([
      { path: "webhook.host (SERVER_HOST)", problem: expect.stringContaining("is not an IP address") as string },
    ]);
  });

  test("DNS listens on every address of both families by default", () => {
    expect(load(yaml(ZONE)).dns).toEqual({ addresses: ["0.0.0.0", "::"], port: 1053, allow: [], subnets: [] });
  });

  test("an empty list of DNS addresses is refused", () => {
    expect(problemsOf(yaml(ZONE, "dns: {listen: []}"))).toMatchObject([{ problem: "is an empty list" }]);
  });

  test.each(["fe80::1%eth0", "eth0", "10.0.0.0/8", "01.2.3.4"])("DNS cannot listen on %s", (address) => {
    expect(problemsOf({ ...yaml(ZONE), flags: { "dns-listen": address } })).toHaveLength(1);
  });

  test("subnets and single addresses are allowed to ask", () => {
    expect(load({ ...yaml(ZONE), env: { DNS_ALLOW: "203.0.113.0/24, 2001:DB8::/32,198.51.100.1" } }).dns.allow).toEqual(
      [
        { address: "203.0.113.0", prefixLength: 24, family: "ipv4" },
        { address: "2001:db8::", prefixLength: 32, family: "ipv6" },
        { address: "198.51.100.1", prefixLength: 32, family: "ipv4" },
      ],
    );
  });

  test.each(["10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/8/8", "home/8", "10.0.0.0/-1"])(
    "%s is no subnet",
    (subnet) => {
      expect(problemsOf({ ...yaml(ZONE), env: { DNS_ALLOW: subnet } })).toHaveLength(1);
    },
  );

  test.each(["65536", "-1", "8.5", "http", "1e3", "0x50"])("%s is no port", (port) => {
    expect(problemsOf({ ...yaml(ZONE), env: { DNS_PORT: port } })).toHaveLength(1);
  });
});

describe("reverse zones", () => {
  const apexes = (env: Record<string, string>) => load({ env }).zones.map(({ apex }) => apex);

  test("follow the zones that are written down, each once, and share their name server", () => {
    const env = {
      ZONES: "home.example.com,168.192.in-addr.arpa",
      REVERSE_RANGES: "192.168.0.0/16,10.20.30.0/23,fd20::1/64",
    };
    expect(apexes(env)).toEqual([
      "home.example.com",
      "168.192.in-addr.arpa",
      "30.20.10.in-addr.arpa",
      "31.20.10.in-addr.arpa",
      "0.0.0.0.0.0.0.0.0.0.0.0.0.2.d.f.ip6.arpa",
    ]);
    expect(load({ env }).zones[2]).toMatchObject({
      nameservers: [{ name: "ns1.home.example.com", addresses: [] }],
      hostmaster: "hostmaster.home.example.com",
      defaultTtlSeconds: 60,
    });
  });

  test("there are none unless a range is named", () => {
    expect(apexes({ ZONES: "home.example.com" })).toEqual(["home.example.com"]);
  });

  test.each(["192.168.20.0/25", "192.168.20.5", "10.0.0.0/7", "fd20::1", "::/0", "home/24"])(
    "%s is no range",
    (range) => {
      expect(problemsOf({ ...yaml(ZONE), env: { REVERSE_RANGES: range } })).toHaveLength(1);
    },
  );
});

describe("zones", () => {
  test("a name alone is a zone with every default", () => {
    expect(load({ env: { ZONES: "Home.Example.com." } }).zones).toEqual([
      {
        apex: "home.example.com",
        defaultTtlSeconds: 60,
        negativeTtlSeconds: 30,
        nameservers: [{ name: "ns1.home.example.com", addresses: [] }],
        hostmaster: "hostmaster.home.example.com",
        ingressClasses: ["internal"],
        watchesDefaultClass: true,
        gateways: { gateways: NOT_EXTERNAL, classes: NOT_EXTERNAL },
      },
    ]);
  });

  test("a mapping sets everything", () => {
    const settings = load(
      yaml(
        "zones:",
        "  - apex: home.example.com",
        "    defaultTtlSeconds: 5m",
        "    negativeTtlSeconds: 10",
        "    nameservers: [{name: ns.example.net, addresses: [192.0.2.53, '2001:DB8::53']}]",
        "    hostmaster: jane.doe@example.com",
        "    ingressClasses: [external]",
        "    gateways: [external, network/envoy, '@not-external']",
        "    gatewayClasses: ['*']",
      ),
    );
    expect(settings.zones).toEqual([
      {
        apex: "home.example.com",
        defaultTtlSeconds: 300,
        negativeTtlSeconds: 10,
        nameservers: [{ name: "ns.example.net", addresses: ["192.0.2.53", "2001:db8::53"] }],
        // RFC 1035 §8: a dot before the @ is escaped, so that it does not separate labels.
        hostmaster: "jane\\046doe.example.com",
        ingressClasses: ["external"],
        watchesDefaultClass: false,
        gateways: {
          gateways: { named: ["external", "network/envoy"], others: "not-external" },
          classes: { named: [], others: "all" },
        },
      },
    ]);
  });

  test("global defaults reach a zone that does not say", () => {
    const [zone] = load({
      env: {
        ZONES: "a.example",
        DNS_TTL: "1h",
        DNS_NEGATIVE_TTL: "0",
        INGRESS_CLASSES: "*",
        GATEWAYS: "internal",
        GATEWAY_CLASSES: "cilium,*",
      },
    }).zones;
    expect(zone).toMatchObject({
      defaultTtlSeconds: 3600,
      negativeTtlSeconds: 0,
      ingressClasses: "all",
      watchesDefaultClass: false,
      gateways: {
        gateways: { named: ["internal"], others: "none" },
        classes: { named: ["cilium"], others: "all" },
      },
    });
  });

  test.each([
    ["GATEWAYS", "@default"],
    ["GATEWAYS", "a/b/c"],
    ["GATEWAYS", "Internal"],
    ["GATEWAYS", ","],
    ["GATEWAY_CLASSES", "network/internal"],
  ])("%s=%s is refused", (name, value) => {
    expect(problemsOf({ env: { ZONES: "a.example", [name]: value } })).toHaveLength(1);
  });

  test.each([".", "", "a..b", "x".repeat(64)])("the apex %j is refused", (apex) => {
    expect(problemsOf(yaml(`zones: [{apex: "${apex}"}]`))).toHaveLength(1);
  });

  test.each(["a@b@example.com", "@example.com", "a@"])("%s is no hostmaster", (hostmaster) => {
    expect(problemsOf(yaml(`zones: [{apex: a.example, hostmaster: "${hostmaster}"}]`))).toHaveLength(1);
  });
});

describe("kinds of objects", () => {
  test("a group is what it stands for, each kind once", () => {
    expect(load({ ...yaml(ZONE), env: { SOURCES: "gateway-tlsroute,gateway-api" } }).sources.kinds).toEqual([
      "gateway-tlsroute",
      "gateway",
      "gateway-httproute",
      "gateway-grpcroute",
      "gateway-tcproute",
      "gateway-udproute",
    ]);
  });

  test.each(["routes", "constructor", ","])("%s is refused", (kinds) => {
    expect(problemsOf({ ...yaml(ZONE), env: { SOURCES: kinds } })).toHaveLength(1);
  });
});

describe("records", () => {
  test("values are made canonical, one value need not be a list, commas stay inside it", () => {
    const { records } = load(
      yaml(
        ZONE,
        "records:",
        "  - {name: nas, type: AAAA, targets: ['2001:DB8:0::1'], ttlSeconds: 1h}",
        "  - {name: t.home.example.com, type: TXT, targets: 'a, b'}",
      ),
    );
    expect(records).toEqual([
      { path: "records[0]", name: "nas", type: "AAAA", targets: ["2001:db8::1"], ttlSeconds: 3600 },
      { path: "records[1]", name: "t.home.example.com", type: "TXT", targets: ['"a, b"'] },
    ]);
  });

  test("each bad value is a problem of its own", () => {
    const written = yaml(ZONE, "records: [{name: n, type: A, targets: [192.0.2.1, x, y]}]");
    expect(problemsOf(written).map(({ problem }) => problem)).toEqual([
      '"x" is not an IPv4 address',
      '"y" is not an IPv4 address',
    ]);
  });

  test.each([
    ["no value", "targets: []"],
    ["no targets key", ""],
    ["an unknown type", "type: SOA, targets: [x]"],
    ["a bad name", "name: a..b, targets: [192.0.2.1]"],
  ])("%s is refused", (_title, keys) => {
    const defaults = [keys.includes("name") ? "" : "name: n", keys.includes("type") ? "" : "type: A", keys];
    expect(problemsOf(yaml(ZONE, `records: [{${defaults.filter(Boolean).join(", ")}}]`))).toHaveLength(1);
  });
});

describe("the rest", () => {
  test("cloudflare is said to come later", () => {
    expect(problemsOf({ env: { ZONES: "a.example", ZONEGATE_PROVIDER: "cloudflare" } })).toEqual([
      {
        path: "provider (ZONEGATE_PROVIDER)",
        problem: '"cloudflare" is not there yet',
        hint: 'Write "local" or "unifi".',
      },
    ]);
  });

  test("an unknown provider is not said to come later", () => {
    expect(problemsOf(yaml(ZONE, "provider: route53"))).toMatchObject([{ problem: '"route53" is not a provider' }]);
  });

  test.each([
    ["12", 12_000],
    ["1500ms", 1_500],
    ["0.5m", 30_000],
    ["1m", 60_000],
  ])("a budget of %s is %i ms", (written, expected) => {
    expect(load({ ...yaml(ZONE), env: { APPLY_BUDGET: written } }).sync.applyBudgetMs).toBe(expected);
  });

  test.each(["0", "61", "2h", "12 parsecs", "-1s", "s"])("a budget of %s is refused", (written) => {
    expect(problemsOf({ ...yaml(ZONE), env: { APPLY_BUDGET: written } })).toHaveLength(1);
  });

  test.each([
    ["true", true],
    ["TRUE", true],
    ["1", true],
    ["false", false],
    ["0", false],
  ])("DRY_RUN=%s is %s", (written, expected) => {
    expect(load({ ...yaml(ZONE), env: { DRY_RUN: written } }).sync.dryRun).toBe(expected);
  });

  test("DRY_RUN=maybe is refused rather than guessed", () => {
    expect(problemsOf({ ...yaml(ZONE), env: { DRY_RUN: "maybe" } })).toMatchObject([
      { problem: '"maybe" is neither true nor false' },
    ]);
  });

  test("a fraction of a second is no TTL", () => {
    expect(problemsOf({ ...yaml(ZONE), env: { DNS_TTL: "500ms" } })).toMatchObject([
      { problem: '"500ms" is not a whole number of seconds' },
    ]);
  });

  test("the lame duck lasts ten seconds", () => {
    expect(load(yaml(ZONE)).shutdown.lameDuckMs).toBe(10_000);
  });

  test("both annotation prefixes are read by default", () => {
    expect(load(yaml(ZONE)).sources.annotationPrefixes).toEqual([
      "external-dns.alpha.kubernetes.io/",
      "external-dns.kubernetes.io/",
    ]);
  });

  test("an annotation prefix without its slash is refused", () => {
    expect(problemsOf(yaml(ZONE, "sources: {annotationPrefixes: [example.com]}"))).toHaveLength(1);
  });

  test("the domain filter is compiled from the names that other webhooks use", () => {
    const { domainFilter } = load({
      env: { ZONES: "a.example", DOMAIN_FILTER: "a.example, b.example", EXCLUDE_DOMAIN_FILTER: "x.a.example" },
    });
    expect(domainFilter.options).toEqual({
      include: ["a.example", "b.example"],
      exclude: ["x.a.example"],
      regexInclude: "",
      regexExclude: "",
    });
  });

  test("log settings are read", () => {
    expect(load({ env: { LOG_LEVEL: "debug", LOG_FORMAT: "json" } }).log).toEqual({ level: "debug", format: "json" });
  });
});
