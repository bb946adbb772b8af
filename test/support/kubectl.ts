// Runs the real kubectl against the fake API server, with a home folder of its own for its caches.

import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "./temporary-folder.ts";

interface KubectlResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunningKubectl {
  /** What it printed so far. */
  stdout(): string;
  stderr(): string;
  stop(): void;
  readonly result: Promise<KubectlResult>;
}

export interface Kubectl {
  /** `input` is what it reads for `-f -`. */
  run(args: string, input?: string): Promise<KubectlResult>;
  /** For `--watch`; ended with the test. */
  start(args: string): RunningKubectl;
}

/** A kubectl that uses this kubeconfig; inside a running test. */
export async function createKubectl(program: string, kubeconfig: string): Promise<Kubectl> {
  const home = await temporaryFolder();
  const path = join(home, "kubeconfig");
  await writeFile(path, kubeconfig);
  const start = (args: string, input = ""): RunningKubectl => {
    const child = spawn(program, args.split(" "), { env: { HOME: home, KUBECONFIG: path } });
    const printed = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream].setEncoding("utf8").on("data", (text: string) => {
        printed[stream] += text;
      });
    }
    // One that ended already does not read.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    const { promise, resolve, reject } = Promise.withResolvers<KubectlResult>();
    child.once("error", reject);
    child.once("close", (exitCode) => resolve({ exitCode, ...printed }));
    const stop = (): void => void child.kill("SIGKILL");
    onTestFinished(stop);
    return { stdout: () => printed.stdout, stderr: () => printed.stderr, stop, result: promise };
  };
  return { start, run: (args, input) => start(args, input).result };
}
