// Zonegate beside NSD, Knot and dnsmasq in one run: the same zone, the same questions, one core for the server and one for the
// load. Prints throughput, latency, loss, CPU time per query, memory, and the ratios to each peer. docs/benchmarks.md explains.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, constants, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findPeer } from "#test/support/peers.ts";
import { readCount } from "./arguments.ts";
import { CASE_NAMES, type CaseName, isCaseName } from "./dns/cases.ts";
import { type Measurement, measureServer } from "./dns/measure.ts";
import { report } from "./dns/report.ts";
import { installedServers } from "./dns/servers.ts";
import { createWorkload } from "./workload.ts";

const MAX_ROUNDS = 50;
const MAX_SECONDS = 60;
const DEFAULT_SEED = 20_261_123;
const USAGE = `usage: npm run bench:dns -- [--rounds 1…${MAX_ROUNDS}] [--seconds 1…${MAX_SECONDS}] [--cases ${CASE_NAMES.join(",")}] [--seed N]`;

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly cases: readonly CaseName[];
  readonly seed: number;
}

try {
  await main(readOptions());
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}

async function main(options: Options): Promise<void> {
  const dnsperf = findPeer("dnsperf");
  if (dnsperf === undefined || findPeer("taskset") === undefined) throw new Error("needs dnsperf and taskset");
  if (availableParallelism() < 2) throw new Error("needs two cores: one for the server, one for the load");
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    // Through `exit`, where whatever runs or lies about is taken away.
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
  const folder = mkdtempSync(join(tmpdir(), "zonegate-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const workload = createWorkload(options.seed);
  const questionFile = join(folder, "questions.txt");
  writeFileSync(questionFile, workload.questions.map(({ name }) => `${name} A\n`).join(""));

  const { servers, missing } = installedServers();
  for (const sentence of missing) console.log(sentence);
  const measurements: Measurement[] = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    // In the reverse order every other time, so that what changes slowly on this machine favours nobody.
    for (const server of round % 2 === 1 ? servers : servers.toReversed()) {
      console.error(`round ${round} of ${options.rounds}: ${server.name}`);
      const bench = { server, workload, questionFile, dnsperf, folder: join(folder, "server"), round, ...options };
      measurements.push(...(await measureServer(bench)));
    }
  }
  console.log(report(measurements, options));
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "3" },
      seconds: { type: "string", default: "2" },
      cases: { type: "string", default: CASE_NAMES.join(",") },
      seed: { type: "string", default: String(DEFAULT_SEED) },
    },
  });
  const cases = values.cases.split(",").filter(isCaseName);
  if (cases.join(",") !== values.cases) throw new Error(USAGE);
  return {
    rounds: readCount(values.rounds, { min: 1, max: MAX_ROUNDS, usage: USAGE }),
    seconds: readCount(values.seconds, { min: 1, max: MAX_SECONDS, usage: USAGE }),
    cases,
    seed: readCount(values.seed, { min: 0, max: 2 ** 32 - 1, usage: USAGE }),
  };
}
