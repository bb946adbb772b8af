// The real process, as an operator starts it: a folder of its own, settings by file, environment and flags, free loopback
// ports, and what it says on its outputs. Ended by its pid when the test, or the suite it was started for, is over.

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { z } from "zod";
import type { ServerAddress } from "./dns/clients.ts";
import { eventually } from "./eventually.ts";
import type { RawTarget } from "./raw-http.ts";

export const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));
export const EXAMPLE = join(REPOSITORY, "examples/homelab");
/** Loopback addresses, ports that the system chooses, one event a line. */
const FREE_LISTENERS = {
  LOG_FORMAT: "json",
  DNS_LISTEN: "127.0.0.1",
  DNS_PORT: "0",
  SERVER_PORT: "0",
  METRICS_HOST: "127.0.0.1",
  METRICS_PORT: "0",
};

/** For a line of the log: a start takes many times longer on a machine with a load of sixteen. */
const PATIENCE_MS = 60_000;

export interface ZonegateOptions {
  /** Program and first arguments in place of Node with src/main.ts: the bundle, or the image. */
  readonly command?: readonly [string, ...string[]];
  /** What follows `zonegate` on the command line; `["serve"]` when left out. */
  readonly args?: readonly string[];
  /** Its whole environment, beside or instead of free loopback listeners. */
  readonly env?: Readonly<Record<string, string>>;
  /** Content of `zonegate.yaml` in the folder that the process starts in. */
  readonly file?: string;
  /** The folder it starts in, left there afterwards; a new one that goes with the process when left out. */
  readonly folder?: string;
  /** Called with that folder before the start. */
  readonly prepare?: (folder: string) => Promise<void>;
}

export interface Ended {
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One line of the log. */
type LogEvent = z.infer<typeof EVENT>;
const EVENT = z.looseObject({ level: z.string(), msg: z.string() });

export interface SpawnedZonegate {
  readonly pid: number;
  /** The folder it was started in. */
  readonly folder: string;
  readonly ended: Promise<Ended>;
  /** What was logged so far, oldest first. */
  events(): readonly LogEvent[];
  /** The first event with this message; rejects when the process ends without it. */
  event(msg: string): Promise<LogEvent>;
  signal(name: "SIGINT" | "SIGTERM"): void;
  /** Signals, then waits for the end. */
  stop(name?: "SIGINT" | "SIGTERM"): Promise<Ended>;
  /** Ends it at once, as a power cut does. */
  kill9(): Promise<void>;
}

export interface RunningZonegate extends SpawnedZonegate {
  readonly dns: ServerAddress;
  /** Every loopback address of the webhook. */
  readonly webhooks: readonly RawTarget[];
  /** `http://127.0.0.1:<port>`, as external-dns is told it. */
  readonly webhookUrl: string;
  readonly opsUrl: string;
}

/** Starts the process and waits until it says that it serves; it is ended with the running test. */
export async function startZonegate(options: ZonegateOptions = {}): Promise<RunningZonegate> {
  return untilStarted(await spawnZonegate(options));
}

/** Starts the process without waiting for anything; it is ended with the running test. */
export async function spawnZonegate(options: ZonegateOptions = {}): Promise<SpawnedZonegate> {
  const zonegate = await spawnIn(options);
  onTestFinished(() => cleanUp(zonegate, options));
  return zonegate;
}

/** One process for all tests of the file or `describe` it is called in. */
export function useZonegate(options: ZonegateOptions): () => RunningZonegate {
  let spawned: SpawnedZonegate | undefined;
  let running: RunningZonegate | undefined;
  beforeAll(async () => {
    spawned = await spawnIn(options);
    running = await untilStarted(spawned);
  });
  afterAll(async () => {
    if (spawned !== undefined) await cleanUp(spawned, options);
  });
  return () => {
    if (running === undefined) throw new Error("zonegate does not run outside a test");
    return running;
  };
}

/** For a run that ends by itself. */
export async function runZonegate(options: ZonegateOptions): Promise<Ended> {
  return (await spawnZonegate(options)).ended;
}

async function spawnIn(options: ZonegateOptions): Promise<SpawnedZonegate> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), "zonegate-process-")));
  if (options.file !== undefined) await writeFile(join(folder, "zonegate.yaml"), options.file);
  await options.prepare?.(folder);
  const [program, ...firstArguments] = options.command ?? [process.execPath, join(REPOSITORY, "src/main.ts")];
  const child = spawn(program, [...firstArguments, ...(options.args ?? ["serve"])], {
    cwd: folder,
    env: { ...FREE_LISTENERS, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = collectOutput(child);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode) => resolve({ exitCode, ...output }));
  });
  const events = (): readonly LogEvent[] => readEvents(output.stdout);
  return {
    pid: child.pid ?? 0,
    folder,
    ended,
    events,
    event: (msg) =>
      eventually(
        `"${msg}" in the log`,
        () => {
          const event = events().find((candidate) => candidate.msg === msg);
          if (event === undefined && hasExited(child)) {
            throw new Error(`zonegate ended before "${msg}": ${output.stderr}${output.stdout}`);
          }
          return event;
        },
        PATIENCE_MS,
      ),
    signal: (name) => void child.kill(name),
    stop: (name = "SIGINT") => {
      child.kill(name);
      return ended;
    },
    kill9: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** Grows while the process lives. */
function collectOutput(child: Child): { readonly stdout: string; readonly stderr: string } {
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
    });
  }
  return output;
}

function hasExited({ exitCode, signalCode }: Child): boolean {
  return exitCode !== null || signalCode !== null;
}

const STARTED = z.object({
  dns: z.array(z.object({ address: z.string(), port: z.int() })).min(1),
  webhook: z.array(z.object({ host: z.string(), port: z.int() })).min(1),
  ops: z.array(z.object({ host: z.string(), port: z.int() })).min(1),
});

async function untilStarted(zonegate: SpawnedZonegate): Promise<RunningZonegate> {
  const { dns, webhook, ops } = STARTED.parse(await zonegate.event("started"));
  return {
    ...zonegate,
    dns: dns[0]!,
    webhooks: webhook,
    webhookUrl: `http://127.0.0.1:${webhook[0]!.port}`,
    opsUrl: `http://127.0.0.1:${ops[0]!.port}`,
  };
}

/** Whole lines that are JSON; a person's lines are passed over. */
function readEvents(stdout: string): readonly LogEvent[] {
  const lines = stdout.split("\n").slice(0, -1);
  return lines.filter((line) => line.startsWith("{")).map((line) => EVENT.parse(JSON.parse(line)));
}

async function cleanUp(zonegate: SpawnedZonegate, options: ZonegateOptions): Promise<void> {
  await zonegate.kill9();
  if (options.folder === undefined) await rm(zonegate.folder, { recursive: true, force: true });
}
