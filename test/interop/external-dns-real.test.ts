// Is our external-dns honest? The real binary and ours meet two equal webhooks with the same objects and the same faults,
// and must send the same requests, byte for byte but for the random order of Go maps, and end the same way.
/* oxlint-disable vitest/expect-expect -- expectSameRun asserts */

import { afterEach, expect, test } from "vitest";
import { type Endpoint, endpoint } from "#test/fakes/external-dns/endpoint.ts";
import { createExternalDns } from "#test/fakes/external-dns/external-dns.ts";
import type { SentRequest } from "#test/fakes/external-dns/go-http-client.ts";
import {
  type ReferenceWebhook,
  type ReferenceWebhookOptions,
  startReferenceWebhook,
} from "#test/fakes/external-dns/reference-webhook.ts";
import { describeWithPeer } from "#test/support/peers.ts";
import {
  dnsEndpointObject,
  ingressObject,
  type RealRunResult,
  runRealExternalDnsOnce,
} from "#test/support/real-external-dns.ts";
import { FAULTS } from "./external-dns-faults.ts";
import { type Flags, HOST, SCENARIOS, type Step, UNTYPED_TXT } from "./external-dns-scenarios.ts";

let opened: ReferenceWebhook[] = [];

afterEach(async () => {
  await Promise.all(opened.map((webhook) => webhook.stop()));
  opened = [];
});

describeWithPeer("external-dns", "our external-dns behaves like the real one", () => {
  test.each(SCENARIOS)("$title", async ({ flags = {}, webhook = {}, steps }) => {
    const [forReal, forOurs] = await openTwo(webhook);
    for (const step of steps) {
      for (const each of [forReal, forOurs]) {
        each.seed(step.seed ?? []);
        each.lose(step.lose ?? (() => false));
      }
      await expectSameRun(forReal, forOurs, { flags, objects: step.objects });
    }
  });

  test.each(FAULTS)("$call answered with $fault", async ({ call, fault, times }) => {
    const [forReal, forOurs] = await openTwo({});
    for (const each of [forReal, forOurs]) {
      each.seed([
        endpoint("old.example.com", "A", ["10.0.0.4"]),
        endpoint("a-old.example.com", "TXT", [UNTYPED_TXT.targets[0] ?? ""]),
      ]);
      each.fail(call, fault, times);
    }
    await expectSameRun(forReal, forOurs, { flags: {}, objects: { app: [endpoint(HOST, "A", ["10.0.0.1"])] } });
  });

  test("negotiation is tried five times on 503", async () => {
    const [forReal, forOurs] = await openTwo({});
    for (const each of [forReal, forOurs]) each.fail("negotiate", { status: 503 });
    await expectSameRun(forReal, forOurs, { flags: {}, objects: {} });
    expect(forReal.requests).toHaveLength(5);
  });

  test("negotiation succeeds at the fifth try", async () => {
    const [forReal, forOurs] = await openTwo({});
    for (const each of [forReal, forOurs]) each.fail("negotiate", "reset", 4);
    await expectSameRun(forReal, forOurs, { flags: {}, objects: { app: [endpoint(HOST, "A", ["10.0.0.1"])] } });
  });

  test("user info of the URL becomes Basic authentication, a query stays", async () => {
    const [forReal, forOurs] = await openTwo({});
    const withUser = (webhook: ReferenceWebhook): ReferenceWebhook => ({
      ...webhook,
      url: `${webhook.url.replace("http://", "http://u%40x:p:w@")}/a//b/../?q=1`,
    });
    await expectSameRun(withUser(forReal), withUser(forOurs), { flags: {}, objects: {} });
  });

  test("each reads what the other encrypted", async () => {
    const webhook = await open({});
    const flags = { txtEncryptAesKey: "01234567890123456789012345678901" };
    const cluster = (address: string): Cluster => ({ flags, objects: { app: [endpoint(HOST, "A", [address])] } });
    expect(outcomeOf(await runReal(webhook, cluster("10.0.0.1")))).toBe("applied");
    expect(await runOurs(webhook, cluster("10.0.0.1"))).toBe("no changes");
    expect(await runOurs(webhook, cluster("10.0.0.2"))).toBe("applied");
    expect(outcomeOf(await runReal(webhook, cluster("10.0.0.2")))).toBe("no changes");
    expect(webhook.list().map(({ targets }) => targets[0])).not.toContainEqual(expect.stringContaining("heritage"));
  });

  test("an Ingress arrives as the endpoints we make of it", async () => {
    const hosts = [HOST, "b.example.com"];
    const [forReal, forOurs] = await runIngress(hosts, { "webhook-comment": "hi", alias: "true", ttl: "90" });
    expect(comparable(forOurs.requests)).toEqual(comparable(forReal.requests));
  });

  test("a property of another provider spoils the properties of the other endpoints of its Ingress", async () => {
    const [forReal, forOurs] = await runIngress([HOST], {
      "webhook-comment": "hi",
      alias: "true",
      ttl: "90",
      "aws-weight": "1",
    });
    const ours = propertiesSent(forOurs);
    expect(ours).toEqual(propertiesSent(forReal));
    expect(ours).toEqual([
      '[{},{"name":"alias","value":"true"},{"name":"webhook/comment","value":"hi"}]',
      '[{},{"name":"alias","value":"true"}]',
    ]);
  });
});

