import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Secret } from "#src/lib/secret.ts";
import { createSecretFile, type SecretFile } from "#src/lib/secret-file.ts";
import { eventually } from "#test/support/eventually.ts";
import { ManualClock } from "#test/support/manual-clock.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";

const POLL_INTERVAL_MS = 15_000;

interface Watched {
  readonly file: SecretFile;
  readonly clock: ManualClock;
  readonly path: string;
  /** Lets one period pass, and the read that follows. */
  readonly poll: () => Promise<void>;
  readonly changes: () => number;
  readonly failures: readonly string[];
}

/** A started one that holds "first"; words are secrets, anything else is not. */
async function watched(): Promise<Watched> {
  const path = join(await temporaryFolder(), "key");
  await writeFile(path, "first\n");
  const clock = new ManualClock();
  const failures: string[] = [];
  let changes = 0;
  let reads = 0;
  const file = createSecretFile({
    path,
    initial: new Secret("first"),
    parse: (text) => {
      reads += 1;
      return /^\w+\n?$/.test(text) ? new Secret(text.trim()) : undefined;
    },
    clock,
    changed: () => {
      changes += 1;
    },
    failed: (reason) => failures.push(reason),
  });
  await file.start();
  onTestFinished(() => file.stop());
  const poll = async (): Promise<void> => {
    const before = reads;
    await clock.advance(POLL_INTERVAL_MS);
    await eventually("a read of the file", () => reads > before);
  };
  return { file, clock, path, poll, changes: () => changes, failures };
}

describe("a secret in a file", () => {
  test("is what it was at the start until the file changes", async () => {
    const { file, poll, changes, failures } = await watched();
    await poll();
    await poll();
    expect(file.current().reveal()).toBe("first");
    expect([changes(), failures]).toEqual([0, []]);
  });

  test("is the new one within 20 s, also when the file was replaced by a rename", async () => {
    const { file, poll, path, changes } = await watched();
    await writeFile(`${path}.new`, "second\n");
    await rename(`${path}.new`, path);
    await poll();
    expect(file.current().reveal()).toBe("second");
    await poll();
    expect(changes()).toBe(1);
  });

  test("is the new one at once for somebody who was refused", async () => {
    const { file, path } = await watched();
    await writeFile(path, "second");
    expect((await file.refresh()).reveal()).toBe("second");
    expect(file.current().reveal()).toBe("second");
  });

  test("goes on when the file is gone, and every failure is told", async () => {
    const { file, path, failures } = await watched();
    await rm(path);
    expect((await file.refresh()).reveal()).toBe("first");
    expect((await file.refresh()).reveal()).toBe("first");
    expect(failures).toEqual(["cannot be read: ENOENT", "cannot be read: ENOENT"]);
  });

  test("goes on when the file holds something else, which is not told", async () => {
    const { file, path, failures } = await watched();
    await writeFile(path, "two words");
    expect((await file.refresh()).reveal()).toBe("first");
    expect(failures).toEqual(["holds no secret of the right form"]);
    await writeFile(path, "second");
    expect((await file.refresh()).reveal()).toBe("second");
  });

  test("is read no more after the stop", async () => {
    const { file, clock, path } = await watched();
    await file.stop();
    await writeFile(path, "second");
    await clock.advance(60_000);
    expect(file.current().reveal()).toBe("first");
  });
});
