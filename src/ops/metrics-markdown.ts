// docs/metrics.md, made from the catalogue so that it cannot fall behind.

import { METRIC_CATALOGUE, type MetricDescription } from "./metric-catalogue.ts";

/** The whole page. Written by `npm run docs`; a test fails when the file differs. */
export function metricsMarkdown(): string {
  return `${[...INTRODUCTION, ...METRIC_CATALOGUE.map(row), ...CLOSING].join("\n")}\n`;
}

const INTRODUCTION = [
  "# Metrics",
  "",
  "<!-- Made by `npm run docs` from src/ops; a test fails when it is stale. Edit the catalogue, not this page. -->",
  "",
  "Zonegate shows its figures to Prometheus at `/metrics` of the ops listener (port 8080 unless set otherwise). No label",
  "holds a query name, a client address or a host name; zones are named. Every label takes few values.",
  "",
  "| metric | type | labels | meaning |",
  "| --- | --- | --- | --- |",
];

const CLOSING = [
  "",
  "Beside them stand the usual figures of the process: `process_cpu_seconds_total`, `process_resident_memory_bytes`,",
  "`process_open_fds`, `nodejs_eventloop_lag_seconds`, `nodejs_heap_size_used_bytes` and others that begin with `process_` and `nodejs_`.",
];

function row({ name, type, labels, help }: MetricDescription): string {
  const labelText = labels.map((label) => `\`${label}\``).join(", ");
  return `| \`${name}\` | ${type} | ${labelText} | ${help} |`;
}
