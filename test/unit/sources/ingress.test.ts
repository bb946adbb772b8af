import { describe, expect, test } from "vitest";
import { ingressSource } from "#src/sources/ingress.ts";
import type { SourceContext } from "#src/sources/source.ts";
import { contextOf, domainName, HOME, ingress, ingressClass, lines, withKindOptions } from "./objects.ts";

const ED = "external-dns.alpha.kubernetes.io/";
const NEW_ED = "external-dns.kubernetes.io/";

function records(object: Parameters<typeof ingressSource.toRecords>[0], context: SourceContext = contextOf()) {
  const result = ingressSource.toRecords(object, context);
  return {
    sets: result.recordSets,
    lines: lines(result.recordSets),
    codes: result.problems.map((p) => p.code),
    ...result,
  };
}

describe("hosts of an Ingress", () => {
  test("every rule's host points at the load balancer", () => {
    const result = records(ingress(["a.home.example.com", "b.home.example.com"]));
    expect(result.lines).toEqual(["a.home.example.com A 192.0.2.1", "b.home.example.com A 192.0.2.1"]);
    expect(result.problems).toEqual([]);
  });

  test("IPv4 and IPv6 become A and AAAA", () => {
    const result = records(ingress(["a.home.example.com"], { addresses: ["192.0.2.1", "2001:DB8:0::1"] }));
    expect(result.lines).toEqual(["a.home.example.com A 192.0.2.1", "a.home.example.com AAAA 2001:db8::1"]);
  });

  test("a load balancer with a host name becomes an alias, without any look-up", () => {
    const result = records(ingress(["a.home.example.com"], { addresses: ["LB.example.net"] }));
    expect(result.lines).toEqual(["a.home.example.com CNAME lb.example.net"]);
  });

  test("an entry with address and host name gives its address", () => {
    const status = { loadBalancer: { ingress: [{ ip: "192.0.2.7", hostname: "lb.example.net" }] } };
    expect(records(ingress(["a.home.example.com"], { status })).lines).toEqual(["a.home.example.com A 192.0.2.7"]);
  });

  test("wildcards stay wildcards and are no claim to their parent (k8s_gateway answers the parent)", () => {
    const result = records(ingress(["*.apps.home.example.com"]));
    expect(result.lines).toEqual(["*.apps.home.example.com A 192.0.2.1"]);
  });

  test("upper case and a trailing dot are the same name (k8s_gateway drops the dot's name)", () => {
    expect(records(ingress(["App.Home.Example.COM", "app.home.example.com."])).lines).toEqual([
      "app.home.example.com A 192.0.2.1",
    ]);
  });

  test("a short name exists in every zone", () => {
    const zones = [HOME, { ...HOME, apex: domainName("lab.example") }];
    expect(records(ingress(["nas"]), contextOf(zones)).lines).toEqual([
      "nas.home.example.com A 192.0.2.1",
      "nas.lab.example A 192.0.2.1",
    ]);
  });

  test.each([
    "a.*.home.example.com",
    "**.home.example.com",
    "*x.home.example.com",
    "a b.home.example.com",
    "*",
    "a..b",
  ])("%s is no host name, and the others stand", (host) => {
    const result = records(ingress([host, "b.home.example.com"]));
    expect(result.lines).toEqual(["b.home.example.com A 192.0.2.1"]);
    expect(result.problems).toEqual([expect.objectContaining({ code: "host.invalid", hostname: host })]);
  });

  test("a name outside every zone is dropped and said", () => {
    const result = records(ingress(["shop.example.org", "short."]));
    expect(result.sets).toEqual([]);
    expect(result.problems.map((p) => [p.code, p.hostname])).toEqual([
      ["host.outside", "shop.example.org"],
      ["host.outside", "short"],
    ]);
  });

  test("an Ingress without any host says so", () => {
    expect(records(ingress([undefined])).codes).toEqual(["host.none"]);
  });

  test.each([
    [undefined, ["a.home.example.com", "b.home.example.com"]],
    ["annotation-only", ["b.home.example.com"]],
    ["defined-hosts-only", ["a.home.example.com"]],
  ])("external-dns ingress-hostname-source %s", (source, names) => {
    const annotations = {
      [`${ED}hostname`]: "b.home.example.com",
      ...(source === undefined ? {} : { [`${ED}ingress-hostname-source`]: source }),
    };
    const result = records(ingress(["a.home.example.com"], { metadata: { annotations } }));
    expect(result.sets.map((set) => set.name)).toEqual(names);
  });

  test("the hosts of spec.tls are names where the setting says so, and are defined hosts", () => {
    const object = ingress(["a.home.example.com"], {
      metadata: {
        annotations: {
          [`${ED}hostname`]: "b.home.example.com",
          [`${ED}ingress-hostname-source`]: "defined-hosts-only",
        },
      },
    });
    const tls = [{ secretName: "tls", hosts: ["a.home.example.com", "t.home.example.com"] }, {}];
    const given = { ...object, spec: { ...(object.spec as object), tls } };
    const options = { kinds: withKindOptions({ ingress: { tlsHosts: true } }) };
    const names = (context: SourceContext) => records(given, context).sets.map((set) => set.name);
    expect(names(contextOf([HOME], { options }))).toEqual(["a.home.example.com", "t.home.example.com"]);
    expect(names(contextOf())).toEqual(["a.home.example.com"]);
  });

  test("an object may claim 256 names, and the rest is said", () => {
    const hosts = Array.from({ length: 300 }, (_, index) => `h${index}.home.example.com`);
    const result = records(ingress(hosts));
    expect(result.sets).toHaveLength(256);
    expect(result.codes).toEqual(["host.limit"]);
  });

  test("a message about a monstrous name stays short", () => {
    const result = records(ingress([`${"a".repeat(100_000)}.home.example.com`]));
    expect(result.codes).toEqual(["host.invalid"]);
    expect(result.problems[0]?.reason.length).toBeLessThan(400);
  });
});

