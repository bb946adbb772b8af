// The real external-dns before the whole process and an emulated console, on both of its APIs: every type that a console keeps is
// created, changed and deleted, and each second run writes nothing. SRV is missing: external-dns 0.21 refuses it in a DNSEndpoint
// with a final dot ("illegal target") and without one ("invalid configuration"); the contract has it with ours.

import { expect, onTestFinished, test } from "vitest";
import type { KubeObject } from "#test/fakes/kube-apiserver/objects.ts";
import type { ProfileName } from "#test/fakes/unifi-console/profiles.ts";
import type { FakeRecord } from "#test/fakes/unifi-console/records.ts";
import { startUnifiConsole, type UnifiConsole } from "#test/fakes/unifi-console/unifi-console.ts";
import { describeWithPeer } from "#test/support/peers.ts";
import { dnsEndpointObject, ingressObject, runRealExternalDnsOnce } from "#test/support/real-external-dns.ts";
import { type Sidecar, startSidecar } from "#test/support/sidecar.ts";

const ZONE = "home.example.com";
const UP_TO_DATE = "All records are already up to date";
const FLAGS = [
  "--policy=sync",
  "--registry=txt",
  "--txt-owner-id=home",
  "--txt-prefix=k8s.%{record_type}.",
  "--txt-wildcard-replacement=any",
  ...["A", "AAAA", "CNAME", "TXT", "MX"].map((type) => `--managed-record-types=${type}`),
];
/** Some ten starts of external-dns, each with its own Kubernetes API. */
const TIMEOUT_MS = 120_000;
const FOREIGN = ["nas.home.example.com A 192.168.1.20", "note.home.example.com TXT made by hand"];

interface Bench {
  readonly unifi: UnifiConsole;
  readonly sidecar: Sidecar;
  /** One run that changes something, one that must not. */
  readonly sync: (ingresses: readonly KubeObject[], dnsEndpoints: readonly object[]) => Promise<void>;
  /** What the console holds beside registry texts. */
  readonly held: () => readonly string[];
}

async function startBench(profile: ProfileName): Promise<Bench> {
  const unifi = await startUnifiConsole({ profile });
  onTestFinished(() => unifi.stop());
  unifi.seed(
    { type: "A", name: `nas.${ZONE}`, data: "192.168.1.20" },
    { type: "TXT", name: `note.${ZONE}`, data: '"made by hand"' },
  );
  const sidecar = await startSidecar({
    env: { UNIFI_HOST: unifi.url, UNIFI_API_KEY: unifi.apiKey, UNIFI_TLS_PIN: unifi.fingerprint, DOMAIN_FILTER: ZONE },
  });
  // "localhost", as external-dns has it by default: it may dial either loopback.
  const url = sidecar.webhookUrl.replace("127.0.0.1", "localhost");
  const run = (ingresses: readonly KubeObject[], endpoints: readonly object[]) =>
    runRealExternalDnsOnce({ url, ingresses, dnsEndpoints: [dnsEndpointObject("all", endpoints)], args: FLAGS });
  const sync = async (ingresses: readonly KubeObject[], endpoints: readonly object[]): Promise<void> => {
    const before = unifi.counters().writes;
    const changing = await run(ingresses, endpoints);
    expect(changing).toMatchObject({ exitCode: 0, stderr: expect.not.stringContaining(UP_TO_DATE) });
    const { writes } = unifi.counters();
    expect(writes).toBeGreaterThan(before);
    const silent = await run(ingresses, endpoints);
    expect(silent).toMatchObject({ exitCode: 0, stderr: expect.stringContaining(UP_TO_DATE) });
    expect(unifi.counters().writes).toBe(writes);
  };
  const held = (): readonly string[] => unifi.records().filter(isData).map(lineOf).sort();
  return { unifi, sidecar, sync, held };
}

function isData({ data }: FakeRecord): boolean {
  return !data.includes("heritage=external-dns");
}

function lineOf({ name, type, data, priority }: FakeRecord): string {
  const bare = type === "TXT" ? data.replace(/^"(.*)"$/, "$1") : data;
  return type === "MX" ? `${name} MX ${priority} ${bare}` : `${name} ${type} ${bare}`;
}

function dnsEndpoint(dnsName: string, recordType: string, targets: readonly string[], recordTTL?: number): object {
  return { dnsName: `${dnsName}.${ZONE}`, recordType, targets, ...(recordTTL === undefined ? {} : { recordTTL }) };
}

const WEB = ingressObject("web", [`web.${ZONE}`], { addresses: ["10.0.0.1", "fd00::1"] });
const CHANGED_WEB = ingressObject("web", [`web.${ZONE}`], { addresses: ["10.0.0.2"] });

