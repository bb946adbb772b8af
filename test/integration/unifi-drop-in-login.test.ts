// Zonegate in the place of kashalls' webhook where that one logs in: its environment and a line of trust, the real process,
// external-dns before it and a console that takes no keys behind it.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { endpoint } from "#test/fakes/external-dns/endpoint.ts";
import {
  startUnifiConsole,
  type UnifiConsole,
  type UnifiConsoleOptions,
} from "#test/fakes/unifi-console/unifi-console.ts";
import { dataOf, expectNowhere, externalDnsAt } from "#test/support/drop-in.ts";
import { startSidecar } from "#test/support/sidecar.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";
import { runZonegate } from "#test/support/zonegate-process.ts";

const WEB = "web.home.example.com";
const ALIAS = "alias.home.example.com";
/** Several processes on a busy machine. */
const TIMEOUT_MS = 60_000;

async function startConsole(options: UnifiConsoleOptions): Promise<UnifiConsole> {
  const unifi = await startUnifiConsole(options);
  onTestFinished(() => unifi.stop());
  return unifi;
}

/** As the README of kashalls' webhook has it for a login, with our line of trust. */
function environment(unifi: UnifiConsole, isSelfHosted: boolean): Readonly<Record<string, string>> {
  return {
    UNIFI_HOST: unifi.url,
    UNIFI_USER: unifi.username,
    UNIFI_PASS: unifi.password,
    UNIFI_SITE: "default",
    UNIFI_EXTERNAL_CONTROLLER: String(isSelfHosted),
    UNIFI_TLS_PIN: unifi.fingerprint,
    SERVER_HOST: "localhost",
    SERVER_PORT: "0",
    DOMAIN_FILTER: "home.example.com",
    LOG_LEVEL: "debug",
  };
}

describe("with kashalls' environment of a login", { timeout: TIMEOUT_MS }, () => {
  test.each([
    ["udm-8.2", false],
    ["selfhosted-10", true],
    ["selfhosted-10", false],
  ] as const)(
    "records are written, changed and deleted on %s (UNIFI_EXTERNAL_CONTROLLER=%s), over a lost session",
    async (profile, isSelfHosted) => {
      const unifi = await startConsole({ profile, switches: { csrfRotationWrites: 2 } });
      unifi.seed({ type: "A", name: "nas.home.example.com", data: "192.168.1.20" });
      const sidecar = await startSidecar({ env: environment(unifi, isSelfHosted) });
      const { dns, desire } = await externalDnsAt(sidecar);
      const nas = "nas.home.example.com A 192.168.1.20";
      for (const { desired, held } of [
        {
          desired: [endpoint(WEB, "A", ["10.0.0.1", "10.0.0.2"]), endpoint(ALIAS, "CNAME", [WEB])],
          held: [`${ALIAS} CNAME ${WEB}`, nas, `${WEB} A 10.0.0.1`, `${WEB} A 10.0.0.2`],
        },
        { desired: [endpoint(WEB, "A", ["10.0.0.3"])], held: [nas, `${WEB} A 10.0.0.3`] },
        { desired: [], held: [nas] },
      ]) {
        desire(desired);
        expect(await dns.loop()).toMatchObject({ outcome: "applied" });
        expect(dataOf(unifi)).toEqual(held);
        expect(await dns.loop()).toMatchObject({ outcome: "no changes" });
        unifi.expireSessions();
      }
      const logins = unifi.counters().logins;
      expect(logins).toBe(3);
      expect(await sidecar.status()).toMatchObject({
        webhook: { provider: "unifi", console: { api: "static-dns", access: "login", logins, site: "default" } },
      });
      expect(unifi.access.issued.length).toBeGreaterThan(2);
      await expectNowhere([unifi.password, ...unifi.access.issued], sidecar);
    },
  );
});

describe("a login that is refused", { timeout: TIMEOUT_MS }, () => {
  test("harms nothing else: one try, a sentence in log and status, the process alive and ready", async () => {
    const unifi = await startConsole({ profile: "udm-8.2" });
    const env = { ...environment(unifi, false), UNIFI_PASS: "canary-wrong" };
    const sidecar = await startSidecar({ env });
    const { dns, desire } = await externalDnsAt(sidecar);
    desire([endpoint(WEB, "A", ["10.0.0.1"])]);
    for (let loop = 0; loop < 3; loop += 1) expect(await dns.loop()).toMatchObject({ outcome: "soft error" });
    expect(unifi.counters().logins).toBe(1);
    expect((await sidecar.get("/livez")).status).toBe(200);
    expect((await sidecar.get("/readyz")).status).toBe(200);
    expect((await sidecar.get("/metrics")).text).toContain('zonegate_upstream_up{provider="unifi"} 0');
    expect(await sidecar.status()).toMatchObject({
      webhook: { console: { failure: { code: "unifi.credentials" } } },
    });
    expect(await sidecar.event("console login failed")).toMatchObject({
      level: "warn",
      reason: expect.stringContaining("refuses the user name or the password") as string,
    });
    await expectNowhere(["canary-wrong"], sidecar);
  });

  test("works as soon as the file holds the right password, without a restart", async () => {
    const unifi = await startConsole({ profile: "udm-8.2" });
    const file = join(await temporaryFolder(), "pass");
    await writeFile(file, "canary-old\n");
    const { UNIFI_PASS: _, ...env } = environment(unifi, false);
    const sidecar = await startSidecar({ env: { ...env, UNIFI_PASS_FILE: file } });
    const { dns } = await externalDnsAt(sidecar);
    expect(await dns.loop()).toMatchObject({ outcome: "soft error" });
    await writeFile(file, `${unifi.password}\n`);
    expect(await dns.loop()).toMatchObject({ outcome: "no changes" });
    await sidecar.event("secret replaced");
    expect(unifi.counters().logins).toBe(2);
    await expectNowhere(["canary-old", unifi.password], sidecar);
  });
});

test("zonegate check says that a login opens the console, and shows no password", async () => {
  const env = {
    UNIFI_HOST: "192.168.1.1",
    UNIFI_USER: "admin",
    UNIFI_PASS: "canary-4711",
    UNIFI_TLS_PIN: "ab".repeat(32),
  };
  const checked = await runZonegate({ args: ["check"], env });
  expect(checked.exitCode).toBe(0);
  expect(checked.stdout).toContain("provider  unifi, at https://192.168.1.1 (login, API static-dns, trust pins)");
  expect(checked.stdout + checked.stderr).not.toContain("canary");
});
