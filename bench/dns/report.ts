// The figures of a run as text: one table a load, then Zonegate's ratios to each other server, formed round by round.

import { type Spread, spreadOf, spreadText, table } from "../figures.ts";
import { type CaseName, LOAD_CASES } from "./cases.ts";
import type { Measurement } from "./measure.ts";
import { ZONEGATE } from "./servers.ts";

export interface RunShape {
  readonly rounds: number;
  readonly seconds: number;
  readonly seed: number;
  readonly cases: readonly CaseName[];
}

/** Markdown. */
export function report(measurements: readonly Measurement[], shape: RunShape): string {
  const { rounds, seconds, seed } = shape;
  const intro =
    `${rounds} rounds of ${seconds} s, seed ${seed}, Node ${process.versions.node}. Every figure: min / median / max of the rounds. ` +
    "Ratios: Zonegate to the other in the same round, above 1 is better for Zonegate; 'per CPU second' is queries served with one second of CPU time.";
  return [intro, ...shape.cases.map((name) => caseReport(name, measurements))].join("\n\n");
}

function caseReport(name: CaseName, all: readonly Measurement[]): string {
  const measurements = all.filter((measurement) => measurement.case === name);
  const servers = [...new Set(measurements.map(({ server }) => server))];
  const of = (server: string): readonly Measurement[] => measurements.filter((each) => each.server === server);
  const figures = table(
    ["server", "1,000 queries/s", "mean latency ms", "CPU µs/query", "lost %", "memory MB"],
    servers.map((server) => figureRow(server, of(server))),
  );
  const ratios = table(
    ["Zonegate to", "queries/s", "queries per CPU second"],
    servers.filter((server) => server !== ZONEGATE).map((server) => ratioRow(of(ZONEGATE), of(server))),
  );
  return `### ${LOAD_CASES[name].title}\n\n${figures}\n\n${ratios}`;
}

function figureRow(server: string, measurements: readonly Measurement[]): readonly string[] {
  const spread = (figure: (measurement: Measurement) => number): Spread => spreadOf(measurements.map(figure));
  return [
    server,
    spreadText(
      spread((each) => each.queriesPerSecond / 1_000),
      1,
    ),
    spreadText(
      spread((each) => each.meanLatencyMs),
      2,
    ),
    spreadText(
      spread((each) => each.cpuMicrosecondsPerQuery),
      2,
    ),
    spreadText(
      spread((each) => each.lostShare * 100),
      2,
    ),
    spread((each) => each.residentMegabytes).median.toFixed(0),
  ];
}

function ratioRow(ours: readonly Measurement[], theirs: readonly Measurement[]): readonly string[] {
  const ratios = (ratio: (our: Measurement, their: Measurement) => number): string => {
    const values = ours.flatMap((our) => {
      const their = theirs.find(({ round }) => round === our.round);
      return their === undefined ? [] : [ratio(our, their)];
    });
    return spreadText(spreadOf(values), 2);
  };
  return [
    theirs[0]?.server ?? "",
    ratios((our, their) => our.queriesPerSecond / their.queriesPerSecond),
    ratios((our, their) => their.cpuMicrosecondsPerQuery / our.cpuMicrosecondsPerQuery),
  ];
}
