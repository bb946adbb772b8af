// What befalls the real process in the middle of a batch for a console: it is asked to end, its caller hangs up, the same batch
// comes twice at once, or is far too large (rows 41 to 44 of the fault matrix), on both APIs.

import { describe, expect, onTestFinished, test } from "vitest";
import { createExternalDns, type ExternalDns } from "#test/fakes/external-dns/external-dns.ts";
import type { ProfileName } from "#test/fakes/unifi-console/profiles.ts";
import type { Operation } from "#test/fakes/unifi-console/routes.ts";
import { startUnifiConsole, type UnifiConsole } from "#test/fakes/unifi-console/unifi-console.ts";
import { CommitJudge, type Way } from "#test/support/commit-judge.ts";
import { eventually } from "#test/support/eventually.ts";
import { type Sidecar, startSidecar } from "#test/support/sidecar.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";
import { BATCH_OWNER, bodyOf, createMany, postChanges, wishesFor } from "#test/support/unifi-batch.ts";
import { endpointsOf, type Wish } from "#test/support/wishes.ts";

const ZONE = "home.example.com";
const WRITES: readonly Operation[] = ["create", "update", "delete"];
const TIMEOUT_MS = 90_000;
/** A console that takes its time, so that a batch of some dozens has a middle. */
const SLOW_WRITE_MS = 40;
/** More than such a console takes in any call of this budget; test/slow has 10,000 at one that takes no time. */
const MANY = 1_000;

interface Bench {
  readonly unifi: UnifiConsole;
  readonly judge: CommitJudge;
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
}

async function startBench(profile: ProfileName): Promise<Bench> {
  const unifi = await startUnifiConsole({ profile });
  onTestFinished(() => unifi.stop());
  unifi.seed({ type: "A", name: `nas.${ZONE}`, data: "192.168.1.20" });
  const env = { UNIFI_HOST: unifi.url, UNIFI_API_KEY: unifi.apiKey, UNIFI_TLS_PIN: unifi.fingerprint, LAME_DUCK: "0" };
  const judge = new CommitJudge({ txtPrefix: "", canUpdate: true });
  return { unifi, judge, env, folder: await temporaryFolder() };
}

async function externalDnsFor(sidecar: Sidecar, wishes: readonly Wish[], deadlineMs?: number): Promise<ExternalDns> {
  const dns = createExternalDns({
    url: sidecar.webhookUrl,
    ownerId: BATCH_OWNER,
    source: () => endpointsOf(wishes),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  });
  onTestFinished(() => dns.close());
  expect(await dns.negotiate()).toMatchObject({ outcome: "ready" });
  return dns;
}

function beSlow({ unifi }: Bench): void {
  unifi.faults.plan([{ operation: WRITES, action: { kind: "delay", delayMs: SLOW_WRITE_MS } }]);
}

function untilWrites({ unifi }: Bench, count: number): Promise<boolean> {
  return eventually(`${count} writes`, () => unifi.counters().writes >= count);
}

/** At most two loops change something, and the next one nothing; no commit on the way was a wrong one. */
async function expectRest({ unifi, judge }: Bench, dns: ExternalDns, way: Way): Promise<void> {
  unifi.faults.clear();
  const first = await dns.loop();
  if (first.outcome === "applied") await dns.loop();
  const { writes } = unifi.counters();
  expect(await dns.loop()).toMatchObject({ outcome: "no changes" });
  expect(unifi.counters().writes).toBe(writes);
  expect(judge.judge(unifi.commits(), way)).toEqual([]);
  expect(judge.differences(unifi.records(), way.to)).toEqual([]);
}

describe.each([
  ["dns/policies", "udm-10.4"],
  ["static-dns", "udm-9.4"],
] as const)("%s", (_, profile) => {
  test(
    "SIGTERM in the middle of a batch: it is answered, the process ends, and the next one goes on",
    async () => {
      const bench = await startBench(profile);
      const way = { from: [], to: wishesFor(30) };
      const { env, folder } = bench;
      const sidecar = await startSidecar({ env, folder });
      const dns = await externalDnsFor(sidecar, way.to);
      beSlow(bench);
      const loop = dns.loop();
      await untilWrites(bench, 10);
      sidecar.signal("SIGTERM");
      // Its answer before the end: anything else would end external-dns.
      expect(["applied", "soft error"]).toContain((await loop).outcome);
      expect((await sidecar.ended).exitCode).toBe(0);
      expect(bench.judge.judge(bench.unifi.commits(), way)).toEqual([]);
      expect(bench.judge.orphans(bench.unifi.records())).toEqual([]);
      await expectRest(bench, await externalDnsFor(await startSidecar({ env, folder }), way.to), way);
    },
    TIMEOUT_MS,
  );

  test(
    "external-dns hangs up in the middle of a batch: it stops, the lock is free, and the next loop goes on",
    async () => {
      const bench = await startBench(profile);
      const way = { from: [], to: wishesFor(60) };
      const sidecar = await startSidecar({ env: bench.env, folder: bench.folder });
      const hasty = await externalDnsFor(sidecar, way.to, 2_000);
      beSlow(bench);
      expect(await hasty.loop()).toMatchObject({ outcome: "exited" });
      // The list waits for the lock, so the batch is over when it comes.
      expect((await fetch(`${sidecar.webhookUrl}/records`)).status).toBe(200);
      const { writes } = bench.unifi.counters();
      expect(writes).toBeLessThan(2 * way.to.length);
      expect((await fetch(`${sidecar.webhookUrl}/records`)).status).toBe(200);
      expect(bench.unifi.counters().writes).toBe(writes);
      expect(bench.judge.judge(bench.unifi.commits(), way)).toEqual([]);
      await expectRest(bench, await externalDnsFor(sidecar, way.to), way);
    },
    TIMEOUT_MS,
  );

  test(
    "the same changes twice at once: one after the other, the second without a write",
    async () => {
      const bench = await startBench(profile);
      const { unifi, judge } = bench;
      const sidecar = await startSidecar({ env: bench.env, folder: bench.folder });
      const wishes = wishesFor(9);
      for (const [key, way] of [
        ["create", { from: [], to: wishes }],
        ["delete", { from: wishes, to: [] }],
      ] as const) {
        const before = unifi.counters().writes;
        const body = bodyOf(key, wishes);
        const answers = await Promise.all([postChanges(sidecar, body), postChanges(sidecar, body)]);
        expect(answers.map(({ status }) => status)).toEqual([204, 204]);
        expect(unifi.counters().writes - before).toBe(2 * wishes.length);
        expect(judge.judge(unifi.commits(), way)).toEqual([]);
        expect(judge.differences(unifi.records(), way.to)).toEqual([]);
      }
      expect(unifi.counters().peakParallel).toBe(1);
    },
    TIMEOUT_MS,
  );

  test.runIf(process.platform === "linux")(
    `${MANY} creates: each call stops in time with progress`,
    async () => {
      const report = await createMany(profile, { count: MANY, calls: 2, budgetSeconds: 5, writeMs: SLOW_WRITE_MS });
      console.info(`${MANY} creates with ${profile}`, report);
      expect(report.records.at(-1)).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
});
