// external-dns against the whole process: what it writes through the webhook's port is answered on the DNS port, and is there
// after the process was killed.
/* oxlint-disable vitest/expect-expect -- served, expectServed and expectSilence assert */

import { describe, expect, onTestFinished, test } from "vitest";
import { type Endpoint, endpoint } from "#test/fakes/external-dns/endpoint.ts";
import { createExternalDns, type ExternalDns } from "#test/fakes/external-dns/external-dns.ts";
import { lookup, valuesOf } from "#test/support/dns/lookup.ts";
import { eventually } from "#test/support/eventually.ts";
import { freeTcpPort } from "#test/support/free-port.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";
import { EXAMPLE, type RunningZonegate, spawnZonegate, startZonegate } from "#test/support/zonegate-process.ts";

const ZONE = { ZONES: "home.example.com" };
const WEB = "web.home.example.com";
const ALIAS = "alias.home.example.com";
/** A start takes half a second, and several on a machine that is busy. */
const FOUR_STARTS_TIMEOUT_MS = 60_000;

interface Cluster {
  readonly dns: ExternalDns;
  /** What the cluster holds from now on. */
  readonly desire: (endpoints: readonly Endpoint[]) => void;
}

/** A started external-dns with TXT registry and policy sync. */
async function externalDnsAt(url: string): Promise<Cluster> {
  let desired: readonly Endpoint[] = [];
  const dns = createExternalDns({ url, ownerId: "home", source: () => desired });
  onTestFinished(() => dns.close());
  expect(await dns.negotiate()).toMatchObject({ outcome: "ready" });
  return {
    dns,
    desire: (endpoints) => {
      desired = endpoints;
    },
  };
}

/** Polls until the name has exactly these values; resolves with the milliseconds that took. */
async function served(zonegate: RunningZonegate, name: string, values: readonly string[]): Promise<number> {
  const startMs = performance.now();
  const type = values[0]?.split(" ")[0] ?? "A";
  await eventually(`${name} ${values.join(", ")}`, async () => {
    const seen = valuesOf(await lookup(zonegate.dns, name, type));
    return seen.join() === values.toSorted().join();
  });
  return Math.round(performance.now() - startMs);
}

async function apply({ dns, desire }: Cluster, endpoints: readonly Endpoint[]): Promise<void> {
  desire(endpoints);
  expect(await dns.loop()).toMatchObject({ outcome: "applied" });
}

async function expectSilence({ dns }: Cluster): Promise<void> {
  expect(await dns.loop()).toMatchObject({ outcome: "no changes" });
}

describe("a record of external-dns", () => {
  test("is served when it is created, changed and deleted, and the next loop is silent each time", async () => {
    const zonegate = await startZonegate({ env: ZONE });
    const cluster = await externalDnsAt(zonegate.webhookUrl);
    const steps = [
      { addresses: ["192.168.20.10", "192.168.20.11"], ipv6: "fd20::10", target: WEB },
      { addresses: ["192.168.20.12"], ipv6: "fd20::12", target: "other.example.net" },
    ];
    for (const { addresses, ipv6, target } of steps) {
      await apply(cluster, [
        endpoint(WEB, "A", addresses, { recordTTL: 120 }),
        endpoint(WEB, "AAAA", [ipv6]),
        endpoint(ALIAS, "CNAME", [target]),
      ]);
      const tookMs = [
        await served(
          zonegate,
          WEB,
          addresses.map((address) => `A ${address}`),
        ),
        await served(zonegate, WEB, [`AAAA ${ipv6}`]),
        await served(zonegate, ALIAS, [`CNAME ${target}`]),
      ];
      console.info(`served ${Math.max(...tookMs)} ms after the 204`);
      await expectSilence(cluster);
    }
    expect((await lookup(zonegate.dns, WEB)).answer).toEqual([`${WEB} 120 A 192.168.20.12`]);

    await apply(cluster, [endpoint(WEB, "AAAA", ["fd20::12"])]);
    await served(zonegate, WEB, []);
    await expectSilence(cluster);
    await apply(cluster, []);
    await eventually("NXDOMAIN", async () => (await lookup(zonegate.dns, WEB, "AAAA")).rcode === "NXDOMAIN");
    expect((await lookup(zonegate.dns, ALIAS)).rcode).toBe("NXDOMAIN");
    await expectSilence(cluster);
  });

  test("comes before one of the manifests, which answers again when it is deleted", async () => {
    const zonegate = await startZonegate({ env: { ...ZONE, MANIFESTS_DIR: EXAMPLE } });
    const cluster = await externalDnsAt(zonegate.webhookUrl);
    const name = "jellyfin.home.example.com";
    await served(zonegate, name, ["A 192.168.20.10"]);
    await apply(cluster, [endpoint(name, "A", ["192.168.20.99"])]);
    await served(zonegate, name, ["A 192.168.20.99"]);
    await apply(cluster, []);
    await served(zonegate, name, ["A 192.168.20.10"]);
  });
});

