// The figures of the last good state on disk and of what is answered from it, read at the moment of a scrape.

import type { MetricMakers } from "./cluster-metrics.ts";
import { METRICS } from "./metric-catalogue.ts";

export interface CheckpointState {
  readonly staleRecordSets: number;
  /** Unix milliseconds of the last proof of the oldest of these; `undefined` where there are none. */
  readonly staleSinceMs: number | undefined;
  /** Unix milliseconds; `undefined` while there is none. */
  readonly savedAtMs: number | undefined;
  readonly failedWrites: number;
}

const MS_PER_SECOND = 1_000;

/** A function that sets every figure to what `readState` says; where no cluster is read nothing is shown. */
export function checkpointFiller(
  { gauge, counter }: MetricMakers,
  readState: () => CheckpointState | undefined,
  nowMs: () => number,
): () => void {
  const records = gauge(METRICS.staleRecords);
  const age = gauge(METRICS.staleAge);
  const saved = gauge(METRICS.checkpointSaved);
  const failures = counter(METRICS.checkpointFailures);
  return () => {
    for (const metric of [records, age, saved, failures]) metric.reset();
    const state = readState();
    if (state === undefined) {
      for (const metric of [records, age, saved, failures]) metric.remove();
      return;
    }
    records.set(state.staleRecordSets);
    age.set(state.staleSinceMs === undefined ? 0 : Math.max(0, nowMs() - state.staleSinceMs) / MS_PER_SECOND);
    if (state.savedAtMs === undefined) saved.remove();
    else saved.set(state.savedAtMs / MS_PER_SECOND);
    failures.inc(state.failedWrites);
  };
}
