// The provider `unifi` behind the webhook must do what every provider must, through both of the console's APIs, by key and by
// login; an observer looks into the emulated console's own store.

import { expect } from "vitest";
import type { EngineOptions } from "#src/sync/engine-options.ts";
import { endpoint } from "#test/fakes/external-dns/endpoint.ts";
import type { ProfileName } from "#test/fakes/unifi-console/profiles.ts";
import type { FakeRecord, FakeRecordType, RecordFields } from "#test/fakes/unifi-console/records.ts";
import type { UnifiConsole } from "#test/fakes/unifi-console/unifi-console.ts";
import { engineOver } from "#test/support/engine.ts";
import { startConsoleAndStore } from "#test/support/unifi-console.ts";
import { startWebhook } from "#test/support/webhook.ts";
import type { ObservedRecord, WebhookCapabilities, WebhookUnderTest } from "./webhook-bench.ts";
import { describeWebhookScenarios } from "./webhook-scenarios.ts";

const CAPABILITIES: WebhookCapabilities = {
  zone: "example.com",
  recordTypes: ["A", "AAAA", "CNAME", "MX", "SRV"],
  multiValueTypes: ["A", "AAAA", "TXT", "MX", "SRV"],
  ttlsSeconds: [300, 600],
  wildcards: true,
  starsInLabels: false,
  maxTxtOctets: 1_000,
  quotesInTxt: false,
  refusesTakenNames: true,
  refused: endpoint("local-client.example.com", "A", ["10.0.0.9"]),
};
/** `value` of the legacy API: 256 characters, two of them quotes. */
const MAX_STATIC_TXT_OCTETS = 254;

for (const { api, profile, maxTxtOctets } of [
  { api: "dns/policies", profile: "udm-10.4", maxTxtOctets: CAPABILITIES.maxTxtOctets },
  { api: "static-dns", profile: "udm-9.4", maxTxtOctets: MAX_STATIC_TXT_OCTETS },
] as const) {
  describeWebhookScenarios(`a console with ${api}`, {
    start: () => start(profile, "refuse"),
    capabilities: { ...CAPABILITIES, maxTxtOctets },
  });

  // A TXT of external-dns' own needs `--registry=noop`, whose deletions carry no owner (docs/decisions.md 1).
  describeWebhookScenarios(`a console with ${api} and UNOWNED_CHANGES=allow`, {
    start: () => start(profile, "allow"),
    capabilities: { ...CAPABILITIES, maxTxtOctets, recordTypes: [...CAPABILITIES.recordTypes, "TXT"] },
  });
}

const BY_LOGIN: WebhookCapabilities = { ...CAPABILITIES, maxTxtOctets: MAX_STATIC_TXT_OCTETS };
const { refused: _, ...WITHOUT_CHECKS } = BY_LOGIN;

for (const { what, profile, capabilities } of [
  { what: "a console by login", profile: "udm-8.2", capabilities: BY_LOGIN },
  { what: "a self-hosted application by login", profile: "selfhosted-10", capabilities: BY_LOGIN },
  { what: "a console by login that checks nothing", profile: "udm-4.2.4-loose", capabilities: WITHOUT_CHECKS },
] as const) {
  describeWebhookScenarios(what, { start: () => start(profile, "refuse"), capabilities });
}

async function start(profile: ProfileName, unownedChanges: EngineOptions["unownedChanges"]): Promise<WebhookUnderTest> {
  const clients = [{ hostname: "nas", localDnsRecord: "local-client.example.com" }];
  const running = await startConsoleAndStore({ profile, clients });
  const { console, store } = running;
  const { server, url } = await startWebhook(engineOver(store, { unownedChanges }));
  return {
    url,
    stop: async () => {
      await server.stop();
      console.settle();
      const downs = console.reloads().filter(({ starts }) => !starts);
      await running.stop();
      expect(downs).toEqual([]);
    },
    list: () => Promise.resolve(observe(console)),
    seedForeign: async (records) => void console.seed(...records.flatMap(seedOf)),
    lose: async (name, type) => console.hand({ kind: "remove", match: { name, type: type as FakeRecordType } }),
  };
}

function observe(console: UnifiConsole): readonly ObservedRecord[] {
  return [...Map.groupBy(console.records(), ({ name, type }) => `${name} ${type}`).values()].map(observed);
}

function observed(group: readonly FakeRecord[]): ObservedRecord {
  const [{ name, type, ttlSeconds }] = group as [FakeRecord];
  return { name, type, values: group.map(valueOf), ...(ttlSeconds === 0 ? {} : { ttlSeconds }) };
}

/** dnsmasq reads quotes around a text as quoting. */
function valueOf({ type, data, priority, weight, port }: FakeRecord): string {
  if (type === "MX") return `${priority} ${data}`;
  if (type === "SRV") return `${priority} ${weight} ${port} ${data}`;
  return type === "TXT" ? data.replace(/^"(.*)"$/s, "$1") : data;
}

function seedOf({ name, type, values, ttlSeconds }: ObservedRecord): readonly RecordFields[] {
  return values.map((data) => ({
    name,
    type: type as FakeRecordType,
    data: type === "TXT" ? `"${data}"` : data,
    ttlSeconds: ttlSeconds ?? 0,
  }));
}
