// The scenario suite itself, run against the reference webhook: it must pass where nothing is wrong.

import type { ObservedRecord, WebhookUnderTest } from "#test/contract/webhook-bench.ts";
import { describeWebhookScenarios } from "#test/contract/webhook-scenarios.ts";
import { normalizeDnsName } from "#test/fakes/external-dns/dns-name.ts";
import { type Endpoint, endpoint } from "#test/fakes/external-dns/endpoint.ts";
import { parseIp } from "#test/fakes/external-dns/ip-address.ts";
import { startReferenceWebhook } from "#test/fakes/external-dns/reference-webhook.ts";

describeWebhookScenarios("the reference webhook", {
  start,
  capabilities: {
    zone: "example.com",
    recordTypes: ["A", "AAAA", "CNAME", "TXT", "MX", "SRV"],
    multiValueTypes: ["A", "AAAA", "TXT", "MX", "SRV"],
    ttlsSeconds: [300, 600],
    wildcards: true,
    maxTxtOctets: 4096,
    refusesTakenNames: false,
  },
});

async function start(): Promise<WebhookUnderTest> {
  const webhook = await startReferenceWebhook({ adjust: (endpoints) => endpoints.map(canonical) });
  return {
    url: webhook.url,
    stop: () => webhook.stop(),
    list: () => Promise.resolve(webhook.list().map(observed)),
    seedForeign: (records) => Promise.resolve(webhook.seed(records.map(stored))),
    lose: (name, type) =>
      Promise.resolve(webhook.lose(({ dnsName, recordType }) => dnsName === name && recordType === type)),
  };
}

function canonical(item: Endpoint): Endpoint {
  return {
    ...item,
    dnsName: normalizeDnsName(item.dnsName).replace(/\.$/, ""),
    targets: item.targets.map((target) =>
      item.recordType === "CNAME" ? target.replace(/\.$/, "") : (parseIp(target)?.text ?? target),
    ),
  };
}

function observed({ dnsName, recordType, targets, recordTTL }: Endpoint): ObservedRecord {
  return { name: dnsName, type: recordType, values: targets, ttlSeconds: recordTTL };
}

function stored({ name, type, values, ttlSeconds }: ObservedRecord): Endpoint {
  return endpoint(name, type, values, { recordTTL: ttlSeconds ?? 0 });
}