/** An Ingress with these annotations for the real one, and the endpoints the Ingress source makes of it for ours. */
async function runIngress(
  hosts: readonly string[],
  notes: Record<string, string>,
): Promise<[ReferenceWebhook, ReferenceWebhook]> {
  const [forReal, forOurs] = await openTwo({});
  const annotations = Object.fromEntries(
    Object.entries(notes).map(([key, value]) => [`external-dns.alpha.kubernetes.io/${key}`, value]),
  );
  const ingress = ingressObject("web", hosts, { addresses: ["10.0.0.1", "fd00::1"], annotations });
  await runRealExternalDnsOnce({ url: forReal.url, ingresses: [ingress], args: realFlags({}) });
  const names: Record<string, string> = {
    alias: "alias",
    "webhook-comment": "webhook/comment",
    "aws-weight": "aws/weight",
  };
  const shared = Object.entries(notes).flatMap(([key, value]) =>
    names[key] === undefined ? [] : [{ name: names[key], value }],
  );
  const source = hosts.flatMap((host) =>
    [endpoint(host, "A", ["10.0.0.1"]), endpoint(host, "AAAA", ["fd00::1"])].map((item) => ({
      ...item,
      recordTTL: Number(notes["ttl"]),
      labels: { resource: "ingress/default/web" },
      providerSpecific: shared,
    })),
  );
  await runOurs(forOurs, { flags: {}, objects: { web: source } });
  return [forReal, forOurs];
}

/** Which endpoint is spoilt is up to Go's map order, so only the lists are compared. */
function propertiesSent({ requests }: ReferenceWebhook): string[] {
  const sent = requests.find(({ path }) => path === "/adjustendpoints")?.body ?? "[]";
  return (JSON.parse(sent) as { readonly providerSpecific?: unknown }[])
    .map((item) => JSON.stringify(item.providerSpecific))
    .sort();
}

interface Cluster {
  readonly flags: Flags;
  readonly objects: Step["objects"];
}

async function expectSameRun(forReal: ReferenceWebhook, forOurs: ReferenceWebhook, cluster: Cluster): Promise<void> {
  const [realSeen, oursSeen] = [forReal.requests.length, forOurs.requests.length];
  const real = await runReal(forReal, cluster);
  const ours = await runOurs(forOurs, cluster);
  expect(comparable(forOurs.requests.slice(oursSeen))).toEqual(comparable(forReal.requests.slice(realSeen)));
  expect({ outcome: ours, stderr: real.stderr }).toEqual({ outcome: outcomeOf(real), stderr: real.stderr });
  expect(forOurs.list()).toEqual(forReal.list());
}

