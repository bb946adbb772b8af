import { describe, expect, test } from "vitest";
import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { serviceSource } from "#src/sources/service.ts";
import type { SourceContext } from "#src/sources/source.ts";
import {
  contextOf,
  domainName,
  endpointSlice,
  HOME,
  lines,
  node,
  selector,
  service,
  withKindOptions,
} from "./objects.ts";

const ED = "external-dns.alpha.kubernetes.io/";
const NEW_ED = "external-dns.kubernetes.io/";

function records(object: ClusterObject, context: SourceContext = contextOf()) {
  const result = serviceSource.toRecords(object, context);
  return { ...result, lines: lines(result.recordSets), codes: result.problems.map((p) => p.code) };
}

function named(annotations: Record<string, string>, spec: object = {}): ClusterObject {
  return service({ metadata: { annotations }, spec });
}

function among(...others: readonly ClusterObject[]): SourceContext {
  return contextOf([HOME], { others });
}

const RESOLVE = { "k8s-gateway.dns/resolve-endpoints": "true" };
const HEADLESS = { type: "ClusterIP", clusterIP: "None" };

describe("names of a Service", () => {
  test("without an annotation it is name.namespace in every zone", () => {
    const zones = [HOME, { ...HOME, apex: domainName("lab.example") }];
    expect(records(service(), contextOf(zones)).lines).toEqual([
      "app.default.home.example.com A 192.0.2.1",
      "app.default.lab.example A 192.0.2.1",
    ]);
  });

  test("reverse zones hold no short names", () => {
    const zones = [HOME, { ...HOME, apex: domainName("2.0.192.in-addr.arpa") }];
    expect(records(service(), contextOf(zones)).lines).toEqual(["app.default.home.example.com A 192.0.2.1"]);
  });

  test("coredns and external-dns host names are merged (k8s_gateway reads only the first)", () => {
    const object = named({
      "coredns.io/hostname": "a.home.example.com",
      [`${ED}hostname`]: "b.home.example.com",
      [`${NEW_ED}hostname`]: "c.home.example.com",
      [`${ED}internal-hostname`]: "d.home.example.com",
    });
    expect(records(object).recordSets.map((set) => set.name)).toEqual([
      "a.home.example.com",
      "b.home.example.com",
      "c.home.example.com",
      "d.home.example.com",
    ]);
  });

  test("a list with blanks, empty entries, capitals and trailing dots is read as meant", () => {
    const object = named({ [`${ED}hostname`]: " A.home.example.com. ,, b.home.example.com,\n" });
    expect(records(object).recordSets.map((set) => set.name)).toEqual(["a.home.example.com", "b.home.example.com"]);
    expect(records(object).problems).toEqual([]);
  });

  test("a short name in an annotation is absolute in every zone", () => {
    expect(records(named({ "coredns.io/hostname": "nas" })).lines).toEqual(["nas.home.example.com A 192.0.2.1"]);
  });

  test("an empty annotation takes the default name away, and says so", () => {
    expect(records(named({ "coredns.io/hostname": "" }))).toMatchObject({ recordSets: [], codes: ["host.none"] });
  });

  test("a host outside every zone is dropped and said, and no default name steps in", () => {
    expect(records(named({ [`${ED}hostname`]: "a.example.org" }))).toMatchObject({
      recordSets: [],
      codes: ["host.outside"],
    });
  });
});

