import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createBackupFiles } from "#src/sync/backup-files.ts";
import type { BackupFolder } from "#src/sync/backups.ts";
import { MemoryStore } from "#test/fakes/memory-store.ts";
import { changes, endpoint, withTexts } from "#test/support/endpoints.ts";
import { engineOver, unbounded } from "#test/support/engine.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";
import { createVirtualClock } from "#test/support/virtual-clock.ts";

const HOUR_MS = 3_600_000;
const ONE = endpoint("one.example.com", "A", ["192.0.2.1"]);
const TWO = endpoint("two.example.com", "A", ["192.0.2.2"]);

async function contentsOf(backups: BackupFolder): Promise<readonly (readonly string[])[]> {
  const kept = await Promise.all((await backups.names()).map((name) => backups.read(name)));
  return kept.map((backup) => (backup?.records ?? []).map(({ name, type, target }) => `${name} ${type} ${target}`));
}

describe("a copy of the backend", () => {
  test("is taken before the first write, and at most once an hour, as it was before", async () => {
    const backups = createBackupFiles(await temporaryFolder(), "memory");
    const clock = createVirtualClock();
    const store = new MemoryStore();
    store.seed("nas.example.com", "A", "192.0.2.9", { ttlSeconds: 300 });
    const engine = engineOver(store, { clock, backups });
    await engine.records(unbounded());
    expect(await backups.names()).toEqual([]);
    await engine.applyChanges(changes({ create: withTexts(ONE) }), unbounded());
    await engine.applyChanges(changes({ create: withTexts(TWO) }), unbounded());
    expect(await contentsOf(backups)).toEqual([["nas.example.com A 192.0.2.9"]]);
    clock.advance(HOUR_MS);
    await engine.applyChanges(changes({ delete: withTexts(TWO) }), unbounded());
    const [newest, oldest, ...more] = await contentsOf(backups);
    expect(newest).toHaveLength(5);
    expect(newest).toContain("two.example.com A 192.0.2.2");
    expect([oldest, more]).toEqual([["nas.example.com A 192.0.2.9"], []]);
  });

  test("is not taken for a batch that changes nothing, nor in a dry run", async () => {
    const backups = createBackupFiles(await temporaryFolder(), "memory");
    const store = new MemoryStore();
    await engineOver(store, { backups, writes: "report" }).applyChanges(
      changes({ create: withTexts(ONE) }),
      unbounded(),
    );
    await engineOver(store, { backups }).applyChanges(changes({ delete: withTexts(ONE) }), unbounded());
    expect(await backups.names()).toEqual([]);
  });

  test("keeps its TTL, and a record without one stays without", async () => {
    const backups = createBackupFiles(await temporaryFolder(), "memory");
    const store = new MemoryStore();
    const records = [
      store.seed("a.example.com", "A", "192.0.2.1", { ttlSeconds: 60 }),
      store.seed("b.example.com", "A", "192.0.2.2"),
    ];
    await backups.add({ takenAtMs: 0, records });
    const [name = ""] = await backups.names();
    expect(await backups.read(name)).toEqual({ takenAtMs: 0, records });
  });

  test("that cannot be written stops no change", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "backups"), "in the way");
    const engine = engineOver(new MemoryStore(), { backups: createBackupFiles(folder, "memory") });
    expect(await engine.applyChanges(changes({ create: withTexts(ONE) }), unbounded())).toMatchObject({
      outcome: "reached",
    });
  });

  test("is one of 48: the oldest goes", async () => {
    const folder = await temporaryFolder();
    const backups = createBackupFiles(folder, "memory");
    for (let hour = 0; hour < 50; hour += 1) await backups.add({ takenAtMs: hour * HOUR_MS, records: [] });
    const names = await backups.names();
    expect(names).toHaveLength(48);
    expect(names.at(-1)).toBe("1970-01-01T02-00-00.000Z.json");
    expect(await readdir(join(folder, "backups", "memory"))).toHaveLength(48);
  });

  test("that is torn or somebody else's file is none", async () => {
    const folder = await temporaryFolder();
    const backups = createBackupFiles(folder, "memory");
    await mkdir(join(folder, "backups", "memory"), { recursive: true });
    const torn = "2026-11-27T10-00-00.000Z.json";
    await writeFile(join(folder, "backups", "memory", torn), '{"format":"zonegate-backup","ver');
    await writeFile(join(folder, "secret.json"), "{}");
    expect(await backups.read(torn)).toBeUndefined();
    expect(await backups.read("../../secret.json")).toBeUndefined();
    expect(await backups.read("2026-11-27T11-00-00.000Z.json")).toBeUndefined();
  });
});
