import { readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { RecordSet } from "#src/domain/record.ts";
import { SYSTEM_CLOCK } from "#src/lib/clock.ts";
import { type Logger, SILENT } from "#src/lib/log.ts";
import { createLocalStore, type LocalStore } from "#src/providers/local/local-store.ts";
import { createRecordFolder, type RecordFolderOptions } from "#src/providers/local/record-folder.ts";
import type { Step } from "#src/providers/provider.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";

interface Opened {
  readonly store: LocalStore;
  readonly commits: (readonly RecordSet[])[];
  readonly logged: string[];
}

async function open(folder: string, more: Partial<RecordFolderOptions> = {}): Promise<Opened> {
  const commits: (readonly RecordSet[])[] = [];
  const logged: string[] = [];
  const log: Logger = { ...SILENT, error: (_fields, event) => logged.push(event) };
  const store = createLocalStore({
    folder: createRecordFolder({ folder, log, nowMs: () => 1_000, ...more }),
    clock: SYSTEM_CLOCK,
    onCommit: (sets) => commits.push(sets),
  });
  await store.load();
  return { store, commits, logged };
}

function create(name: string, target: string, type = "A"): Step {
  return { kind: "create", record: { name, type, target, ttlSeconds: undefined } } as Step;
}

async function contents(store: LocalStore): Promise<readonly string[]> {
  const { records } = await store.list(new AbortController().signal);
  return records.map((record) => `${record.name} ${record.type} ${record.target}`).sort();
}

describe("a record that was acknowledged", () => {
  test("is there after a restart", async () => {
    const folder = await temporaryFolder();
    const { store } = await open(folder);
    await store.apply(create("a.example.com", "192.0.2.1"), unused());
    expect(await contents((await open(folder)).store)).toEqual(["a.example.com A 192.0.2.1"]);
  });

  test("is told to the DNS half once, after it is on disk", async () => {
    const folder = await temporaryFolder();
    const { store, commits } = await open(folder);
    await store.apply(create("a.example.com", "192.0.2.1"), unused());
    expect(commits.at(-1)).toMatchObject([
      { name: "a.example.com", type: "A", targets: ["192.0.2.1"], origin: { kind: "local" } },
    ]);
    expect(commits).toHaveLength(2);
  });

  test("is not served beside an alias of the same name, but kept", async () => {
    const { store, commits } = await open(await temporaryFolder());
    await store.batch?.(
      [create("a.example.com", "b.example.com", "CNAME"), create("a.example.com", '"x"', "TXT")],
      unused(),
    );
    expect(commits.at(-1)?.map((set) => set.type)).toEqual(["CNAME"]);
    expect(await contents(store)).toHaveLength(2);
  });
});

describe("a list asked for before the load", () => {
  const LOADING = { code: "local.loading", retryable: true };

  async function unloaded(folder: string): Promise<LocalStore> {
    return createLocalStore({
      folder: createRecordFolder({ folder, log: SILENT, nowMs: () => 0 }),
      clock: SYSTEM_CLOCK,
      onCommit: () => undefined,
    });
  }

  test("waits for it", async () => {
    const folder = await temporaryFolder();
    await (await open(folder)).store.apply(create("a.example.com", "192.0.2.1"), unused());
    const store = await unloaded(folder);
    const listed = contents(store);
    await store.load();
    expect(await listed).toEqual(["a.example.com A 192.0.2.1"]);
  });

  test("fails when nobody can wait any longer, instead of looking empty", async () => {
    const store = await unloaded(await temporaryFolder());
    const waiting = new AbortController();
    const listed = store.list(waiting.signal);
    waiting.abort();
    await expect(listed).rejects.toMatchObject(LOADING);
    await expect(store.list(waiting.signal)).rejects.toMatchObject(LOADING);
  });

  test("fails at once when the load fails", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "records.jsonl"), "damaged");
    const store = await unloaded(folder);
    const listed = store.list(unused());
    await Promise.all([expect(store.load()).rejects.toThrow("damaged"), expect(listed).rejects.toMatchObject(LOADING)]);
  });
});

