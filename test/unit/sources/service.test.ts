import { describe, expect, test } from "vitest";
import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { serviceSource } from "#src/sources/service.ts";
import type { SourceContext } from "#src/sources/source.ts";
import { contextOf, domainName, HOME, lines, service } from "./objects.ts";

const ED = "external-dns.alpha.kubernetes.io/";
const NEW_ED = "external-dns.kubernetes.io/";

function records(object: ClusterObject, context: SourceContext = contextOf()) {
  const result = serviceSource.toRecords(object, context);
  return { ...result, lines: lines(result.recordSets), codes: result.problems.map((p) => p.code) };
}

function named(annotations: Record<string, string>): ClusterObject {
  return service({ metadata: { annotations } });
}

describe("names of a Service", () => {
  test("without an annotation it is name.namespace in every zone", () => {
    const zones = [HOME, { ...HOME, apex: domainName("lab.example") }];
    expect(records(service(), contextOf(zones)).lines).toEqual([
      "app.default.home.example.com A 192.0.2.1",
      "app.default.lab.example A 192.0.2.1",
    ]);
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
