import { connect } from "node:tls";
import { describe, expect, test } from "vitest";
import { startAdminApi } from "#test/fakes/unifi-console/admin.ts";
import { createCertificate } from "#test/fakes/unifi-console/certificate.ts";
import { CONSOLE_NAMES, createConsoleCertificate } from "#test/fakes/unifi-console/unifi-console.ts";
import { eventually } from "#test/support/eventually.ts";
import { consolesOfThisSuite } from "./setting.ts";

const start = consolesOfThisSuite();

const INFO = "/proxy/network/integration/v1/info";

describe("a reboot", () => {
  test("refuses connections for ninety seconds of the console's time, and keeps records, keys and the port", async () => {
    const { call, unifi } = await start({ timeScale: 0.005 });
    unifi.seed({ type: "A", name: "a.example.org", data: "10.0.0.1" });
    await unifi.reboot();
    // The kept connection is found reset once; a new one is refused.
    await call("GET", INFO).catch(() => undefined);
    await expect(call("GET", INFO)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await eventually("the console after its reboot", () =>
      call("GET", INFO).then(
        ({ status }) => status === 200,
        () => false,
      ),
    );
    expect(unifi.records()).toHaveLength(1);
  });

  test("loses sessions, and can come back with empty lists", async () => {
    const { call, records, unifi } = await start({ timeScale: 0.01 });
    unifi.seed({ type: "A", name: "a.example.org", data: "10.0.0.1" });
    const login = await call("POST", "/api/auth/login", { headers: {}, body: unifi });
    const cookie = String(login.headers["set-cookie"]).split(";")[0] ?? "";
    await unifi.reboot({ downMs: 0, emptyListsMs: 60_000 });
    const listed = await eventually("the console after its reboot", () =>
      call("GET", records()).catch(() => undefined),
    );
    expect(listed.body).toEqual([]);
    expect(await call("GET", records(), { headers: { cookie } })).toMatchObject({ status: 401 });
    await eventually("the whole list", async () => ((await call("GET", records())).body as unknown[]).length === 1);
  });
});

describe("an upgrade under the client", () => {
  test("adds the official API over the same records, and ends sessions and connections", async () => {
    const { call, policies, records, unifi } = await start({ profile: "udm-9.4" });
    const [record] = unifi.seed({ type: "A", name: "a.example.org", data: "10.0.0.1" });
    expect((await call("GET", policies())).status).toBe(404);
    unifi.upgrade("udm-10.4");
    await expect(call("GET", policies())).rejects.toMatchObject({ code: "ECONNRESET" });
    expect((await call("GET", policies())).body).toMatchObject({ data: [{ id: record?.uuid }] });
    expect((await call("GET", records())).body).toMatchObject([{ _id: record?.objectId }]);
  });
});

describe("TLS", () => {
  test("a new certificate has another fingerprint, and its names and times are the ones asked for", async () => {
    const { unifi } = await start();
    const before = await peerFingerprint(unifi.port, unifi.caPem);
    expect(before).toBe(unifi.fingerprint);
    unifi.rotateCertificate();
    expect(await peerFingerprint(unifi.port, unifi.caPem)).toBe(unifi.fingerprint);
    expect(unifi.fingerprint).not.toBe(before);
  });

  test.each([
    ["names another host", { names: ["other.example"], from: -1, to: 1 }, "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["has expired", { names: CONSOLE_NAMES, from: -2, to: -1 }, "CERT_HAS_EXPIRED"],
    ["is not yet valid", { names: CONSOLE_NAMES, from: 1, to: 2 }, "CERT_NOT_YET_VALID"],
  ])("a certificate that %s is refused by Node", async (_title, { names, from, to }, code) => {
    const day = (days: number): Date => new Date(Date.now() + days * 24 * 60 * 60 * 1000);
    const certificate = createCertificate({ names, notBefore: day(from), notAfter: day(to) });
    const { call } = await start({ certificate });
    await expect(call("GET", INFO)).rejects.toMatchObject({ code });
  });

  test("an unknown certificate is refused by a client that trusts another", async () => {
    const { unifi } = await start();
    await expect(peerFingerprint(unifi.port, createConsoleCertificate().certificatePem)).rejects.toThrow(/self-signed/);
  });

  test("plain HTTP on the port, and a handshake that never ends", async () => {
    const { call, unifi } = await start();
    unifi.setTransport("http");
    await expect(call("GET", INFO)).rejects.toMatchObject({ code: "EPROTO" });
    unifi.setTransport("handshake-hang");
    await expect(call("GET", INFO, { timeoutMs: 100 })).rejects.toThrow("abort");
  });
});

describe("the admin API", () => {
  test("seeds, plans faults, edits by hand, upgrades and tells what it saw", async () => {
    const { call, records, unifi } = await start();
    const admin = await startAdminApi(unifi);
    const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
      const init = body === undefined ? {} : { body: JSON.stringify(body) };
      return (await fetch(`${admin.url}${path}`, { method, ...init })).json();
    };
    await ask("POST", "/seed", {
      records: [{ type: "A", name: "a.example.org", data: "10.0.0.1" }],
      keys: [{ key: "another", role: "viewer" }],
    });
    expect(await call("GET", records(), { headers: { "x-api-key": "another" } })).toMatchObject({ status: 200 });
    await ask("PUT", "/faults", { rules: [{ action: { kind: "answer", status: 503 }, times: 1 }] });
    expect(await call("GET", records())).toMatchObject({ status: 503 });
    expect(await ask("GET", "/faults")).toMatchObject([{ request: 1, action: { status: 503 } }]);
    await ask("POST", "/human-edit", { kind: "update", match: { name: "a.example.org" }, set: { data: "10.0.0.7" } });
    await ask("POST", "/upgrade", { profile: "udm-10.6" });
    expect(await ask("GET", "/state")).toMatchObject({ profile: "udm-10.6", records: [{ data: "10.0.0.7" }] });
    expect(await ask("GET", "/counters")).toMatchObject({ requests: 2, byOperation: { list: 2 } });
    expect(await ask("POST", "/upgrade", { profile: "udm-11" })).toMatchObject({
      error: expect.stringContaining("udm-10.6"),
    });
    await ask("POST", "/reset");
    expect(await ask("GET", "/requests")).toEqual([]);
    expect(unifi.records()).toEqual([]);
    await admin.stop();
  });
});

function peerFingerprint(port: number, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", ca }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.on("error", reject);
  });
}
