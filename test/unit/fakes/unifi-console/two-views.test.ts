import { describe, expect, test } from "vitest";
import { consolesOfThisSuite } from "./setting.ts";

const start = consolesOfThisSuite();

const A_POLICY = { type: "A_RECORD", enabled: true, domain: "a.example.org", ipv4Address: "10.0.0.1", ttlSeconds: 60 };

describe("two APIs over one store", () => {
  test("a policy created through the Integration API is listed by v2 under another id", async () => {
    const { call, policies, records } = await start();
    const created = await call("POST", policies(), { body: A_POLICY });
    expect(created).toMatchObject({ status: 201, body: { ...A_POLICY, metadata: { origin: "USER_DEFINED" } } });
    const id: unknown = expect.stringMatching(/^[0-9a-f]{24}$/);
    expect((await call("GET", records())).body).toMatchObject([
      { _id: id, key: "a.example.org", record_type: "A", value: "10.0.0.1", ttl: 60, port: 0 },
    ]);
  });

  test("an id of one API is unknown to the other", async () => {
    const { call, policies, records, unifi } = await start();
    const [record] = unifi.seed({ type: "A", name: "a.example.org", data: "10.0.0.1" });
    expect(await call("DELETE", records(record?.uuid ?? ""))).toMatchObject({
      status: 404,
      body: { code: "api.err.StaticDnsRecordNotFound", errorCode: 404 },
    });
    expect(await call("DELETE", policies(record?.objectId))).toMatchObject({
      status: 400,
      body: { code: "api.request.argument-type-mismatch", statusCode: 400, statusName: "BAD_REQUEST" },
    });
    expect(unifi.records()).toHaveLength(1);
  });

  test("PUT keeps both ids in both APIs", async () => {
    const { call, policies, records, unifi } = await start();
    const [before] = unifi.seed({ type: "A", name: "a.example.org", data: "10.0.0.1" });
    expect(await call("PUT", policies(before?.uuid ?? ""), { body: A_POLICY })).toMatchObject({ status: 200 });
    const body = { enabled: true, key: "a.example.org", record_type: "A", value: "10.0.0.2", ttl: 30 };
    expect(await call("PUT", records(before?.objectId), { body })).toMatchObject({ status: 200, body });
    expect(unifi.records()).toMatchObject([{ ...before, data: "10.0.0.2", ttlSeconds: 30 }]);
  });

  test("an SRV record is split into service, protocol and domain in one API and whole in the other", async () => {
    const { call, policies, records } = await start();
    const body = {
      enabled: true,
      key: "_ldap._tcp.example.org",
      record_type: "SRV",
      value: "dc.example.org",
      port: 389,
    };
    expect(await call("POST", records(), { body })).toMatchObject({ status: 200 });
    expect((await call("GET", policies())).body).toMatchObject({
      data: [{ type: "SRV_RECORD", domain: "example.org", service: "_ldap", protocol: "_tcp", port: 389, weight: 0 }],
    });
  });

  test("a v2 NS record is a forward domain in the Integration API", async () => {
    const { call, policies, unifi } = await start();
    unifi.seed({ type: "NS", name: "corp.example.org", data: "10.0.0.53" });
    expect((await call("GET", policies())).body).toMatchObject({
      data: [{ type: "FORWARD_DOMAIN", domain: "corp.example.org", ipAddress: "10.0.0.53" }],
    });
  });

  test("what v2 does not offer is answered as the servlet container does", async () => {
    const { call, records, unifi } = await start();
    const [record] = unifi.seed({ type: "A", name: "a.example.org", data: "10.0.0.1" });
    const answer = await call("GET", records(record?.objectId));
    expect(answer).toMatchObject({ status: 405, headers: { "content-type": "text/html;charset=utf-8" } });
  });
});
