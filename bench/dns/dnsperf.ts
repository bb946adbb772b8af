// Runs dnsperf against one server and reads its report.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { spreadOf } from "../figures.ts";
import type { LoadCase } from "./cases.ts";
import { onCore } from "./process.ts";

const run = promisify(execFile);

/** On loopback an answer that takes longer never comes. */
const QUERY_TIMEOUT_SECONDS = 1;
/** Beyond the load itself: starting, waiting for the last answers. */
const GRACE_MS = 10_000;

export interface Load {
  readonly path: string;
  readonly core: number;
  readonly port: number;
  readonly questionFile: string;
  readonly load: LoadCase;
}

export interface LoadReport {
  readonly sent: number;
  readonly completed: number;
  readonly lost: number;
  readonly noError: number;
  readonly nameError: number;
  readonly seconds: number;
  readonly queriesPerSecond: number;
  readonly meanLatencyMs: number;
}

/** Loads the server for about so long; rejects when dnsperf fails or hangs. */
export async function runDnsperf(options: Load, seconds: number): Promise<LoadReport> {
  if (options.load.length === "seconds") return runOnce(options, ["-l", String(seconds)], seconds);
  const reports: LoadReport[] = [];
  while (sum(reports, "seconds") < seconds) reports.push(await runOnce(options, ["-n", "1"], seconds));
  return united(reports);
}

async function runOnce(
  { path, core, port, questionFile, load }: Load,
  length: readonly string[],
  seconds: number,
): Promise<LoadReport> {
  const args = ["-s", "127.0.0.1", "-p", String(port), "-d", questionFile, "-t", String(QUERY_TIMEOUT_SECONDS)];
  const [program, ...rest] = onCore(core, [path, ...args, ...load.arguments, ...length]);
  const { stdout } = await run(program, rest, { timeout: seconds * 1_000 + GRACE_MS, env: { LC_ALL: "C" } });
  return readReport(stdout);
}

function readReport(text: string): LoadReport {
  const figure = (pattern: RegExp): number | undefined => {
    const found = pattern.exec(text)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const needed = (pattern: RegExp): number => {
    const value = figure(pattern);
    if (value === undefined) throw new Error(`no ${pattern.source} in the report of dnsperf:\n${text}`);
    return value;
  };
  return {
    sent: needed(/Queries sent:\s+(\d+)/),
    completed: needed(/Queries completed:\s+(\d+)/),
    lost: needed(/Queries lost:\s+(\d+)/),
    queriesPerSecond: needed(/Queries per second:\s+([\d.]+)/),
    // Codes that never came are not listed.
    noError: figure(/\bNOERROR (\d+)/) ?? 0,
    nameError: figure(/\bNXDOMAIN (\d+)/) ?? 0,
    seconds: needed(/Run time \(s\):\s+([\d.]+)/),
    meanLatencyMs: 1_000 * needed(/Average Latency \(s\):\s+([\d.]+)/),
  };
}

function united(reports: readonly LoadReport[]): LoadReport {
  const completed = sum(reports, "completed");
  const latencyMs = reports.reduce((total, report) => total + report.meanLatencyMs * report.completed, 0);
  return {
    sent: sum(reports, "sent"),
    completed,
    lost: sum(reports, "lost"),
    noError: sum(reports, "noError"),
    nameError: sum(reports, "nameError"),
    seconds: sum(reports, "seconds"),
    // Some pass waits a second for a connection whose SYN was dropped and sent again; that is not the server's speed.
    queriesPerSecond: spreadOf(reports.map((report) => report.queriesPerSecond)).median,
    meanLatencyMs: latencyMs / completed,
  };
}

function sum(reports: readonly LoadReport[], figure: keyof LoadReport): number {
  return reports.reduce((total, report) => total + report[figure], 0);
}
