// The engine under faults, driven by external-dns' own plan and registry over a store in memory with virtual time: random
// sources, random hand edits, one write in five failing. Each sequence is replayed from its seed alone.

import { describe, expect, test } from "vitest";
import { runSequence, SEQUENCE_FAULTS } from "./engine-sequence.ts";

/** `ENGINE_SEQUENCES=10000` is the full proof (docs/reliability.md); the normal run does the bounded version. */
const SEQUENCES = Number(process.env["ENGINE_SEQUENCES"] ?? "1000");
const FIRST_SEED = Number(process.env["ENGINE_SEED"] ?? "1");

describe(`${SEQUENCES} random change sequences from seed ${FIRST_SEED}, ${SEQUENCE_FAULTS * 100} % of the calls failing`, () => {
  test("lose nothing, touch nothing foreign, make no duplicate, come to rest, and never end external-dns", {
    timeout: 280_000,
  }, async () => {
    const total = { sequences: 0, syncs: 0, writes: 0, faults: 0 };
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEQUENCES; seed += 1) {
      const result = await runSequence(seed);
      expect(result.violations, `seed ${seed}`).toEqual([]);
      total.sequences += 1;
      total.syncs += result.syncs;
      total.writes += result.writes;
      total.faults += result.faults;
    }
    console.info("engine under faults", total);
    expect(total.faults).toBeGreaterThan(SEQUENCES);
  });
});
