import { mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { UnavailableError } from "#src/errors.ts";
import { type Clock, SYSTEM_CLOCK } from "#src/lib/clock.ts";
import { type Logger, SILENT } from "#src/lib/log.ts";
import { createManifestInventory, type ManifestInventory, type ManifestReport } from "#src/manifests/inventory.ts";

/** Time stands still but for the settling after an event: what is seen is seen by watching, never by polling. */
const NO_POLL: Clock = {
  ...SYSTEM_CLOCK,
  sleep: (delayMs, signal) => SYSTEM_CLOCK.sleep(delayMs <= 500 ? delayMs : 3_600_000, signal),
};
/** Polls at once, for changes of which no watcher tells. */
const QUICK_POLL: Clock = {
  ...SYSTEM_CLOCK,
  sleep: (delayMs, signal) => SYSTEM_CLOCK.sleep(Math.min(delayMs, 20), signal),
};

let root: string;
let running: ManifestInventory[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "manifests-"));
});

afterEach(async () => {
  await Promise.all(running.map((inventory) => inventory.stop()));
  running = [];
  await rm(root, { recursive: true, force: true });
});

function manifest(name: string, note = ""): string {
  return `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\n  annotations: { note: "${note}" }\n`;
}

async function put(path: string, text: string): Promise<void> {
  await writeFile(join(root, path), text);
}

/** Starts an inventory and keeps what it tells: `names` is the state somebody has who applied every change. */
async function start(options: { clock?: Clock; log?: Logger; folder?: string } = {}) {
  const state = new Map<string, string>();
  const sent: string[] = [];
  const reports: ManifestReport[] = [];
  const inventory = createManifestInventory({
    folder: options.folder ?? root,
    log: options.log ?? SILENT,
    clock: options.clock ?? NO_POLL,
    onChange: (change) => {
      for (const key of change.deleted) {
        state.delete(key.name);
        sent.push(`-${key.name}`);
      }
      for (const { metadata } of change.upserted) {
        state.set(metadata.name, metadata.annotations["note"] ?? "");
        sent.push(`+${metadata.name}`);
      }
    },
    onReport: (report) => reports.push(report),
  });
  running.push(inventory);
  await inventory.start();
  const shows = (expected: Record<string, string>): Promise<void> =>
    vi.waitFor(() => expect(Object.fromEntries(state)).toEqual(expected), { timeout: 10_000, interval: 20 });
  const reportsProblem = (path: string, text: string): Promise<void> =>
    vi.waitFor(
      () => {
        const problems = inventory.report().problems.filter((each) => each.path === path);
        expect(problems.map((each) => each.problem).join()).toContain(text);
      },
      { timeout: 10_000, interval: 20 },
    );
  return { inventory, state, sent, reports, shows, reportsProblem };
}

describe("the first read", () => {
  test("is complete when start resolves: all endings, all folders, no hidden or other files", async () => {
    await mkdir(join(root, "deep/er"), { recursive: true });
    await mkdir(join(root, ".git"));
    await put("a.yaml", manifest("a"));
    await put("deep/b.yml", manifest("b"));
    await put("deep/er/c.json", JSON.stringify({ apiVersion: "v1", kind: "Service", metadata: { name: "c" } }));
    await put(".git/d.yaml", manifest("d"));
    await put(".e.yaml", manifest("e"));
    await put("README.md", "# no manifest");
    const { state, inventory } = await start();
    expect([...state.keys()]).toEqual(["a", "b", "c"]);
    expect(inventory.report()).toEqual({ folder: root, files: 3, objects: 3, problems: [] });
  });

  test("a missing folder is an error that says what to do", async () => {
    const starting = start({ folder: join(root, "nowhere") });
    await expect(starting).rejects.toThrow(UnavailableError);
    await expect(starting).rejects.toThrow(/nowhere.*create it/);
  });

  test("a file that is no manifest is told and does not hide the others", async () => {
    await put("a.yaml", "a: [");
    await put("b.yaml", manifest("b"));
    const { state, inventory, reports } = await start();
    expect([...state.keys()]).toEqual(["b"]);
    expect(inventory.report().problems).toMatchObject([{ path: "a.yaml", keepsLastGood: false }]);
    expect(reports).toEqual([inventory.report()]);
  });

  test("a link to nowhere and a file too large are told", async () => {
    await symlink(join(root, "nowhere"), join(root, "link.yaml"));
    await put("large.yaml", `#${"x".repeat(4 * 1024 * 1024)}`);
    const { inventory } = await start();
    expect(inventory.report().problems.map((each) => each.path)).toEqual(["large.yaml", "link.yaml"]);
  });

  test("links that lead in circles end", async () => {
    await put("a.yaml", manifest("a"));
    await symlink(root, join(root, "self"));
    const { inventory } = await start();
    expect(inventory.report()).toMatchObject({ objects: 1, problems: [] });
  });
});

