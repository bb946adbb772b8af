// kill -9 at every stage of every write of generated plans, in real processes on real files: what was acknowledged is there,
// and what was not is there whole or not at all. Replayed from the seed in the title of a failure.

import { spawn } from "node:child_process";
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { WriteStage } from "#src/lib/atomic-file.ts";
import { engineOver, unbounded } from "#test/support/engine.ts";
import { openStore, recordsOf, storedIn } from "#test/support/local-store.ts";
import { createRandom } from "#test/support/random.ts";
import { createWritePlan, type WriteStep } from "#test/support/write-plan.ts";

/** `npm run test:crash` is the full proof: 200 plans, killed at every stage. The normal run kills at one stage of each write. */
const PLANS = Number(process.env["CRASH_PLANS"] ?? "12");
const FIRST_SEED = Number(process.env["CRASH_SEED"] ?? "1");
const EVERY_STAGE = process.env["CRASH_STAGES"] === "all";
/** Plans at one time; more than the two cores we promise, because each waits for its disk. */
const SIDE_BY_SIDE = 4;
/** Generous: a plan is about 40 processes when every stage is killed. */
const TIMEOUT_PER_PLAN_MS = 15_000;
/** Longest random life of a process after an acknowledgement, beyond what one write takes. */
const MAX_LIFE_MS = 6;

const STAGES: readonly WriteStage[] = ["opened", "written", "synced", "kept", "renamed", "folder-synced"];
const STAGES_AFTER_RENAME: ReadonlySet<WriteStage> = new Set(["renamed", "folder-synced"]);
const LASTING_FILES: ReadonlySet<string> = new Set(["lock", "records.jsonl", "records.previous.jsonl"]);

let root = "";
let writer = "";

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "zonegate-crash-"));
  // One file instead of a hundred: the start of a process is what this test waits for.
  writer = join(root, "local-writer.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL("../support/local-writer.ts", import.meta.url))],
    outfile: writer,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
  });
});

afterAll(() => rm(root, { recursive: true, force: true }));

describe(`${PLANS} generated plans from seed ${FIRST_SEED}`, () => {
  test("killed inside their writes lose nothing and leave no mixture", {
    timeout: PLANS * TIMEOUT_PER_PLAN_MS,
  }, async () => {
    const total = { plans: 0, writes: 0, kills: 0, leftovers: 0 };
    await eachSeed(async (seed) => {
      const run = await killInsideWrites(seed);
      total.plans += 1;
      total.writes += run.writes;
      total.kills += run.kills;
      total.leftovers += run.leftovers;
    });
    console.info("kill -9 inside a write", total);
    expect(total.leftovers).toBeGreaterThan(0);
  });

  test("killed at a random moment lose nothing and leave no mixture", {
    timeout: PLANS * TIMEOUT_PER_PLAN_MS,
  }, async () => {
    const total = { plans: 0, kills: 0, acknowledged: 0, found: 0 };
    await eachSeed(async (seed) => {
      const run = await killAtRandom(seed);
      total.plans += 1;
      total.kills += Number(run.wasKilled);
      total.acknowledged += run.acknowledged;
      total.found += run.found;
    });
    console.info("kill -9 at a random moment", total);
    expect(total.kills).toBeGreaterThan(0);
  });
});

