// The real process for tests of its data folder: started through another program (a user, a namespace, a disk of its own),
// known by its pid. Ended with the running test.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmod, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { eventually } from "./eventually.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
/** Only the writing half, on ports that the system chooses, one event a line. */
const ENVIRONMENT = {
  PATH: process.env["PATH"] ?? "",
  ZONEGATE_MODE: "webhook",
  LOG_FORMAT: "json",
  SERVER_PORT: "0",
  METRICS_HOST: "127.0.0.1",
  METRICS_PORT: "0",
};
/** Room for some dozen records and the two files that a write needs at one time. */
const DISK_SIZE = "64k";
const FILLER = "filler";

export interface ServeOptions {
  /** Its DATA_DIR. */
  readonly data: string;
  /** Program and arguments that start it; the command line is put behind them. */
  readonly through?: readonly string[];
  /** User of the process; needs root. */
  readonly uid?: number;
}

export interface ServeProcess {
  readonly pid: number;
  /** Its exit code (`null` after a signal) and everything it said. */
  readonly ended: Promise<{ readonly exitCode: number | null; readonly output: string }>;
  /** Resolves with the webhook's URL when it serves; rejects when it ends before. */
  started(): Promise<string>;
  /** Messages of the log so far. */
  events(): readonly string[];
  signal(name: "SIGTERM" | "SIGINT" | "SIGKILL"): void;
}

export async function serve({ data, through = [], uid }: ServeOptions): Promise<ServeProcess> {
  const cwd = await temporaryFolder();
  await chmod(cwd, 0o755);
  const [program, ...args] = [...through, process.execPath, MAIN, "serve"];
  const child = spawn(program, args, {
    cwd,
    env: { ...ENVIRONMENT, DATA_DIR: data },
    stdio: ["ignore", "pipe", "pipe"],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const output = collectOutput(child);
  const ended = new Promise<{ exitCode: number | null; output: string }>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode) => resolve({ exitCode, output: output() }));
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return {
    pid: child.pid ?? 0,
    ended,
    started: () => startedAt(child, output),
    events: () => linesOf(output()).map(({ msg }) => msg),
    signal: (name) => void child.kill(name),
  };
}

/** True where a mount namespace with a tmpfs can be made: as root on Linux. */
export function canMount(): boolean {
  const probe = ["--mount", "sh", "-c", "mount -t tmpfs tmpfs /mnt"];
  return process.platform === "linux" && spawnSync("unshare", probe, { stdio: "ignore" }).status === 0;
}

export interface OwnDisk {
  readonly url: string;
  readonly process: ServeProcess;
  /** A path in the data folder as the process sees it. */
  path(name: string): string;
  fill(): void;
  makeRoom(): Promise<void>;
  setReadOnly(): void;
  setWritable(): void;
}

export interface OwnDiskOptions {
  /** A folder whose files stand on the disk before the start. */
  readonly seed?: string;
  /** `full`: not one byte is left at the start. */
  readonly room?: "some" | "full";
}

/** A process whose data folder is a tmpfs in a mount namespace of its own, made by the kernel and gone with the process. */
export async function serveOnOwnDisk({ seed, room = "some" }: OwnDiskOptions = {}): Promise<OwnDisk> {
  const data = await temporaryFolder();
  const script = [
    `mount -t tmpfs -o size=${DISK_SIZE} tmpfs '${data}'`,
    ...(seed === undefined ? [] : [`cp '${seed}'/* '${data}'`]),
    ...(room === "full" ? [fillCommand(data)] : []),
    'exec "$0" "$@"',
  ].join(" && ");
  const process = await serve({ data, through: ["unshare", "--mount", "sh", "-c", script] });
  const url = await process.started();
  const inside = (command: string): void => runInside(process.pid, command);
  const path = (name: string): string => `/proc/${process.pid}/root${join(data, name)}`;
  return {
    url,
    process,
    path,
    fill: () => inside(fillCommand(data)),
    makeRoom: () => rm(path(FILLER)),
    // A read-only view above it: the disk itself cannot be remounted while the lock file is open.
    setReadOnly: () => inside(`mount --bind '${data}' '${data}' && mount -o remount,bind,ro '${data}'`),
    setWritable: () => inside(`umount '${data}'`),
  };
}

/** Writes until the kernel says that there is no room. */
function fillCommand(folder: string): string {
  return `{ cat /dev/zero > '${folder}/${FILLER}' 2> /dev/null; true; }`;
}

function runInside(pid: number, command: string): void {
  const { status, stderr } = spawnSync("nsenter", ["--target", String(pid), "--mount", "sh", "-c", command]);
  if (status !== 0) throw new Error(`${command}: ${String(stderr)}`);
}

function collectOutput(child: ChildProcess): () => string {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  return () => output;
}

const LINE = z.looseObject({ msg: z.string() });

/** Whole lines that are JSON. */
function linesOf(output: string): readonly z.infer<typeof LINE>[] {
  const lines = output.split("\n").slice(0, -1);
  return lines.filter((line) => line.startsWith("{")).map((line) => LINE.parse(JSON.parse(line)));
}

const STARTED = z.object({ webhook: z.array(z.object({ port: z.int() })).min(1) });

async function startedAt(child: ChildProcess, output: () => string): Promise<string> {
  const started = await eventually("the start", () => {
    if (child.exitCode !== null) throw new Error(`it ended before it served: ${output()}`);
    return linesOf(output()).find(({ msg }) => msg === "started");
  });
  return `http://127.0.0.1:${STARTED.parse(started).webhook[0]!.port}`;
}
