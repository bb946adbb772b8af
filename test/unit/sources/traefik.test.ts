import { describe, expect, test } from "vitest";
import type { ClusterObject } from "#src/domain/cluster-object.ts";
import type { SourceContext } from "#src/sources/source.ts";
import { ingressRouteSource, ingressRouteTcpSource, ingressRouteUdpSource } from "#src/sources/traefik.ts";
import { contextOf, HOME, ingressClass, ingressRoute, lines, service, withKindOptions } from "./objects.ts";

const ED = "external-dns.alpha.kubernetes.io/";
const CLASS = "kubernetes.io/ingress.class";
const TRAEFIK = service({
  metadata: { name: "traefik", namespace: "traefik" },
  addresses: ["192.168.20.10", "fd20::10"],
});
const SOURCES = {
  IngressRoute: ingressRouteSource,
  IngressRouteTCP: ingressRouteTcpSource,
  IngressRouteUDP: ingressRouteUdpSource,
} as const;

function records(object: ClusterObject, context: SourceContext = among(TRAEFIK)) {
  const result = SOURCES[object.kind as keyof typeof SOURCES].toRecords(object, context);
  return { ...result, lines: lines(result.recordSets), codes: result.problems.map((problem) => problem.code) };
}

function among(...others: readonly ClusterObject[]): SourceContext {
  return contextOf([HOME], { others });
}

function names(object: ClusterObject, context?: SourceContext): readonly string[] {
  return [...new Set(records(object, context).recordSets.map(({ name }) => name))];
}

describe("names of an IngressRoute", () => {
  test("the hosts of its rules point at Traefik's Service, in both families", () => {
    expect(records(ingressRoute(["Host(`a.home.example.com`) && PathPrefix(`/x`)"]))).toMatchObject({
      lines: ["a.home.example.com A 192.168.20.10", "a.home.example.com AAAA fd20::10"],
      problems: [],
      recordSets: [{ origin: { kind: "IngressRoute", namespace: "default", name: "app" } }, {}],
    });
  });

  test("several rules, a host twice, and an annotation beside them", () => {
    const rules = ["Host(`a.home.example.com`)", "Host(`A.home.example.com`, `b.home.example.com`)"];
    const annotations = { [`${ED}hostname`]: "c.home.example.com" };
    expect(names(ingressRoute(rules, { metadata: { annotations } }))).toEqual([
      "a.home.example.com",
      "b.home.example.com",
      "c.home.example.com",
    ]);
  });

  test("a rule that cannot be read is said, and the others stand", () => {
    const result = records(ingressRoute(["Host(`a.home.example.com`", "Host(`b.home.example.com`)"]));
    expect(names(ingressRoute(["Host(`a.home.example.com`", "Host(`b.home.example.com`)"]))).toEqual([
      "b.home.example.com",
    ]);
    expect(result.problems).toMatchObject([
      { code: "rule.invalid", reason: expect.stringContaining("spec.routes[0].match: at character") as string },
    ]);
  });

  test("a pattern names nothing and is said", () => {
    const result = records(ingressRoute(["HostRegexp(`^.+\\.home\\.example\\.com$`)"]));
    expect(result).toMatchObject({ recordSets: [], codes: ["rule.pattern"] });
  });

  test.each([[[]], [["PathPrefix(`/x`)"]], [[undefined]]])("rules %j name no host, and that is said", (rules) => {
    expect(records(ingressRoute(rules))).toMatchObject({ recordSets: [], codes: ["host.none"] });
  });

  test("TCP: the hosts of HostSNI, but not its star", () => {
    expect(names(ingressRoute(["HostSNI(`db.home.example.com`)"], { kind: "IngressRouteTCP" }))).toEqual([
      "db.home.example.com",
    ]);
    expect(records(ingressRoute(["HostSNI(`*`)"], { kind: "IngressRouteTCP" })).codes).toEqual(["host.none"]);
  });

  test("UDP: annotations alone, and no word about a route without them", () => {
    const annotations = { [`${ED}hostname`]: "game.home.example.com" };
    const route = (metadata: object) => ingressRoute([undefined], { kind: "IngressRouteUDP", metadata });
    expect(names(route({ annotations }))).toEqual(["game.home.example.com"]);
    expect(records(route({}))).toMatchObject({ recordSets: [], problems: [] });
  });

  test("the ignore label takes it out", () => {
    const labels = { "k8s-gateway.dns/ignore": "true" };
    expect(records(ingressRoute(["Host(`a.home.example.com`)"], { metadata: { labels } })).codes).toEqual([
      "object.ignored",
    ]);
  });

  test.each([[{ routes: "all" }], [{ routes: [{ match: 7 }] }], ["text"]])("spec %j is a problem", (spec) => {
    expect(records({ ...ingressRoute([]), spec }).codes).toEqual(["object.invalid"]);
  });
});

