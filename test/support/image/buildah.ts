// buildah with a store of its own in .cache/, so that nobody's images are touched and the stand-in base is made once.

import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { REPOSITORY } from "../zonegate-process.ts";

export const IMAGE_CACHE = join(REPOSITORY, ".cache/image");

/** Runs buildah with `args` and returns what it wrote to standard output, trimmed; its messages come with a failure. */
export type Buildah = (...args: readonly string[]) => Promise<string>;

/** `program` is buildah's path. Needs root; works without a daemon, a registry and nested namespaces. */
export async function createBuildah(program: string): Promise<Buildah> {
  await mkdir(IMAGE_CACHE, { recursive: true });
  const store = [
    "--storage-driver",
    "vfs",
    "--root",
    join(IMAGE_CACHE, "store"),
    "--runroot",
    join(IMAGE_CACHE, "run"),
  ];
  return (...args) => runProgram(program, [...store, ...args]);
}

export function runProgram(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: REPOSITORY, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.once("error", reject);
    child.once("close", (exitCode) => {
      if (exitCode === 0) resolve(stdout.trim());
      else reject(new Error(`${program} ${args.join(" ")} ended with ${exitCode}:\n${stdout}${stderr}`));
    });
  });
}
