// Replacing a file: whatever goes wrong, and whenever, the file is the old one or the new one, and nothing is left beside it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  isMissing,
  prepareFolder,
  type ReplaceOptions,
  removeLeftovers,
  replaceFile,
  type WriteStage,
} from "#src/lib/atomic-file.ts";

const STAGES: readonly WriteStage[] = ["opened", "written", "synced", "kept", "renamed", "folder-synced"];
const STAGES_WITH_NEW_CONTENT: ReadonlySet<WriteStage> = new Set(["renamed", "folder-synced"]);
const CHILD = fileURLToPath(new URL("../../support/replace-file-child.ts", import.meta.url));

/** The user without rights that every Linux has. */
const NOBODY = 65_534;

let folder = "";
let path = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "atomic-file-"));
  path = join(folder, "records.json");
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("a write that succeeds", () => {
  test("makes the file when there is none, and keeps nothing", async () => {
    await write("first");
    expect(await contents()).toEqual({ "records.json": "first" });
  });

  test("keeps the content before it, and only that one", async () => {
    for (const content of ["first", "second", "third"]) await write(content);
    expect(await contents()).toEqual({ "records.json": "third", "previous.json": "second" });
  });

  test("leaves a shorter content without the tail of the longer one", async () => {
    await write("a long content");
    await write("");
    expect(await contents()).toEqual({ "records.json": "", "previous.json": "a long content" });
  });

  test("passes its stages in order, syncing the content before it takes the name", async () => {
    const seen: WriteStage[] = [];
    await replaceFile(path, bytes("first"), { previousName: "previous.json", onStage: (stage) => seen.push(stage) });
    expect(seen).toEqual(STAGES);
  });

  test("makes files that only their owner may read", async () => {
    await write("first");
    await write("second");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, "previous.json"))).mode & 0o777).toBe(0o600);
  });

  test("never lets the name go missing while the old content is kept", async () => {
    await write("old");
    const seen: string[] = [];
    const reads: Promise<unknown>[] = [];
    const read = (): void => void reads.push(readFile(path, "utf8").then((content) => seen.push(content)));
    await replaceFile(path, bytes("new"), { previousName: "previous.json", onStage: read });
    await Promise.all(reads);
    expect(seen).toHaveLength(STAGES.length);
    expect(seen.every((content) => content === "old" || content === "new")).toBe(true);
  });
});

describe.each(STAGES)("an error at the stage %s", (stage) => {
  const failed = new Error(`failed at ${stage}`);
  const fail = (at: WriteStage): void => {
    if (at === stage) throw failed;
  };
  const failingWrite = (): Promise<void> =>
    replaceFile(path, bytes("new"), { previousName: "previous.json", onStage: fail });

  test("is thrown as it is and leaves the old content or the new, and no temporary file", async () => {
    await write("older");
    await write("old");
    await expect(failingWrite()).rejects.toBe(failed);
    const { "records.json": current, "previous.json": previous, ...others } = await contents();
    expect(current).toBe(STAGES_WITH_NEW_CONTENT.has(stage) ? "new" : "old");
    expect(["older", "old"]).toContain(previous);
    expect(others).toEqual({});
  });

  test("on a first write leaves nothing or the new content", async () => {
    await expect(failingWrite()).rejects.toBe(failed);
    expect(await contents()).toEqual(STAGES_WITH_NEW_CONTENT.has(stage) ? { "records.json": "new" } : {});
  });

  test("does not hinder the next write, which leaves no file of the broken one behind", async () => {
    await write("old");
    await expect(failingWrite()).rejects.toBe(failed);
    await write("newer");
    const { "records.json": current, "previous.json": previous, ...others } = await contents();
    expect(current).toBe("newer");
    expect(previous).toBe(STAGES_WITH_NEW_CONTENT.has(stage) ? "new" : "old");
    expect(others).toEqual({});
  });
});

describe.each(STAGES)("a process killed at the stage %s", (stage) => {
  test("leaves the old content or the new, and the next write clears up", async () => {
    await write("old");
    expect(await killedWrite("new", stage)).toBe("SIGKILL");
    expect(await readFile(path, "utf8")).toBe(STAGES_WITH_NEW_CONTENT.has(stage) ? "new" : "old");
    await write("newer");
    const { "records.json": current, "previous.json": previous, ...others } = await contents();
    expect(current).toBe("newer");
    expect(previous).toBe(STAGES_WITH_NEW_CONTENT.has(stage) ? "new" : "old");
    expect(others).toEqual({});
  });
});