function runReal(webhook: ReferenceWebhook, { flags, objects }: Cluster): Promise<RealRunResult> {
  const dnsEndpoints = Object.entries(objects).map(([name, endpoints]) => dnsEndpointObject(name, endpoints));
  return runRealExternalDnsOnce({ url: webhook.url, dnsEndpoints, args: realFlags(flags) });
}

async function runOurs(webhook: ReferenceWebhook, { flags, objects }: Cluster): Promise<string> {
  const source = (): Endpoint[] =>
    Object.entries(objects).flatMap(([name, endpoints]) =>
      endpoints.map((item) => ({ ...item, labels: { resource: `crd/default/${name}`, ...item.labels } })),
    );
  const dns = createExternalDns({ ownerId: "me", sleep: () => Promise.resolve(), ...flags, url: webhook.url, source });
  const started = await dns.negotiate();
  if (started.outcome === "exited") return "exited";
  const { outcome } = await dns.loop();
  dns.close();
  return outcome;
}

function outcomeOf({ exitCode, stderr }: RealRunResult): string {
  if (exitCode === 0) return stderr.includes("All records are already up to date") ? "no changes" : "applied";
  return stderr.includes("soft error") ? "soft error" : "exited";
}

const FLAG_NAMES: Readonly<Record<string, string>> = {
  policy: "policy",
  registry: "registry",
  txtPrefix: "txt-prefix",
  txtSuffix: "txt-suffix",
  txtWildcardReplacement: "txt-wildcard-replacement",
  txtEncryptAesKey: "txt-encrypt-aes-key",
  migrateFromTxtOwner: "migrate-from-txt-owner",
  managedRecordTypes: "managed-record-types",
  excludeRecordTypes: "exclude-record-types",
  domainFilter: "domain-filter",
  excludeDomains: "exclude-domains",
};

function realFlags(flags: Flags): string[] {
  const given = Object.entries({ policy: "sync", registry: "txt", ...flags }).flatMap(([key, value]) =>
    [value].flat().map((item) => `--${FLAG_NAMES[key] ?? key}=${String(item)}`),
  );
  return ["--txt-owner-id=me", ...(flags.txtEncryptAesKey === undefined ? [] : ["--txt-encrypt-enabled"]), ...given];
}

/** Requests without what differs by chance: the port, and the order that Go's maps give to lists. */
function comparable(requests: readonly SentRequest[]): object[] {
  return requests.map(({ method, path, headers, body }) => ({
    method,
    path,
    headers: headers.map(([name, value]) => [name, value.replaceAll(/127\.0\.0\.1:\d+/g, "HOST")]),
    body: inFixedOrder(body),
    // The same characters in any order: catches escapes and blanks that parsing hides.
    characters: body.split("").sort().join(""),
  }));
}

function inFixedOrder(body: string): unknown {
  if (body === "") return "";
  const parsed: unknown = JSON.parse(body);
  if (Array.isArray(parsed)) return texts(parsed).sort();
  const { create, updateOld, updateNew, delete: gone } = parsed as Record<string, unknown[] | undefined>;
  const news = texts(updateNew);
  return {
    create: texts(create).sort(),
    delete: texts(gone).sort(),
    update: texts(updateOld)
      .map((old, at) => [old, news[at]].join())
      .sort(),
  };
}

function texts(list: readonly unknown[] | undefined): string[] {
  return (list ?? []).map((item) => JSON.stringify(item));
}

async function openTwo(options: ReferenceWebhookOptions): Promise<[ReferenceWebhook, ReferenceWebhook]> {
  return [await open(options), await open(options)];
}

async function open(options: ReferenceWebhookOptions): Promise<ReferenceWebhook> {
  const webhook = await startReferenceWebhook(options);
  opened.push(webhook);
  return webhook;
}