describe("addresses of an IngressRoute", () => {
  const ROUTE = ingressRoute(["Host(`a.home.example.com`)"]);

  test("external IPs of Traefik's Service come before its status", () => {
    const traefik = { ...TRAEFIK, spec: { type: "LoadBalancer", externalIPs: ["192.0.2.8"] } };
    expect(records(ROUTE, among(traefik)).lines).toEqual(["a.home.example.com A 192.0.2.8"]);
  });

  test("the setting names the Service", () => {
    const traefik = service({ metadata: { name: "edge", namespace: "kube-system" } });
    const kinds = withKindOptions({ traefik: { service: { namespace: "kube-system", name: "edge" } } });
    const context = contextOf([HOME], { others: [TRAEFIK, traefik], options: { kinds } });
    expect(records(ROUTE, context).lines).toEqual(["a.home.example.com A 192.0.2.1"]);
    expect(ingressRouteSource.references(ROUTE, context.options)).toEqual([
      { group: "", kind: "Service", namespace: "kube-system", name: "edge" },
    ]);
  });

  test("without that Service the name exists without data, and the reason names the setting", () => {
    const { recordSets, problems } = records(ROUTE, among());
    expect(recordSets).toMatchObject([{ name: "a.home.example.com", type: "A", targets: [] }]);
    expect(problems).toMatchObject([
      { code: "address.none", reason: expect.stringContaining("sources.traefik.service") as string },
    ]);
  });

  test("the same while the Service has no address", () => {
    expect(records(ROUTE, among({ ...TRAEFIK, status: {} })).codes).toEqual(["address.none"]);
  });

  test("annotations give it a target and a TTL", () => {
    const annotations = { [`${ED}target`]: "lb.example.net", [`${ED}ttl`]: "90" };
    expect(records(ingressRoute(["Host(`a.home.example.com`)"], { metadata: { annotations } })).lines).toEqual([
      "a.home.example.com CNAME 90 lb.example.net",
    ]);
  });
});

describe("class of an IngressRoute", () => {
  const of = (className?: string) =>
    ingressRoute(["Host(`a.home.example.com`)"], {
      metadata: { annotations: className === undefined ? {} : { [CLASS]: className } },
    });
  const classes = [ingressClass("traefik", "default"), ingressClass("external")];

  test.each<readonly [string | undefined, readonly string[]]>([
    [undefined, []],
    ["internal", []],
    ["traefik", []],
    ["external", ["class.unwatched"]],
  ])("%s gives %j", (className, codes) => {
    expect(records(of(className), among(TRAEFIK, ...classes)).codes).toEqual(codes);
  });

  test("one without a class is none of a zone that does not watch the default class", () => {
    const zone = { ...HOME, watchesDefaultClass: false };
    expect(records(of(), contextOf([zone], { others: [TRAEFIK] })).codes).toEqual(["class.unwatched"]);
  });

  test("a setting for the class stands in for the Service, and a public class ignores its target", () => {
    const zone = { ...HOME, ingressClasses: ["external"] };
    const options = { classTargets: new Map([["external", ["192.0.2.50"]]]) };
    const route = of("external");
    const annotations = { ...route.metadata.annotations, [`${ED}target`]: "tunnel.example.net" };
    const annotated = { ...route, metadata: { ...route.metadata, annotations } };
    expect(records(annotated, contextOf([zone], { others: [TRAEFIK], options })).lines).toEqual([
      "a.home.example.com A 192.0.2.50",
    ]);
  });

  test("it depends on the class that it names", () => {
    expect(ingressRouteSource.references(of("traefik"), contextOf().options)).toContainEqual({
      group: "networking.k8s.io",
      kind: "IngressClass",
      namespace: "",
      name: "traefik",
    });
  });
});
