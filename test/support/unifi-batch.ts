// Batches for a console as external-dns posts them, without an external-dns: one that comes twice, one that is far too large.

import { readFile } from "node:fs/promises";
import { expect, onTestFinished } from "vitest";
import { MEDIA_TYPE } from "#src/webhook/media-type.ts";
import type { ProfileName } from "#test/fakes/unifi-console/profiles.ts";
import type { Operation } from "#test/fakes/unifi-console/routes.ts";
import { startUnifiConsole } from "#test/fakes/unifi-console/unifi-console.ts";
import { type Sidecar, startSidecar } from "./sidecar.ts";
import { endpointsOf, type Wish } from "./wishes.ts";
import { REPOSITORY } from "./zonegate-process.ts";

export const BATCH_OWNER = "home";
const ZONE = "home.example.com";
/** 10,000 creates live in some 90 MiB of heap; with little more than that, collecting garbage would take the time of the writes. */
const SMALL_HEAP = "--max-old-space-size=192";
/** Its heap, the young part of it, code and buffers. */
const MAX_RESIDENT_MIB = 450;

/** A machine with a load of fifteen may need the time of a whole call for reading the batch and planning it. */
const MAX_TRIES = 5;

export interface ManyCreates {
  readonly count: number;
  /** Calls with progress; external-dns asks until there were so many. */
  readonly calls: number;
  readonly budgetSeconds: number;
  /** What a write takes at the console, so that no machine is too fast; as long as it takes when left out. */
  readonly writeMs?: number;
}

const WRITES: readonly Operation[] = ["create", "update", "delete"];

/** More creates than one call has time for: each is answered with 503, and the next goes on from there, by a process with a small heap. */
export async function createMany(
  profile: ProfileName,
  { count, calls, budgetSeconds, writeMs }: ManyCreates,
): Promise<{ readonly records: readonly number[]; readonly peakMib: number }> {
  const unifi = await startUnifiConsole({ profile });
  onTestFinished(() => unifi.stop());
  if (writeMs !== undefined) unifi.faults.plan([{ operation: WRITES, action: { kind: "delay", delayMs: writeMs } }]);
  const env = { UNIFI_HOST: unifi.url, UNIFI_API_KEY: unifi.apiKey, UNIFI_TLS_PIN: unifi.fingerprint };
  const sidecar = await startSidecar({
    command: [process.execPath, SMALL_HEAP, `${REPOSITORY}src/main.ts`],
    env: { ...env, APPLY_BUDGET: String(budgetSeconds) },
  });
  const body = bodyOf("create", wishesFor(count));
  const records = [0];
  for (let asked = 0; asked < calls * MAX_TRIES && records.length <= calls; asked += 1) {
    expect((await postChanges(sidecar, body)).status).toBe(503);
    const [held, before] = [unifi.records().length, records.at(-1) ?? 0];
    expect(held).toBeGreaterThanOrEqual(before);
    if (held > before) records.push(held);
  }
  expect(records).toHaveLength(calls + 1);
  const peakMib = Math.round(await peakResidentMib(sidecar));
  expect(peakMib).toBeLessThan(MAX_RESIDENT_MIB);
  return { records, peakMib };
}

/** So many names with one address each. */
export function wishesFor(count: number): readonly Wish[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `n${index}.${ZONE}`,
    type: "A",
    values: [`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`],
    ttlSeconds: 0,
  }));
}

export function postChanges(sidecar: Sidecar, body: string): Promise<Response> {
  const headers = { "content-type": MEDIA_TYPE };
  return fetch(`${sidecar.webhookUrl}/records`, { method: "POST", headers, body });
}

/** As external-dns sends endpoints with their registry texts. */
export function bodyOf(key: "create" | "delete", wishes: readonly Wish[]): string {
  const data = endpointsOf(wishes).map(({ dnsName, recordType, targets }) => ({
    dnsName,
    recordType,
    targets,
    labels: { owner: BATCH_OWNER, resource: `ingress/default/${dnsName}` },
  }));
  const texts = data.map(({ dnsName, labels: { owner, resource } }) => ({
    dnsName: `a-${dnsName}`,
    recordType: "TXT",
    targets: [`"heritage=external-dns,external-dns/owner=${owner},external-dns/resource=${resource}"`],
    labels: { owner, ownedRecord: dnsName },
  }));
  return JSON.stringify({ [key]: [...data, ...texts] });
}

/** The most that the process ever held, in MiB. */
async function peakResidentMib({ pid }: Sidecar): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
