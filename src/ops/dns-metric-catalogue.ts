// The metrics of the DNS half as data: which figures of the data plane they show, and under what name.

import type { MetricDescription } from "./metric-catalogue.ts";

export interface DnsMetric extends MetricDescription {
  readonly type: "counter" | "gauge";
  /** A figure of the data plane, or with a final "." all figures that begin so; the rest is the label's value. */
  readonly figure: string;
}

/** Figures that the data plane counts in shared memory (server/counters.ts). The first entry that fits a figure takes it. */
export const DNS_METRICS: readonly DnsMetric[] = [
  {
    figure: "queries.",
    name: "zonegate_dns_queries_total",
    type: "counter",
    labels: ["transport"],
    help: "Queries received, by transport (udp, tcp).",
  },
  {
    figure: "questions.",
    name: "zonegate_dns_questions_total",
    type: "counter",
    labels: ["type"],
    help: "Questions by record type asked for.",
  },
  {
    figure: "replies.truncated",
    name: "zonegate_dns_truncated_total",
    type: "counter",
    labels: [],
    help: "Replies over UDP that told the client to ask again over TCP.",
  },
  {
    figure: "replies.stale",
    name: "zonegate_dns_stale_replies_total",
    type: "counter",
    labels: [],
    help: "Replies made of what the checkpoint held (extended error 3, Stale Answer).",
  },
  {
    figure: "replies.",
    name: "zonegate_dns_replies_total",
    type: "counter",
    labels: ["rcode"],
    help: "Replies by response code.",
  },
  {
    figure: "refused.",
    name: "zonegate_dns_refused_total",
    type: "counter",
    labels: ["reason"],
    help: "Queries answered with REFUSED by a rule, by reason.",
  },
  {
    figure: "dropped.",
    name: "zonegate_dns_dropped_total",
    type: "counter",
    labels: ["reason"],
    help: "Packets that got no reply, by reason.",
  },
  {
    figure: "udp.",
    name: "zonegate_dns_udp_errors_total",
    type: "counter",
    labels: ["kind"],
    help: "Errors of UDP sockets, by kind.",
  },
  {
    figure: "tcp.open",
    name: "zonegate_dns_tcp_connections",
    type: "gauge",
    labels: [],
    help: "TCP connections that are open now.",
  },
  {
    figure: "tcp.accepted",
    name: "zonegate_dns_tcp_accepted_total",
    type: "counter",
    labels: [],
    help: "TCP connections accepted.",
  },
  {
    figure: "tcp.accept-errors",
    name: "zonegate_dns_tcp_accept_errors_total",
    type: "counter",
    labels: [],
    help: "TCP connections that could not be accepted.",
  },
  {
    figure: "tcp.closed.",
    name: "zonegate_dns_tcp_closed_total",
    type: "counter",
    labels: ["reason"],
    help: "TCP connections closed, by reason.",
  },
  {
    figure: "panics",
    name: "zonegate_dns_panics_total",
    type: "counter",
    labels: [],
    help: "Queries whose handling met a bug; they were answered with SERVFAIL.",
  },
  {
    figure: "publications.refused",
    name: "zonegate_dns_publications_refused_total",
    type: "counter",
    labels: [],
    help: "New content that could not be served; the old went on.",
  },
  {
    figure: "publications",
    name: "zonegate_dns_publications_total",
    type: "counter",
    labels: [],
    help: "Times that new content was taken into service.",
  },
  {
    figure: "worker.hangs",
    name: "zonegate_dns_worker_hangs_total",
    type: "counter",
    labels: [],
    help: "Times that the DNS thread hung and was ended, to be started again.",
  },
  {
    figure: "worker.restarts",
    name: "zonegate_dns_worker_restarts_total",
    type: "counter",
    labels: [],
    help: "Times that the DNS thread died and was started again.",
  },
  {
    figure: "",
    name: "zonegate_dns_events_total",
    type: "counter",
    labels: ["event"],
    help: "Whatever else the DNS thread counts, by its internal name.",
  },
];
