// The engine under faults, driven by external-dns' own plan and registry over a store in memory with virtual time: random
// sources, random hand edits, one call in five failing. Each sequence is replayed from its seed alone.

import { describe, expect, test } from "vitest";
import { createRandom } from "#test/support/random.ts";
import { EngineWorld } from "./lives/engine-world.ts";
import { FAULT_SHARE, type LifeResult, liveIn } from "./lives/life.ts";
import { liveAll, tooQuiet } from "./lives/prove.ts";

/** `ENGINE_SEQUENCES=10000` is the full proof (docs/reliability.md); the normal run does the bounded version. */
const COUNT = Number(process.env["ENGINE_SEQUENCES"] ?? "500");
const FIRST_SEED = Number(process.env["ENGINE_SEED"] ?? "1");
/** Far above what a life takes on a loaded machine. */
const SLOWEST_LIFE_MS = 200;

describe(`${COUNT} random change sequences from seed ${FIRST_SEED}, ${FAULT_SHARE * 100} % of the calls failing`, () => {
  const timeout = 60_000 + COUNT * SLOWEST_LIFE_MS;
  test("lose nothing, touch nothing foreign, make no duplicate, come to rest, and never end external-dns", {
    timeout,
  }, async () => {
    const lives = await liveAll(live, { title: "engine under faults", first: FIRST_SEED, count: COUNT });
    expect(lives.violated).toEqual({});
    expect(tooQuiet(lives, COUNT, { faults: 5, writes: 20 })).toEqual([]);
  });
});

async function live(seed: number): Promise<LifeResult & ReturnType<EngineWorld["counts"]>> {
  const random = createRandom(seed);
  const world = new EngineWorld(random);
  return { ...(await liveIn(world, random)), ...world.counts() };
}
