// Programs of other projects that tests measure us against. A missing one is a named skip; with REQUIRE_PEERS=1 (set by
// .ci/run, which installs them) it is a failure, so that CI cannot go green by skipping.

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, test } from "vitest";

/** Absolute path of a program on PATH or in the folders Debian keeps daemons in. */
export function findPeer(program: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

/** Programs that no Debian package carries: their tests skip even in CI when nobody put them on PATH. */
const OPTIONAL_PEERS: ReadonlySet<string> = new Set(["external-dns", "helm", "kubectl"]);

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
