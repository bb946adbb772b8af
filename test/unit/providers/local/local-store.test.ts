import { mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { lockFile } from "#src/providers/local/folder-lock.ts";
import { create, newStore, openStore, recordsOf, storedIn } from "#test/support/local-store.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";

describe("a record that was acknowledged", () => {
  test("is there after a restart", async () => {
    const folder = await temporaryFolder();
    const { store } = await openStore(folder);
    await store.apply(create("a.example.com", "192.0.2.1"), unused());
    store.close();
    expect(await storedIn(folder)).toEqual(["a.example.com A 192.0.2.1"]);
  });

  test("is told to the DNS half once, after it is on disk", async () => {
    const folder = await temporaryFolder();
    const { store, commits } = await openStore(folder);
    await store.apply(create("a.example.com", "192.0.2.1"), unused());
    expect(commits.at(-1)).toMatchObject([
      { name: "a.example.com", type: "A", targets: ["192.0.2.1"], origin: { kind: "local" } },
    ]);
    expect(commits).toHaveLength(2);
  });

  test("is not served beside an alias of the same name, but kept", async () => {
    const { store, commits } = await openStore(await temporaryFolder());
    await store.batch?.(
      [create("a.example.com", "b.example.com", "CNAME"), create("a.example.com", '"x"', "TXT")],
      unused(),
    );
    expect(commits.at(-1)?.map((set) => set.type)).toEqual(["CNAME"]);
    expect(await recordsOf(store)).toHaveLength(2);
  });
});

describe("a list asked for before the load", () => {
  const LOADING = { code: "local.loading", retryable: true };

  test("waits for it", async () => {
    const folder = await temporaryFolder();
    const before = await openStore(folder);
    await before.store.apply(create("a.example.com", "192.0.2.1"), unused());
    before.store.close();
    const { store } = newStore(folder);
    const listed = recordsOf(store);
    await store.load();
    expect(await listed).toEqual(["a.example.com A 192.0.2.1"]);
  });

  test("fails when nobody can wait any longer, instead of looking empty", async () => {
    const { store } = newStore(await temporaryFolder());
    const waiting = new AbortController();
    const listed = store.list(waiting.signal);
    waiting.abort();
    await expect(listed).rejects.toMatchObject(LOADING);
    await expect(store.list(waiting.signal)).rejects.toMatchObject(LOADING);
  });

  test("fails at once when the load fails", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "records.jsonl"), "damaged");
    const { store } = newStore(folder);
    const listed = store.list(unused());
    await Promise.all([expect(store.load()).rejects.toThrow("damaged"), expect(listed).rejects.toMatchObject(LOADING)]);
  });
});

