// The figures of the process: a prom-client registry made from the catalogue, fed by observers and by readers at scrape time.
// Knows none of the parts it counts for; each part states the observer it wants, and the shapes here fit them.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Clock } from "#src/lib/clock.ts";
import { type CheckpointState, checkpointFiller } from "./checkpoint-metrics.ts";
import { type ClustersState, clustersFiller } from "./cluster-metrics.ts";
import { DNS_METRICS, type DnsMetric } from "./dns-metric-catalogue.ts";
import { METRICS, type MetricDescription } from "./metric-catalogue.ts";

/** What the reading half shows at the moment of a scrape. */
export interface ServingState {
  /** Whether /readyz answers 200. */
  readonly isReady: boolean;
  /** Of every view; `view` is "" for that of everybody. */
  readonly zones: readonly ZoneFigures[];
  /** Problems by code; codes are few and stable. */
  readonly problems: ReadonlyMap<string, number>;
  /** By code, of every view. */
  readonly conflicts: ReadonlyMap<string, number>;
}

interface ZoneFigures {
  readonly view: string;
  readonly zone: string;
  readonly names: number;
  readonly recordSets: number;
}

/** How it stands with a backend on another machine. */
export interface UpstreamState {
  readonly provider: string;
  /** The last request went well. */
  readonly isUp: boolean;
  /** Somebody looks at whom we speak to. */
  readonly isVerified: boolean;
  /** The last request was not refused for the sake of our key. */
  readonly isAuthorized: boolean;
  /** The certificate shown last was the right one. */
  readonly isTrusted: boolean;
}

/** What the writing half holds back, in record sets. */
export interface SyncState {
  readonly provider: string;
  readonly held: number;
  readonly quarantined: number;
  readonly contested: number;
}

export interface MetricsOptions {
  readonly build: { readonly version: string; readonly node: string };
  /** Figures of the data plane by name; totals since the process started. */
  readonly readDnsFigures: () => Readonly<Record<string, number>>;
  readonly readServingState: () => ServingState;
  /** `undefined` without such a backend. */
  readonly readUpstream: () => UpstreamState | undefined;
  /** `undefined` where no cluster is read. */
  readonly readClusters: () => ClustersState | undefined;
  /** `undefined` where no cluster is read. */
  readonly readCheckpoint: () => CheckpointState | undefined;
  /** `undefined` without a writing half. */
  readonly readSync: () => SyncState | undefined;
  /** Whether machines other than this one reach the webhook; fixed at the start. */
  readonly isWebhookExposed: boolean;
  readonly clock: Clock;
}

/** What is told while it happens. Fits the observers of webhook/ and sync/. */
export interface Metrics {
  requestHandled(route: string, statusCode: number, durationMs: number): void;
  bugCaught(): void;
  /** The file of a secret could not be read again; `setting` is its path. */
  secretUnread(setting: string): void;
  listed(provider: string, list: { readonly records: readonly unknown[] }): void;
  stepApplied(provider: string, kind: string): void;
  applied(
    provider: string,
    report: { readonly outcome: string; readonly remaining: number; readonly failures: readonly unknown[] },
  ): void;
  /** Media type of `render`. */
  readonly contentType: string;
  /** The text that Prometheus reads. */
  render(): Promise<string>;
}

/** Values of one label; more become "other", so that no input can make series without end (facts: reliability T23). */
const MAX_LABEL_VALUES = 64;
const OTHER = "other";
/** Zones of all views: one more is the rest. */
const MAX_ZONE_SERIES = 255;
const MS_PER_SECOND = 1_000;

