// Routes of the Gateway API: which hosts they give, and what annotations change.

import { describe, expect, test } from "vitest";
import { routeSource } from "#src/sources/gateway-api/route.ts";
import type { SourceZone } from "#src/sources/source.ts";
import { gateway, type ListenerText, listenerSet, route } from "./gateway-objects.ts";
import { ANSWERED, annotated, HOST, records } from "./gateway-records.ts";
import { contextOf, domainName, HOME } from "./objects.ts";

describe("hosts a route and its listeners have in common", () => {
  const X = "home.example.com";
  test.each<[title: string, listeners: ListenerText[], hosts: string[], names: string[]]>([
    ["a listener without a hostname takes every host", [undefined], [HOST], [HOST]],
    ["an equal host", [HOST], [HOST], [HOST]],
    ["another host", [`b.${X}`], [HOST], []],
    ["a host below the listener's wildcard", [`*.${X}`], [HOST], [HOST]],
    ["a host two labels below it", [`*.${X}`], [`a.b.${X}`], [`a.b.${X}`]],
    ["the wildcard's own parent is not below it", [`*.${X}`], [X], []],
    ["a name that only ends alike is not below it", [`*.${X}`], [`a.nothome.example.com`], []],
    ["a route's wildcard narrows to the listener's host", [HOST], [`*.${X}`], [HOST]],
    ["of two wildcards the narrower", [`*.apps.${X}`], [`*.${X}`], [`*.apps.${X}`]],
    ["of two wildcards the narrower, the other way", [`*.${X}`], [`*.apps.${X}`], [`*.apps.${X}`]],
    ["a wildcard wider than the zone narrows into it", [`*.${X}`], ["*.example.com"], [`*.${X}`]],
    ["a route without hosts takes its listeners'", [HOST, `*.apps.${X}`], [], [`*.apps.${X}`, HOST]],
    ["each host needs only one listener", [HOST, `b.${X}`], [HOST, `b.${X}`], [HOST, `b.${X}`]],
    ["upper case and a final dot are the same name", [`APP.${X}`], [`App.${X}.`], [HOST]],
    ["one label exists in every zone", [`*.${X}`], ["nas"], [`nas.${X}`]],
    ["one label at a listener that has it too", ["nas"], ["nas"], [`nas.${X}`]],
    ["one label of a listener alone", ["nas"], [], [`nas.${X}`]],
    ["a listener whose hostname no name can have", ["a..b"], [HOST], []],
  ])("%s", (_title, listeners, hosts, names) => {
    const result = records(route(hosts), [gateway({ listeners })]);
    expect(result.lines).toEqual(names.map((name) => `${name} A 192.0.2.1`).sort());
    expect(result.codes).toEqual(names.length === 0 ? ["listener.mismatch"] : []);
  });

  test("a host that fits no listener is said with its name, and the others stand", () => {
    const result = records(route([HOST, "app.lab.example.com"]), [gateway({ listeners: ["*.home.example.com"] })]);
    expect(result.lines).toEqual(ANSWERED);
    expect(result.problems).toEqual([
      expect.objectContaining({
        code: "listener.mismatch",
        hostname: "app.lab.example.com",
        reason: "no listener of its parents has a hostname that fits app.lab.example.com",
      }),
    ]);
  });

  test("neither a host nor a listener's nor an annotation's is no name", () => {
    expect(records(route([]))).toMatchObject({ lines: [], codes: ["host.none"] });
  });

  test.each(["a.*.home.example.com", "a..b", "*", "nas."])("%s is said, and the others stand", (host) => {
    const result = records(route([host, HOST]), [gateway({ listeners: ["*.home.example.com"] })]);
    expect(result.lines).toEqual(ANSWERED);
    expect(result.codes).toEqual([host === "nas." ? "host.outside" : "host.invalid"]);
  });

  test("a route may claim 256 names, and the rest is said", () => {
    const hostname = Array.from({ length: 400 }, (_, index) => `h${index}.home.example.com`).join(",");
    const result = records(route([], annotated({ hostname })));
    expect(result.sets).toHaveLength(256);
    expect(result.codes).toEqual(["host.limit"]);
  });
});