describeWithPeer("external-dns", "the real external-dns before a console", () => {
  test.each([
    ["dns/policies", "udm-10.4"],
    ["static-dns", "udm-9.4"],
  ] as const)(
    "%s: records are created, changed and deleted, and each second run writes nothing",
    { timeout: TIMEOUT_MS },
    async (_, profile) => {
      const { unifi, sidecar, sync, held } = await startBench(profile);

      await sync(
        [WEB],
        [
          dnsEndpoint("multi", "A", ["10.0.1.1", "10.0.1.2", "10.0.1.3"], 300),
          dnsEndpoint("multi", "AAAA", ["fd00::11", "fd00::12"]),
          dnsEndpoint("*.apps", "A", ["10.0.0.5"]),
          dnsEndpoint("alias", "CNAME", [`web.${ZONE}`], 60),
          dnsEndpoint("mail", "MX", ["10 mx1.example.net", "20 mx2.example.net"]),
        ],
      );
      expect(held()).toEqual(
        [
          ...FOREIGN,
          `web.${ZONE} A 10.0.0.1`,
          `web.${ZONE} AAAA fd00::1`,
          `multi.${ZONE} A 10.0.1.1`,
          `multi.${ZONE} A 10.0.1.2`,
          `multi.${ZONE} A 10.0.1.3`,
          `multi.${ZONE} AAAA fd00::11`,
          `multi.${ZONE} AAAA fd00::12`,
          `*.apps.${ZONE} A 10.0.0.5`,
          `alias.${ZONE} CNAME web.${ZONE}`,
          `mail.${ZONE} MX 10 mx1.example.net`,
          `mail.${ZONE} MX 20 mx2.example.net`,
        ].sort(),
      );

      // Fewer values, other values, another TTL, an alias that becomes an address and an address that becomes an alias.
      await sync(
        [CHANGED_WEB],
        [
          dnsEndpoint("multi", "A", ["10.0.1.2", "10.0.1.4"], 600),
          dnsEndpoint("*.apps", "A", ["10.0.0.6", "10.0.0.7"]),
          dnsEndpoint("alias", "A", ["10.0.0.8"]),
          dnsEndpoint("mail", "MX", ["10 mx3.example.net"]),
        ],
      );
      expect(held()).toEqual(
        [
          ...FOREIGN,
          `web.${ZONE} A 10.0.0.2`,
          `multi.${ZONE} A 10.0.1.2`,
          `multi.${ZONE} A 10.0.1.4`,
          `*.apps.${ZONE} A 10.0.0.6`,
          `*.apps.${ZONE} A 10.0.0.7`,
          `alias.${ZONE} A 10.0.0.8`,
          `mail.${ZONE} MX 10 mx3.example.net`,
        ].sort(),
      );
      expect(unifi.records().filter(({ name, type }) => name === `multi.${ZONE}` && type === "A")).toMatchObject([
        { ttlSeconds: 600 },
        { ttlSeconds: 600 },
      ]);
      await sync([CHANGED_WEB], [dnsEndpoint("multi", "CNAME", [`web.${ZONE}`], 60)]);
      expect(held()).toEqual([...FOREIGN, `web.${ZONE} A 10.0.0.2`, `multi.${ZONE} CNAME web.${ZONE}`].sort());

      await sync([], []);
      expect(held()).toEqual(FOREIGN);
      expect(unifi.records()).toHaveLength(FOREIGN.length);
      expectAnswering(unifi);
      expect((await sidecar.stop()).exitCode).toBe(0);
    },
  );

  test.each(["udm-10.4", "udm-9.4"] as const)(
    "a TXT of its own on %s is created and silent, and stays: external-dns has no registry text for it",
    {
      timeout: TIMEOUT_MS,
    },
    async (profile) => {
      const { unifi, sync, held } = await startBench(profile);
      await sync([WEB], [dnsEndpoint("text", "TXT", ["v=spf1 -all"])]);
      expect(held()).toEqual(
        [...FOREIGN, `text.${ZONE} TXT v=spf1 -all`, `web.${ZONE} A 10.0.0.1`, `web.${ZONE} AAAA fd00::1`].sort(),
      );
      await sync([], []);
      expect(held()).toEqual([...FOREIGN, `text.${ZONE} TXT v=spf1 -all`]);
      expectAnswering(unifi);
    },
  );
});

/** Every configuration on the way was one that dnsmasq takes. */
function expectAnswering(unifi: UnifiConsole): void {
  unifi.settle();
  expect(unifi.reloads().filter(({ starts }) => !starts)).toEqual([]);
}
