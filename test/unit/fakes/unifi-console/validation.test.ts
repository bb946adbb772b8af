import { describe, expect, test } from "vitest";
import type { RecordFields } from "#test/fakes/unifi-console/records.ts";
import { consolesOfThisSuite } from "./setting.ts";

const start = consolesOfThisSuite();

const A = { type: "A_RECORD", enabled: true, domain: "a.example.org", ipv4Address: "10.0.0.1", ttlSeconds: 0 };
const TXT = { type: "TXT_RECORD", enabled: true, domain: "a.example.org", text: "hello" };
const CNAME = {
  type: "CNAME_RECORD",
  enabled: true,
  domain: "a.example.org",
  targetDomain: "b.example.org",
  ttlSeconds: 0,
};

describe("the Integration API refuses", () => {
  test.each([
    ["an id in the body", { ...A, id: "x" }, "api.request.unknown-property"],
    ["metadata in the body", { ...A, metadata: {} }, "api.request.unknown-property"],
    ["a TTL on a TXT record", { ...TXT, ttlSeconds: 0 }, "api.request.unknown-property"],
    ["an unknown type", { ...A, type: "CAA_RECORD" }, "api.request.unknown-type-id"],
    ["a missing type", { ...A, type: undefined }, "api.request.unknown-type-id"],
    ["a missing TTL", { ...A, ttlSeconds: undefined }, "api.request.error"],
    ["a TTL above a day on an A record", { ...A, ttlSeconds: 86_401 }, "api.request.error"],
    ["a TTL above a week on a CNAME record", { ...CNAME, ttlSeconds: 604_801 }, "api.request.error"],
    ["a TTL as text", { ...A, ttlSeconds: "60" }, "api.request.argument-type-mismatch"],
    ["an address that is none", { ...A, ipv4Address: "10.0.0.256" }, "api.request.error"],
    ["a domain of 128 characters", { ...A, domain: `${"a.".repeat(63)}aa` }, "api.request.error"],
    ["a domain with a trailing dot", { ...A, domain: "a.example.org." }, "api.request.error"],
    ["a target with a trailing dot", { ...CNAME, targetDomain: "b.example.org." }, "api.request.error"],
    ["a wildcard CNAME", { ...CNAME, domain: "*.example.org" }, "api.request.error"],
    ["a CNAME to itself", { ...CNAME, targetDomain: "A.example.org" }, "api.request.error"],
    ["a comma outside quotes", { ...TXT, text: "a,b" }, "api.dns.policy.validation.comma-not-quoted"],
    ["a stray quote", { ...TXT, text: 'a"b' }, "api.request.error"],
    ["a text of 1025 characters", { ...TXT, text: "a".repeat(1025) }, "api.request.error"],
    ["what is not JSON", "{", "api.request.error"],
  ])("%s", async (_title, body, code) => {
    const { call, policies, unifi } = await start({ transport: "http" });
    expect(await call("POST", policies(), { body })).toMatchObject({ status: 400, body: { code } });
    expect(unifi.commits()).toEqual([]);
  });

  test("a wildcard A record and a quoted comma are taken", async () => {
    const { call, policies } = await start({ transport: "http" });
    expect(await call("POST", policies(), { body: { ...A, domain: "*.example.org" } })).toMatchObject({ status: 201 });
    expect(await call("POST", policies(), { body: { ...TXT, text: '"a,b"' } })).toMatchObject({ status: 201 });
  });

  test("names below the domain of one of its networks, which v2 takes", async () => {
    const { call, policies, records } = await start({ transport: "http", networkDomains: ["example.org"] });
    expect(await call("POST", policies(), { body: A })).toMatchObject({
      status: 400,
      body: { code: "api.dns.policy.validation.overlap-with-local-dns" },
    });
    const body = { enabled: true, key: "a.example.org", record_type: "A", value: "10.0.0.1" };
    expect(await call("POST", records(), { body })).toMatchObject({ status: 200 });
  });

  test("a body that does not say it is JSON", async () => {
    const { call, policies, unifi } = await start({ transport: "http" });
    const headers = { "x-api-key": unifi.apiKey, "content-type": "text/plain" };
    expect(await call("POST", policies(), { body: A, headers })).toMatchObject({ status: 415 });
  });

  test("a site or an id that is no UUID, unlike one it does not know", async () => {
    const { call, policies } = await start({ transport: "http" });
    const sites = "/proxy/network/integration/v1/sites";
    const stranger = "11111111-2222-4333-a444-555555555555";
    expect(await call("GET", `${sites}/default/dns/policies`)).toMatchObject({
      status: 400,
      body: { code: "api.request.argument-type-mismatch" },
    });
    expect(await call("GET", `${sites}/${stranger}/dns/policies`)).toMatchObject({ status: 404 });
    expect(await call("DELETE", policies(stranger))).toMatchObject({ status: 404, body: { statusName: "NOT_FOUND" } });
    expect(await call("PATCH", policies(stranger))).toMatchObject({
      status: 405,
      headers: { allow: "GET, PUT, DELETE" },
    });
  });
});

