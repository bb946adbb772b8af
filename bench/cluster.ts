// From a change in a cluster to the answer that has it, and what is kept of each Ingress: the real process, on an emulated API
// server in another process, over TLS on loopback. Linux only: memory is read in /proc. docs/benchmarks.md explains.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { readCount } from "./arguments.ts";
import { type ChangeTimes, measureChanges, untilAnswered } from "./cluster/changes.ts";
import type { ThreadMemory } from "./cluster/heap-probe.ts";
import { keptObject } from "./cluster/kept-object.ts";
import { hostOf } from "./cluster/objects.ts";
import { type Addresses, startCluster, startZonegate } from "./cluster/running.ts";
import { quantile, spreadOf, spreadText, table } from "./figures.ts";

/** Issue D: of one change among 1,000 objects, and of each Ingress kept. */
const GOALS = { p50Ms: 10, p99Ms: 100, keptBytes: 2_048 };
const MAX_ROUNDS = 20;
const MAX_CHANGES = 2_000;
const USAGE = `usage: npm run bench:cluster -- [--rounds 1…${MAX_ROUNDS}] [--changes 10…${MAX_CHANGES}]`;
const SIZES = [1_000, 10_000] as const;
/** Made before anything is timed: code that was never run is slow once. */
const WARM_UP_CHANGES = 100;
/** Before memory is read: the first checkpoint is still on its way to the disk when the last name is answered, and is not kept. */
const SETTLE_MS = 5_000;

// So that the children are ended too, which happens at the exit.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
const { values } = parseArgs({
  options: { rounds: { type: "string", default: "3" }, changes: { type: "string", default: "300" } },
});
const rounds = readCount(values.rounds, { min: 1, max: MAX_ROUNDS, usage: USAGE });
const changes = readCount(values.changes, { min: 10, max: MAX_CHANGES, usage: USAGE });

interface Run {
  readonly size: number;
  readonly memory: Awaited<ReturnType<Awaited<ReturnType<typeof startZonegate>>["memory"]>>;
  readonly times: ChangeTimes | undefined;
}

console.log(
  `${rounds} rounds of ${changes} changes, Node ${process.versions.node}. Times: min / median / max of the rounds.\n`,
);
const shared: Run[] = [];
for (let round = 0; round < rounds; round += 1) for (const size of SIZES) shared.push(await run(size, "shared"));
console.log(timesTable(shared));
const own: Run[] = [];
for (const size of SIZES) own.push(await run(size, "own"));
console.log(`\n${memoryTable({ "one address for all": shared, "an address for each": own })}`);
const object = keptObject();
console.log(
  `\nAn Ingress comes as ${object.json} bytes of JSON; the object that is kept of it is ${object.kept.toFixed(0)} bytes.`,
);
console.log(
  `Goals: p50 ${GOALS.p50Ms} ms, p99 ${GOALS.p99Ms} ms among ${SIZES[0]}; ${GOALS.keptBytes} bytes kept of each Ingress.`,
);

/** Everything fresh; changes are timed only where all have one address. */
async function run(size: number, addresses: Addresses): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), "zonegate-bench-"));
  const cluster = await startCluster(size, addresses);
  try {
    const zonegate = await startZonegate(cluster, folder);
    try {
      await untilAnswered(zonegate.dns, hostOf(size - 1));
      await setTimeout(SETTLE_MS);
      const memory = await zonegate.memory();
      if (addresses === "own") return { size, memory, times: undefined };
      const warmUp = { ingresses: size, firstChange: 0, changes: WARM_UP_CHANGES };
      await measureChanges(cluster, zonegate.dns, warmUp);
      const measured = { ...warmUp, firstChange: WARM_UP_CHANGES, changes };
      return { size, memory, times: await measureChanges(cluster, zonegate.dns, measured) };
    } finally {
      await zonegate.stop();
    }
  } finally {
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function timesTable(runs: readonly Run[]): string {
  const rows = SIZES.flatMap((size) => {
    const times = runs.flatMap((one) => (one.size === size && one.times !== undefined ? [one.times] : []));
    const titles = { answered: "first answer with it", event: "event at a bare client", query: "one query" } as const;
    return (["answered", "event", "query"] as const).map((what) => [
      `${size} Ingresses: ${titles[what]}`,
      ...[0.5, 0.9, 0.99, 1].map((share) => spreadText(spreadOf(times.map((one) => quantile(one[what], share))), 1)),
    ]);
  });
  return table(["from a change, ms", "p50", "p90", "p99", "max"], rows);
}

/** The difference of the sizes, so that neither code nor settings are counted. */
function memoryTable(kinds: Readonly<Record<string, readonly Run[]>>): string {
  const [small, large] = SIZES;
  const rows = Object.entries(kinds).map(([title, runs]) => {
    const perIngress = (bytesOf: (run: Run) => number): number => {
      const medianAt = (size: number): number => spreadOf(runs.filter((one) => one.size === size).map(bytesOf)).median;
      return (medianAt(large) - medianAt(small)) / (large - small);
    };
    const thread = (name: ThreadMemory["thread"]) => (run: Run) => {
      const found = run.memory.threads.find((one) => one.thread === name);
      return found === undefined ? Number.NaN : found.heap + found.external;
    };
    const [main, dns] = [perIngress(thread("main")), perIngress(thread("dns"))];
    const resident = perIngress(({ memory }) => memory.resident);
    return [title, ...[main, dns, main + dns, resident].map((bytes) => bytes.toFixed(0))];
  });
  return table(["bytes for each Ingress", "main thread", "DNS thread", "kept", "resident"], rows);
}
