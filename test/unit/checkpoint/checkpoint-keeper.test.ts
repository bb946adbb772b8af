import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createCheckpointFolder } from "#src/checkpoint/checkpoint-folder.ts";
import { type CheckpointContent, createCheckpointKeeper } from "#src/checkpoint/checkpoint-keeper.ts";
import { type Clock, SYSTEM_CLOCK } from "#src/lib/clock.ts";
import { SILENT } from "#src/lib/log.ts";
import { recordSet } from "#test/support/dns/records.ts";
import { eventually } from "#test/support/eventually.ts";
import { ManualClock } from "#test/support/manual-clock.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";

const DAY_MS = 24 * 3_600_000;

function contentOf(...lines: readonly string[]): CheckpointContent {
  return { clusterUids: new Map([["", "uid"]]), filters: new Map(), claims: new Map([["", lines.map(recordSet)]]) };
}

async function written(file: string, text: string): Promise<boolean> {
  try {
    return (await readFile(file, "utf8")).includes(text);
  } catch {
    return false;
  }
}

async function keeping(given: { folder?: string; clock?: Clock } = {}) {
  const folder = given.folder ?? (await temporaryFolder());
  const manual = new ManualClock();
  const clock = given.clock ?? manual;
  const state: { content: CheckpointContent | undefined; warnings: string[] } = { content: undefined, warnings: [] };
  const log = { ...SILENT, warn: (_fields: object, event: string) => void state.warnings.push(event) };
  const keeper = createCheckpointKeeper({
    folder: createCheckpointFolder({ folder, log }),
    clock,
    log,
    collect: () => state.content,
  });
  return { folder, clock: manual, state, keeper, file: join(folder, "checkpoint.jsonl") };
}

describe("what a life leaves to the next", () => {
  test("is answered as stale, for 30 seconds at most", async () => {
    const first = await keeping();
    await first.keeper.start();
    first.state.content = contentOf(
      "a.example.test 300 A 192.0.2.1",
      "b.example.test 5 A 192.0.2.2",
      "c.example.test A",
    );
    first.keeper.changed();
    await first.keeper.stop();
    const next = await keeping({ folder: first.folder });
    const restored = await next.keeper.restore();
    expect(restored?.clusterUids.get("")).toBe("uid");
    expect(restored?.claims.get("")?.map(({ name, ttlSeconds, isStale }) => [name, ttlSeconds, isStale])).toEqual([
      ["a.example.test", 30, true],
      ["b.example.test", 5, true],
      ["c.example.test", 30, true],
    ]);
  });

  test("is not answered when it is older than a week", async () => {
    const first = await keeping();
    await first.keeper.start();
    first.state.content = contentOf("a.example.test A 192.0.2.1");
    first.keeper.changed();
    await first.keeper.stop();
    const clock: Clock = { ...SYSTEM_CLOCK, nowMs: () => 8 * DAY_MS };
    const next = await keeping({ folder: first.folder, clock });
    expect(await next.keeper.restore()).toBeUndefined();
    expect(next.state.warnings).toEqual(["checkpoint is too old and is not answered"]);
  });

  test("falls back to the generation before when the file is torn, and to nothing when both are", async () => {
    const { folder, file, keeper, state } = await keeping();
    await keeper.start();
    state.content = contentOf("old.example.test A 192.0.2.1");
    keeper.changed();
    await eventually("the first generation is written", () => written(file, "old.example.test"));
    state.content = contentOf("new.example.test A 192.0.2.1");
    keeper.changed();
    await keeper.stop();
    await writeFile(file, (await readFile(file)).subarray(0, 100));
    const next = await keeping({ folder });
    expect((await next.keeper.restore())?.claims.get("")?.[0]?.name).toBe("old.example.test");
    expect(next.state.warnings).toEqual(["checkpoint not used"]);
    await writeFile(join(folder, "checkpoint.previous.jsonl"), "");
    const last = await keeping({ folder });
    expect(await last.keeper.restore()).toBeUndefined();
  });
});

describe("when it is written", () => {
  test("a state that is not whole never takes the place of a whole one", async () => {
    const { keeper, state, file } = await keeping();
    await keeper.start();
    keeper.changed();
    await keeper.stop();
    await expect(readFile(file)).rejects.toThrow("ENOENT");
    expect(state.warnings).toEqual([]);
  });

  test("many changes are one write in 30 seconds, and the last one is not forgotten", async () => {
    const { keeper, state, file, clock } = await keeping();
    await keeper.start();
    state.content = contentOf("a.example.test A 192.0.2.1");
    keeper.changed();
    await eventually("the first write", () => written(file, "a.example.test"));
    for (const name of ["b", "c", "d"]) {
      state.content = contentOf(`${name}.example.test A 192.0.2.1`);
      keeper.changed();
    }
    expect(await readFile(file, "utf8")).toContain('"generation":1');
    await eventually("the second write", async () => {
      await clock.advance(30_000);
      return written(file, "d.example.test");
    });
    expect(await readFile(file, "utf8")).toContain('"generation":2');
    await keeper.stop();
  });

  test("a state that stays the same is written again after six hours, so that a quiet week does not make it too old", async () => {
    const { keeper, state, file, clock } = await keeping();
    await keeper.start();
    state.content = contentOf("a.example.test A 192.0.2.1");
    keeper.changed();
    await eventually("the first write", () => keeper.savedAtMs === 0);
    await clock.advance(3_600_000);
    keeper.confirmed();
    expect(await written(file, '"generation":1')).toBe(true);
    await clock.advance(5 * 3_600_000);
    keeper.confirmed();
    await keeper.stop();
    expect(await written(file, '"generation":2')).toBe(true);
    expect(keeper.savedAtMs).toBe(6 * 3_600_000);
  });

  test("a folder that cannot be made is one warning, and the service goes on", async () => {
    const parent = await temporaryFolder();
    await writeFile(join(parent, "file"), "");
    const { keeper, state } = await keeping({ folder: join(parent, "file", "below") });
    expect(await keeper.restore()).toBeUndefined();
    state.warnings.length = 0;
    await keeper.start();
    state.content = contentOf("a.example.test A 192.0.2.1");
    keeper.changed();
    await keeper.stop();
    expect(state.warnings).toEqual(["checkpoint not written"]);
  });
});
