import { describe, expect, test } from "vitest";
import { type DnsAnnotations, isIgnored, parseTtl, readAnnotations } from "#src/sources/annotations.ts";
import { service } from "./objects.ts";

const OLD = "external-dns.alpha.kubernetes.io/";
const NEW = "external-dns.kubernetes.io/";
const OWN = "dns.home.example.com/";

function read(annotations: Record<string, string>, prefixes: readonly string[] = [OLD, NEW]): DnsAnnotations {
  return readAnnotations(service({ metadata: { annotations } }), prefixes);
}

const NOTHING: DnsAnnotations = {
  hostnames: [],
  internalHostnames: [],
  corednsHostnames: [],
  namesHost: false,
  targets: undefined,
  ttlSeconds: { ok: true, value: undefined },
  hostnameSource: undefined,
  access: undefined,
  endpointsType: undefined,
  resolvesEndpoints: false,
  gatewayHostnameSource: undefined,
  controller: undefined,
};

/** What each annotation of external-dns says, and nothing besides. */
const TABLE: readonly (readonly [key: string, value: string, read: Partial<DnsAnnotations>])[] = [
  ["hostname", " a.example , b.example.,", { hostnames: ["a.example", "b.example."], namesHost: true }],
  ["hostname", "", { hostnames: [], namesHost: true }],
  ["internal-hostname", "a.example,\nb.example", { internalHostnames: ["a.example", "b.example"], namesHost: true }],
  ["internal-hostname", " , ", { internalHostnames: [], namesHost: true }],
  ["target", "192.0.2.1, 2001:db8::1,lb.example", { targets: ["192.0.2.1", "2001:db8::1", "lb.example"] }],
  ["target", "", {}],
  ["target", " , ", {}],
  ["ttl", "300", { ttlSeconds: { ok: true, value: 300 } }],
  ["ttl", "1m30s", { ttlSeconds: { ok: true, value: 90 } }],
  ["ttl", "soon", { ttlSeconds: { ok: false, problem: expect.any(String) as string } }],
  ["access", "public", { access: "public" }],
  ["access", " private ", { access: "private" }],
  ["access", "Public", {}],
  ["access", "", {}],
  ["ingress-hostname-source", "annotation-only", { hostnameSource: "annotation-only" }],
  ["ingress-hostname-source", " defined-hosts-only ", { hostnameSource: "defined-hosts-only" }],
  ["endpoints-type", "HostIP", { endpointsType: "HostIP", resolvesEndpoints: true }],
  ["endpoints-type", " NodeExternalIP ", { endpointsType: "NodeExternalIP", resolvesEndpoints: true }],
  ["controller", "other-controller", { controller: "other-controller" }],
  ["gateway-hostname-source", " annotation-only ", { gatewayHostnameSource: "annotation-only" }],
  ["alias", "true", {}],
];

describe.each([OLD, NEW])("annotations under %s", (prefix) => {
  test.each(TABLE)("%s: %j", (key, value, expected) => {
    expect(read({ [prefix + key]: value })).toEqual({ ...NOTHING, ...expected });
  });
});

describe("the prefix is a setting", () => {
  test.each(TABLE)("%s: %j under a prefix of one's own", (key, value, expected) => {
    expect(read({ [OWN + key]: value }, [OWN])).toEqual({ ...NOTHING, ...expected });
  });

  test.each(TABLE)("%s: %j means nothing under a prefix that is not read", (key, value) => {
    expect(read({ [OLD + key]: value }, [OWN])).toEqual(NOTHING);
  });

  test("names of all prefixes are joined; of the others the first prefix that says something decides", () => {
    const both = {
      [`${OLD}hostname`]: "a.example",
      [`${NEW}hostname`]: "b.example",
      [`${OLD}internal-hostname`]: "c.example",
      [`${NEW}internal-hostname`]: "d.example",
      [`${OLD}target`]: "",
      [`${NEW}target`]: "192.0.2.1",
      [`${OLD}ttl`]: "60",
      [`${NEW}ttl`]: "90",
      [`${OLD}access`]: "private",
      [`${NEW}access`]: "public",
      [`${OLD}endpoints-type`]: "HostIP",
      [`${NEW}endpoints-type`]: "NodeExternalIP",
      [`${OLD}ingress-hostname-source`]: "annotation-only",
      [`${NEW}ingress-hostname-source`]: "defined-hosts-only",
    };
    expect(read(both)).toEqual({
      ...NOTHING,
      hostnames: ["a.example", "b.example"],
      internalHostnames: ["c.example", "d.example"],
      namesHost: true,
      targets: ["192.0.2.1"],
      ttlSeconds: { ok: true, value: 60 },
      access: "private",
      endpointsType: "HostIP",
      resolvesEndpoints: true,
      hostnameSource: "annotation-only",
    });
    expect(read(both, [NEW, OLD])).toMatchObject({ ttlSeconds: { value: 90 }, access: "public" });
  });

  test("an object without any says nothing", () => {
    expect(read({})).toEqual(NOTHING);
  });
});

describe("annotations and labels with a name of their own", () => {
  test("coredns.io/hostname names the object", () => {
    expect(read({ "coredns.io/hostname": "a.example, b" })).toEqual({
      ...NOTHING,
      corednsHostnames: ["a.example", "b"],
      namesHost: true,
    });
  });

  test.each([
    ["true", true],
    ["True", false],
    ["1", false],
    ["", false],
  ])("k8s-gateway.dns/resolve-endpoints %j", (value, resolvesEndpoints) => {
    expect(read({ "k8s-gateway.dns/resolve-endpoints": value })).toEqual({ ...NOTHING, resolvesEndpoints });
  });

  test.each([
    ["true", true],
    ["false", false],
    ["True", false],
    ["", false],
  ])("k8s-gateway.dns/ignore %j", (value, ignored) => {
    expect(isIgnored(service({ metadata: { labels: { "k8s-gateway.dns/ignore": value } } }))).toBe(ignored);
  });
});

describe("a TTL", () => {
  test.each([
    ["300", 300],
    ["1", 1],
    ["2147483647", 2_147_483_647],
    ["1m", 60],
    ["1h30m", 5400],
    ["1.5h", 5400],
    ["90s", 90],
    ["1m500ms", 60],
    [" 60 ", 60],
  ])("ttl %j is %i seconds", (text, seconds) => {
    expect(parseTtl(text)).toEqual({ ok: true, value: seconds });
  });

  test.each(["", "0", "-1", "1.5", "2147483648", "500ms", "1d", "m", "1m 1s", "99999999999", "1".repeat(80) + "s"])(
    "ttl %j is refused",
    (text) => {
      expect(parseTtl(text).ok).toBe(false);
    },
  );

  test("no annotation is no ttl", () => {
    expect(parseTtl(undefined)).toEqual({ ok: true, value: undefined });
  });
});