describe("addresses of an Ingress", () => {
  test.each([
    [undefined],
    [null],
    [{}],
    [{ loadBalancer: {} }],
    [{ loadBalancer: { ingress: null } }],
    [{ loadBalancer: { ingress: [{}] } }],
  ])("with status %j the name exists without data (k8s_gateway says NXDOMAIN)", (status) => {
    const object = { ...ingress(["a.home.example.com"]), status };
    expect(records(object).sets).toMatchObject([{ name: "a.home.example.com", type: "A", targets: [] }]);
    expect(records(object).problems).toEqual([
      expect.objectContaining({ code: "address.none", hostname: "a.home.example.com" }),
    ]);
  });

  test("the target annotation stands in for status", () => {
    const annotations = { [`${ED}target`]: "192.0.2.9, 2001:db8::9" };
    const result = records(ingress(["a.home.example.com"], { metadata: { annotations } }));
    expect(result.lines).toEqual(["a.home.example.com A 192.0.2.9", "a.home.example.com AAAA 2001:db8::9"]);
  });

  test("the target of a public class is for public DNS: inside, status answers", () => {
    const annotations = { [`${ED}target`]: "tunnel.example.net" };
    const zone = { ...HOME, ingressClasses: ["external"] };
    const object = ingress(["a.home.example.com"], { className: "external", metadata: { annotations } });
    expect(records(object, contextOf([zone])).lines).toEqual(["a.home.example.com A 192.0.2.1"]);
  });

  test.each<readonly [string, ReadonlyMap<string, readonly string[]>, string]>([
    ["without a class the one for @default", new Map([["@default", ["192.0.2.50"]]]), "192.0.2.50"],
    [
      "its own comes first",
      new Map([
        ["@default", ["192.0.2.50"]],
        ["nginx", ["192.0.2.51"]],
      ]),
      "192.0.2.51",
    ],
  ])("a setting for the default class: %s", (_, classTargets, address) => {
    const classes = classTargets.has("nginx") ? [ingressClass("nginx", "default")] : [];
    const context = contextOf([HOME], { others: classes, options: { classTargets } });
    expect(records(ingress(["a.home.example.com"], { addresses: [] }), context).lines).toEqual([
      `a.home.example.com A ${address}`,
    ]);
  });

  test("a target annotation comes before the setting for its class", () => {
    const options = { classTargets: new Map([["internal", ["192.0.2.50"]]]) };
    const metadata = { annotations: { [`${ED}target`]: "192.0.2.9" } };
    const object = ingress(["a.home.example.com"], { className: "internal", metadata });
    expect(records(object, contextOf([HOME], { options })).lines).toEqual(["a.home.example.com A 192.0.2.9"]);
  });

  test("a setting for the class stands in for a controller that writes no status", () => {
    const options = { classTargets: new Map([["internal", ["192.0.2.50"]]]) };
    const object = ingress(["a.home.example.com"], { className: "internal", addresses: [] });
    expect(records(object, contextOf([HOME], { options })).lines).toEqual(["a.home.example.com A 192.0.2.50"]);
  });

  test.each(["192.0.2.300", "not a host", "*.example.net"])("target %s is refused, not served as a name", (target) => {
    const status = { loadBalancer: { ingress: [{ hostname: target }] } };
    const result = records(ingress(["a.home.example.com"], { status }));
    expect(result.sets).toMatchObject([{ type: "A", targets: [] }]);
    expect(result.codes).toEqual(["address.invalid", "address.none"]);
  });

  test("an apex is never an alias, but it exists", () => {
    const result = records(ingress(["home.example.com"], { addresses: ["lb.example.net"] }));
    expect(result.sets).toMatchObject([{ type: "A", targets: [] }]);
    expect(result.codes).toEqual(["cname.apex"]);
  });

  test("a name is never an alias of itself", () => {
    const result = records(ingress(["lb.home.example.com"], { addresses: ["lb.home.example.com"] }));
    expect(result.sets).toMatchObject([{ type: "A", targets: [] }]);
    expect(result.codes).toEqual(["cname.self"]);
  });

  test("a TTL annotation is kept, a bad one is said and the default holds", () => {
    const good = ingress(["a.home.example.com"], { metadata: { annotations: { [`${NEW_ED}ttl`]: "1m" } } });
    const bad = ingress(["a.home.example.com"], { metadata: { annotations: { [`${ED}ttl`]: "soon" } } });
    expect(records(good).sets[0]?.ttlSeconds).toBe(60);
    expect(records(bad).sets[0]?.ttlSeconds).toBeUndefined();
    expect(records(bad).codes).toEqual(["ttl.invalid"]);
  });
});

