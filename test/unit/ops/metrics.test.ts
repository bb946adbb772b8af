import { describe, expect, test } from "vitest";
import { DNS_METRICS } from "#src/ops/dns-metric-catalogue.ts";
import { METRIC_CATALOGUE } from "#src/ops/metric-catalogue.ts";
import { createMetrics, type MetricsOptions, type ServingState } from "#src/ops/metrics.ts";
import { COUNTER_NAMES } from "#src/server/counters.ts";
import { ManualClock } from "#test/support/manual-clock.ts";

const SERVING: ServingState = { isReady: true, zones: [], problems: new Map(), conflicts: new Map() };

function metricsWith(more: Partial<MetricsOptions> = {}) {
  return createMetrics({
    build: { version: "1.2.3", node: "v24.0.0" },
    readDnsFigures: () => ({}),
    readServingState: () => SERVING,
    readUpstream: () => undefined,
    readClusters: () => undefined,
    readCheckpoint: () => undefined,
    readSync: () => undefined,
    isWebhookExposed: false,
    clock: new ManualClock(),
    ...more,
  });
}

async function linesOf(metrics: { render(): Promise<string> }, prefix: string): Promise<readonly string[]> {
  return (await metrics.render()).split("\n").filter((line) => line.startsWith(prefix));
}

