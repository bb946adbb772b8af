// Zonegate in the place of another UniFi webhook: the environment of that one and a line of trust, the real process, external-dns
// before it and a console behind it.

import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { endpoint } from "#test/fakes/external-dns/endpoint.ts";
import {
  createConsoleCertificate,
  startUnifiConsole,
  type UnifiConsole,
  type UnifiConsoleOptions,
} from "#test/fakes/unifi-console/unifi-console.ts";
import { lookup } from "#test/support/dns/lookup.ts";
import { dataOf, expectNowhere, externalDnsAt } from "#test/support/drop-in.ts";
import { eventually } from "#test/support/eventually.ts";
import { openPortsOf } from "#test/support/process-sockets.ts";
import { startSidecar } from "#test/support/sidecar.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";
import { runZonegate, startZonegate } from "#test/support/zonegate-process.ts";

const WEB = "web.home.example.com";
const ALIAS = "alias.home.example.com";
/** Several processes on a busy machine. */
const TIMEOUT_MS = 60_000;

async function startConsole(options: UnifiConsoleOptions = {}): Promise<UnifiConsole> {
  const unifi = await startUnifiConsole(options);
  onTestFinished(() => unifi.stop());
  return unifi;
}

/** As the README of kashalls' webhook has it, every variable that is not a credential at its default. */
function kashalls({ url, apiKey }: Pick<UnifiConsole, "url" | "apiKey">): Readonly<Record<string, string>> {
  return {
    UNIFI_HOST: url,
    UNIFI_API_KEY: apiKey,
    UNIFI_SITE: "default",
    UNIFI_EXTERNAL_CONTROLLER: "false",
    SERVER_HOST: "localhost",
    SERVER_PORT: "0",
    DOMAIN_FILTER: "home.example.com",
    EXCLUDE_DOMAIN_FILTER: "private.home.example.com",
    LOG_LEVEL: "info",
  };
}