describe("addresses of a Service", () => {
  test("externalIPs come before status", () => {
    const object = service({ spec: { externalIPs: ["192.0.2.8", "2001:db8::8"] } });
    expect(records(object).lines).toEqual([
      "app.default.home.example.com A 192.0.2.8",
      "app.default.home.example.com AAAA 2001:db8::8",
    ]);
  });

  test("dual stack from status", () => {
    expect(records(service({ addresses: ["192.0.2.1", "2001:db8::1"] })).lines).toEqual([
      "app.default.home.example.com A 192.0.2.1",
      "app.default.home.example.com AAAA 2001:db8::1",
    ]);
  });

  test("a pending load balancer's name exists without data", () => {
    expect(records(service({ addresses: [] }))).toMatchObject({
      recordSets: [{ type: "A", targets: [] }],
      codes: ["address.none"],
    });
  });

  test("target and ttl annotations of either prefix count", () => {
    const object = named({ [`${NEW_ED}target`]: "lb.example.net.", [`${ED}ttl`]: "300" });
    expect(records(object).lines).toEqual(["app.default.home.example.com CNAME 300 lb.example.net"]);
  });
});

describe("which Services count", () => {
  test("one inside the cluster is no source and no problem", () => {
    expect(records(service({ spec: { type: "ClusterIP" } }))).toMatchObject({ recordSets: [], problems: [] });
  });

  test("one inside the cluster that was given a name says why it has none", () => {
    const object = service({
      spec: { type: "ClusterIP" },
      metadata: { annotations: { [`${ED}hostname`]: "a.home.example.com" } },
    });
    expect(records(object).codes).toEqual(["service.type"]);
  });

  test("the ignore label takes it out; any other value does not", () => {
    const label = (value: string) => service({ metadata: { labels: { "k8s-gateway.dns/ignore": value } } });
    expect(records(label("true"))).toMatchObject({ recordSets: [], codes: ["object.ignored"] });
    expect(records(label("false")).lines).toHaveLength(1);
  });

  test.each([[{ externalIPs: "192.0.2.1" }], [{ type: 7 }]])("spec %j is a problem, not an exception", (spec) => {
    expect(records(service({ spec }))).toMatchObject({ recordSets: [], codes: ["object.invalid"] });
  });
});

