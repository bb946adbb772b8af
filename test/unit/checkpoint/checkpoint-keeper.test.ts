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
  return contentKnownAt(0, ...lines);
}

function contentKnownAt(knownAtMs: number, ...lines: readonly string[]): CheckpointContent {
  const claims = lines.map((line) => ({ set: recordSet(line), knownAtMs }));
  return {
    clusters: new Map([["", { uid: "uid", absentKinds: [] }]]),
    views: new Map([["", { filters: "", claims }]]),
  };
}

function namesOf(content: CheckpointContent | undefined): readonly string[] {
  return [...(content?.views.values() ?? [])].flatMap(({ claims }) => claims.map(({ set }) => set.name));
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
  test("is found as it was", async () => {
    const first = await keeping();
    await first.keeper.start();
    first.state.content = contentOf("a.example.test 300 A 192.0.2.1", "c.example.test A");
    first.keeper.changed();
    await first.keeper.stop();
    const next = await keeping({ folder: first.folder });
    expect(await next.keeper.restore()).toEqual(first.state.content);
    expect(next.keeper.status()).toEqual({ savedAtMs: 0, failedWrites: 0 });
  });

  test("is not answered where it was not proven for a week, however late it was written", async () => {
    const first = await keeping();
    await first.keeper.start();
    const [old, young] = [
      contentKnownAt(0, "a.example.test A 192.0.2.1"),
      contentKnownAt(7 * DAY_MS, "b.example.test A 192.0.2.1"),
    ];
    const claims = [old, young].flatMap((content) => content.views.get("")?.claims ?? []);
    first.state.content = { ...old, views: new Map([["", { filters: "", claims }]]) };
    first.keeper.changed();
    await first.keeper.stop();
    const clock: Clock = { ...SYSTEM_CLOCK, nowMs: () => 8 * DAY_MS };
    const next = await keeping({ folder: first.folder, clock });
    expect(namesOf(await next.keeper.restore())).toEqual(["b.example.test"]);
    expect(next.state.warnings).toEqual(["checkpoint is too old to be answered"]);
  });

  test("counts as young when the clock went back since", async () => {
    const first = await keeping();
    await first.keeper.start();
    first.state.content = contentKnownAt(90 * DAY_MS, "a.example.test A 192.0.2.1");
    first.keeper.changed();
    await first.keeper.stop();
    const clock: Clock = { ...SYSTEM_CLOCK, nowMs: () => DAY_MS };
    const next = await keeping({ folder: first.folder, clock });
    expect(namesOf(await next.keeper.restore())).toEqual(["a.example.test"]);
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
    expect(namesOf(await next.keeper.restore())).toEqual(["old.example.test"]);
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

  test("nothing worth it yet does not put off what comes a moment later", async () => {
    const { keeper, state, file, clock } = await keeping();
    await keeper.start();
    keeper.changed();
    await new Promise((resolve) => setImmediate(resolve));
    state.content = contentOf("a.example.test A 192.0.2.1");
    keeper.changed();
    const isWritten = await eventually("the write", () => written(file, "a.example.test"));
    expect([isWritten, clock.nowMs()]).toEqual([true, 0]);
    await keeper.stop();
  });

  test("a state that never changes is written again before it looks old", async () => {
    const { keeper, state, file, clock } = await keeping();
    await keeper.start();
    state.content = contentOf("a.example.test A 192.0.2.1");
    keeper.changed();
    await eventually("the first write", () => written(file, '"generation":1'));
    await eventually("the second write", async () => {
      await clock.advance(60_000);
      return written(file, '"generation":2');
    });
    expect(clock.nowMs()).toBeGreaterThan(3_600_000);
    expect(clock.nowMs()).toBeLessThan(DAY_MS);
    await keeper.stop();
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
    expect(keeper.status()).toEqual({ savedAtMs: undefined, failedWrites: 1 });
  });
});