describe("changes that watching tells", () => {
  test("a file written in place, a new one, a deleted one", async () => {
    await put("a.yaml", manifest("a", "1"));
    const { shows, sent } = await start();
    await put("a.yaml", manifest("a", "2"));
    await shows({ a: "2" });
    await put("b.yaml", manifest("b"));
    await shows({ a: "2", b: "" });
    await unlink(join(root, "a.yaml"));
    await shows({ b: "" });
    expect(sent).toEqual(["+a", "+a", "+b", "-a"]);
  });

  test("a temporary file renamed over the old one, again and again", async () => {
    await put("a.yaml", manifest("a", "0"));
    const { shows, sent } = await start();
    for (const note of ["1", "2", "3"]) {
      await put("a.yaml.tmp", manifest("a", note));
      await rename(join(root, "a.yaml.tmp"), join(root, "a.yaml"));
      await shows({ a: note });
    }
    expect(sent).toEqual(["+a", "+a", "+a", "+a"]);
  });

  test("a ConfigMap mount whose data folder is swapped", async () => {
    const swapIn = async (version: string): Promise<void> => {
      await mkdir(join(root, `..${version}`));
      await writeFile(join(root, `..${version}`, "a.yaml"), manifest("a", version));
      await symlink(`..${version}`, join(root, "..data_tmp"));
      await rename(join(root, "..data_tmp"), join(root, "..data"));
    };
    await swapIn("v1");
    await symlink("..data/a.yaml", join(root, "a.yaml"));
    const { shows, sent } = await start();
    for (const version of ["v2", "v3"]) {
      await swapIn(version);
      await shows({ a: version });
    }
    expect(sent).toEqual(["+a", "+a", "+a"]);
  });

  test("files in a folder that took the place of another", async () => {
    for (const folder of ["sub", "next"]) await mkdir(join(root, folder));
    await put("sub/a.yaml", manifest("a", "old"));
    const { shows, sent } = await start();
    await put("next/a.yaml.new", manifest("a", "new"));
    await rename(join(root, "next/a.yaml.new"), join(root, "next/a.yaml"));
    await rename(join(root, "sub"), join(root, ".away"));
    await rename(join(root, "next"), join(root, "sub"));
    await shows({ a: "new" });
    await put("sub/a.yaml", manifest("a", "newer"));
    await shows({ a: "newer" });
    expect(sent.at(-1)).toBe("+a");
  });

  test("files in a folder that was made, removed and made again", async () => {
    const { shows, sent } = await start();
    for (const note of ["1", "2"]) {
      await mkdir(join(root, "sub"));
      await put("sub/a.yaml", manifest("a", note));
      await shows({ a: note });
      await rm(join(root, "sub"), { recursive: true });
      await shows({});
    }
    expect(sent).toEqual(["+a", "-a", "+a", "-a"]);
  });

  test("an object that moves to another file is not sent again", async () => {
    await put("a.yaml", manifest("a"));
    const { shows, sent } = await start();
    await put("b.yaml", manifest("a"));
    await unlink(join(root, "a.yaml"));
    await put("c.yaml", manifest("c"));
    await shows({ a: "", c: "" });
    expect(sent).toEqual(["+a", "+c"]);
  });
});

describe("limits", () => {
  test("octets beyond the total are not read, and what was known before stays whatever its name", async () => {
    await put("z.yaml", manifest("z", "1"));
    const { shows, reportsProblem, inventory } = await start();
    for (const path of ["a.yaml", "b.yaml", "c.yaml", "d.yaml"]) await put(path, `#${"x".repeat(4 * 1024 * 1024 - 1)}`);
    await reportsProblem("d.yaml", "not read");
    await put("z.yaml", manifest("z", "2"));
    await shows({ z: "2" });
    await unlink(join(root, "a.yaml"));
    await put("d.yaml", manifest("d"));
    await shows({ z: "2", d: "" });
    expect(inventory.report().problems).toEqual([]);
  });

  test("files beyond the number are not read", async () => {
    const paths = Array.from({ length: 2_001 }, (_, index) => `${String(index).padStart(4, "0")}.yaml`);
    await Promise.all(paths.map((path) => put(path, "# nothing\n")));
    const { inventory } = await start();
    expect(inventory.report()).toMatchObject({ files: 2_000, problems: [{ path: "2000.yaml" }] });
  });
});

