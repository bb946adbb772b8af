import { describe, expect, test } from "vitest";
import { PROFILES, type ProfileName } from "#test/fakes/unifi-console/profiles.ts";
import type { RecordFields } from "#test/fakes/unifi-console/records.ts";
import { consolesOfThisSuite } from "./setting.ts";

const start = consolesOfThisSuite();

function addresses(count: number): readonly RecordFields[] {
  return Array.from({ length: count }, (_, index) => ({
    type: "A",
    name: `host${index}.example.org`,
    data: `10.0.0.${index}`,
    ttlSeconds: index,
  }));
}

interface Page {
  readonly offset: number;
  readonly limit: number;
  readonly count: number;
  readonly totalCount: number;
  readonly data: readonly { readonly domain: string }[];
}

describe("pages of the Integration API", () => {
  test("hold 25 items unless asked otherwise, and tell the whole number", async () => {
    const { call, policies, unifi } = await start({ transport: "http" });
    unifi.seed(...addresses(30));
    const first = (await call("GET", policies())).body as Page;
    expect(first).toMatchObject({ offset: 0, limit: 25, count: 25, totalCount: 30 });
    const second = (await call("GET", `${policies()}?offset=25&limit=10`)).body as Page;
    expect(second).toMatchObject({ offset: 25, limit: 10, count: 5, totalCount: 30 });
    expect(second.data[0]?.domain).toBe("host25.example.org");
  });

  test.each([
    ["udm-10.4", 400],
    ["udm-10.6", 200],
  ] as const)("a limit of 1000 on %s is answered %i", async (profile, status) => {
    const { call, policies } = await start({ transport: "http", profile });
    const answer = await call("GET", `${policies()}?limit=1000`);
    expect(answer.status).toBe(status);
    expect((answer.body as Page).limit).toBe(status === 200 ? 200 : undefined);
  });

  test.each([
    "offset=-1",
    "limit=-1",
    "limit=x",
    "filter=domain.eq(",
    "filter=owner.eq('x')",
    "filter=enabled.like('x')",
  ])("%s is refused", async (query) => {
    const { call, policies } = await start({ transport: "http" });
    expect(await call("GET", `${policies()}?${query}`)).toMatchObject({ status: 400, body: { statusCode: 400 } });
  });

  test.each([
    ["domain.eq('host1.example.org')", ["host1.example.org"]],
    ["domain.like('host1*')", ["host1.example.org"]],
    ["domain.like('host%')", []],
    ["and(ttlSeconds.ge(1), not(ttlSeconds.gt(1)))", ["host1.example.org"]],
    ["or(ipv4Address.in('10.0.0.0', '10.0.0.2'), type.eq('TXT_RECORD'))", ["host0.example.org", "host2.example.org"]],
    ["targetDomain.isNotNull()", []],
    ["enabled.eq(false)", []],
  ])("the filter %s finds %j", async (filter, domains) => {
    const { call, policies, unifi } = await start({ transport: "http" });
    unifi.seed(...addresses(3));
    const page = (await call("GET", `${policies()}?filter=${encodeURIComponent(filter)}`)).body as Page;
    expect(page.data.map(({ domain }) => domain)).toEqual(domains);
    expect(page.totalCount).toBe(domains.length);
  });

  test("sites are found by reference", async () => {
    const { call, unifi } = await start({ transport: "http", sites: [{ reference: "x1", name: "Barn" }] });
    const filter = encodeURIComponent("internalReference.eq('x1')");
    expect((await call("GET", `/proxy/network/integration/v1/sites?filter=${filter}`)).body).toMatchObject({
      totalCount: 1,
      data: [{ id: unifi.site("x1").identity.uuid, internalReference: "x1", name: "Barn" }],
    });
  });
});