describe("class of an Ingress", () => {
  const both = [ingressClass("internal", "default"), ingressClass("external")];

  test.each([
    ["internal", both, "served"],
    ["external", both, "absent"],
    [undefined, both, "served"],
    [undefined, [], "served"],
    [undefined, [ingressClass("internal")], "absent"],
    ["nginx", [ingressClass("nginx", "default")], "served"],
    ["nginx", [ingressClass("nginx")], "absent"],
  ] as const)("%s among %j", (className, classes, outcome) => {
    const object = ingress(["a.home.example.com"], className === undefined ? {} : { className });
    const result = records(object, contextOf([HOME], { others: classes }));
    expect(result.lines).toEqual(outcome === "served" ? ["a.home.example.com A 192.0.2.1"] : []);
    expect(result.codes).toEqual(outcome === "served" ? [] : ["class.unwatched"]);
  });

  test("the legacy annotation names the class when the field does not", () => {
    const annotations = { "kubernetes.io/ingress.class": "external" };
    const object = ingress(["a.home.example.com"], { metadata: { annotations } });
    expect(records(object, contextOf([HOME], { others: both })).codes).toEqual(["class.unwatched"]);
  });

  test("an Ingress without a class does not break a filter (k8s_gateway panics)", () => {
    const zone = { ...HOME, watchesDefaultClass: false };
    expect(records(ingress(["a.home.example.com"]), contextOf([zone])).codes).toEqual(["class.unwatched"]);
  });

  test("each zone has its own filter, and the longest apex decides", () => {
    const zones = [HOME, { apex: domainName("example.com"), ingressClasses: ["external"], watchesDefaultClass: false }];
    const object = ingress(["www.example.com", "www.home.example.com"], { className: "external" });
    const result = records(object, contextOf(zones, { others: both }));
    expect(result.lines).toEqual(["www.example.com A 192.0.2.1"]);
    expect(result.problems.map((p) => p.hostname)).toEqual(["www.home.example.com"]);
  });

  test("a zone may watch every class", () => {
    const zone = { ...HOME, ingressClasses: "all" as const };
    const object = ingress(["a.home.example.com"], { className: "whatever" });
    expect(records(object, contextOf([zone], { others: both })).lines).toHaveLength(1);
  });

  test("the origin carries class, age and identity", () => {
    const object = ingress(["a.home.example.com"], { className: "internal", metadata: { uid: "u1", createdAtMs: 5 } });
    expect(records(object).sets[0]?.origin).toEqual({
      kind: "Ingress",
      namespace: "default",
      name: "app",
      className: "internal",
      uid: "u1",
      createdAtMs: 5,
    });
  });
});

describe("what no object may claim", () => {
  test.each(["unifi", "wpad", "isatap", "localhost"])("%s in a zone is protected", (label) => {
    const result = records(ingress([`${label}.home.example.com`]));
    expect(result.sets).toEqual([]);
    expect(result.codes).toEqual(["host.protected"]);
  });

  test("a namespace with an allow-list claims names below its suffixes only", () => {
    const options = { namespaceSuffixes: new Map([["default", [domainName("lab.home.example.com")]]]) };
    const result = records(ingress(["a.home.example.com", "a.lab.home.example.com"]), contextOf([HOME], { options }));
    expect(result.sets.map((set) => set.name)).toEqual(["a.lab.home.example.com"]);
    expect(result.codes).toEqual(["host.forbidden"]);
  });

  test("wildcards can be forbidden", () => {
    const result = records(ingress(["*.home.example.com"]), contextOf([HOME], { options: { allowWildcards: false } }));
    expect(result.codes).toEqual(["host.forbidden"]);
  });
});

describe("odd objects", () => {
  test("the ignore label takes the object out", () => {
    const object = ingress(["a.home.example.com"], { metadata: { labels: { "k8s-gateway.dns/ignore": "true" } } });
    expect(records(object)).toMatchObject({ sets: [], codes: ["object.ignored"] });
  });

  test.each([[{ rules: "all" }], [{ rules: [{ host: 5 }] }], [{ ingressClassName: [] }], ["text"]])(
    "spec %j is a problem, not an exception",
    (spec) => {
      const object = { ...ingress([]), spec };
      expect(records(object)).toMatchObject({ sets: [], codes: ["object.invalid"] });
      expect(ingressSource.references(object, contextOf().options)).toEqual([]);
    },
  );

  test("a status of another shape names its field", () => {
    const object = { ...ingress(["a.home.example.com"]), status: { loadBalancer: { ingress: [{ ip: 5 }] } } };
    expect(records(object).problems[0]?.reason).toContain("status.loadBalancer.ingress.0.ip");
  });
});