describe("a write", () => {
  test("that changes nothing touches no file", async () => {
    const folder = await temporaryFolder();
    const { store, commits } = await openStore(folder);
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
      const { store, commits } = await openStore(folder, {
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
      expect(await recordsOf(store)).toEqual(["a.example.com A 192.0.2.1"]);
      store.close();
      expect(await storedIn(folder)).toEqual(["a.example.com A 192.0.2.1"]);
      expect((await readdir(folder)).filter((name) => name.endsWith(".new"))).toEqual([]);
    },
  );

  test.each(["renamed", "folder-synced"] as const)(
    "that fails when %s is of unknown end: the disk is read again and shows it",
    async (stage) => {
      const folder = await temporaryFolder();
      let isBroken = true;
      const { store, commits } = await openStore(folder, {
        onStage: (reached) => {
          if (isBroken && reached === stage) throw Object.assign(new Error("i/o error"), { code: "EIO" });
        },
      });
      await expect(store.apply(create("a.example.com", "192.0.2.1"), unused())).rejects.toMatchObject({
        code: "local.in-doubt",
        retryable: true,
      });
      isBroken = false;
      expect(await recordsOf(store)).toEqual(["a.example.com A 192.0.2.1"]);
      expect(commits).toHaveLength(2);
      await store.apply(create("b.example.com", "192.0.2.2"), unused());
      expect(await recordsOf(store)).toHaveLength(2);
    },
  );

  test("whose file was taken away meanwhile stores everything again", async () => {
    const folder = await temporaryFolder();
    const { store, logged } = await openStore(folder);
    await store.apply(create("a.example.com", "192.0.2.1"), unused());
    await rm(join(folder, "records.jsonl"));
    await store.apply(create("b.example.com", "192.0.2.2"), unused());
    expect(logged).toEqual(["record file was gone and is written again"]);
    store.close();
    expect(await storedIn(folder)).toHaveLength(2);
  });

  test("into a folder that is gone fails, and nothing is forgotten", async () => {
    const folder = join(await temporaryFolder(), "data");
    const { store } = await openStore(folder);
    await store.apply(create("a.example.com", "192.0.2.1"), unused());
    await rename(folder, `${folder}.away`);
    await expect(store.apply(create("b.example.com", "192.0.2.2"), unused())).rejects.toMatchObject({
      code: "local.unwritable",
    });
    expect(await recordsOf(store)).toEqual(["a.example.com A 192.0.2.1"]);
    await rename(`${folder}.away`, folder);
    await store.apply(create("b.example.com", "192.0.2.2"), unused());
    expect(await recordsOf(store)).toHaveLength(2);
  });

  test("that would make the file too large to be read again refuses the record, and smaller ones still fit", async () => {
    const folder = await temporaryFolder();
    const { store } = await openStore(folder, { maxFileBytes: 900 });
    const long = create("a.example.com", `"${"x".repeat(250)}" "${"y".repeat(250)}" "${"z".repeat(250)}"`, "TXT");
    await expect(store.apply(long, unused())).rejects.toMatchObject({ code: "local.full", recordType: "TXT" });
    await store.apply(create("b.example.com", "192.0.2.2"), unused());
    expect(await recordsOf(store)).toEqual(["b.example.com A 192.0.2.2"]);
  });

  test("of a record that the next start could not read is refused", async () => {
    const { store } = await openStore(await temporaryFolder());
    await expect(store.apply(create("a.example.com", "not an address"), unused())).rejects.toMatchObject({
      code: "local.unreadable-record",
      recordName: "a.example.com",
    });
    expect(await recordsOf(store)).toEqual([]);
  });

  test("after the store was closed fails and may be tried elsewhere", async () => {
    const { store } = await openStore(await temporaryFolder());
    store.close();
    await expect(store.apply(create("a.example.com", "192.0.2.1"), unused())).rejects.toMatchObject({
      code: "local.closed",
      retryable: true,
    });
  });
});

describe("a folder that another service has", () => {
  test("is refused, and free as soon as that one is closed", async () => {
    const folder = await temporaryFolder();
    const { store } = await openStore(folder);
    await expect(openStore(folder)).rejects.toMatchObject({ code: "local.in-use" });
    await expect(openStore(folder)).rejects.toThrow(/in use by another Zonegate process.*DATA_DIR/);
    store.close();
    (await openStore(folder)).store.close();
  });

  test("is not kept by a start that failed", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "records.jsonl"), "damaged");
    await expect(openStore(folder)).rejects.toThrow(/Put a backup in place/);
    await rm(join(folder, "records.jsonl"));
    expect(await storedIn(folder)).toEqual([]);
  });

  test("is not taken by a start that was stopped meanwhile", async () => {
    const folder = await temporaryFolder();
    const { store } = newStore(folder);
    const loading = store.load();
    store.close();
    await expect(loading).rejects.toMatchObject({ code: "local.closed" });
    expect(await storedIn(folder)).toEqual([]);
  });

  test("is kept until a write that runs when it is closed has ended", async () => {
    const folder = await temporaryFolder();
    const seen: string[] = [];
    const { store } = await openStore(folder, {
      onStage: (stage) => {
        if (stage !== "synced") return;
        store.close();
        seen.push(lockFile(join(folder, "lock")).kind);
      },
    });
    await store.apply(create("a.example.com", "192.0.2.1"), unused());
    expect(seen).toEqual(["taken"]);
    expect(await storedIn(folder)).toEqual(["a.example.com A 192.0.2.1"]);
  });

  // As it is on a network file system without locks: each has a lock file of its own.
  test("unseen is noticed at the next write, loses nothing, and goes on from what is stored", async () => {
    const folder = await temporaryFolder();
    const first = await openStore(folder);
    await rm(join(folder, "lock"));
    const second = await openStore(folder);
    await first.store.apply(create("a.example.com", "192.0.2.1"), unused());
    await expect(second.store.apply(create("b.example.com", "192.0.2.2"), unused())).rejects.toMatchObject({
      code: "local.changed-on-disk",
      retryable: true,
    });
    await second.store.apply(create("b.example.com", "192.0.2.2"), unused());
    expect(await recordsOf(second.store)).toEqual(["a.example.com A 192.0.2.1", "b.example.com A 192.0.2.2"]);
  });

  test("unseen that leaves nothing readable is never taken for empty, and read once it is whole again", async () => {
    const folder = await temporaryFolder();
    const { store, commits } = await openStore(folder);
    await store.apply(create("a.example.com", "192.0.2.1"), unused());
    const path = join(folder, "records.jsonl");
    const whole = await readFile(path);
    await writeFile(path, "damaged");
    await expect(store.apply(create("b.example.com", "192.0.2.2"), unused())).rejects.toMatchObject({
      code: "local.changed-on-disk",
    });
    await expect(recordsOf(store)).rejects.toMatchObject({ code: "local.nothing-intact", retryable: true });
    await rm(path);
    await expect(recordsOf(store)).rejects.toMatchObject({ code: "local.vanished", retryable: true });
    expect(commits).toHaveLength(2);
    await writeFile(path, whole);
    expect(await recordsOf(store)).toEqual(["a.example.com A 192.0.2.1"]);
  });
});

