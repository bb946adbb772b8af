// Prints how long the service takes until its webhook answers and how much memory it holds when idle: from source and as a
// bundle, with a bare Node beside it, all in one run. Linux only: memory is read in /proc. Usage: node bench/start.ts [RUNS]

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freeTcpPort } from "#test/support/free-port.ts";

/** Issue 3: webhook mode with the bundle. */
const GOAL = { label: /^bundle.*, webhook$/u, listeningMs: 500, residentMegabytes: 90 };
const DEFAULT_RUNS = 7;
/** Long enough for lazy set-up and the first collections of garbage to be over. */
const IDLE_MS = 5_000;
/** Fine enough for figures of hundreds, coarse enough not to take a core from what is measured. */
const POLL_MS = 2;
const GIVE_UP_MS = 30_000;
const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** What no program can do without: Node itself with one listener. */
const BARE_PROGRAM = `require("node:http").createServer().listen(process.env.SERVER_PORT, "127.0.0.1");`;

interface Candidate {
  readonly label: string;
  /** What follows `node`. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

interface Figures {
  readonly listeningMs: number;
  readonly residentMegabytes: number;
}

const runs = Number(process.argv[2] ?? DEFAULT_RUNS);
const folder = await mkdtemp(join(tmpdir(), "zonegate-bench-"));
try {
  await compare(await prepareCandidates());
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Candidates take turns, so that a slow minute of the machine meets all of them. */
async function compare(candidates: readonly Candidate[]): Promise<void> {
  const figures = new Map<Candidate, Figures[]>(candidates.map((candidate) => [candidate, []]));
  for (let run = 0; run < runs; run += 1) {
    for (const candidate of candidates) figures.get(candidate)?.push(await measure(candidate));
  }
  print(`Node ${process.version}, medians (ranges) of ${runs} runs, RSS after ${IDLE_MS / 1_000} s idle`);
  print(`${"".padEnd(36)}${"listening, ms".padStart(22)}${"RSS, MB".padStart(22)}`);
  for (const [{ label }, results] of figures) {
    const times = summary(results.map(({ listeningMs }) => listeningMs));
    const memory = summary(results.map(({ residentMegabytes }) => residentMegabytes));
    print(`${label.padEnd(36)}${times.text.padStart(22)}${memory.text.padStart(22)}${verdict(label, times, memory)}`);
  }
}

async function prepareCandidates(): Promise<readonly Candidate[]> {
  const dist = join(folder, "dist");
  const built = spawnSync(process.execPath, [join(ROOT, "tools/build.ts"), dist], { stdio: ["ignore", "ignore", 2] });
  if (built.status !== 0) throw new Error("the bundle could not be built");
  const bare = join(folder, "bare.cjs");
  await writeFile(bare, BARE_PROGRAM);
  const main = join(dist, "main.mjs");
  const programs = [
    { name: "source", args: [join(ROOT, "src/main.ts")], env: {} },
    { name: "bundle", args: [main], env: {} },
    // What the Dockerfile adds.
    { name: "bundle as in the image", args: ["--disable-proto=throw", main], env: { MALLOC_ARENA_MAX: "2" } },
  ];
  const modes = {
    webhook: { ZONEGATE_MODE: "webhook" },
    standalone: { ZONES: "home.example.com", MANIFESTS_DIR: join(ROOT, "examples/homelab"), DNS_LISTEN: "127.0.0.1" },
  };
  return [
    { label: "bare Node", args: [bare], env: {} },
    ...Object.entries(modes).flatMap(([mode, env]) =>
      programs.map((program) => ({
        label: `${program.name}, ${mode}`,
        args: [...program.args, "serve"],
        env: { ...program.env, ...env },
      })),
    ),
  ];
}

async function measure({ label, args, env }: Candidate): Promise<Figures> {
  const dataFolder = join(folder, "data");
  await mkdir(dataFolder, { recursive: true });
  const port = await freeTcpPort();
  const startedMs = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: {
      ...env,
      DATA_DIR: dataFolder,
      SERVER_PORT: `${port}`,
      METRICS_HOST: "127.0.0.1",
      METRICS_PORT: "0",
      DNS_PORT: "0",
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  try {
    await untilListening(child, port, startedMs + GIVE_UP_MS);
    const listeningMs = performance.now() - startedMs;
    await sleep(IDLE_MS);
    return { listeningMs, residentMegabytes: await residentMegabytes(child) };
  } catch (error) {
    throw new Error(`${label} did not start`, { cause: error });
  } finally {
    const hasExited = once(child, "exit");
    if (child.kill("SIGKILL")) await hasExited;
  }
}

async function untilListening(child: ChildProcess, port: number, deadlineMs: number): Promise<void> {
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`exit code ${child.exitCode}`);
    if (performance.now() > deadlineMs) throw new Error(`nothing listens after ${GIVE_UP_MS} ms`);
    await sleep(POLL_MS);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

async function residentMegabytes({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/mu.exec(status)?.[1]) * (1_024 / 1_000_000);
}

interface Summary {
  readonly median: number;
  readonly text: string;
}

function summary(values: readonly number[]): Summary {
  const sorted = values.toSorted((one, other) => one - other);
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  return { median, text: `${median.toFixed(0)} (${sorted[0]?.toFixed(0)}–${sorted.at(-1)?.toFixed(0)})` };
}

function verdict(label: string, times: Summary, memory: Summary): string {
  if (!GOAL.label.test(label)) return "";
  const isMet = times.median <= GOAL.listeningMs && memory.median <= GOAL.residentMegabytes;
  return `  goal ${GOAL.listeningMs} ms, ${GOAL.residentMegabytes} MB: ${isMet ? "met" : "NOT MET"}`;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