describe("endpoints of a Service that opts in", () => {
  test("those that are ready or do not say answer, in both families (k8s_gateway does the same)", () => {
    const ipv4 = endpointSlice("app-v4", [
      { addresses: ["10.42.0.1"], conditions: { ready: true } },
      { addresses: ["10.42.0.2"], conditions: { ready: false } },
      { addresses: ["10.42.0.3"] },
      { addresses: ["10.42.0.4"], conditions: { ready: null } },
    ]);
    const ipv6 = endpointSlice("app-v6", [{ addresses: ["fd42::1", "FD42:0::1"], conditions: {} }]);
    expect(records(named(RESOLVE, { type: "ClusterIP" }), among(ipv4, ipv6)).lines).toEqual([
      "app.default.home.example.com A 10.42.0.1 10.42.0.3 10.42.0.4",
      "app.default.home.example.com AAAA fd42::1",
    ]);
  });

  test("slices of other Services, of other namespaces and of names are not its own", () => {
    const others = [
      endpointSlice("a", [{ addresses: ["10.42.0.1"] }], { serviceName: "other" }),
      endpointSlice("b", [{ addresses: ["10.42.0.2"] }], { namespace: "media" }),
      { ...endpointSlice("c", []), spec: { addressType: "FQDN", endpoints: [{ addresses: ["db.example.net"] }] } },
    ];
    expect(records(named(RESOLVE, HEADLESS), among(...others))).toMatchObject({
      recordSets: [{ name: "app.default.home.example.com", type: "A", targets: [] }],
      codes: ["address.none"],
    });
  });

  test("they come before the load balancer's address, and a target before them", () => {
    const slice = endpointSlice("a", [{ addresses: ["10.42.0.1"] }]);
    expect(records(named(RESOLVE), among(slice)).lines).toEqual(["app.default.home.example.com A 10.42.0.1"]);
    expect(records(named({ ...RESOLVE, [`${ED}target`]: "192.0.2.9" }), among(slice)).lines).toEqual([
      "app.default.home.example.com A 192.0.2.9",
    ]);
  });

  test.each(["false", "True", ""])("resolve-endpoints %j opts nothing in", (value) => {
    const object = named({ "k8s-gateway.dns/resolve-endpoints": value }, HEADLESS);
    expect(records(object)).toMatchObject({ recordSets: [], problems: [] });
  });

  test("a Pod that a StatefulSet names has a name of its own below each name of the Service", () => {
    const slice = endpointSlice("a", [
      { addresses: ["10.42.0.1"], hostname: "db-0" },
      { addresses: ["10.42.0.2"], hostname: "db-1" },
      { addresses: ["10.42.0.3"], hostname: "db-2", conditions: { ready: false } },
    ]);
    const slice6 = endpointSlice("b", [{ addresses: ["fd42::1"], hostname: "db-0" }]);
    const object = named({ ...RESOLVE, [`${ED}hostname`]: "db.home.example.com,*.db.home.example.com" }, HEADLESS);
    expect(records(object, among(slice, slice6)).lines).toEqual([
      "*.db.home.example.com A 10.42.0.1 10.42.0.2",
      "*.db.home.example.com AAAA fd42::1",
      "db-0.db.home.example.com A 10.42.0.1",
      "db-0.db.home.example.com AAAA fd42::1",
      "db-1.db.home.example.com A 10.42.0.2",
      "db.home.example.com A 10.42.0.1 10.42.0.2",
      "db.home.example.com AAAA fd42::1",
    ]);
  });

  test("at most 256 names come from Pods, and the rest is said", () => {
    const pods = Array.from({ length: 300 }, (_, index) => ({ addresses: ["10.42.0.1"], hostname: `db-${index}` }));
    const object = named({ ...RESOLVE, [`${ED}hostname`]: "db.home.example.com,x.home.example.com" }, HEADLESS);
    const result = records(object, among(endpointSlice("a", pods)));
    expect(result.recordSets).toHaveLength(2 + 256);
    expect(result.problems).toMatchObject([{ code: "host.limit", hostname: "db-128.db.home.example.com" }]);
  });

  test("a Pod cannot take a protected name", () => {
    const slice = endpointSlice("a", [{ addresses: ["10.42.0.1"], hostname: "wpad" }]);
    const result = records(named({ ...RESOLVE, [`${ED}hostname`]: "home.example.com" }, HEADLESS), among(slice));
    expect(result).toMatchObject({ lines: ["home.example.com A 10.42.0.1"], codes: ["host.protected"] });
  });

  test("addresses that are gone are not held: another Pod may have them", () => {
    expect(records(named(RESOLVE, HEADLESS)).whenLost).toBe("drop");
    expect(records(service({ addresses: [] })).whenLost).toBeUndefined();
  });

  test("a slice that is not what Kubernetes defines is a problem of its own, and the others answer", () => {
    const broken = { ...endpointSlice("broken", []), spec: { addressType: "IPv4", endpoints: "none" } };
    const result = records(named(RESOLVE, HEADLESS), among(broken, endpointSlice("a", [{ addresses: ["10.42.0.1"] }])));
    expect(result.lines).toEqual(["app.default.home.example.com A 10.42.0.1"]);
    expect(result.problems).toMatchObject([
      { code: "object.invalid", object: { kind: "EndpointSlice", name: "broken" } },
    ]);
  });

  test.each([
    ["HostIP", "A 192.168.20.2"],
    ["NodeExternalIP", "A 203.0.113.2"],
    ["", "A 10.42.0.1"],
  ])("external-dns endpoints-type %j answers %s", (type, answer) => {
    const slice = endpointSlice("a", [{ addresses: ["10.42.0.1"], nodeName: "n2" }]);
    const nodes = [
      node("n1", [["InternalIP", "192.168.20.1"]]),
      node("n2", [
        ["InternalIP", "192.168.20.2"],
        ["ExternalIP", "203.0.113.2"],
      ]),
    ];
    const object = named({ [`${ED}hostname`]: "web.home.example.com", [`${ED}endpoints-type`]: type }, HEADLESS);
    expect(records(object, among(slice, ...nodes)).lines).toEqual([`web.home.example.com ${answer}`]);
  });

  test("they are what the Service depends on", () => {
    const slices = { group: "discovery.k8s.io", kind: "EndpointSlice", namespace: "default", name: "*" };
    expect(serviceSource.references(named(RESOLVE), contextOf().options)).toContainEqual(slices);
    expect(
      serviceSource.references(named({ [`${NEW_ED}endpoints-type`]: "HostIP" }), contextOf().options),
    ).toContainEqual(slices);
    expect(serviceSource.references(service(), contextOf().options)).toEqual([]);
  });
});