describe("the catalogue", () => {
  test("every name is ours, unique and written as Prometheus wants it", () => {
    const names = METRIC_CATALOGUE.map(({ name }) => name);
    expect(names.filter((name) => !/^zonegate_[a-z_]+$/.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  test("counters end in _total, nothing else does", () => {
    const wrong = METRIC_CATALOGUE.filter(({ name, type }) => name.endsWith("_total") !== (type === "counter"));
    expect(wrong).toEqual([]);
  });

  test("every metric of the catalogue is in the registry, and no other of ours", async () => {
    const shown = (await linesOf(metricsWith(), "# HELP zonegate_")).map((line) => line.split(" ")[2]);
    expect(new Set(shown)).toEqual(new Set(METRIC_CATALOGUE.map(({ name }) => name)));
  });

  test("every figure of the data plane has a metric of its own", () => {
    const named = DNS_METRICS.filter(({ figure }) => figure !== "");
    const unnamed = COUNTER_NAMES.filter(
      (name) => !named.some(({ figure }) => figure === name || (figure.endsWith(".") && name.startsWith(figure))),
    );
    expect(unnamed).toEqual([]);
  });
});

describe("figures", () => {
  test("of clusters are shown for each kind, and a kind that changed its state has only the new one", async () => {
    const kind = {
      group: "networking.k8s.io",
      kind: "Ingress",
      state: "watching",
      objects: 3,
      lastProofAtMs: 0,
      relists: 2,
      drift: 0,
      dropped: { stale: 4 },
      isHeld: false,
    };
    const clusters = { handlerFailures: 1, clusters: [{ name: "home", identity: { state: "other" }, kinds: [kind] }] };
    const clock = new ManualClock();
    const metrics = metricsWith({ readClusters: () => clusters, clock });
    await metrics.render();
    await clock.advance(30_000);
    kind.state = "failing";
    const labels = 'cluster="home",kind="Ingress.networking.k8s.io"';
    expect(await linesOf(metrics, "zonegate_kubernetes_")).toEqual([
      `zonegate_kubernetes_kind_state{${labels},state="failing"} 1`,
      `zonegate_kubernetes_last_proof_age_seconds{${labels}} 30`,
      `zonegate_kubernetes_objects{${labels}} 3`,
      `zonegate_kubernetes_list_held{${labels}} 0`,
      'zonegate_kubernetes_other_cluster{cluster="home"} 1',
      `zonegate_kubernetes_relists_total{${labels}} 2`,
      `zonegate_kubernetes_drift_total{${labels}} 0`,
      `zonegate_kubernetes_dropped_events_total{${labels},reason="stale"} 4`,
      "zonegate_kubernetes_handler_failures_total 1",
    ]);
  });

  test("those of the data plane are shown as they stand, scrape after scrape", async () => {
    const figures = { "queries.udp": 5, "replies.NOERROR": 4, "replies.truncated": 1, "tcp.open": 2, "new.thing": 7 };
    const metrics = metricsWith({ readDnsFigures: () => figures });
    await metrics.render();
    figures["queries.udp"] = 9;
    expect(await linesOf(metrics, "zonegate_dns_")).toEqual(
      expect.arrayContaining([
        'zonegate_dns_queries_total{transport="udp"} 9',
        'zonegate_dns_replies_total{rcode="NOERROR"} 4',
        "zonegate_dns_truncated_total 1",
        "zonegate_dns_tcp_connections 2",
        'zonegate_dns_events_total{event="new.thing"} 7',
      ]),
    );
    expect(await linesOf(metrics, 'zonegate_dns_replies_total{rcode="truncated"')).toEqual([]);
  });

  test("those of the zones are read at each scrape, and a zone that is gone leaves", async () => {
    let state: ServingState = {
      isReady: true,
      zones: [
        { view: "", zone: "home.arpa", names: 3, recordSets: 4 },
        { view: "guests", zone: "home.arpa", names: 1, recordSets: 1 },
      ],
      problems: new Map([["host.outside", 2]]),
      conflicts: new Map([["merge.age", 1]]),
    };
    const metrics = metricsWith({ readServingState: () => state });
    expect(await linesOf(metrics, "zonegate_")).toEqual(
      expect.arrayContaining([
        "zonegate_ready 1",
        "zonegate_zones 2",
        'zonegate_names{view="guests",zone="home.arpa"} 1',
        'zonegate_records{view="",zone="home.arpa"} 4',
        'zonegate_problems{code="host.outside"} 2',
        'zonegate_conflicts{code="merge.age"} 1',
      ]),
    );
    state = { ...state, isReady: false, zones: state.zones.slice(0, 1) };
    expect(await linesOf(metrics, "zonegate_names{")).toEqual(['zonegate_names{view="",zone="home.arpa"} 3']);
    expect(await linesOf(metrics, "zonegate_ready")).toEqual(["zonegate_ready 0"]);
  });

  test("zones of many views are at most 256 series, and none is lost from the sum", async () => {
    const zones = Array.from({ length: 1_000 }, (_, index) => ({
      view: `v${index % 100}`,
      zone: `z${index}.arpa`,
      names: 1,
      recordSets: 1,
    }));
    const metrics = metricsWith({ readServingState: () => ({ ...SERVING, zones }) });
    const lines = await linesOf(metrics, "zonegate_names{");
    expect(lines.length).toBe(256);
    expect(lines.at(-1)).toBe('zonegate_names{view="other",zone="other"} 745');
  });

  test("the checkpoint tells its age and that of what is answered from it, where a cluster is read", async () => {
    const clock = new ManualClock();
    await clock.advance(90_000);
    const state = { staleRecordSets: 7, staleSinceMs: 30_000, savedAtMs: 40_000, failedWrites: 2 };
    const metrics = metricsWith({ clock, readCheckpoint: () => state });
    expect(await linesOf(metrics, "zonegate_stale")).toEqual([
      "zonegate_stale_records 7",
      "zonegate_stale_age_seconds 60",
    ]);
    expect(await linesOf(metrics, "zonegate_checkpoint")).toEqual([
      "zonegate_checkpoint_saved_timestamp_seconds 40",
      "zonegate_checkpoint_failures_total 2",
    ]);
    expect(await linesOf(metricsWith(), "zonegate_stale")).toEqual([]);
    const unsaved = metricsWith({ readCheckpoint: () => ({ ...state, savedAtMs: undefined }) });
    expect(await linesOf(unsaved, "zonegate_checkpoint_saved")).toEqual([]);
  });

  test("webhook requests are counted by route and code, their time in seconds", async () => {
    const clock = new ManualClock();
    const metrics = metricsWith({ clock });
    await clock.advance(2_000);
    metrics.requestHandled("records", 200, 40);
    metrics.requestHandled("apply", 503, 40);
    metrics.bugCaught();
    const lines = await linesOf(metrics, "zonegate_");
    expect(lines).toEqual(
      expect.arrayContaining([
        'zonegate_webhook_requests_total{route="records",code="200"} 1',
        'zonegate_webhook_requests_total{route="apply",code="503"} 1',
        'zonegate_webhook_request_duration_seconds_bucket{le="0.01",route="records"} 0',
        'zonegate_webhook_request_duration_seconds_bucket{le="0.05",route="records"} 1',
        'zonegate_webhook_last_success_timestamp_seconds{route="records"} 2',
        "zonegate_bugs_total 1",
      ]),
    );
    expect(lines.some((line) => line.startsWith('zonegate_webhook_last_success_timestamp_seconds{route="apply"'))).toBe(
      false,
    );
  });

  test("applies are counted by provider and outcome", async () => {
    const metrics = metricsWith();
    metrics.listed("local", { records: [1, 2, 3] });
    metrics.stepApplied("local", "create");
    metrics.applied("local", { outcome: "retry", remaining: 4, failures: [1, 2] });
    expect(await linesOf(metrics, "zonegate_")).toEqual(
      expect.arrayContaining([
        'zonegate_provider_records{provider="local"} 3',
        'zonegate_apply_steps_total{provider="local",kind="create"} 1',
        'zonegate_apply_total{provider="local",outcome="retry"} 1',
        'zonegate_apply_failed_items_total{provider="local"} 2',
        'zonegate_apply_remaining_steps{provider="local"} 4',
      ]),
    );
  });

  test("a label takes at most 64 values; the rest is summed as other", async () => {
    const figures = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`dropped.reason-${index}`, 1]));
    const lines = await linesOf(metricsWith({ readDnsFigures: () => figures }), "zonegate_dns_dropped_total{");
    expect(lines).toHaveLength(64);
    expect(lines).toContain('zonegate_dns_dropped_total{reason="other"} 37');
  });

  test("the process tells of itself and of its build", async () => {
    const text = await metricsWith().render();
    expect(text).toContain('zonegate_build_info{version="1.2.3",node="v24.0.0"} 1');
    expect(text).toContain("process_resident_memory_bytes");
    expect(text).toContain("nodejs_eventloop_lag_seconds");
  });
});

describe("a backend on another machine", () => {
  const GOOD = { isUp: true, isVerified: true, isAuthorized: true, isTrusted: true };
  test.each([
    ["well", {}, ["up 1", "unverified 0", "authorized 1", "trusted 1"]],
    ["away", { isUp: false }, ["up 0", "unverified 0", "authorized 1", "trusted 1"]],
    ["not verified", { isVerified: false }, ["up 1", "unverified 1", "authorized 1", "trusted 1"]],
    ["refusing the key", { isUp: false, isAuthorized: false }, ["up 0", "unverified 0", "authorized 0", "trusted 1"]],
    ["another", { isUp: false, isTrusted: false }, ["up 0", "unverified 0", "authorized 1", "trusted 0"]],
  ])("that is %s", async (_how, state, expected) => {
    const metrics = metricsWith({ readUpstream: () => ({ provider: "unifi", ...GOOD, ...state }) });
    const lines = await linesOf(metrics, "zonegate_upstream_");
    expect(lines.map((line) => line.replace("zonegate_upstream_", "").replace('{provider="unifi"}', ""))).toEqual(
      expected,
    );
  });

  test("is not shown where there is none", async () => {
    expect(await linesOf(metricsWith(), "zonegate_upstream_")).toEqual([]);
  });
});

test("what the writing half holds back is shown by its reason", async () => {
  const readSync = () => ({ provider: "unifi", held: 12, quarantined: 3, contested: 1 });
  const lines = (await metricsWith({ readSync }).render()).split("\n");
  expect(lines).toEqual(
    expect.arrayContaining([
      'zonegate_held_deletions{provider="unifi"} 12',
      'zonegate_quarantined_records{provider="unifi"} 3',
      'zonegate_contested_records{provider="unifi"} 1',
    ]),
  );
});

test("a secret whose file cannot be read is counted by setting", async () => {
  const metrics = metricsWith();
  metrics.secretUnread("unifi.apiKey");
  metrics.secretUnread("unifi.apiKey");
  expect(await linesOf(metrics, "zonegate_secret_")).toEqual([
    'zonegate_secret_read_failures_total{setting="unifi.apiKey"} 2',
  ]);
});