export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  showBuild(registry, options.build);
  gauge(registry, METRICS.webhookExposed).set(options.isWebhookExposed ? 1 : 0);
  const refreshServingState = servingStateFiller(registry, options.readServingState);
  const refreshDnsFigures = dnsFiguresFiller(registry, options.readDnsFigures);
  const refreshUpstream = upstreamFiller(registry, options.readUpstream);
  const refreshClusters = clustersFiller(
    { gauge: (metric) => gauge(registry, metric), counter: (metric) => counter(registry, metric) },
    options.readClusters,
    () => options.clock.nowMs(),
  );
  const refreshCheckpoint = checkpointFiller(
    { gauge: (metric) => gauge(registry, metric), counter: (metric) => counter(registry, metric) },
    options.readCheckpoint,
    () => options.clock.nowMs(),
  );
  const refreshSync = syncFiller(registry, options.readSync);
  const secretFailures = counter(registry, METRICS.secretFailures);
  return {
    ...webhookObserver(registry, options.clock),
    ...syncObserver(registry),
    secretUnread: (setting) => secretFailures.inc({ setting }),
    contentType: registry.contentType,
    render: () => {
      refreshUpstream();
      refreshSync();
      refreshServingState();
      refreshDnsFigures();
      refreshClusters();
      refreshCheckpoint();
      return registry.metrics();
    },
  };
}

function webhookObserver(registry: Registry, clock: Clock): Pick<Metrics, "requestHandled" | "bugCaught"> {
  const requests = counter(registry, METRICS.webhookRequests);
  const duration = histogram(registry, METRICS.webhookDuration);
  const lastSuccess = gauge(registry, METRICS.webhookLastSuccess);
  const bugs = counter(registry, METRICS.bugs);
  return {
    requestHandled: (route, statusCode, durationMs) => {
      requests.inc({ route, code: String(statusCode) });
      duration.observe({ route }, durationMs / MS_PER_SECOND);
      if (statusCode < 300) lastSuccess.set({ route }, clock.nowMs() / MS_PER_SECOND);
    },
    bugCaught: () => bugs.inc(),
  };
}

function syncObserver(registry: Registry): Pick<Metrics, "listed" | "stepApplied" | "applied"> {
  const records = gauge(registry, METRICS.providerRecords);
  const applies = counter(registry, METRICS.applies);
  const steps = counter(registry, METRICS.applySteps);
  const failures = counter(registry, METRICS.applyFailures);
  const remaining = gauge(registry, METRICS.applyRemaining);
  return {
    listed: (provider, list) => records.set({ provider }, list.records.length),
    stepApplied: (provider, kind) => steps.inc({ provider, kind }),
    applied: (provider, report) => {
      applies.inc({ provider, outcome: report.outcome });
      failures.inc({ provider }, report.failures.length);
      remaining.set({ provider }, report.remaining);
    },
  };
}

function showBuild(registry: Registry, build: MetricsOptions["build"]): void {
  gauge(registry, METRICS.buildInfo).set(build, 1);
}

function servingStateFiller(registry: Registry, readState: () => ServingState): () => void {
  const ready = gauge(registry, METRICS.ready);
  const zones = gauge(registry, METRICS.zones);
  const names = gauge(registry, METRICS.names);
  const recordSets = gauge(registry, METRICS.zoneRecords);
  const problems = gauge(registry, METRICS.problems);
  const conflicts = gauge(registry, METRICS.conflicts);
  return () => {
    const state = readState();
    ready.set(state.isReady ? 1 : 0);
    zones.set(state.zones.length);
    setZones(names, state.zones, (zone) => zone.names);
    setZones(recordSets, state.zones, (zone) => zone.recordSets);
    setAll(problems, "code", state.problems);
    setAll(conflicts, "code", state.conflicts);
  };
}

function upstreamFiller(registry: Registry, readUpstream: MetricsOptions["readUpstream"]): () => void {
  const up = gauge(registry, METRICS.upstreamUp);
  const unverified = gauge(registry, METRICS.upstreamUnverified);
  const authorized = gauge(registry, METRICS.upstreamAuthorized);
  const trusted = gauge(registry, METRICS.upstreamTrusted);
  return () => {
    const upstream = readUpstream();
    if (upstream === undefined) return;
    const { provider, isUp, isVerified, isAuthorized, isTrusted } = upstream;
    up.set({ provider }, isUp ? 1 : 0);
    unverified.set({ provider }, isVerified ? 0 : 1);
    authorized.set({ provider }, isAuthorized ? 1 : 0);
    trusted.set({ provider }, isTrusted ? 1 : 0);
  };
}

