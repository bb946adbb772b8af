// The whole process on disks that refuse, each refusal made by the kernel: full, limited, read-only, somebody else's. Nothing
// that was acknowledged goes missing, the caller is told to come back, and it works again without a restart.

import { spawnSync } from "node:child_process";
import { chmod, copyFile, mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decodeRecordFile } from "#src/providers/local/record-file.ts";
import { unbounded } from "#test/support/engine.ts";
import { create, openStore, storedIn } from "#test/support/local-store.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";
import { canMount, serve, serveOnOwnDisk } from "#test/support/zonegate-on-disk.ts";

const EXIT_UNAVAILABLE = 69;
/** The user without rights that every Linux has. */
const NOBODY = 65_534;
const IS_ROOT = process.getuid?.() === 0;
const HAS_PRLIMIT = spawnSync("prlimit", ["--version"], { stdio: "ignore" }).status === 0;
const MEDIA_TYPE = "application/external.dns.webhook+json;version=1";

describe.skipIf(!canMount())("a disk (needs root on Linux for a file system of its own)", () => {
  test("that fills up refuses a change, keeps what it has, and takes it when there is room", async () => {
    const disk = await serveOnOwnDisk();
    expect(await add(disk.url, "a.example.com")).toMatchObject({ status: 204 });
    disk.fill();
    expect(await add(disk.url, "b.example.com")).toMatchObject(refusedFor("ENOSPC"));
    expect(await namesAt(disk.url)).toEqual(["a.example.com"]);
    expect(await namesInFile(disk.path("records.jsonl"))).toEqual(["a.example.com"]);
    await disk.makeRoom();
    expect(await add(disk.url, "b.example.com")).toMatchObject({ status: 204 });
    expect(await namesInFile(disk.path("records.jsonl"))).toEqual(["a.example.com", "b.example.com"]);
  });

  test("that is full at the start serves what it has, says so, and takes changes when there is room", async () => {
    const disk = await serveOnOwnDisk({ seed: await folderWith("a.example.com"), room: "full" });
    expect(disk.process.events()).toContain("data folder found full, changes will be refused");
    expect(await namesAt(disk.url)).toEqual(["a.example.com"]);
    expect(await add(disk.url, "b.example.com")).toMatchObject(refusedFor("ENOSPC"));
    await disk.makeRoom();
    expect(await add(disk.url, "b.example.com")).toMatchObject({ status: 204 });
    expect(await namesInFile(disk.path("records.jsonl"))).toEqual(["a.example.com", "b.example.com"]);
  });

  test("that becomes read-only refuses a change, keeps what it has, and takes it when it is writable", async () => {
    const disk = await serveOnOwnDisk();
    expect(await add(disk.url, "a.example.com")).toMatchObject({ status: 204 });
    disk.setReadOnly();
    expect(await add(disk.url, "b.example.com")).toMatchObject(refusedFor("EROFS"));
    expect(await namesAt(disk.url)).toEqual(["a.example.com"]);
    disk.setWritable();
    expect(await add(disk.url, "b.example.com")).toMatchObject({ status: 204 });
    expect(await namesInFile(disk.path("records.jsonl"))).toEqual(["a.example.com", "b.example.com"]);
  });
});

test.skipIf(!HAS_PRLIMIT)("a limit on file sizes (needs prlimit) refuses a change until it is lifted", async () => {
  const data = await temporaryFolder();
  const zonegate = await serve({ data });
  const url = await zonegate.started();
  expect(await add(url, "a.example.com")).toMatchObject({ status: 204 });
  const path = join(data, "records.jsonl");
  limitFiles(zonegate.pid, String((await stat(path)).size));
  expect(await add(url, "b.example.com")).toMatchObject(refusedFor("EFBIG"));
  expect(await namesInFile(path)).toEqual(["a.example.com"]);
  limitFiles(zonegate.pid, "unlimited");
  expect(await add(url, "b.example.com")).toMatchObject({ status: 204 });
  expect(await namesInFile(path)).toEqual(["a.example.com", "b.example.com"]);
});

