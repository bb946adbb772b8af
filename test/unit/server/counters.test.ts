import { describe, expect, test } from "vitest";
import { allocateCounters, COUNTER_NAMES, Counters } from "#src/server/counters.ts";

describe("counters in shared memory", () => {
  test("start at zero, all of them", () => {
    const counters = new Counters(allocateCounters());
    expect(Object.keys(counters.readAll())).toEqual([...COUNTER_NAMES]);
    expect(new Set(Object.values(counters.readAll()))).toEqual(new Set([0]));
  });

  test("what one view counts another reads, each figure apart", () => {
    const memory = allocateCounters();
    const worker = new Counters(memory);
    worker.increment("queries.udp");
    worker.increment("queries.udp");
    worker.increment("panics");
    expect(new Counters(memory).readAll()).toMatchObject({ "queries.udp": 2, "queries.tcp": 0, panics: 1 });
  });

  test("a figure that goes up and down shows what was set last", () => {
    const counters = new Counters(allocateCounters());
    counters.set("tcp.open", 5);
    counters.set("tcp.open", 3);
    expect(counters.read("tcp.open")).toBe(3);
  });

  test("a total passes 2^32 without a step back", () => {
    const memory = allocateCounters();
    const counters = new Counters(memory);
    // The first figure stands in the first two words: low, high.
    new Uint32Array(memory).set([2 ** 31 - 2, 1]);
    const totals = [1, 2, 3].map(() => {
      counters.increment(COUNTER_NAMES[0]);
      return counters.read(COUNTER_NAMES[0]);
    });
    expect(totals).toEqual([2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1]);
  });

  test("a thread that died in the middle of a carry leaves a readable total", () => {
    const memory = allocateCounters();
    new Uint32Array(memory).set([2 ** 31, 1]);
    expect(new Counters(memory).read(COUNTER_NAMES[0])).toBe(2 ** 31);
  });
});
