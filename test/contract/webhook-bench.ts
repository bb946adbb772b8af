// The bench that provider scenarios run on: one backend a test, external-dns processes against it, and what an observer
// sees. Knows no provider and no scenario.

import { afterEach, beforeEach, expect } from "vitest";
import { normalizeDnsName } from "#test/fakes/external-dns/dns-name.ts";
import type { Endpoint } from "#test/fakes/external-dns/endpoint.ts";
import { createExternalDns, type ExternalDns, type ExternalDnsOptions } from "#test/fakes/external-dns/external-dns.ts";
import { parseIp } from "#test/fakes/external-dns/ip-address.ts";

/** A record set as an observer of the backend sees it. TXT values are the joined text, without quotes or escapes. */
export interface ObservedRecord {
  readonly name: string;
  readonly type: string;
  readonly values: readonly string[];
  /** Missing where the observer cannot tell. */
  readonly ttlSeconds?: number;
}

/** One webhook with an empty backend behind it. */
export interface WebhookUnderTest {
  readonly url: string;
  stop(): Promise<void>;
  list(): Promise<readonly ObservedRecord[]>;
  /** Writes records past the webhook, as people or other programs do. */
  seedForeign(records: readonly ObservedRecord[]): Promise<void>;
  /** Takes a record set away past the webhook. */
  lose(name: string, type: string): Promise<void>;
}

export interface WebhookCapabilities {
  /** A zone the backend may hold records of, its apex included. */
  readonly zone: string;
  readonly recordTypes: readonly string[];
  /** Types that may hold several values at one name. */
  readonly multiValueTypes: readonly string[];
  /** Two TTLs it stores as they are; left out when it has none. */
  readonly ttlsSeconds?: readonly [number, number];
  readonly wildcards: boolean;
  /** False for a backend that refuses the name of a wildcard's text, `a-*.example.com`; true where left out. */
  readonly starsInLabels?: boolean;
  /** Longest TXT text in octets; over 255 it needs several strings. */
  readonly maxTxtOctets: number;
  /** False for a backend that cannot hold a text with double quotes or backslashes; true where left out. */
  readonly quotesInTxt?: boolean;
  /** `--txt-prefix` for backends that cannot hold the TXT of an apex name outside their zone. */
  readonly txtPrefix?: string;
  /** True when a create at a name that somebody else took meanwhile is refused. False only for the reference. */
  readonly refusesTakenNames: boolean;
  /** An endpoint the backend refuses for good while others go on, if there is one. */
  readonly refused?: Endpoint;
}

export interface WebhookScenarioOptions {
  readonly start: () => Promise<WebhookUnderTest>;
  readonly capabilities: WebhookCapabilities;
}

/** `--txt-owner-id` of the external-dns processes of a scenario. */
export const SCENARIO_OWNER = "scenario";

export interface WebhookBench {
  readonly capabilities: WebhookCapabilities;
  /** A name in the zone. */
  readonly at: (label: string) => string;
  readonly holds: (...types: readonly string[]) => boolean;
  readonly backend: () => WebhookUnderTest;
  /** What the cluster holds from now on. */
  readonly desire: (endpoints: readonly Endpoint[]) => void;
  /** A started process with owner `scenario`, all record types, and what is desired as its source. */
  readonly externalDns: (more?: Partial<ExternalDnsOptions>) => Promise<ExternalDns>;
  /** One loop applies, the next one has nothing to say. */
  readonly applyThenSilence: (dns: ExternalDns, endpoints: readonly Endpoint[]) => Promise<void>;
  /** No POST /records. */
  readonly expectSilence: (dns: ExternalDns) => Promise<void>;
  /** Everything there, names and values in one spelling. */
  readonly everything: () => Promise<ObservedRecord[]>;
  /** The same beside registry TXT records and without TTLs. */
  readonly data: () => Promise<ObservedRecord[]>;
  readonly expectData: (records: readonly ObservedRecord[]) => Promise<void>;
  readonly loseRegistryTxtOf: (label: string) => Promise<void>;
}