test("a data folder that may not be written ends the start with a sentence and exit code 69", async () => {
  const folder = await temporaryFolder();
  await chmod(folder, 0o755);
  const data = join(folder, "data");
  await mkdir(data, { mode: 0o555 });
  const zonegate = await serve({ data, ...(IS_ROOT ? { uid: NOBODY } : {}) });
  const { exitCode, output } = await zonegate.ended;
  expect(output).toContain(`the data folder ${data} cannot be written (EACCES`);
  expect(exitCode).toBe(EXIT_UNAVAILABLE);
});

describe("two processes on one folder", () => {
  test("the second ends with a sentence and exit code 69, the first goes on, and kill -9 frees the folder", async () => {
    const data = await temporaryFolder();
    const first = await serve({ data });
    const url = await first.started();
    const { exitCode, output } = await (await serve({ data })).ended;
    expect(output).toContain(`the data folder ${data} is in use by another Zonegate process`);
    expect(exitCode).toBe(EXIT_UNAVAILABLE);
    expect(await add(url, "a.example.com")).toMatchObject({ status: 204 });
    first.signal("SIGKILL");
    await first.ended;
    expect(await namesAt(await (await serve({ data })).started())).toEqual(["a.example.com"]);
  });

  test("an orderly stop frees the folder", async () => {
    const data = await temporaryFolder();
    const zonegate = await serve({ data });
    await zonegate.started();
    zonegate.signal("SIGINT");
    expect(await zonegate.ended).toMatchObject({ exitCode: 0 });
    expect(await storedIn(data)).toEqual([]);
  });

  // Two containers that share a volume: each is process 1 of its own world.
  test.skipIf(!canMount())("see each other across process namespaces (needs root on Linux)", async () => {
    const data = await temporaryFolder();
    await (await serve({ data })).started();
    const second = await serve({ data, through: ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"] });
    const { exitCode, output } = await second.ended;
    expect(output).toContain("in use by another Zonegate process");
    expect(exitCode).toBe(EXIT_UNAVAILABLE);
  });
});

test("a copy of the record file, taken while it runs, is a backup that another one starts from", async () => {
  const data = await temporaryFolder();
  const url = await (await serve({ data })).started();
  for (const name of ["a.example.com", "b.example.com"]) await add(url, name);
  const backup = await temporaryFolder();
  await copyFile(join(data, "records.jsonl"), join(backup, "records.jsonl"));
  expect(await storedIn(backup)).toEqual(["a.example.com A 192.0.2.1", "b.example.com A 192.0.2.1"]);
  expect(await add(url, "c.example.com")).toMatchObject({ status: 204 });
});

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** 503: external-dns comes back with the same change. */
function refusedFor(code: string): object {
  return { status: 503, text: expect.stringMatching(new RegExp(`${code}.*nothing was changed`)) as unknown };
}

/** POST /records, as external-dns does, with one new record. */
async function add(url: string, dnsName: string): Promise<Answer> {
  const record = { dnsName, recordType: "A", targets: ["192.0.2.1"], labels: { owner: "home" } };
  const answer = await fetch(`${url}/records`, {
    method: "POST",
    headers: { "content-type": MEDIA_TYPE },
    body: JSON.stringify({ Create: [record], UpdateOld: [], UpdateNew: [], Delete: [] }),
  });
  return { status: answer.status, text: await answer.text() };
}

async function namesAt(url: string): Promise<readonly string[]> {
  const answer = await fetch(`${url}/records`, { headers: { accept: MEDIA_TYPE } });
  expect(answer.status).toBe(200);
  const records = (await answer.json()) as readonly { readonly dnsName: string }[];
  return records.map(({ dnsName }) => dnsName).sort();
}

async function namesInFile(path: string): Promise<readonly string[]> {
  const decoded = decodeRecordFile(await readFile(path));
  return decoded.kind === "intact" ? decoded.file.records.map(({ name }) => name) : [decoded.kind];
}

async function folderWith(name: string): Promise<string> {
  const folder = await temporaryFolder();
  const { store } = await openStore(folder);
  await store.apply(create(name, "192.0.2.1"), unbounded());
  store.close();
  return folder;
}

/** The soft limit alone, so that it can be lifted again without rights. */
function limitFiles(pid: number, bytes: string): void {
  const { status, stderr } = spawnSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:`]);
  if (status !== 0) throw new Error(String(stderr));
}