describe("a write", () => {
  test("that changes nothing touches no file", async () => {
    const folder = await temporaryFolder();
    const { store, commits } = await open(folder);
    await store.apply(create("a.example.com", "192.0.2.1"), unused());
    const before = await readFile(join(folder, "records.jsonl"), "utf8");
    await store.apply(create("a.example.com", "192.0.2.1"), unused());
    expect(await readFile(join(folder, "records.jsonl"), "utf8")).toBe(before);
    expect(commits).toHaveLength(2);
  });

  test.each(["opened", "written", "synced", "kept"] as const)(
    "that fails when %s is not acknowledged, not seen, and leaves the old state",
    async (stage) => {
      const folder = await temporaryFolder();
      let isFull = false;
      const { store, commits } = await open(folder, {
        onStage: (reached) => {
          if (isFull && reached === stage)
            throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
        },
      });
      await store.apply(create("a.example.com", "192.0.2.1"), unused());
      isFull = true;
      await expect(store.apply(create("b.example.com", "192.0.2.2"), unused())).rejects.toMatchObject({
        code: "local.unwritable",
        retryable: true,
      });
      expect(commits).toHaveLength(2);
      expect(await contents(store)).toEqual(["a.example.com A 192.0.2.1"]);
      expect(await contents((await open(folder)).store)).toEqual(["a.example.com A 192.0.2.1"]);
      expect((await readdir(folder)).filter((name) => name.endsWith(".new"))).toEqual([]);
    },
  );

  test("of a second service in the same folder is noticed and loses nothing", async () => {
    const folder = await temporaryFolder();
    const first = await open(folder);
    const second = await open(folder);
    await first.store.apply(create("a.example.com", "192.0.2.1"), unused());
    await expect(second.store.apply(create("b.example.com", "192.0.2.2"), unused())).rejects.toMatchObject({
      code: "local.changed-on-disk",
    });
    await second.store.apply(create("b.example.com", "192.0.2.2"), unused());
    expect(await contents((await open(folder)).store)).toEqual([
      "a.example.com A 192.0.2.1",
      "b.example.com A 192.0.2.2",
    ]);
  });
});

describe("a damaged file", () => {
  async function damagedFolder(damage: (text: string) => string): Promise<string> {
    const folder = await temporaryFolder();
    const { store } = await open(folder);
    await store.apply(create("a.example.com", "192.0.2.1"), unused());
    await store.apply(create("b.example.com", "192.0.2.2"), unused());
    const path = join(folder, "records.jsonl");
    await writeFile(path, damage(await readFile(path, "utf8")));
    return folder;
  }

  test.each<[string, (text: string) => string]>([
    ["cut short", (text) => text.slice(0, -10)],
    ["with one changed byte", (text) => text.replace("192.0.2.2", "192.0.2.3")],
    ["emptied", () => ""],
    ["replaced by something else", () => "<html>\n"],
    ["with a line missing", (text) => text.split("\n").slice(0, 2).join("\n")],
  ])("%s is put aside, and the generation before it is used, loudly", async (_title, damage) => {
    const folder = await damagedFolder(damage);
    const { store, logged } = await open(folder);
    expect(await contents(store)).toEqual(["a.example.com A 192.0.2.1"]);
    expect(store.status().fallback).toContain("damaged");
    expect(logged).toContain("stored records were damaged, previous generation loaded");
    expect(await readdir(folder)).toContain("records.jsonl.damaged-1000");
    await store.apply(create("c.example.com", "192.0.2.3"), unused());
    expect(await contents((await open(folder)).store)).toHaveLength(2);
  });

  test("is never replaced by nothing: with no intact generation the start is refused with what to do", async () => {
    const folder = await damagedFolder(() => "");
    await writeFile(join(folder, "records.previous.jsonl"), "");
    await expect(open(folder)).rejects.toThrow(/no stored generation .* can be used.*Put a backup in place/s);
  });

  test("of a newer release is refused, not misread", async () => {
    const folder = await damagedFolder((text) => text.replace('"version":1', '"version":2'));
    await expect(open(folder)).rejects.toThrow(/newer Zonegate \(format version 2\)/);
  });
});

describe("a folder", () => {
  test("that cannot be made is refused with the setting to change", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "file"), "");
    await expect(open(join(folder, "file", "data"))).rejects.toThrow(/cannot be written .* set DATA_DIR/);
  });

  test("whose record file is a symlink is refused, not followed", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "elsewhere"), "");
    await symlink(join(folder, "elsewhere"), join(folder, "records.jsonl"));
    await expect(open(folder)).rejects.toThrow(/cannot be read/);
  });
});

function unused(): AbortSignal {
  return new AbortController().signal;
}
