// One server, one fresh process: checked with every question, warmed up, then measured under each kind of load.

import { setTimeout as delay } from "node:timers/promises";
import { freeUdpPort } from "#test/support/free-port.ts";
import type { Workload } from "../workload.ts";
import { type CaseName, LOAD_CASES } from "./cases.ts";
import { checkAnswers, checkLoad, isAnswering } from "./check.ts";
import { runDnsperf } from "./dnsperf.ts";
import { ServerProcess } from "./process.ts";
import type { Server } from "./servers.ts";

const SERVER_CORE = 0;
const LOAD_CORE = 1;
/** Before each measurement: code that is compiled while it runs needs it, the rest loses nothing. */
const WARM_UP_SECONDS = 1;
/** To read 10,000 records, also on a busy machine. */
const START_TIMEOUT_MS = 20_000;
const START_POLL_MS = 50;

export interface Bench {
  readonly server: Server;
  readonly workload: Workload;
  /** For dnsperf; the questions of the workload in their order. */
  readonly questionFile: string;
  readonly dnsperf: string;
  /** The server's own: made before and removed after. */
  readonly folder: string;
  readonly round: number;
  readonly cases: readonly CaseName[];
  readonly seconds: number;
}

export interface Measurement {
  readonly server: string;
  readonly case: CaseName;
  readonly round: number;
  readonly queriesPerSecond: number;
  readonly meanLatencyMs: number;
  /** Of the server with all its threads and children. */
  readonly cpuMicrosecondsPerQuery: number;
  /** Queries without an answer, of all that were sent. */
  readonly lostShare: number;
  readonly residentMegabytes: number;
}

/** Throws when the server does not start, answers wrong, or dnsperf fails. */
export async function measureServer(bench: Bench): Promise<readonly Measurement[]> {
  const { server, workload, folder, cases } = bench;
  const place = { folder, port: await freeUdpPort(), otherPort: await freeUdpPort() };
  const running = new ServerProcess(server.setup(place, workload.hosts), { folder, core: SERVER_CORE });
  try {
    await untilAnswering(running, place.port, bench);
    if (server.answers) await checkAnswers(place.port, workload.questions);
    const measurements: Measurement[] = [];
    for (const name of cases.filter((each) => server.cases.includes(each))) {
      measurements.push(await measureCase(running, place.port, { ...bench, case: name }));
    }
    return measurements;
  } catch (error) {
    throw new Error(`${server.name} could not be measured; it wrote: ${running.output}`, { cause: error });
  } finally {
    await running.stop();
  }
}

async function measureCase(
  running: ServerProcess,
  port: number,
  bench: Bench & { readonly case: CaseName },
): Promise<Measurement> {
  const { server, workload, questionFile, dnsperf, round } = bench;
  const load = { path: dnsperf, core: LOAD_CORE, port, questionFile, load: LOAD_CASES[bench.case] };
  await runDnsperf(load, WARM_UP_SECONDS);
  const cpuSecondsBefore = running.cpuSeconds();
  const result = await runDnsperf(load, bench.seconds);
  const cpuSeconds = running.cpuSeconds() - cpuSecondsBefore;
  if (server.answers) checkLoad(result, workload.questions);
  return {
    server: server.name,
    case: bench.case,
    round,
    queriesPerSecond: result.queriesPerSecond,
    meanLatencyMs: result.meanLatencyMs,
    cpuMicrosecondsPerQuery: (1e6 * cpuSeconds) / result.completed,
    lostShare: result.lost / result.sent,
    residentMegabytes: running.residentMegabytes(),
  };
}

async function untilAnswering(running: ServerProcess, port: number, { server, workload }: Bench): Promise<void> {
  const [first] = workload.hosts;
  if (first === undefined) throw new Error("a workload without a host");
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  while (!(await isAnswering(port, first, server.answers ? "right" : "anything"))) {
    if (!running.isRunning) throw new Error("it ended");
    if (performance.now() > deadlineMs) throw new Error(`no answer within ${START_TIMEOUT_MS} ms`);
    await delay(START_POLL_MS);
  }
}
