// A folder of its own for one test, gone afterwards.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Makes a folder; it is removed when the running test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "zonegate-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
