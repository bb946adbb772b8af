// One server as a process pinned to a core: started in a folder of its own, measured with all its children, ended by its pid.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Setup } from "./servers.ts";

/** sysconf(_SC_CLK_TCK): 100 on every Linux that Node runs on. */
const CLOCK_TICKS_PER_SECOND = 100;
/** From SIGTERM to SIGKILL. */
const STOP_TIMEOUT_MS = 5_000;

/** The command that runs `command` on one core. */
export function onCore(core: number, command: readonly string[]): readonly [string, ...string[]] {
  return ["taskset", "--cpu-list", String(core), ...command];
}

/** A child that this process ends when it ends itself, whatever the way. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #output: string[] = [];
  readonly #killAtExit = (): void => {
    this.#child.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  };

  constructor(setup: Setup, place: { readonly folder: string; readonly core: number }) {
    this.#folder = place.folder;
    mkdirSync(place.folder);
    for (const [name, content] of Object.entries(setup.files)) writeFileSync(join(place.folder, name), content);
    const [program, ...args] = onCore(place.core, setup.command);
    // taskset becomes the program, so the pid is the server's own.
    this.#child = spawn(program, args, { cwd: place.folder, stdio: ["ignore", "pipe", "pipe"] });
    this.#child.on("error", (error) => this.#output.push(error.message));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (chunk) => this.#output.push(String(chunk)));
    }
    process.once("exit", this.#killAtExit);
  }

  /** Everything it has written. */
  get output(): string {
    return this.#output.join("");
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** CPU time so far of the process, its threads and its children, also of those that have ended. */
  cpuSeconds(): number {
    const ticks = this.#tree().flatMap(({ fields }) => fields.slice(UTIME, UTIME + 4).map(Number));
    return ticks.reduce((total, value) => total + value, 0) / CLOCK_TICKS_PER_SECOND;
  }

  /** Memory that is resident, pages shared with others counted in proportion. */
  residentMegabytes(): number {
    const kilobytes = this.#tree().map(({ pid }) => {
      const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
      return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0);
    });
    return kilobytes.reduce((total, value) => total + value, 0) / 1_024;
  }

  async stop(): Promise<void> {
    if (this.isRunning) {
      const exited = once(this.#child, "exit");
      this.#child.kill("SIGTERM");
      const isInTime = await Promise.race([exited.then(() => true), delay(STOP_TIMEOUT_MS, false, { ref: false })]);
      if (!isInTime) {
        this.#child.kill("SIGKILL");
        await exited;
      }
    }
    process.off("exit", this.#killAtExit);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The process and everything below it. */
  #tree(): readonly ProcessStat[] {
    const all = readdirSync("/proc")
      .filter((entry) => /^\d+$/.test(entry))
      .flatMap((pid) => readStat(Number(pid)) ?? []);
    const below = (pid: number): readonly ProcessStat[] =>
      all.filter((stat) => Number(stat.fields[PPID]) === pid).flatMap((stat) => [stat, ...below(stat.pid)]);
    return [...all.filter((stat) => stat.pid === this.#child.pid), ...below(this.#child.pid ?? Number.NaN)];
  }
}

interface ProcessStat {
  readonly pid: number;
  /** Of /proc/PID/stat behind the program's name: proc(5), beginning with field 3. */
  readonly fields: readonly string[];
}

const PPID = 4 - 3;
/** utime, then stime, cutime and cstime: its own and those of children it has waited for. */
const UTIME = 14 - 3;

function readStat(pid: number): ProcessStat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return { pid, fields: text.slice(text.lastIndexOf(")") + 2).split(" ") };
  } catch {
    // It ended between the listing and the reading.
    return undefined;
  }
}
