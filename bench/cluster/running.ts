// The two processes of the benchmark: the emulated cluster, and the real Zonegate that reads it over TLS.

import { type ChildProcess, fork, type Serializable } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { ServerAddress } from "#test/support/dns/clients.ts";
import type { ApiServerMessage } from "./api-server.ts";
import type { ThreadMemory } from "./heap-probe.ts";
import { ZONE } from "./objects.ts";

/** Whether all Ingresses have the address of one controller, or each its own. */
export type Addresses = "shared" | "own";

export interface Cluster {
  readonly kubeconfig: string;
  readonly caPem: string;
  readonly token: string;
  /** Changes the address of an Ingress; when it was accepted, by `process.hrtime`, in nanoseconds. */
  change(index: number, address: string): Promise<bigint>;
  stop(): Promise<void>;
}

export interface Zonegate {
  readonly dns: ServerAddress;
  /** Kept in each thread, and resident in all, in bytes. */
  memory(): Promise<{ readonly threads: readonly ThreadMemory[]; readonly resident: number }>;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 120_000;
const THREADS = 2;

export async function startCluster(ingresses: number, addresses: Addresses): Promise<Cluster> {
  const child = fork(sibling("./api-server.ts"), [String(ingresses), addresses], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  endWithUs(child);
  const listening = await message<ApiServerMessage>(child);
  if (listening.kind !== "listening") throw new Error("the cluster spoke out of turn");
  return {
    ...listening,
    change: async (index, address) => {
      const changed = message<ApiServerMessage>(child);
      child.send({ index, address });
      const told = await changed;
      if (told.kind !== "changed") throw new Error("the cluster spoke out of turn");
      return BigInt(told.atNs);
    },
    stop: () => end(child),
  };
}

/** In mode `resolver` from source, with settings of its own in `folder`. */
export async function startZonegate(cluster: Cluster, folder: string): Promise<Zonegate> {
  writeFileSync(join(folder, "kubeconfig"), cluster.kubeconfig);
  const child = fork(sibling("../../src/main.ts"), ["serve"], {
    cwd: folder,
    env: { ...LISTENERS, ZONES: ZONE, DATA_DIR: folder, KUBECONFIG: "kubeconfig", KUBERNETES_ENABLED: "true" },
    execArgv: ["--expose-gc", "--import", sibling("./heap-probe.ts")],
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  endWithUs(child);
  const dns = await untilStarted(child);
  return {
    dns,
    memory: async () => {
      const threads = await memoryOf(child);
      return { threads, resident: residentBytes(child) };
    },
    stop: () => end(child),
  };
}

const LISTENERS = {
  ZONEGATE_MODE: "resolver",
  LOG_FORMAT: "json",
  LAME_DUCK: "0",
  DNS_LISTEN: "127.0.0.1",
  DNS_PORT: "0",
  METRICS_HOST: "127.0.0.1",
  METRICS_PORT: "0",
};

async function untilStarted(child: ChildProcess): Promise<ServerAddress> {
  let output = "";
  const started = Promise.withResolvers<ServerAddress>();
  child.stdout?.on("data", (chunk) => {
    output += String(chunk);
    const line = output
      .split("\n")
      .slice(0, -1)
      .find((text) => text.includes('"msg":"started"'));
    const address = line === undefined ? undefined : (JSON.parse(line).dns?.[0] as ServerAddress);
    if (address === undefined) return;
    // Read on, so that the process never waits for us, but keep nothing.
    child.stdout?.removeAllListeners("data").resume();
    started.resolve(address);
  });
  child.once("exit", (code) => started.reject(new Error(`Zonegate ended with ${code}: ${output}`)));
  return within(started.promise, "Zonegate did not start");
}

function message<T>(child: ChildProcess): Promise<T> {
  const next = once(child, "message").then(([told]: Serializable[]) => told as T);
  return within(next, "a process did not say what it was asked");
}

/** Answers of both threads may come at once. */
async function memoryOf(child: ChildProcess): Promise<readonly ThreadMemory[]> {
  const threads: ThreadMemory[] = [];
  const all = Promise.withResolvers<void>();
  const take = (told: Serializable): void => {
    if (threads.push(told as ThreadMemory) === THREADS) all.resolve();
  };
  child.on("message", take);
  child.send("measure");
  await within(all.promise, "a thread did not say what it holds");
  child.off("message", take);
  return threads;
}

async function within<T>(promise: Promise<T>, problem: string): Promise<T> {
  const timer = new AbortController();
  const timeout = delay(START_TIMEOUT_MS, undefined, { signal: timer.signal }).then(() => {
    throw new Error(problem);
  });
  timeout.catch(() => undefined);
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    timer.abort();
  }
}

function residentBytes({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
}

function endWithUs(child: ChildProcess): void {
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.off("exit", kill));
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  if (child.kill("SIGKILL")) await exited;
}

function sibling(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