describe("after kill -9", () => {
  test("all is still served by the next process, and the next loop is silent", async () => {
    const folder = await temporaryFolder();
    const first = await startZonegate({ env: ZONE, folder });
    const desired = [
      endpoint(WEB, "A", ["192.168.20.10"]),
      endpoint(WEB, "AAAA", ["fd20::10"]),
      endpoint(ALIAS, "CNAME", [WEB]),
    ];
    await apply(await externalDnsAt(first.webhookUrl), desired);
    await first.kill9();

    const second = await startZonegate({ env: ZONE, folder });
    // The start waits for the stored records, so the very first answer has them.
    expect(valuesOf(await lookup(second.dns, ALIAS))).toEqual(["A 192.168.20.10", `CNAME ${WEB}`]);
    expect(valuesOf(await lookup(second.dns, WEB, "AAAA"))).toEqual(["AAAA fd20::10"]);
    const cluster = await externalDnsAt(second.webhookUrl);
    cluster.desire(desired);
    await expectSilence(cluster);
  });

  test("in the middle of changes nothing acknowledged is lost, and external-dns finishes the rest", {
    timeout: FOUR_STARTS_TIMEOUT_MS,
  }, async () => {
    const folder = await temporaryFolder();
    const desired: Endpoint[] = [];
    let acknowledged: readonly Endpoint[] = [];
    for (const [round, delayMs] of KILL_DELAYS_MS.entries()) {
      const zonegate = await startZonegate({ env: ZONE, folder });
      await expectServed(zonegate, acknowledged);
      const cluster = await externalDnsAt(zonegate.webhookUrl);
      desired.push(...someNames(`acknowledged-${round}`, FEW));
      await apply(cluster, [...desired]);
      acknowledged = [...desired];
      desired.push(...someNames(`cut-${round}`, MANY));
      cluster.desire([...desired]);
      const cut = cluster.dns.loop();
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await zonegate.kill9();
      console.info(`killed ${delayMs} ms into a loop of ${MANY} names: ${(await cut).outcome}`);
    }
    const last = await startZonegate({ env: ZONE, folder });
    await expectServed(last, acknowledged);
    const cluster = await externalDnsAt(last.webhookUrl);
    await apply(cluster, [...desired, ...someNames("last", FEW)]);
    await expectSilence(cluster);
    await expectServed(last, desired);
  });
});

describe("the webhook's port", () => {
  test("is open on both loopbacks", async () => {
    const zonegate = await startZonegate({ env: ZONE });
    expect(zonegate.webhooks.map(({ host }) => host)).toEqual(["127.0.0.1", "::1"]);
    for (const url of zonegate.webhooks.map(({ host, port }) => urlOf(host, port))) {
      expect((await (await externalDnsAt(url)).dns.loop()).outcome).toBe("no changes");
    }
  });

  test("is found by an external-dns that is started together with it", async () => {
    const port = await freeTcpPort();
    const startMs = performance.now();
    await spawnZonegate({ env: { ...ZONE, SERVER_PORT: String(port) } });
    // Five tries within some four seconds, then external-dns would give up.
    const { dns } = await externalDnsAt(urlOf("127.0.0.1", port));
    console.info(`negotiated ${Math.round(performance.now() - startMs)} ms after the process was started`);
    expect((await dns.loop()).outcome).toBe("no changes");
  });
});

/** A loop of so many names takes some hundred milliseconds; the kill falls into its requests and its write. */
const KILL_DELAYS_MS = [15, 45, 90];
const MANY = 400;
const FEW = 5;

function someNames(label: string, count: number): readonly Endpoint[] {
  return Array.from({ length: count }, (_, index) =>
    endpoint(`${label}-${index}.home.example.com`, "A", [`10.0.${index >> 8}.${index & 255}`]),
  );
}

async function expectServed(zonegate: RunningZonegate, endpoints: readonly Endpoint[]): Promise<void> {
  for (const { dnsName, targets } of endpoints) {
    expect(valuesOf(await lookup(zonegate.dns, dnsName))).toEqual([`A ${targets[0]}`]);
  }
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