describe("the lock file", () => {
  test("is empty, for its owner only, and the one file beside the records", async () => {
    const folder = await temporaryFolder();
    const { store } = await openStore(folder);
    await store.apply(create("a.example.com", "192.0.2.1"), unused());
    expect((await readdir(folder)).sort()).toEqual(["lock", "records.jsonl"]);
    const { size, mode } = await stat(join(folder, "lock"));
    expect({ size, mode: mode & 0o777 }).toEqual({ size: 0, mode: 0o600 });
  });

  test("with a strange content locks all the same", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "lock"), "something else, long enough to be no header of a database at all");
    const { logged } = await openStore(folder);
    expect(logged).toEqual([]);
    await expect(openStore(folder)).rejects.toMatchObject({ code: "local.in-use" });
  });

  test.each<[string, (path: string) => Promise<unknown>]>([
    ["a folder", (path) => mkdir(path)],
    ["a symlink", (path) => symlink("elsewhere", path)],
  ])("that is %s is left alone, said loudly, and does not take the service down", async (_title, place) => {
    const folder = await temporaryFolder();
    await place(join(folder, "lock"));
    const { store, logged } = await openStore(folder);
    expect(logged).toEqual(["data folder not locked, keep other processes away from it"]);
    await store.apply(create("a.example.com", "192.0.2.1"), unused());
    expect((await readdir(folder)).sort()).toEqual(["lock", "records.jsonl"]);
  });
});

describe("a damaged file", () => {
  async function damagedFolder(damage: (text: string) => string): Promise<string> {
    const folder = await temporaryFolder();
    const { store } = await openStore(folder);
    await store.apply(create("a.example.com", "192.0.2.1"), unused());
    await store.apply(create("b.example.com", "192.0.2.2"), unused());
    store.close();
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
    const { store, logged } = await openStore(folder);
    expect(await recordsOf(store)).toEqual(["a.example.com A 192.0.2.1"]);
    expect(store.status().fallback).toContain("damaged");
    expect(logged).toContain("stored records were damaged, previous generation loaded");
    expect(await readdir(folder)).toContain("records.jsonl.damaged-1000");
    await store.apply(create("c.example.com", "192.0.2.3"), unused());
    store.close();
    expect(await storedIn(folder)).toHaveLength(2);
  });

  test("is never replaced by nothing: with no intact generation the start is refused with what to do", async () => {
    const folder = await damagedFolder(() => "");
    await writeFile(join(folder, "records.previous.jsonl"), "");
    await expect(storedIn(folder)).rejects.toThrow(/no stored generation can be used.*Put a backup in place/s);
  });

  test("that ends the load gives the folder back once: stopping after it is no error", async () => {
    const folder = await damagedFolder(() => "");
    await writeFile(join(folder, "records.previous.jsonl"), "");
    const { store } = newStore(folder);
    await expect(store.load()).rejects.toThrow("no stored generation can be used");
    store.close();
    await expect(storedIn(folder)).rejects.toThrow("no stored generation can be used");
  });

  test("of a newer release is refused, not misread", async () => {
    const folder = await damagedFolder((text) => text.replace('"version":1', '"version":2'));
    await expect(storedIn(folder)).rejects.toThrow(/newer Zonegate \(format version 2\)/);
  });
});

describe("a folder", () => {
  test("that cannot be made is refused with the setting to change", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "file"), "");
    await expect(storedIn(join(folder, "file", "data"))).rejects.toThrow(/cannot be written .* set DATA_DIR/);
  });

  test("whose record file is a symlink is refused, not followed", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "elsewhere"), "");
    await symlink(join(folder, "elsewhere"), join(folder, "records.jsonl"));
    await expect(storedIn(folder)).rejects.toThrow(/cannot be read/);
  });
});

test("leftovers of a process that died while writing are cleared away at the load", async () => {
  const folder = await temporaryFolder();
  for (const name of ["records.jsonl.new", "records.previous.jsonl.new"]) await writeFile(join(folder, name), "half");
  expect(await storedIn(folder)).toEqual([]);
  expect(await readdir(folder)).toEqual(["lock"]);
});

function unused(): AbortSignal {
  return new AbortController().signal;
}
