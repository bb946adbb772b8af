// Every metric of Zonegate as data: the registry (metrics.ts) and docs/metrics.md are made from it. Counts nothing itself.

import { DNS_METRICS } from "./dns-metric-catalogue.ts";

export interface MetricDescription {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** Label names; what values they take stands in `help`. */
  readonly labels: readonly string[];
  /** One sentence. */
  readonly help: string;
  /** Upper bounds in seconds; histograms only. */
  readonly bucketsSeconds?: readonly number[];
}

/** From a local call (1 ms) to where external-dns gives up (15 s). */
const REQUEST_BUCKETS_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 5, 10, 15] as const;

/** What the process tells of itself, its webhook, its records and zones. */
export const METRICS = {
  buildInfo: {
    name: "zonegate_build_info",
    type: "gauge",
    labels: ["version", "node"],
    help: "Always 1; says which version runs on which Node.js.",
  },
  ready: {
    name: "zonegate_ready",
    type: "gauge",
    labels: [],
    help: "1 while /readyz answers 200.",
  },
  bugs: {
    name: "zonegate_bugs_total",
    type: "counter",
    labels: [],
    help: "Errors that no code foresaw; the log has their stacks. Anything above 0 is worth a report.",
  },
  webhookRequests: {
    name: "zonegate_webhook_requests_total",
    type: "counter",
    labels: ["route", "code"],
    help: "Requests to the webhook by route (negotiate, records, adjustendpoints, apply, other) and status code.",
  },
  webhookDuration: {
    name: "zonegate_webhook_request_duration_seconds",
    type: "histogram",
    labels: ["route"],
    help: "Time from a request's arrival at the webhook to the last byte of its answer.",
    bucketsSeconds: REQUEST_BUCKETS_SECONDS,
  },
  webhookLastSuccess: {
    name: "zonegate_webhook_last_success_timestamp_seconds",
    type: "gauge",
    labels: ["route"],
    help: "Unix time of the last request of this route that succeeded.",
  },
  webhookExposed: {
    name: "zonegate_webhook_exposed",
    type: "gauge",
    labels: [],
    help: "1 while the webhook listens where other machines reach it, behind its password; 0 on loopback or without a webhook.",
  },
  applies: {
    name: "zonegate_apply_total",
    type: "counter",
    labels: ["provider", "outcome"],
    help: "Batches of changes by outcome: reached (the wanted state is there), refused (for good), retry (the rest later).",
  },
  applySteps: {
    name: "zonegate_apply_steps_total",
    type: "counter",
    labels: ["provider", "kind"],
    help: "Records written, by kind of step: create, update, delete.",
  },
  applyFailures: {
    name: "zonegate_apply_failed_items_total",
    type: "counter",
    labels: ["provider"],
    help: "Items of batches that did not reach their wanted state; the log names each.",
  },
  applyRemaining: {
    name: "zonegate_apply_remaining_steps",
    type: "gauge",
    labels: ["provider"],
    help: "Steps the last batch planned but did not carry out; they are left for the next loop of external-dns.",
  },
  providerRecords: {
    name: "zonegate_provider_records",
    type: "gauge",
    labels: ["provider"],
    help: "Records in the backend at the last complete list, foreign ones included.",
  },
  upstreamUp: {
    name: "zonegate_upstream_up",
    type: "gauge",
    labels: ["provider"],
    help: "1 when the last request to the backend went well, 0 when it failed or none was made; absent for the provider local.",
  },
  upstreamUnverified: {
    name: "zonegate_upstream_unverified",
    type: "gauge",
    labels: ["provider"],
    help: "1 while the backend's certificate is not verified, because a setting says so: whoever poses as it gets the key.",
  },
  upstreamAuthorized: {
    name: "zonegate_upstream_authorized",
    type: "gauge",
    labels: ["provider"],
    help: "0 after the backend refused our key, or what the key may do; 1 otherwise; absent for the provider local.",
  },
  upstreamTrusted: {
    name: "zonegate_upstream_trusted",
    type: "gauge",
    labels: ["provider"],
    help: "0 after the backend showed a certificate that is not trusted: nothing was sent to it; absent for the provider local.",
  },
  heldDeletions: {
    name: "zonegate_held_deletions",
    type: "gauge",
    labels: ["provider"],
    help: "Record sets whose deletion waits for `zonegate approve`.",
  },
  quarantinedRecords: {
    name: "zonegate_quarantined_records",
    type: "gauge",
    labels: ["provider"],
    help: "Record sets that the backend refused for good within the last hour; /status and the log say why.",
  },
  contestedRecords: {
    name: "zonegate_contested_records",
    type: "gauge",
    labels: ["provider"],
    help: "Record sets left alone for ten minutes because somebody else kept changing them back; /status names them.",
  },
  secretFailures: {
    name: "zonegate_secret_read_failures_total",
    type: "counter",
    labels: ["setting"],
    help: "Times that the file of a secret could not be read again, by setting; the last good secret goes on.",
  },
  zones: {
    name: "zonegate_zones",
    type: "gauge",
    labels: [],
    help: "Zones that are served, each counted in every view that has it.",
  },
  names: {
    name: "zonegate_names",
    type: "gauge",
    labels: ["view", "zone"],
    help: 'Names that a zone holds in a view; the view of everybody is called "".',
  },
  zoneRecords: {
    name: "zonegate_records",
    type: "gauge",
    labels: ["view", "zone"],
    help: "Record sets that a zone answers with in a view.",
  },
  problems: {
    name: "zonegate_problems",
    type: "gauge",
    labels: ["code"],
    help: "Names and objects that are not answered as written, by code of the reason; /status names them.",
  },
  conflicts: {
    name: "zonegate_conflicts",
    type: "gauge",
    labels: ["code"],
    help: "Claims to a name that are lost now, in all views, by code: merge.rank, merge.age, merge.alias, merge.limit; /status names them.",
  },
  staleRecords: {
    name: "zonegate_stale_records",
    type: "gauge",
    labels: [],
    help: "Record sets answered from the checkpoint, because what they come from has not been read since the start.",
  },
  staleAge: {
    name: "zonegate_stale_age_seconds",
    type: "gauge",
    labels: [],
    help: "Time since the oldest of these was last known to be true; 0 while there are none.",
  },
  checkpointSaved: {
    name: "zonegate_checkpoint_saved_timestamp_seconds",
    type: "gauge",
    labels: [],
    help: "Unix time of the last good state on disk; absent while there is none.",
  },
  checkpointFailures: {
    name: "zonegate_checkpoint_failures_total",
    type: "counter",
    labels: [],
    help: "Times that the disk refused the checkpoint; names are served all the same, but a restart would forget them.",
  },
  kubernetesState: {
    name: "zonegate_kubernetes_kind_state",
    type: "gauge",
    labels: ["cluster", "kind", "state"],
    help: "1 for the state a kind is in: listing, watching, parked (the cluster has no such kind), forbidden, failing.",
  },
  kubernetesAge: {
    name: "zonegate_kubernetes_last_proof_age_seconds",
    type: "gauge",
    labels: ["cluster", "kind"],
    help: "Time since a list, an event or a bookmark proved that everything of a kind is known; a healthy watch stays below 90.",
  },
  kubernetesObjects: {
    name: "zonegate_kubernetes_objects",
    type: "gauge",
    labels: ["cluster", "kind"],
    help: "Objects of a kind that are known.",
  },
  kubernetesRelists: {
    name: "zonegate_kubernetes_relists_total",
    type: "counter",
    labels: ["cluster", "kind"],
    help: "Complete lists after the first one: twice an hour, and after what a watch cannot go on from.",
  },
  kubernetesDrift: {
    name: "zonegate_kubernetes_drift_total",
    type: "counter",
    labels: ["cluster", "kind"],
    help: "Objects that differed from the cluster although no event had told; anything above 0 is worth a report.",
  },
  kubernetesDropped: {
    name: "zonegate_kubernetes_dropped_events_total",
    type: "counter",
    labels: ["cluster", "kind", "reason"],
    help: "Events and objects not taken: duplicate, stale, disorder, malformed, unknown, unreadable (the last good version stays).",
  },
  kubernetesHeld: {
    name: "zonegate_kubernetes_list_held",
    type: "gauge",
    labels: ["cluster", "kind"],
    help: "1 while a list that lacks most objects is read again before it is believed.",
  },
  kubernetesOtherCluster: {
    name: "zonegate_kubernetes_other_cluster",
    type: "gauge",
    labels: ["cluster"],
    help: "1 while another cluster answers at the address of the known one; what was known is served.",
  },
  kubernetesHandlerFailures: {
    name: "zonegate_kubernetes_handler_failures_total",
    type: "counter",
    labels: [],
    help: "Changes that the rest of Zonegate failed to take; everything was told anew after each.",
  },
} as const satisfies Readonly<Record<string, MetricDescription>>;

/** Every metric of ours, in the order of the documentation. `process_*` and `nodejs_*` come from prom-client beside them. */
export const METRIC_CATALOGUE: readonly MetricDescription[] = [...Object.values(METRICS), ...DNS_METRICS];