async function eachSeed(run: (seed: number) => Promise<void>): Promise<void> {
  const seeds = Array.from({ length: PLANS }, (_, index) => FIRST_SEED + index).values();
  const work = async (): Promise<void> => {
    for (const seed of seeds) await run(seed);
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
}

/** Each write of the plan is killed again and again, then carried out by whoever comes next. */
async function killInsideWrites(seed: number): Promise<{ writes: number; kills: number; leftovers: number }> {
  const plan = createWritePlan(seed);
  const folder = join(root, `inside-${seed}`);
  const random = createRandom(seed);
  let before: readonly string[] = await storedIn(folder);
  let kills = 0;
  let leftovers = 0;
  for (const [position, step] of plan.entries()) {
    const clean = `${folder}.clean`;
    await cp(folder, clean, { recursive: true });
    for (const stage of EVERY_STAGE ? STAGES : [random.pick(STAGES)]) {
      const where = `seed ${seed}, step ${position}, killed at ${stage}`;
      if (stage === "folder-synced") await putBack(clean, folder);
      const died = await runWriter({ folder, seed, first: position, end: position + 1, stage });
      expect(died, `at ${where}`).toEqual({ signal: "SIGKILL", outcomes: [] });
      kills += 1;
      leftovers += (await leftoversIn(folder)).length;
      const found = await storedIn(folder);
      expect(found, `at ${where}`).toEqual(STAGES_AFTER_RENAME.has(stage) ? step.expected : before);
      expectOwned(found, `at ${where}`);
      expect(await leftoversIn(folder), `at ${where}`).toEqual([]);
    }
    await rm(clean, { recursive: true });
    await carryOutTwice(folder, step, `seed ${seed}, step ${position}`);
    before = step.expected;
  }
  await rm(folder, { recursive: true });
  return { writes: plan.length, kills, leftovers };
}

/** All steps in one process, which dies some milliseconds after one of its acknowledgements. */
async function killAtRandom(seed: number): Promise<{ wasKilled: boolean; acknowledged: number; found: number }> {
  const plan = createWritePlan(seed);
  const folder = join(root, `random-${seed}`);
  const random = createRandom(seed);
  const afterAcknowledged = 1 + random.below(plan.length - 1);
  const died = await runWriter({
    folder,
    seed,
    first: 0,
    end: plan.length,
    stage: "",
    kill: { afterAcknowledged, delayMs: random.next() * MAX_LIFE_MS },
  });
  const where = `seed ${seed}, killed after ${afterAcknowledged} acknowledgements`;
  expect(died.outcomes, `at ${where}`).toEqual(died.outcomes.map(() => "reached"));
  const acknowledged = died.outcomes.length;
  const found = await storedIn(folder);
  const states = [[], ...plan.map((step) => step.expected)].map((state) => JSON.stringify(state));
  // Acknowledged, or one more that was written but not yet said.
  expect([acknowledged, acknowledged + 1], `at ${where}`).toContain(
    states.indexOf(JSON.stringify(found), acknowledged),
  );
  expectOwned(found, `at ${where}`);
  await rm(folder, { recursive: true });
  return {
    wasKilled: died.signal === "SIGKILL",
    acknowledged,
    found: states.indexOf(JSON.stringify(found), acknowledged),
  };
}

/** What external-dns does after any doubt: it asks again, and the second time nothing is left to do. */
async function carryOutTwice(folder: string, step: WriteStep, where: string): Promise<void> {
  const { store } = await openStore(folder);
  try {
    const engine = engineOver(store);
    expect(await engine.applyChanges(step.changes, unbounded()), `at ${where}`).toMatchObject({ outcome: "reached" });
    expect(await recordsOf(store), `at ${where}`).toEqual(step.expected);
    const { generation } = store.status();
    expect(await engine.applyChanges(step.changes, unbounded()), `at ${where}`).toMatchObject({ outcome: "reached" });
    expect(store.status().generation, `at ${where}`).toBe(generation);
  } finally {
    store.close();
  }
}

/** Every record has its ownership text and every text its record: they are written in one batch. */
function expectOwned(found: readonly string[], where: string): void {
  const texts = new Set<string>();
  const data = new Set<string>();
  for (const line of found) {
    const [name = "", type = ""] = line.split(" ");
    if (type === "TXT") texts.add(name);
    else data.add(`${type.toLowerCase()}-${name}`);
  }
  expect([...texts].sort(), `at ${where}`).toEqual([...data].sort());
}

async function leftoversIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => !LASTING_FILES.has(name));
}

async function putBack(clean: string, folder: string): Promise<void> {
  await rm(folder, { recursive: true });
  await cp(clean, folder, { recursive: true });
}

interface WriterRun {
  readonly folder: string;
  readonly seed: number;
  readonly first: number;
  readonly end: number;
  readonly stage: WriteStage | "";
  readonly kill?: { readonly afterAcknowledged: number; readonly delayMs: number };
}

/** How the process ended, and the outcome of every step that it has acknowledged. */
function runWriter(run: WriterRun): Promise<{ signal: NodeJS.Signals | null; outcomes: readonly string[] }> {
  const args = [run.folder, run.seed, run.first, run.end, run.stage].map(String);
  const child = spawn(process.execPath, [writer, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  let isDoomed = false;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (run.kill === undefined || isDoomed || linesOf(output).length < run.kill.afterAcknowledged) return;
    isDoomed = true;
    setTimeout(() => child.kill("SIGKILL"), run.kill.delayMs);
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (_code, signal) => resolve({ signal, outcomes: linesOf(output) }));
  });
}

function linesOf(output: string): readonly string[] {
  return output.split("\n").slice(0, -1);
}