describe("listeners a parent names", () => {
  const listeners = [
    { name: "http", port: 80, protocol: "HTTP", hostname: "web.home.example.com" },
    { name: "https", port: 443, protocol: "HTTPS", hostname: "*.home.example.com" },
    { name: "tls", port: 8443, protocol: "TLS", hostname: "*.tls.home.example.com" },
    { name: "tcp", port: 5432, protocol: "TCP" },
    { name: "udp", port: 53, protocol: "UDP" },
    { name: "own", port: 9, protocol: "example.com/bar" },
  ];
  const all = [gateway({ listeners })];

  test.each([
    [{ sectionName: "http" }, ["web.home.example.com"]],
    [{ sectionName: "https" }, ["*.home.example.com"]],
    [{ sectionName: "" }, ["*.home.example.com", "web.home.example.com"]],
    [{ port: 80 }, ["web.home.example.com"]],
    [{ port: 443, sectionName: "https" }, ["*.home.example.com"]],
  ])("%j", (more, names) => {
    const result = records(route([], { parentRefs: [{ name: "internal", ...more }] }), all);
    expect(result.lines).toEqual(names.map((name) => `${name} A 192.0.2.1`));
    expect(result.codes).toEqual([]);
  });

  test("a section that is not there", () => {
    const result = records(route([HOST], { parentRefs: [{ name: "internal", sectionName: "admin" }] }), all);
    expect(result.lines).toEqual([]);
    expect(result.problems).toMatchObject([
      { code: "section.unknown", reason: "Gateway default/internal has no listener called admin" },
    ]);
  });

  test.each([
    [
      "HTTPRoute",
      { sectionName: "tcp" },
      "section tcp has no listener of protocol HTTP or HTTPS, which HTTPRoute needs",
    ],
    ["HTTPRoute", { port: 5432 }, "port 5432 has no listener of protocol HTTP or HTTPS, which HTTPRoute needs"],
    ["TLSRoute", { sectionName: "https" }, "section https has no listener of protocol TLS, which TLSRoute needs"],
    ["UDPRoute", { port: 443 }, "port 443 has no listener of protocol UDP, which UDPRoute needs"],
  ])("%s at %j finds no listener", (kind, more, reason) => {
    const result = records(route([HOST], { kind, parentRefs: [{ name: "internal", ...more }] }), all);
    expect(result.lines).toEqual([]);
    expect(result.problems).toMatchObject([
      { code: "listener.mismatch", reason: `Gateway default/internal, ${reason}` },
    ]);
  });

  test.each([
    ["HTTPRoute", ["*.home.example.com", "web.home.example.com"]],
    ["GRPCRoute", ["*.home.example.com", "web.home.example.com"]],
    ["TLSRoute", ["*.tls.home.example.com"]],
    ["TCPRoute", ["*.tls.home.example.com"]],
    ["UDPRoute", []],
  ])("a %s without hosts takes those of listeners it can use", (kind, names) => {
    const result = records(route([], { kind }), all);
    expect(result.lines).toEqual(names.map((name) => `${name} A 192.0.2.1`));
    expect(result.codes).toEqual(names.length === 0 ? ["host.none"] : []);
  });

  test.each(["TCPRoute", "UDPRoute"])(
    "a %s is named by its annotation; a hostname on its listener means nothing",
    (kind) => {
      const protocol = kind.slice(0, 3);
      const others = [gateway({ listeners: [{ protocol, hostname: "other.home.example.com" }] })];
      expect(records(route([], { kind, ...annotated({ hostname: HOST }) }), others).lines).toEqual(ANSWERED);
      expect(records(route([], { kind }), others).codes).toEqual(["host.none"]);
    },
  );

  test("a protocol of the controller's own fits what the controller accepts on it", () => {
    const parentRefs = [{ name: "internal", sectionName: "own" }];
    expect(records(route([HOST], { parentRefs }), all).lines).toEqual(ANSWERED);
  });
});