describe("with kashalls' environment and a pin", { timeout: TIMEOUT_MS }, () => {
  test.each([
    ["policies", "udm-10.4"],
    ["static-dns", "udm-9.4"],
  ] as const)(
    "records are written, changed and deleted through %s, and the next loop is silent",
    async (api, profile) => {
      const unifi = await startConsole({ profile });
      unifi.seed({ type: "A", name: "nas.home.example.com", data: "192.168.1.20" });
      const sidecar = await startSidecar({ env: { ...kashalls(unifi), UNIFI_TLS_PIN: unifi.fingerprint } });
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
      }
      expect(await sidecar.status()).toMatchObject({
        mode: "webhook",
        reason: "unifi.host is set (UNIFI_HOST) and mode is not",
        webhook: {
          provider: "unifi",
          console: { url: unifi.url, api, trust: "pins", site: "default" },
          lastList: { records: 1 },
          engine: { journal: "durable" },
        },
      });
      await expectNowhere(unifi.apiKey, sidecar);
    },
  );

  test.each(["udm-10.4", "udm-9.4"] as const)(
    "what the other webhook stored on %s is ours without a write",
    async (profile) => {
      const unifi = await startConsole({ profile });
      const owned = '"heritage=external-dns,external-dns/owner=home,external-dns/resource=ingress/default/web"';
      unifi.seed(
        { type: "A", name: WEB, data: "10.0.0.1" },
        { type: "TXT", name: `k8s.a.${WEB}`, data: owned },
        { type: "CNAME", name: ALIAS, data: WEB, ttlSeconds: 300 },
        { type: "TXT", name: `k8s.cname.${ALIAS}`, data: owned },
      );
      const writes = unifi.commits().length;
      const sidecar = await startSidecar({ env: { ...kashalls(unifi), UNIFI_TLS_PIN: unifi.fingerprint } });
      const { dns, desire } = await externalDnsAt(sidecar);
      desire([endpoint(WEB, "A", ["10.0.0.1"]), endpoint(ALIAS, "CNAME", [WEB], { recordTTL: 300 })]);
      expect(await dns.loop()).toMatchObject({ outcome: "no changes" });
      expect(unifi.commits()).toHaveLength(writes);
      desire([endpoint(WEB, "A", ["10.0.0.2"])]);
      expect(await dns.loop()).toMatchObject({ outcome: "applied" });
      expect(dataOf(unifi)).toEqual([`${WEB} A 10.0.0.2`]);
      expect(await dns.loop()).toMatchObject({ outcome: "no changes" });
    },
  );

  test("the filter of the environment is negotiated", async () => {
    const unifi = await startConsole();
    const sidecar = await startSidecar({ env: { ...kashalls(unifi), UNIFI_TLS_PIN: unifi.fingerprint } });
    const response = await fetch(sidecar.webhookUrl, {
      headers: { accept: "application/external.dns.webhook+json;version=1" },
    });
    expect(await response.json()).toEqual({ include: ["home.example.com"], exclude: ["private.home.example.com"] });
  });

  test("health and metrics stand at the ops port as they did", async () => {
    const unifi = await startConsole();
    const sidecar = await startSidecar({ env: { ...kashalls(unifi), UNIFI_TLS_PIN: unifi.fingerprint } });
    expect((await sidecar.get("/healthz")).status).toBe(200);
    expect((await sidecar.get("/readyz")).status).toBe(200);
    await (await externalDnsAt(sidecar)).dns.loop();
    const metrics = (await sidecar.get("/metrics")).text.split("\n");
    expect(metrics).toEqual(
      expect.arrayContaining([
        'zonegate_upstream_up{provider="unifi"} 1',
        'zonegate_upstream_unverified{provider="unifi"} 0',
      ]),
    );
  });

  test.runIf(process.platform === "linux")("no port is open but those of webhook and ops", async () => {
    const unifi = await startConsole();
    const sidecar = await startSidecar({ env: { ...kashalls(unifi), UNIFI_TLS_PIN: unifi.fingerprint } });
    await (await externalDnsAt(sidecar)).dns.loop();
    expect(await openPortsOf(sidecar.pid)).toEqual({
      tcp: new Set([...sidecar.webhookPorts, ...sidecar.opsPorts]),
      udp: new Set(),
    });
  });

  test("the DNS server is not even loaded, and there is no second thread", async () => {
    const unifi = await startConsole();
    const folder = await temporaryFolder();
    const sidecar = await startSidecar({
      env: { ...kashalls(unifi), UNIFI_TLS_PIN: unifi.fingerprint, NODE_V8_COVERAGE: folder },
    });
    await (await externalDnsAt(sidecar)).dns.loop();
    expect((await sidecar.stop()).exitCode).toBe(0);
    const [modules, ...threads] = await loadedModules(folder);
    expect(threads).toEqual([]);
    expect(modules).toContain("src/providers/unifi/unifi-store.ts");
    expect(modules?.filter((path) => /^src\/(server|manifests|providers\/local)\//.test(path))).toEqual([]);
  });
});

describe("with mode standalone", { timeout: TIMEOUT_MS }, () => {
  test("zones are answered beside the console, and the DNS server is loaded and open", async () => {
    const unifi = await startConsole();
    const folder = await temporaryFolder();
    const zonegate = await startZonegate({
      env: {
        ...kashalls(unifi),
        UNIFI_TLS_PIN: unifi.fingerprint,
        ZONEGATE_MODE: "standalone",
        ZONES: "home.example.com",
        NODE_V8_COVERAGE: folder,
      },
    });
    await eventually("readiness, which waits for no local records", async () => {
      return (await fetch(`${zonegate.opsUrl}/readyz`)).status === 200;
    });
    expect((await openPortsOf(zonegate.pid)).udp).toEqual(new Set([zonegate.dns.port]));
    expect((await lookup(zonegate.dns, WEB)).rcode).toBe("NXDOMAIN");
    await zonegate.stop();
    const modules = (await loadedModules(folder)).flat();
    expect(modules).toContain("src/server/data-plane.ts");
    expect(modules).toContain("src/providers/unifi/unifi-store.ts");
  });
});

describe("while the console is away", { timeout: TIMEOUT_MS }, () => {
  test("external-dns starts and waits, the process is ready, and all goes on when it is back", async () => {
    const certificate = createConsoleCertificate();
    const first = await startUnifiConsole({ certificate });
    const { port } = first;
    await first.stop();
    const env = { ...kashalls(first), UNIFI_TLS_PIN: first.fingerprint };
    const sidecar = await startSidecar({ env });
    const { dns, desire } = await externalDnsAt(sidecar);
    desire([endpoint(WEB, "A", ["10.0.0.1"])]);
    expect(await dns.loop()).toMatchObject({ outcome: "soft error" });
    expect((await fetch(`${sidecar.webhookUrl}/records`)).status).toBe(503);
    expect((await sidecar.get("/readyz")).status).toBe(200);
    expect((await sidecar.get("/metrics")).text).toContain('zonegate_upstream_up{provider="unifi"} 0');
    expect(await sidecar.status()).toMatchObject({
      webhook: { console: { failure: { code: expect.any(String) as string } } },
    });

    const unifi = await startConsole({ certificate, port });
    unifi.access.keys.set(first.apiKey, "admin");
    expect(await dns.loop()).toMatchObject({ outcome: "applied" });
    expect(dataOf(unifi)).toEqual([`${WEB} A 10.0.0.1`]);
    await expectNowhere(first.apiKey, sidecar);
  });
});

describe("trust", { timeout: TIMEOUT_MS }, () => {
  test("without its line no key is sent, and the log says which line to paste", async () => {
    const unifi = await startConsole();
    const sidecar = await startSidecar({ env: kashalls(unifi) });
    const { dns } = await externalDnsAt(sidecar);
    expect(await dns.loop()).toMatchObject({ outcome: "soft error" });
    expect(unifi.requests()).toEqual([]);
    const digits = unifi.fingerprint.replaceAll(":", "").toLowerCase();
    await eventually("the line to paste in the log", () =>
      sidecar
        .events()
        .some((event) => JSON.stringify(event).replaceAll(":", "").toLowerCase().includes(`unifi_tls_pin=${digits}`)),
    );
    await expectNowhere(unifi.apiKey, sidecar);
  });

  test("of a second pin works before and after the console's certificate is replaced", async () => {
    const unifi = await startConsole();
    const next = createConsoleCertificate();
    const pins = `${next.fingerprint},${unifi.fingerprint}`;
    const sidecar = await startSidecar({ env: { ...kashalls(unifi), UNIFI_TLS_PIN: pins } });
    const { dns } = await externalDnsAt(sidecar);
    expect(await dns.loop()).toMatchObject({ outcome: "no changes" });
    unifi.rotateCertificate(next);
    expect(await dns.loop()).toMatchObject({ outcome: "no changes" });
  });

  test("that is lost with the console's certificate sends nothing any more, and a gauge says so", async () => {
    const unifi = await startConsole();
    const sidecar = await startSidecar({ env: { ...kashalls(unifi), UNIFI_TLS_PIN: unifi.fingerprint } });
    const { dns } = await externalDnsAt(sidecar);
    expect(await dns.loop()).toMatchObject({ outcome: "no changes" });
    expect((await sidecar.get("/metrics")).text).toContain('zonegate_upstream_trusted{provider="unifi"} 1');
    const { requests } = unifi.counters();
    unifi.rotateCertificate(createConsoleCertificate());
    expect(await dns.loop()).toMatchObject({ outcome: "soft error" });
    expect((await sidecar.get("/metrics")).text).toContain('zonegate_upstream_trusted{provider="unifi"} 0');
    expect(unifi.counters().requests).toBe(requests);
  });

  test("of an authority's file works where the name is right", async () => {
    const unifi = await startConsole();
    const sidecar = await startSidecar({
      env: { ...kashalls(unifi), UNIFI_CA_FILE: "console.pem" },
      prepare: (folder) => writeFile(join(folder, "console.pem"), unifi.caPem),
    });
    expect(await (await externalDnsAt(sidecar)).dns.loop()).toMatchObject({ outcome: "no changes" });
  });

  test("that was skipped with lexfrei's environment is shown in the log, the status and a gauge", async () => {
    const unifi = await startConsole();
    const sidecar = await startSidecar({
      env: {
        WEBHOOK_UNIFI_HOST: unifi.url,
        WEBHOOK_UNIFI_API_KEY: unifi.apiKey,
        WEBHOOK_UNIFI_SKIP_TLS_VERIFY: "true",
        WEBHOOK_LOGGING_FORMAT: "json",
      },
    });
    expect(await (await externalDnsAt(sidecar)).dns.loop()).toMatchObject({ outcome: "no changes" });
    expect(await sidecar.status()).toMatchObject({ webhook: { console: { trust: "skip" } } });
    expect((await sidecar.get("/metrics")).text).toContain('zonegate_upstream_unverified{provider="unifi"} 1');
    expect(await sidecar.event("certificate verification switched off")).toMatchObject({ level: "warn" });
  });
});

describe("a key in a file", { timeout: TIMEOUT_MS }, () => {
  test("that was revoked is replaced without a restart", async () => {
    const unifi = await startConsole();
    const folder = await temporaryFolder();
    const keyFile = join(folder, "key");
    await writeFile(keyFile, unifi.apiKey);
    const { UNIFI_API_KEY: _, ...env } = kashalls(unifi);
    const sidecar = await startSidecar({
      env: { ...env, UNIFI_API_KEY_FILE: keyFile, UNIFI_TLS_PIN: unifi.fingerprint },
    });
    const { dns } = await externalDnsAt(sidecar);
    expect(await dns.loop()).toMatchObject({ outcome: "no changes" });
    const authorized = async (): Promise<string | undefined> =>
      /^zonegate_upstream_authorized\{provider="unifi"\} (\d)$/mu.exec((await sidecar.get("/metrics")).text)?.[1];
    expect(await authorized()).toBe("1");
    unifi.revokeKeys();
    expect(await dns.loop()).toMatchObject({ outcome: "soft error" });
    expect(await authorized()).toBe("0");
    unifi.access.keys.set("canary-new-key", "admin");
    await writeFile(keyFile, "canary-new-key\n");
    expect(await dns.loop()).toMatchObject({ outcome: "no changes" });
    expect(await authorized()).toBe("1");
    await sidecar.event("secret replaced");
    await expectNowhere("canary-new-key", sidecar);
  });
});

describe("the data folder", { timeout: TIMEOUT_MS }, () => {
  test("that cannot be written is done without, and the status says so", async () => {
    const unifi = await startConsole();
    const env = { ...kashalls(unifi), UNIFI_TLS_PIN: unifi.fingerprint, DATA_DIR: "/proc/zonegate" };
    const sidecar = await startSidecar({ env });
    const { dns, desire } = await externalDnsAt(sidecar);
    desire([endpoint(WEB, "A", ["10.0.0.1"])]);
    expect(await dns.loop()).toMatchObject({ outcome: "applied" });
    expect(await sidecar.status()).toMatchObject({ webhook: { engine: { journal: "memory" } } });
    expect(sidecar.events().map(({ msg }) => msg)).toEqual(
      expect.arrayContaining([
        "no journal on disk: unfinished changes are settled from lists",
        "admin socket not opened",
      ]),
    );
  });
});

describe("zonegate check", () => {
  test("says what would run, and shows no key", async () => {
    const checked = await runZonegate({
      args: ["check"],
      env: { UNIFI_HOST: "192.168.1.1", UNIFI_API_KEY: "canary-4711", UNIFI_TLS_PIN: "ab".repeat(32) },
    });
    expect(checked.exitCode).toBe(0);
    expect(checked.stdout).toContain("mode      webhook, because unifi.host is set (UNIFI_HOST) and mode is not");
    expect(checked.stdout).toContain("dns       not run");
    expect(checked.stdout).toContain("provider  unifi, at https://192.168.1.1 (API auto, trust pins)");
    expect(checked.stdout + checked.stderr).not.toContain("canary");
  });
});

/** Modules of ours that each thread has loaded, from what V8 left behind at the end. */
async function loadedModules(folder: string): Promise<readonly (readonly string[])[]> {
  const root = new URL("../../", import.meta.url).href;
  const files = await readdir(folder);
  return Promise.all(
    files.map(async (file) => {
      const { result } = JSON.parse(await readFile(join(folder, file), "utf8")) as { result: { url: string }[] };
      return result.flatMap(({ url }) =>
        url.startsWith(root) ? [fileURLToPath(url).slice(fileURLToPath(root).length)] : [],
      );
    }),
  );
}