describe("last good content", () => {
  test.each([
    ["a fault", "kind: [", "not YAML"],
    ["nothing in it", "", "empty"],
    ["no kind", "some: thing\n", "no kind"],
    ["too much in it", `#${"x".repeat(4 * 1024 * 1024)}`, "larger"],
  ])("stays while the file has %s, and the next good one counts", async (_, text, sentence) => {
    await put("a.yaml", manifest("a", "1"));
    const { shows, reportsProblem, inventory, state } = await start();
    await put("a.yaml", text);
    await reportsProblem("a.yaml", sentence);
    expect(inventory.report().problems).toMatchObject([{ keepsLastGood: true }]);
    expect(state.get("a")).toBe("1");
    await put("a.yaml", manifest("a", "2"));
    await shows({ a: "2" });
    expect(inventory.report().problems).toEqual([]);
  });

  test("stays when a link loses its target, and goes with the link", async () => {
    await put("target.txt", manifest("a"));
    await symlink("target.txt", join(root, "a.yaml"));
    const { shows, reportsProblem, state } = await start();
    await unlink(join(root, "target.txt"));
    await reportsProblem("a.yaml", "cannot be read");
    expect(state.has("a")).toBe(true);
    await unlink(join(root, "a.yaml"));
    await shows({});
  });

  test("stays when the whole folder goes away, and the folder is found again", async () => {
    const folder = join(root, "mount");
    await mkdir(folder);
    await put("mount/a.yaml", manifest("a", "1"));
    const { shows, reportsProblem, state } = await start({ folder, clock: QUICK_POLL });
    await rename(folder, join(root, "away"));
    await reportsProblem("", "cannot be read");
    expect(state.get("a")).toBe("1");
    await mkdir(folder);
    await put("mount/a.yaml", manifest("a", "2"));
    await shows({ a: "2" });
  });

  test("a problem is logged once for each content, however often the folder is looked at", async () => {
    const warned: string[] = [];
    const log: Logger = { ...SILENT, warn: (fields) => warned.push(JSON.stringify(fields)) };
    await put("a.yaml", "kind: [");
    const { shows } = await start({ log, clock: QUICK_POLL });
    await put("b.yaml", manifest("b"));
    await shows({ b: "" });
    expect(warned).toHaveLength(1);
    expect(warned[0]).toContain("a.yaml");
  });
});

test("what no watcher tells is found by polling: another folder behind a link", async () => {
  for (const version of ["v1", "v2"]) {
    await mkdir(join(root, version));
    await put(`${version}/a.yaml`, manifest("a", version));
  }
  await symlink("v1", join(root, "current"));
  const { shows, sent } = await start({ folder: join(root, "current"), clock: QUICK_POLL });
  await symlink("v2", join(root, "next"));
  await rename(join(root, "next"), join(root, "current"));
  await shows({ a: "v2" });
  expect(sent).toEqual(["+a", "+a"]);
});

test("when two files define one object, taking the first away brings the second", async () => {
  await put("a.yaml", manifest("app", "first"));
  await put("b.yaml", manifest("app", "second"));
  const { shows, inventory, state } = await start();
  expect(state.get("app")).toBe("first");
  expect(inventory.report().problems).toMatchObject([{ path: "b.yaml" }]);
  await unlink(join(root, "a.yaml"));
  await shows({ app: "second" });
});

test("a change that somebody failed to take is sent again", async () => {
  let isRefusing = false;
  const taken: string[] = [];
  const inventory = createManifestInventory({
    folder: root,
    log: SILENT,
    clock: QUICK_POLL,
    onChange: (change) => {
      if (isRefusing) {
        isRefusing = false;
        throw new Error("not now");
      }
      taken.push(...change.upserted.map((object) => object.metadata.name));
    },
  });
  running.push(inventory);
  await inventory.start();
  isRefusing = true;
  await put("a.yaml", manifest("a"));
  await vi.waitFor(() => expect(taken).toEqual(["a"]), { timeout: 10_000 });
  expect(isRefusing).toBe(false);
});

test("stop can be called twice, before start too, and nothing is told after it", async () => {
  await createManifestInventory({ folder: root, log: SILENT, onChange: () => undefined }).stop();
  const { inventory, sent } = await start({ clock: QUICK_POLL });
  await inventory.stop();
  await inventory.stop();
  await put("a.yaml", manifest("a"));
  const second = await start();
  expect(second.sent).toEqual(["+a"]);
  expect(sent).toEqual([]);
});