describe("annotations", () => {
  const target = (value: string) => annotated({ target: value });

  test.each([
    ["the Gateway", [gateway(target("192.0.2.7"))], {}, "A 192.0.2.7"],
    ["the route", [gateway()], target("192.0.2.8"), "A 192.0.2.8"],
    ["the route before the Gateway", [gateway(target("192.0.2.7"))], target("lb.example.net"), "CNAME lb.example.net"],
  ])("target on %s", (_title, others, parts, expected) => {
    expect(records(route([HOST], parts), others).lines).toEqual([`${HOST} ${expected}`]);
  });

  test("target on a ListenerSet comes before its Gateway's", () => {
    const others = [gateway(target("192.0.2.7")), listenerSet(target("192.0.2.6"))];
    const object = route([HOST], { parentRefs: [{ kind: "ListenerSet", name: "team" }] });
    expect(records(object, others).lines).toEqual([`${HOST} A 192.0.2.6`]);
  });

  test("target stands in for a Gateway without an address", () => {
    const result = records(route([HOST]), [gateway({ ...target("192.0.2.7"), status: {} })]);
    expect(result).toMatchObject({ lines: [`${HOST} A 192.0.2.7`], codes: [] });
  });

  test("the target at a Gateway for the internet is for public DNS: inside, its own address answers", () => {
    const external = gateway({ metadata: { name: "external", ...target("tunnel.example.net").metadata } });
    const zone: SourceZone = {
      ...HOME,
      gateways: { gateways: { named: ["external"], others: "none" }, classes: { named: [], others: "all" } },
    };
    const object = route([HOST], { parentRefs: [{ name: "external" }], ...target("tunnel.example.net") });
    expect(records(object, [external], [zone]).lines).toEqual(ANSWERED);
  });

  test.each([
    ["the route's", { ttl: "1m" }, {}, 60],
    ["the Gateway's", {}, { ttl: "90" }, 90],
    ["the route's before the Gateway's", { ttl: "1m" }, { ttl: "90" }, 60],
  ])("ttl: %s", (_title, ofRoute, ofGateway, seconds) => {
    const result = records(route([HOST], annotated(ofRoute)), [gateway(annotated(ofGateway))]);
    expect(result.sets[0]?.ttlSeconds).toBe(seconds);
  });

  test("ttl: of several Gateways the shortest", () => {
    const second = gateway({ metadata: { name: "second", ...annotated({ ttl: "30" }).metadata } });
    const object = route([HOST], { parentRefs: [{ name: "internal" }, { name: "second" }] });
    expect(records(object, [gateway(annotated({ ttl: "60" })), second]).sets[0]?.ttlSeconds).toBe(30);
  });

  test("ttl: a Gateway that has not accepted the route has no say", () => {
    const second = gateway({ metadata: { name: "second", ...annotated({ ttl: "30" }).metadata } });
    const parentRefs = [{ name: "internal" }, { name: "second" }];
    const conditions = [{ type: "Accepted", status: "True", observedGeneration: 1 }];
    const object = route([HOST], {
      parentRefs,
      status: { parents: [{ parentRef: { name: "internal" }, conditions }] },
    });
    expect(records(object, [gateway(annotated({ ttl: "60" })), second]).sets[0]?.ttlSeconds).toBe(60);
  });

  test("a ttl that cannot be read is said once, and the default holds", () => {
    const result = records(route([HOST, "b.home.example.com"], annotated({ ttl: "soon" })));
    expect(result.sets.map((set) => set.ttlSeconds)).toEqual([undefined, undefined]);
    expect(result.codes).toEqual(["ttl.invalid"]);
  });

  test.each([
    [undefined, ["app.home.example.com", "note.home.example.com"]],
    ["annotation-only", ["note.home.example.com"]],
    ["defined-hosts-only", ["app.home.example.com"]],
  ])("gateway-hostname-source %s", (source, names) => {
    const more = source === undefined ? {} : { "gateway-hostname-source": source };
    const parts = annotated({ hostname: "note.home.example.com", ...more });
    expect(records(route([HOST], parts)).sets.map(({ name }) => name)).toEqual(names);
  });

  test("annotation-only takes the listener's hosts away too, defined-hosts-only leaves them", () => {
    const others = [gateway({ listeners: ["*.home.example.com"] })];
    const only = annotated({ hostname: HOST, "gateway-hostname-source": "annotation-only" });
    const defined = annotated({ hostname: HOST, "gateway-hostname-source": "defined-hosts-only" });
    expect(records(route([], only), others).lines).toEqual(ANSWERED);
    expect(records(route([], defined), others).lines).toEqual(["*.home.example.com A 192.0.2.1"]);
    expect(records(route([], annotated({ hostname: HOST })), others).lines).toHaveLength(2);
  });

  test("a host from an annotation has to fit a listener as well: it would lead to a closed door", () => {
    const result = records(route([], annotated({ hostname: "a.home.example.com" })), [gateway({ listeners: [HOST] })]);
    expect(result).toMatchObject({ lines: ANSWERED, codes: ["listener.mismatch"] });
  });

  test.each([
    ["dns-controller", ANSWERED, []],
    ["other", [], ["object.ignored"]],
  ])("controller %s", (controller, expected, codes) => {
    expect(records(route([HOST], annotated({ controller })))).toMatchObject({ lines: expected, codes });
  });

  test("the ignore label takes the route out", () => {
    const object = route([HOST], { metadata: { labels: { "k8s-gateway.dns/ignore": "true" } } });
    expect(records(object)).toMatchObject({ lines: [], codes: ["object.ignored"] });
  });
});