describe("the v2 API refuses", () => {
  const V2 = { enabled: true, key: "a.example.org", record_type: "A", value: "10.0.0.1" };
  const INVALID = "api.err.StaticDnsRecordInvalidParameters";

  test.each([
    ["an address that is none", { ...V2, value: "x" }, "Invalid IPv4 Address", ["value"]],
    [
      "an IPv6 address with a zone",
      { ...V2, record_type: "AAAA", value: "fe80::1%eth0" },
      "Invalid IPv6 Address",
      ["value"],
    ],
    ["a type it lacks", { ...V2, record_type: "CAA" }, "Invalid record type", ["record_type"]],
    ["a wildcard CNAME", { ...V2, key: "*.a", record_type: "CNAME", value: "b" }, "Invalid hostname", ["key"]],
    [
      "a CNAME to itself",
      { ...V2, record_type: "CNAME", value: "a.example.org" },
      "Invalid CNAME record! Domain name cannot be the same as alias name.",
      ["key", "value"],
    ],
    [
      "an NS record that names a host",
      { ...V2, record_type: "NS", value: "ns.example.org" },
      "Target DNS server address must be a valid IPv4 or IPv6 Address",
      ["value"],
    ],
    [
      "numbers an A record has no place for",
      { ...V2, port: 1, priority: 2, weight: 3 },
      "A record may not have a value set on the following parameters - port, priority, weight",
      ["port", "priority", "weight"],
    ],
    [
      "a TTL on a TXT record",
      { ...V2, record_type: "TXT", value: "t", ttl: 60 },
      "TXT record may not have a value set on the following parameters - ttl",
      ["ttl"],
    ],
    ["a text of 257 characters", { ...V2, record_type: "TXT", value: "t".repeat(257) }, "Invalid value", ["value"]],
  ])("%s", async (_title, body, message, fields) => {
    const { call, records } = await start({ transport: "http" });
    expect(await call("POST", records(), { body })).toMatchObject({
      status: 400,
      body: { code: INVALID, errorCode: 400, message, details: { invalid_fields: fields } },
    });
  });

  test("a missing record_type with a 500", async () => {
    const { call, records } = await start({ transport: "http" });
    expect(await call("POST", records(), { body: { key: "a", value: "10.0.0.1" } })).toMatchObject({ status: 500 });
  });

  test("a UUID in place of the site's reference", async () => {
    const { call, unifi } = await start({ transport: "http" });
    const path = `/proxy/network/v2/api/site/${unifi.site().identity.uuid}/static-dns`;
    expect(await call("GET", path)).toMatchObject({ status: 400, body: { message: "Site does not exist" } });
  });

  test("nothing for zeros, and stores what is not enabled as disabled", async () => {
    const { call, records, unifi } = await start({ transport: "http" });
    const body = { key: "c.example.org", record_type: "CNAME", value: "b", port: 0, priority: 0, weight: 0, ttl: 0 };
    expect(await call("POST", records(), { body })).toMatchObject({ status: 200, body: { enabled: false } });
    expect(unifi.records()).toMatchObject([{ enabled: false, ttlSeconds: 0 }]);
  });
});