function syncFiller(registry: Registry, readSync: MetricsOptions["readSync"]): () => void {
  const held = gauge(registry, METRICS.heldDeletions);
  const quarantined = gauge(registry, METRICS.quarantinedRecords);
  const contested = gauge(registry, METRICS.contestedRecords);
  return () => {
    const state = readSync();
    if (state === undefined) return;
    const { provider } = state;
    held.set({ provider }, state.held);
    quarantined.set({ provider }, state.quarantined);
    contested.set({ provider }, state.contested);
  };
}

/** The figures are totals that another thread counted: a counter is set to them by starting anew at each scrape. */
function dnsFiguresFiller(registry: Registry, readFigures: () => Readonly<Record<string, number>>): () => void {
  const shown = DNS_METRICS.map((metric) => ({
    metric,
    target: metric.type === "gauge" ? gauge(registry, metric) : counter(registry, metric),
  }));
  return () => {
    const figures = readFigures();
    for (const { metric, target } of shown) {
      const [label] = metric.labels;
      target.reset();
      for (const [value, figure] of figuresOf(metric, figures)) {
        target.inc(label === undefined ? {} : { [label]: value }, figure);
      }
    }
  };
}

/** Label values and figures that belong to one metric: those that no earlier entry of the catalogue takes. */
function figuresOf(metric: DnsMetric, figures: Readonly<Record<string, number>>): ReadonlyMap<string, number> {
  const own = Object.entries(figures).filter(([name]) => DNS_METRICS.find((one) => covers(one, name)) === metric);
  return boundLabels(new Map(own.map(([name, figure]) => [name.slice(metric.figure.length), figure])));
}

function covers({ figure, labels }: DnsMetric, name: string): boolean {
  return labels.length === 0 ? figure === name : name.startsWith(figure);
}

function setAll(target: Gauge, label: string, values: ReadonlyMap<string, number>): void {
  target.reset();
  for (const [value, figure] of boundLabels(values)) target.set({ [label]: value }, figure);
}

/** Views and zones are those of the settings; together they are bounded like any other label. */
function setZones(target: Gauge, zones: readonly ZoneFigures[], figure: (zone: ZoneFigures) => number): void {
  target.reset();
  for (const zone of zones.slice(0, MAX_ZONE_SERIES)) {
    target.set({ view: zone.view, zone: zone.zone }, figure(zone));
  }
  const rest = zones.slice(MAX_ZONE_SERIES);
  if (rest.length > 0)
    target.set(
      { view: OTHER, zone: OTHER },
      rest.reduce((sum, zone) => sum + figure(zone), 0),
    );
}

function boundLabels(values: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  if (values.size <= MAX_LABEL_VALUES) return values;
  const entries = [...values];
  const rest = entries.slice(MAX_LABEL_VALUES - 1).reduce((sum, [, figure]) => sum + figure, 0);
  return new Map([...entries.slice(0, MAX_LABEL_VALUES - 1), [OTHER, rest]]);
}

function counter(registry: Registry, metric: MetricDescription): Counter {
  return new Counter(configuration(registry, metric));
}

function gauge(registry: Registry, metric: MetricDescription): Gauge {
  return new Gauge(configuration(registry, metric));
}

function histogram(registry: Registry, metric: MetricDescription): Histogram {
  return new Histogram({ ...configuration(registry, metric), buckets: [...(metric.bucketsSeconds ?? [])] });
}

function configuration(registry: Registry, { name, help, labels }: MetricDescription) {
  return { name, help, labelNames: [...labels], registers: [registry] };
}
