// kill -9 at every write of generated plans, in the real process before an emulated console: whoever comes next brings them to
// their end, no record of other hands is touched and none of ours is lost. Replayed from the seed in a violation.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkWithDnsmasq } from "#test/fakes/unifi-console/dnsmasq-check.ts";
import { createConsoleCertificate } from "#test/fakes/unifi-console/unifi-console.ts";
import { buildBundle } from "#test/support/bundle.ts";
import { createRandom, type Random } from "#test/support/random.ts";
import { type CrashBench, type Cut, LEAPING_CLOCK, MOMENTS, startCrashBench, type Tally } from "./unifi-bench.ts";
import { type CrashPlan, createCrashPlan } from "./unifi-plan.ts";

/** `npm run test:crash:unifi` is the full proof: 200 plans, killed at every moment. The normal run kills once at each write. */
const PLANS = Number(process.env["CRASH_PLANS"] ?? "3");
const FIRST_SEED = Number(process.env["CRASH_SEED"] ?? "1");
const EVERY_MOMENT = process.env["CRASH_STAGES"] === "all";
/** Plans at one time: each waits for a process that starts. */
const SIDE_BY_SIDE = 3;
const TIMEOUT_PER_PLAN_MS = 60_000;
/** Half a second, but not beside a dozen others. */
const BUNDLING_MS = 120_000;

const certificate = createConsoleCertificate();
let root = "";
let command: readonly [string, ...string[]] = [""];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "zonegate-crash-unifi-"));
  // One file instead of a hundred: the start of a process is what this test waits for.
  await buildBundle(join(root, "bundle"));
  command = [process.execPath, ...LEAPING_CLOCK, join(root, "bundle", "main.mjs")];
}, BUNDLING_MS);

afterAll(() => rm(root, { recursive: true, force: true }));

describe(`${PLANS} generated plans from seed ${FIRST_SEED}`, () => {
  test("killed at their writes come to their end without a trace", {
    timeout: PLANS * TIMEOUT_PER_PLAN_MS,
  }, async () => {
    const total = { plans: 0, writes: 0, requests: 0, commits: 0 };
    const tally: Tally = {
      kills: 0,
      lateWrites: 0,
      handMade: 0,
      settledTexts: 0,
      textsLeftWithoutJournal: 0,
      loops: 0,
    };
    const configurations = new Set<string>();
    const violations: string[] = [];
    await eachSeed(async (seed) => {
      const random = createRandom(seed);
      const folder = await mkdtemp(join(root, "plan-"));
      const bench = await startCrashBench(createCrashPlan(seed), { command, certificate, folder, random });
      const writes = await killAtEveryWrite(bench, createCrashPlan(seed), random);
      total.writes += writes;
      total.plans += 1;
      total.requests += bench.unifi.counters().requests;
      total.commits += bench.unifi.commits().length;
      for (const name of Object.keys(tally) as (keyof Tally)[]) tally[name] += bench.tally[name];
      violations.push(...bench.violations.map((what) => `seed ${seed}, ${what}`));
      for (const configuration of bench.judge.configurations) configurations.add(configuration);
    });
    console.info("kill -9 before a console", { ...total, ...tally, configurations: configurations.size });
    expect(violations).toEqual([]);
    expect(tally.kills).toBeGreaterThanOrEqual(total.writes);
    expect(refusedByDnsmasq(configurations)).toEqual([]);
  });
});

async function eachSeed(run: (seed: number) => Promise<void>): Promise<void> {
  const seeds = Array.from({ length: PLANS }, (_, index) => FIRST_SEED + index).values();
  const work = async (): Promise<void> => {
    for (const seed of seeds) await run(seed);
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
}

/** Returns the writes that the plan takes in peace. */
async function killAtEveryWrite(bench: CrashBench, plan: CrashPlan, random: Random): Promise<number> {
  try {
    await bench.goInPeace({ from: [], to: plan.from });
    const writes = await bench.goInPeace(plan);
    await bench.goInPeace({ from: plan.to, to: plan.from });
    for (const cut of cutsOf(writes, random)) await bench.goWithDeath(cut);
    return writes;
  } finally {
    await bench.stop();
  }
}

function cutsOf(writes: number, random: Random): readonly Cut[] {
  return Array.from({ length: writes }, (_, index) => index + 1).flatMap((write) =>
    (EVERY_MOMENT ? MOMENTS : [random.pick(MOMENTS)]).map((moment) => ({ write, moment })),
  );
}

/** The emulator's own verdict is asked at every commit; the real program's where there is one. */
function refusedByDnsmasq(configurations: ReadonlySet<string>): readonly string[] {
  return [...configurations].filter((configuration) => checkWithDnsmasq(configuration)?.starts === false);
}