describe("records that cannot stand side by side", () => {
  const HAVE_A: RecordFields = { type: "A", name: "Name.example.org", data: "10.0.0.1" };
  const HAVE_CNAME: RecordFields = { type: "CNAME", name: "name.example.org", data: "b.example.org" };
  const NEW_A = { ...A, domain: "name.example.org" };
  const NEW_CNAME = { ...CNAME, domain: "NAME.example.org" };

  test.each([
    ["the same record", HAVE_A, NEW_A, "record-already-exists", "StaticDnsRecordAlreadyExists"],
    [
      "a CNAME over an A record",
      HAVE_A,
      NEW_CNAME,
      "cname-alias-overlap",
      "StaticDnsCnameAliasOverlapsWithOtherRecords",
    ],
    [
      "an A record over a CNAME",
      HAVE_CNAME,
      NEW_A,
      "cname-alias-overlap",
      "StaticDnsCnameAliasOverlapsWithOtherRecords",
    ],
    [
      "a second CNAME",
      HAVE_CNAME,
      { ...NEW_CNAME, targetDomain: "c.example.org" },
      "cname-alias-overlap",
      "StaticDnsCnameAliasOverlapsWithOtherRecords",
    ],
  ])("%s is refused by both APIs, whatever the case of the name", async (_title, have, wanted, code, legacyCode) => {
    const { call, policies, records, unifi } = await start({ transport: "http" });
    unifi.seed(have);
    expect(await call("POST", policies(), { body: wanted })).toMatchObject({
      status: 400,
      body: { code: `api.dns.policy.validation.${code}` },
    });
    const { domain: key } = wanted;
    const value = "targetDomain" in wanted ? wanted.targetDomain : wanted.ipv4Address;
    const body = { enabled: true, key, record_type: "targetDomain" in wanted ? "CNAME" : "A", value };
    expect(await call("POST", records(), { body })).toMatchObject({
      status: 400,
      body: { code: `api.err.${legacyCode}` },
    });
  });

  test("a name that a client's local DNS record has is refused by both APIs", async () => {
    const clients = [{ hostname: "printer", localDnsRecord: "A.example.org" }];
    const { call, policies, records } = await start({ transport: "http", clients });
    expect(await call("POST", policies(), { body: A })).toMatchObject({
      body: { code: "api.dns.policy.validation.overlap-with-local-dns" },
    });
    const body = { enabled: true, key: "a.example.org", record_type: "A", value: "10.0.0.1" };
    expect(await call("POST", records(), { body })).toMatchObject({
      body: { code: "api.err.StaticDnsOverlapsWithDeviceLocalDns" },
    });
    expect((await call("GET", records())).body).toEqual([]);
    expect((await call("GET", records("devices"))).body).toMatchObject([{ hostname: "A.example.org" }]);
  });

  test("several addresses of one name are taken", async () => {
    const { call, policies, unifi } = await start({ transport: "http" });
    for (const ipv4Address of ["10.0.0.1", "10.0.0.2"]) {
      expect(await call("POST", policies(), { body: { ...A, ipv4Address } })).toMatchObject({ status: 201 });
    }
    expect(unifi.records()).toHaveLength(2);
  });

  test("the firmware of March 2025 takes two CNAMEs, and dnsmasq does not start", async () => {
    const { unifi, call, records } = await start({ profile: "udm-4.2.4-loose" });
    const login = await call("POST", "/api/auth/login", { headers: {}, body: unifi });
    const headers = {
      cookie: String(login.headers["set-cookie"]),
      "x-csrf-token": String(login.headers["x-csrf-token"]),
    };
    for (const value of ["b", "c"]) {
      const body = { enabled: true, key: "a", record_type: "CNAME", value };
      expect(await call("POST", records(), { headers, body })).toMatchObject({ status: 200 });
    }
    expect(unifi.settle()).toMatchObject({ starts: false, reasons: ["duplicate CNAME a"] });
  });
});