describe("what a version has", () => {
  const INTEGRATION = "/integration/v1";
  const rows: readonly (readonly [ProfileName, number, number, number])[] = [
    ["udm-9.4", 200, 404, 200],
    ["udm-10.0", 200, 404, 200],
    ["udm-10.4", 200, 200, 200],
    ["udm-10.6", 200, 200, 200],
    ["os-server", 200, 200, 200],
    ["usg", 200, 404, 404],
    ["connector", 200, 200, 404],
  ];
  test.each(rows)("%s answers info %i, policies %i, static-dns %i", async (profile, info, policies, v2) => {
    const { call, unifi } = await start({ transport: "http", profile });
    const { prefix, version } = PROFILES[profile];
    const site = unifi.site().identity.uuid;
    expect(await call("GET", `${prefix}${INTEGRATION}/info`)).toMatchObject({
      status: info,
      body: { applicationVersion: version },
    });
    expect((await call("GET", `${prefix}${INTEGRATION}/sites/${site}/dns/policies`)).status).toBe(policies);
    expect((await call("GET", `${prefix}/v2/api/site/default/static-dns`)).status).toBe(v2);
  });

  test("udm-8.2 answers the whole Integration API with a page", async () => {
    const { call } = await start({ transport: "http", profile: "udm-8.2" });
    const answer = await call("GET", "/proxy/network/integration/v1/info");
    expect(answer).toMatchObject({ status: 404, headers: { "content-type": "text/html;charset=utf-8" } });
  });

  test.each([
    ["udm-9.4", 200, undefined],
    ["udm-10.4", 302, "/login?redirect=%2F"],
    ["selfhosted-10", 302, "/manage"],
  ] as const)("the root of %s answers %i", async (profile, status, location) => {
    const { call } = await start({ transport: "http", profile });
    const answer = await call("GET", "/");
    expect([answer.status, answer.headers["location"]]).toEqual([status, location]);
  });

  test("an unknown path is a 404 in the words of who answers", async () => {
    const { call } = await start({ transport: "http" });
    expect(await call("GET", "/integration/v1/info")).toMatchObject({ status: 404, body: { error: { code: 404 } } });
    expect(await call("GET", "/proxy/network/integration/v1/dns")).toMatchObject({
      status: 404,
      body: { statusCode: 404 },
    });
    expect(await call("GET", "/proxy/network/v2/api/dns")).toMatchObject({ status: 404, body: { errorCode: 404 } });
  });

  test("the classic API knows version, sites and networks, and calls a wrong site a missing login", async () => {
    const { call } = await start({ transport: "http", networkDomains: ["lan"] });
    const classic = "/proxy/network/api";
    expect((await call("GET", `${classic}/s/default/stat/sysinfo`)).body).toMatchObject({
      data: [{ version: "10.4.57" }],
    });
    expect((await call("GET", `${classic}/self/sites`)).body).toMatchObject({
      data: [{ name: "default", desc: "Default" }],
    });
    expect((await call("GET", `${classic}/s/default/rest/networkconf`)).body).toMatchObject({
      data: [{ domain_name: "lan" }],
    });
    expect(await call("GET", `${classic}/s/nowhere/stat/sysinfo`)).toMatchObject({
      status: 401,
      body: { meta: { msg: "api.err.NoSiteContext" } },
    });
  });

  test("beyond its rate the connector answers 429 with Retry-After", async () => {
    const { call, unifi } = await start({
      transport: "http",
      profile: "connector",
      switches: { requestsPerMinute: 1 },
    });
    const path = `${PROFILES[unifi.profile].prefix}${INTEGRATION}/info`;
    expect(await call("GET", path)).toMatchObject({ status: 200 });
    const answer = await call("GET", path);
    expect(answer).toMatchObject({ status: 429, headers: { "retry-after": expect.stringMatching(/^[1-6]?\d$/) } });
  });
});

describe("switches", () => {
  test("numbers of v2 can be texts, and zeros empty", async () => {
    const { call, records, unifi } = await start({ transport: "http", switches: { numbers: "empty" } });
    unifi.seed({ type: "A", name: "a.example.org", data: "10.0.0.1", ttlSeconds: 60 });
    expect((await call("GET", records())).body).toMatchObject([{ ttl: "60", port: "" }]);
  });

  test("metadata can be absent, and items odd", async () => {
    const { call, policies, unifi } = await start({ transport: "http", switches: { metadata: "absent" } });
    unifi.seed(
      { type: "A", name: "a.example.org", data: "10.0.0.1" },
      { type: "A", name: "b.example.org", data: "10.0.0.1", oddity: "null-id" },
      { type: "A", name: "c.example.org", data: "10.0.0.1", oddity: "unknown-type" },
    );
    const { data } = (await call("GET", policies())).body as Page;
    expect(data[0]).not.toHaveProperty("metadata");
    expect(data).toMatchObject([{ type: "A_RECORD" }, { id: null }, { type: "CAA_RECORD" }]);
  });

  test.each([
    ["already-exists", 400],
    ["404", 404],
    ["405", 405],
    ["500", 500],
  ] as const)("PUT of v2 can fail as %s", async (v2Put, status) => {
    const { call, records, unifi } = await start({ transport: "http", switches: { v2Put } });
    const [record] = unifi.seed({ type: "A", name: "a.example.org", data: "10.0.0.1" });
    const body = { enabled: true, key: "a.example.org", record_type: "A", value: "10.0.0.2" };
    expect((await call("PUT", records(record?.objectId), { body })).status).toBe(status);
    expect(unifi.records()).toMatchObject([{ data: "10.0.0.1" }]);
  });

  test("one id shared by two records takes both away", async () => {
    const { call, policies, unifi } = await start({ transport: "http" });
    const uuid = "aaaaaaaa-bbbb-4ccc-addd-eeeeeeeeeeee";
    unifi.seed({ type: "A", name: "a", data: "10.0.0.1", uuid }, { type: "A", name: "b", data: "10.0.0.1", uuid });
    expect(await call("DELETE", policies(uuid))).toMatchObject({ status: 200, text: "" });
    expect(unifi.records()).toEqual([]);
  });
});