describe("odd objects", () => {
  test.each([[{ hostnames: HOST }], [{ hostnames: [5] }], [{ parentRefs: [{}] }], [{ parentRefs: {} }], ["text"]])(
    "spec %j is a problem, not an exception",
    (spec) => {
      const object = { ...route([]), spec };
      expect(records(object)).toMatchObject({ lines: [], codes: ["object.invalid"] });
      expect(routeSource("HTTPRoute").references(object, contextOf().options)).toEqual([]);
    },
  );

  test("a message about a monstrous parent stays short", () => {
    const long = "x".repeat(100_000);
    const monsters = [{ name: long }, { name: "internal", sectionName: long }, { name: "internal", kind: long }];
    for (const parentRef of monsters) {
      const result = records(route([HOST], { parentRefs: [parentRef] }));
      expect(result.codes).toEqual(["object.invalid"]);
      expect(result.problems[0]?.reason.length).toBeLessThan(400);
    }
  });

  test("a status of another shape names its field", () => {
    const result = records(route([HOST], { status: { parents: [{ parentRef: { name: 5 } }] } }));
    expect(result.problems[0]?.reason).toContain("status.parents.0.parentRef.name");
  });

  test("the version does not matter, and the origin says who it is", () => {
    const object = route([HOST], {
      apiVersion: "gateway.networking.k8s.io/v1beta1",
      metadata: { uid: "u1", createdAtMs: 5 },
    });
    const [set] = records(object).sets;
    expect(set?.origin).toEqual({
      kind: "HTTPRoute",
      namespace: "default",
      name: "app",
      uid: "u1",
      createdAtMs: 5,
      className: "cilium",
      gateways: ["default/internal"],
    });
  });

  test("names outside every zone, and names nobody may claim, are said as of any object", () => {
    const zones = [HOME, { ...HOME, apex: domainName("lab.example") }];
    const result = records(route(["shop.example.org", "wpad.home.example.com"]), [gateway()], zones);
    expect(result).toMatchObject({ lines: [], codes: ["host.outside", "host.protected"] });
  });
});
