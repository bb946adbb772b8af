// The figures of the watched clusters, read at the moment of a scrape. Labels are bounded: kinds are those of our sources, clusters
// those of the settings.

import type { Counter, Gauge } from "prom-client";
import { METRICS, type MetricDescription } from "./metric-catalogue.ts";

/** How it stands with the clusters that are read. */
export interface ClustersState {
  readonly handlerFailures: number;
  readonly clusters: readonly {
    readonly name: string;
    readonly identity: { readonly state: string };
    readonly kinds: readonly KindState[];
  }[];
}

interface KindState {
  readonly group: string;
  readonly kind: string;
  readonly state: string;
  readonly objects: number;
  /** Unix milliseconds. */
  readonly lastProofAtMs: number | undefined;
  readonly relists: number;
  readonly drift: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly isHeld: boolean;
}

export interface MetricMakers {
  readonly gauge: (metric: MetricDescription) => Gauge;
  readonly counter: (metric: MetricDescription) => Counter;
}

const MS_PER_SECOND = 1_000;

/** A function that sets every figure to what `readState` says; without a cluster nothing is shown. */
export function clustersFiller(
  { gauge, counter }: MetricMakers,
  readState: () => ClustersState | undefined,
  nowMs: () => number,
): () => void {
  const gauges = {
    state: gauge(METRICS.kubernetesState),
    age: gauge(METRICS.kubernetesAge),
    objects: gauge(METRICS.kubernetesObjects),
    held: gauge(METRICS.kubernetesHeld),
    other: gauge(METRICS.kubernetesOtherCluster),
  };
  // Totals that others counted: a counter is set to them by starting anew at each scrape.
  const counters = {
    relists: counter(METRICS.kubernetesRelists),
    drift: counter(METRICS.kubernetesDrift),
    dropped: counter(METRICS.kubernetesDropped),
    handlerFailures: counter(METRICS.kubernetesHandlerFailures),
  };
  const show = (cluster: string, kind: KindState): void => {
    const labels = { cluster, kind: kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}` };
    gauges.state.set({ ...labels, state: kind.state }, 1);
    gauges.objects.set(labels, kind.objects);
    gauges.held.set(labels, kind.isHeld ? 1 : 0);
    if (kind.lastProofAtMs !== undefined) {
      gauges.age.set(labels, Math.max(0, nowMs() - kind.lastProofAtMs) / MS_PER_SECOND);
    }
    counters.relists.inc(labels, kind.relists);
    counters.drift.inc(labels, kind.drift);
    for (const [reason, count] of Object.entries(kind.dropped)) counters.dropped.inc({ ...labels, reason }, count);
  };
  return () => {
    const state = readState();
    if (state === undefined) return;
    for (const metric of [...Object.values(gauges), ...Object.values(counters)]) metric.reset();
    counters.handlerFailures.inc(state.handlerFailures);
    for (const { name, identity, kinds } of state.clusters) {
      gauges.other.set({ cluster: name }, identity.state === "other" ? 1 : 0);
      for (const kind of kinds) show(name, kind);
    }
  };
}