describe("errors of the system", () => {
  test("a folder that is missing is said so", async () => {
    const missing = join(folder, "missing", "records.json");
    await expect(replaceFile(missing, bytes("new"), { previousName: "p" })).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("a folder in the place of the kept file leaves the old content and no temporary file", async () => {
    await write("old");
    await mkdir(join(folder, "in-the-way"));
    await expect(replaceFile(path, bytes("new"), { previousName: "in-the-way" })).rejects.toMatchObject({
      code: "EISDIR",
    });
    expect((await readdir(folder)).sort()).toEqual(["in-the-way", "records.json"]);
    expect(await readFile(path, "utf8")).toBe("old");
  });
});

describe.each(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"])(
  "a file system whose link(2) answers %s",
  (code) => {
    const link = (): Promise<void> => Promise.reject(Object.assign(new Error(`${code}: link`), { code }));
    const linkless = (content: string, more: Partial<ReplaceOptions> = {}): Promise<void> =>
      replaceFile(path, bytes(content), { previousName: "previous.json", link, ...more });

    test("gets a copy of the content before instead", async () => {
      for (const content of ["first", "second", "third"]) await linkless(content);
      expect(await contents()).toEqual({ "records.json": "third", "previous.json": "second" });
      expect((await stat(join(folder, "previous.json"))).mode & 0o777).toBe(0o600);
    });

    test("still has no copy after an error before that, and one after an error later", async () => {
      await linkless("old");
      const failAt = (stage: WriteStage): Promise<void> =>
        linkless("new", {
          onStage: (at) => {
            if (at === stage) throw new Error(stage);
          },
        });
      await expect(failAt("synced")).rejects.toThrow("synced");
      expect(await contents()).toEqual({ "records.json": "old" });
      await expect(failAt("kept")).rejects.toThrow("kept");
      expect(await contents()).toEqual({ "records.json": "old", "previous.json": "old" });
    });
  },
);

test("any other error of link(2) is thrown and leaves the old content and no temporary file", async () => {
  await write("old");
  const link = (): Promise<void> => Promise.reject(Object.assign(new Error("EIO: link"), { code: "EIO" }));
  await expect(replaceFile(path, bytes("new"), { previousName: "previous.json", link })).rejects.toThrow("EIO");
  expect(await contents()).toEqual({ "records.json": "old" });
});

// fs.protected_hardlinks: the kernel refuses a link to a file that is another user's and read-only (data of an older uid).
test.skipIf(process.getuid?.() !== 0)("a file that the kernel lets nobody link (needs root) is copied", async () => {
  await write("old");
  await chmod(path, 0o444);
  await chmod(folder, 0o777);
  expect(await writeAs(NOBODY, "new")).toEqual([0, null]);
  expect(await contents()).toEqual({ "records.json": "new", "previous.json": "old" });
});

describe("a symlink is not followed", () => {
  test("under the temporary name: the write fails, the link is cleared away, the file it points to is untouched", async () => {
    const victim = await plant("records.json.new");
    await expect(write("new")).rejects.toMatchObject({ code: "ELOOP" });
    expect(await readFile(victim, "utf8")).toBe("of somebody else");
    await write("new");
    expect(await readFile(path, "utf8")).toBe("new");
    expect(await readFile(victim, "utf8")).toBe("of somebody else");
  });

  test.each(["records.json", "previous.json", "previous.json.new"])(
    "under the name %s: the link is replaced, the file it points to is untouched",
    async (name) => {
      if (name !== "records.json") await write("old");
      const victim = await plant(name);
      await write("new");
      expect(await readFile(path, "utf8")).toBe("new");
      expect((await stat(path)).isFile()).toBe(true);
      expect(await readFile(victim, "utf8")).toBe("of somebody else");
    },
  );
});

test("removeLeftovers clears what a killed write left, and nothing else", async () => {
  await write("first");
  await write("second");
  for (const name of ["records.json.new", "previous.json.new", "of-somebody.new"])
    await writeFile(join(folder, name), "");
  await removeLeftovers(path, { previousName: "previous.json" });
  expect((await readdir(folder)).sort()).toEqual(["of-somebody.new", "previous.json", "records.json"]);
});

describe("prepareFolder", () => {
  test("makes the folder and those above it, for the owner only, and leaves it empty", async () => {
    const deep = join(folder, "a", "b");
    await prepareFolder(deep);
    expect(await readdir(deep)).toEqual([]);
    expect((await stat(deep)).mode & 0o777).toBe(0o700);
  });

  test("takes a folder that is there and leaves its files alone", async () => {
    await write("first");
    await prepareFolder(folder);
    expect(await contents()).toEqual({ "records.json": "first" });
  });

  test("throws the system's error when a file stands where the folder should", async () => {
    await write("first");
    await expect(prepareFolder(path)).rejects.toMatchObject({ code: "EEXIST" });
  });

  test("does not follow a symlink under its probe's name, and leaves no probe behind", async () => {
    const victim = await plant(".write-probe");
    await expect(prepareFolder(folder)).rejects.toMatchObject({ code: "ELOOP" });
    expect(await readFile(victim, "utf8")).toBe("of somebody else");
    expect(await readdir(folder)).toEqual(["victim"]);
  });
});

test("isMissing knows the error of a missing file from any other", async () => {
  const missing: unknown = await readFile(path).catch((error: unknown) => error);
  const isFolder: unknown = await readFile(folder).catch((error: unknown) => error);
  expect(isMissing(missing)).toBe(true);
  expect(isMissing(isFolder)).toBe(false);
  expect(isMissing("ENOENT")).toBe(false);
});

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

async function write(content: string): Promise<void> {
  await replaceFile(path, bytes(content), { previousName: "previous.json" });
}

/** Every file of the folder with its content. */
async function contents(): Promise<Record<string, string>> {
  const names = await readdir(folder);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "utf8")])),
  );
}

/** The signal that ended a process which wrote up to `stage`. */
async function killedWrite(content: string, stage: WriteStage): Promise<unknown> {
  const child = spawn(process.execPath, [CHILD, path, "previous.json", content, stage], { stdio: "ignore" });
  const [, signal] = await once(child, "exit");
  return signal;
}

/** Exit code and signal of a process of this user that replaces the content. */
async function writeAs(uid: number, content: string): Promise<unknown[]> {
  const child = spawn(process.execPath, [CHILD, path, "previous.json", content], { stdio: "ignore", uid, gid: uid });
  return once(child, "exit");
}

/** A symlink of this name to a file that must stay as it is; returns that file's path. */
async function plant(name: string): Promise<string> {
  const victim = join(folder, "victim");
  await writeFile(victim, "of somebody else");
  await symlink(victim, join(folder, name));
  return victim;
}
