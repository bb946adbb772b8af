// The cost of one answer without sockets: respond() beside dns2 and dns-packet, which decode the same queries, look the name up
// in a Map and encode the reply; then what a zone of 10,000 record sets costs to compile and to change. docs/benchmarks.md explains.

import type { HeapProfiler } from "node:inspector";
import { Session } from "node:inspector/promises";
import { parseArgs } from "node:util";
import { buildQuery } from "#test/support/dns/packets.ts";
import { type Codec, codecs } from "./answer/codecs.ts";
import { measureZoneWork } from "./answer/zone-work.ts";
import { readCount } from "./arguments.ts";
import { cpuMicroseconds } from "./cpu-time.ts";
import { checkReply } from "./dns/check.ts";
import { spreadOf, spreadText, table } from "./figures.ts";
import { createWorkload, type Workload } from "./workload.ts";

const MAX_ROUNDS = 100;
const DEFAULT_SEED = 20_261_123;
const USAGE = `usage: npm run bench:answer -- [--rounds 1…${MAX_ROUNDS}] [--seed N]`;
/** Often enough that the compiler has settled before anything is measured. */
const WARM_UP_PASSES = 4;
/** One sample stands for about so many bytes: small beside what one pass of the slowest codec allocates. */
const SAMPLING_INTERVAL_BYTES = 4_096;

try {
  await main();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "9" },
      seed: { type: "string", default: String(DEFAULT_SEED) },
    },
  });
  const rounds = readCount(values.rounds, { min: 1, max: MAX_ROUNDS, usage: USAGE });
  const seed = readCount(values.seed, { min: 0, max: 2 ** 32 - 1, usage: USAGE });
  console.log(`${rounds} rounds, seed ${seed}, Node ${process.versions.node}. Every figure: min / median / max.\n`);
  const workload = createWorkload(seed);
  console.log(await answerTable(workload, rounds));
  console.log(`\n${await measureZoneWork(workload, rounds)}`);
}

async function answerTable(workload: Workload, rounds: number): Promise<string> {
  const queries = workload.questions.map(({ name }, id) => buildQuery({ id, name }));
  const all = codecs(workload);
  for (const codec of all) {
    for (const [index, question] of workload.questions.entries()) checkReply(codec.reply(queries[index]!), question);
    for (let pass = 0; pass < WARM_UP_PASSES; pass += 1) onePass(codec, queries);
  }
  const nanoseconds = new Map<string, number[]>(all.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const codec of round % 2 === 0 ? all : all.toReversed()) {
      const before = cpuMicroseconds();
      onePass(codec, queries);
      nanoseconds.get(codec.name)?.push((1_000 * (cpuMicroseconds() - before)) / queries.length);
    }
  }
  const ours = nanoseconds.get(all[0]!.name) ?? [];
  const rows: string[][] = [];
  for (const codec of all) {
    const theirs = nanoseconds.get(codec.name) ?? [];
    const ratio = spreadOf(theirs.map((value, round) => value / ours[round]!));
    const bytes = await heapBytesPerQuery(codec, queries);
    rows.push([codec.name, spreadText(spreadOf(theirs), 0), spreadText(ratio, 1), bytes.toFixed(0)]);
  }
  return table(["one answer", "CPU ns", "times respond()", "heap bytes allocated"], rows);
}

function onePass(codec: Codec, queries: readonly Uint8Array[]): void {
  for (const query of queries) codec.reply(query);
}

/** From the sampling profiler of V8, with what was collected meanwhile; memory outside the heap is not in it. */
async function heapBytesPerQuery(codec: Codec, queries: readonly Uint8Array[]): Promise<number> {
  const session = new Session();
  session.connect();
  await session.post("HeapProfiler.startSampling", {
    samplingInterval: SAMPLING_INTERVAL_BYTES,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  onePass(codec, queries);
  const { profile } = await session.post("HeapProfiler.stopSampling");
  session.disconnect();
  return bytesBelow(profile.head) / queries.length;
}

function bytesBelow({ selfSize, children }: HeapProfiler.SamplingHeapProfileNode): number {
  return children.reduce((total, child) => total + bytesBelow(child), selfSize);
}