/** Call inside a `describe`: it registers the hooks that start and stop the backend. */
export function createWebhookBench({ start, capabilities }: WebhookScenarioOptions): WebhookBench {
  let running: ExternalDns[] = [];
  let desired: readonly Endpoint[] = [];
  let current: WebhookUnderTest | undefined;

  beforeEach(async () => {
    current = await start();
    desired = [];
  });
  afterEach(async () => {
    for (const dns of running) dns.close();
    running = [];
    await current?.stop();
    current = undefined;
  });

  return {
    capabilities,
    at: (label) => `${label}.${capabilities.zone}`,
    holds: (...types) => types.every((type) => capabilities.recordTypes.includes(type)),
    backend,
    desire,
    externalDns,
    applyThenSilence,
    expectSilence,
    everything,
    data,
    expectData,
    loseRegistryTxtOf,
  };

  function backend(): WebhookUnderTest {
    if (current === undefined) throw new Error("no backend runs outside a test");
    return current;
  }

  function desire(endpoints: readonly Endpoint[]): void {
    desired = endpoints;
  }

  async function externalDns(more: Partial<ExternalDnsOptions> = {}): Promise<ExternalDns> {
    const dns = createExternalDns({
      url: backend().url,
      ownerId: SCENARIO_OWNER,
      managedRecordTypes: capabilities.recordTypes,
      source: () => desired,
      ...(capabilities.txtPrefix !== undefined && { txtPrefix: capabilities.txtPrefix }),
      ...more,
    });
    running.push(dns);
    expect(await dns.negotiate()).toMatchObject({ outcome: "ready" });
    return dns;
  }

  async function applyThenSilence(dns: ExternalDns, endpoints: readonly Endpoint[]): Promise<void> {
    desire(endpoints);
    expect(await dns.loop()).toMatchObject({ outcome: "applied" });
    await expectSilence(dns);
  }

  async function expectSilence(dns: ExternalDns): Promise<void> {
    const result = await dns.loop();
    expect(result).toMatchObject({ outcome: "no changes" });
    const applied = result.requests.filter(({ method, path }) => method === "POST" && path.endsWith("/records"));
    expect(applied).toEqual([]);
  }

  async function everything(): Promise<ObservedRecord[]> {
    return (await backend().list()).map(normalized).sort(byNameAndType);
  }

  async function data(): Promise<ObservedRecord[]> {
    const all = await everything();
    return all.filter((record) => !isRegistryTxt(record)).map(({ name, type, values }) => ({ name, type, values }));
  }

  async function expectData(records: readonly ObservedRecord[]): Promise<void> {
    expect(await data()).toEqual(records.map(normalized).sort(byNameAndType));
  }

  async function loseRegistryTxtOf(label: string): Promise<void> {
    const lost = (await everything()).filter((record) => isRegistryTxt(record) && record.name.includes(label));
    expect(lost).toHaveLength(1);
    for (const { name, type } of lost) await backend().lose(name, type);
  }
}

export function isRegistryTxt({ type, values }: ObservedRecord): boolean {
  return type === "TXT" && values.some((value) => value.includes("heritage=external-dns"));
}

function byNameAndType(a: ObservedRecord, b: ObservedRecord): number {
  const [left, right] = [`${a.name} ${a.type}`, `${b.name} ${b.type}`];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function normalized({ name, type, values, ...rest }: ObservedRecord): ObservedRecord {
  const ascii = normalizeDnsName(name).replace(/\.$/, "");
  return { name: ascii, type, values: values.map((value) => normalizedValue(type, value)).sort(), ...rest };
}

function normalizedValue(type: string, value: string): string {
  if (type === "TXT") return value;
  return parseIp(value)?.text ?? value.toLowerCase().replace(/\.$/, "");
}
