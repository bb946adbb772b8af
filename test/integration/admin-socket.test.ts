// The admin listener on a real unix socket: whom it makes room for, and whom it does not.

import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { SILENT } from "#src/lib/log.ts";
import { createAdminServer } from "#src/ops/admin-server.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";

/** Starts an admin listener without engines; resolves with the reason when it could not be opened. */
async function openAdmin(socketPath: string): Promise<string | undefined> {
  let reason: string | undefined;
  const keep = (fields: object): void => {
    reason = String(Reflect.get(fields, "reason"));
  };
  const server = createAdminServer({ socketPath, engines: [], setLogLevel() {}, log: { ...SILENT, warn: keep } });
  onTestFinished(() => server.stop());
  await server.start();
  return reason;
}

test("a file that stands at the path is not ours to remove", async () => {
  const path = join(await temporaryFolder(), "records.jsonl");
  await writeFile(path, "somebody's records");
  expect(await openAdmin(path)).toBe("something that is no socket stands there");
  expect(await readFile(path, "utf8")).toBe("somebody's records");
});

test("neither is a folder", async () => {
  const path = join(await temporaryFolder(), "folder");
  await mkdir(path);
  expect(await openAdmin(path)).toBe("something that is no socket stands there");
});

test("nor a socket on which somebody answers", async () => {
  const path = join(await temporaryFolder(), "admin.sock");
  const other = createServer();
  await new Promise<void>((resolve) => {
    other.listen(path, resolve);
  });
  onTestFinished(() => void other.close());
  expect(await openAdmin(path)).toBe("another process listens on it");
  expect((await stat(path)).isSocket()).toBe(true);
});

test("a path longer than a socket's name can be is said, not cut", async () => {
  const path = join(await temporaryFolder(), "a".repeat(120));
  expect(await openAdmin(path)).toContain("longer than 107 bytes");
});
