// Programs of other projects that tests measure us against. A missing one is a named skip; with REQUIRE_PEERS=1 (set by
// .ci/run, which installs them) it is a failure, so that CI cannot go green by skipping.

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

/** Where `.ci/run` puts the clients that no Debian package carries. */
const TOOLS_FOLDER = fileURLToPath(new URL("../../.tools/bin", import.meta.url));

/** Absolute path of a program in `.tools/bin`, on PATH or in the folders Debian keeps daemons in. */
export function findPeer(program: string): string | undefined {
  const folders = [TOOLS_FOLDER, ...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

/** Programs that nobody carries for this machine: their tests skip even in CI when nobody put them on PATH. */
const OPTIONAL_PEERS: ReadonlySet<string> = new Set([
  "external-dns",
  ...(process.arch === "x64" ? [] : ["helm", "helm3", "kubectl", "kubectl-1.32"]),
]);

/** A `describe` that hands the peer's path to its tests, or says by name why they did not run. */
export function describeWithPeer(program: string, title: string, suite: (path: string) => void): void {
  const path = findPeer(program);
  if (path !== undefined) {
    describe(title, () => suite(path));
    return;
  }
  if (process.env["REQUIRE_PEERS"] === "1" && !OPTIONAL_PEERS.has(program)) {
    test(`${title}: needs ${program}`, () => {
      expect.fail(`${program} is not installed and REQUIRE_PEERS=1`);
    });
    return;
  }
  test.skip(`${title}: ${program} is not installed`, () => undefined);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