describe("a Service reached through nodes", () => {
  const nodes = [
    node("n1", [
      ["InternalIP", "192.168.20.1"],
      ["InternalIP", "fd20::1"],
      ["Hostname", "n1"],
    ]),
    node("n2", [
      ["InternalIP", "192.168.20.2"],
      ["ExternalIP", "203.0.113.2"],
    ]),
  ];
  const nodePort = (annotations: Record<string, string>, spec: object = {}) =>
    named({ [`${ED}hostname`]: "web.home.example.com", ...annotations }, { type: "NodePort", ...spec });

  test.each<readonly [string, Record<string, string>, readonly string[]]>([
    ["external addresses where there are any", {}, ["A 203.0.113.2"]],
    ["access private", { [`${ED}access`]: "private" }, ["A 192.168.20.1 192.168.20.2", "AAAA fd20::1"]],
    ["access public", { [`${NEW_ED}access`]: " public " }, ["A 203.0.113.2"]],
  ])("%s", (_, annotations, answers) => {
    expect(records(nodePort(annotations), among(...nodes)).lines).toEqual(
      answers.map((answer) => `web.home.example.com ${answer}`),
    );
  });

  test("without any external address the internal ones answer", () => {
    expect(records(nodePort({}), among(node("n1", [["InternalIP", "192.168.20.1"]]))).lines).toEqual([
      "web.home.example.com A 192.168.20.1",
    ]);
  });

  test("with externalTrafficPolicy Local only nodes that run a ready endpoint", () => {
    const slice = endpointSlice("a", [
      { addresses: ["10.42.0.1"], nodeName: "n2" },
      { addresses: ["10.42.0.2"], nodeName: "n1", conditions: { ready: false } },
    ]);
    const object = nodePort({ [`${ED}access`]: "private" }, { externalTrafficPolicy: "Local" });
    expect(records(object, among(slice, ...nodes)).lines).toEqual(["web.home.example.com A 192.168.20.2"]);
  });

  test("where nodes are not read it says what to switch on", () => {
    const { problems, recordSets } = records(nodePort({}));
    expect(recordSets).toEqual([]);
    expect(problems).toMatchObject([
      { code: "service.type", reason: expect.stringContaining("sources.kinds") as string },
    ]);
  });

  test("it depends on every node", () => {
    expect(serviceSource.references(nodePort({}), contextOf().options)).toEqual([
      { group: "", kind: "Node", namespace: "", name: "*" },
    ]);
  });
});

describe("other types of Service", () => {
  test("an ExternalName that was given a name is an alias, and nothing without one", () => {
    const spec = { type: "ExternalName", externalName: "NAS.example.net." };
    expect(records(named({ [`${ED}hostname`]: "nas" }, spec)).lines).toEqual([
      "nas.home.example.com CNAME nas.example.net",
    ]);
    expect(records(service({ spec }))).toMatchObject({ recordSets: [], problems: [] });
  });

  test("an ExternalName may be an address", () => {
    const object = named({ [`${ED}hostname`]: "nas" }, { type: "ExternalName", externalName: "192.0.2.8" });
    expect(records(object).lines).toEqual(["nas.home.example.com A 192.0.2.8"]);
  });

  test("a ClusterIP with external IPs, or with a target, has an address outside", () => {
    const hostname = { [`${ED}hostname`]: "web" };
    expect(records(named(hostname, { type: "ClusterIP", externalIPs: ["192.0.2.8"] })).lines).toEqual([
      "web.home.example.com A 192.0.2.8",
    ]);
    expect(records(named({ ...hostname, [`${ED}target`]: "192.0.2.9" }, { type: "ClusterIP" })).lines).toEqual([
      "web.home.example.com A 192.0.2.9",
    ]);
  });

  test("a headless one with a name, not opted in, is told how to", () => {
    const { problems } = records(named({ [`${ED}hostname`]: "db" }, HEADLESS));
    expect(problems).toMatchObject([
      { code: "service.type", reason: expect.stringContaining("k8s-gateway.dns/resolve-endpoints") as string },
    ]);
  });
});

describe("a TTL that cannot be read", () => {
  test("is said once, however many names it concerns", () => {
    const slice = endpointSlice("a", [{ addresses: ["10.42.0.1"], hostname: "db-0" }]);
    const object = named({ ...RESOLVE, [`${ED}ttl`]: "soon", [`${ED}internal-hostname`]: "db" }, HEADLESS);
    expect(records(object, among(slice)).codes).toEqual(["ttl.invalid"]);
  });
});

describe("cluster IPs", () => {
  const kinds = withKindOptions({ service: { labelSelectors: [], clusterAddresses: true } });
  const routed = contextOf([HOME], { options: { kinds } });
  const names = { [`${ED}hostname`]: "web", [`${ED}internal-hostname`]: "web-in" };
  const spec = { clusterIP: "10.43.0.9", clusterIPs: ["10.43.0.9", "fd43::9"] };

  test("where the setting says so internal-hostname answers them beside the load balancer's name", () => {
    expect(records(named(names, spec), routed).lines).toEqual([
      "web-in.home.example.com A 10.43.0.9",
      "web-in.home.example.com AAAA fd43::9",
      "web.home.example.com A 192.0.2.1",
    ]);
  });

  test("so does that of a Service of type ClusterIP, whose hostname stays a problem", () => {
    expect(records(named(names, { ...spec, type: "ClusterIP" }), routed)).toMatchObject({
      lines: ["web-in.home.example.com A 10.43.0.9", "web-in.home.example.com AAAA fd43::9"],
      codes: ["service.type"],
    });
  });

  test("without the setting internal-hostname is one more name of the load balancer", () => {
    expect(records(named(names, spec)).lines).toEqual([
      "web-in.home.example.com A 192.0.2.1",
      "web.home.example.com A 192.0.2.1",
    ]);
  });

  test("a headless Service has none", () => {
    expect(records(named(names, HEADLESS), routed).codes).toEqual(["service.type", "address.none"]);
  });
});

describe("label selectors", () => {
  const selectors = [selector("dns=home"), selector("team in (tv,lab),!hidden")];
  const kinds = withKindOptions({ service: { labelSelectors: selectors, clusterAddresses: false } });
  const filtered = contextOf([HOME], { options: { kinds } });

  test.each<readonly [Record<string, string>, readonly string[]]>([
    [{ dns: "home" }, []],
    [{ team: "tv" }, []],
    [{ team: "tv", hidden: "" }, ["service.unselected"]],
    [{}, ["service.unselected"]],
  ])("one of them has to match: %j gives %j", (labels, codes) => {
    const result = records(service({ metadata: { labels } }), filtered);
    expect([result.codes, result.recordSets.length]).toEqual([codes, codes.length === 0 ? 1 : 0]);
  });

  test("a Service inside the cluster is no problem for them", () => {
    expect(records(service({ spec: { type: "ClusterIP" } }), filtered).problems).toEqual([]);
  });
});
