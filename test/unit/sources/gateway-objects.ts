// Builders for Gateway API objects as a cluster holds them: with a generation, and with what controllers write into status.

import type { ClusterObject } from "#src/domain/cluster-object.ts";

type Metadata = Partial<ClusterObject["metadata"]>;

/** A host name, or a whole listener. */
export type ListenerText = string | undefined | Readonly<Record<string, unknown>>;

export interface GatewayParts {
  readonly metadata?: Metadata;
  readonly className?: string;
  readonly listeners?: readonly ListenerText[];
  readonly addresses?: readonly unknown[];
  readonly spec?: object;
  readonly status?: unknown;
}

/** `Gateway default/internal` with one HTTPS listener that takes every host. */
export function gateway(parts: GatewayParts = {}): ClusterObject {
  const listeners = (parts.listeners ?? [undefined]).map(listener);
  const addresses = (parts.addresses ?? ["192.0.2.1"]).map(address);
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: metadata("internal", parts.metadata),
    spec: { gatewayClassName: parts.className ?? "cilium", listeners, ...parts.spec },
    status: parts.status ?? { addresses, conditions: [{ type: "Programmed", status: "True" }] },
  };
}

export interface RouteParts {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly metadata?: Metadata;
  readonly parentRefs?: readonly object[];
  /** What its controller says of every parent. */
  readonly accepted?: "True" | "False" | "Unknown";
  readonly observedGeneration?: number;
  /** In the place of all that is said. */
  readonly status?: unknown;
}

/** `HTTPRoute default/app`, accepted at its Gateway. Without hosts it has no `hostnames`. */
export function route(hostnames: readonly string[], parts: RouteParts = {}): ClusterObject {
  const parentRefs = parts.parentRefs ?? [{ name: "internal" }];
  const condition = {
    type: "Accepted",
    status: parts.accepted ?? "True",
    reason: parts.accepted === "False" ? "NotAllowedByListeners" : "Accepted",
    observedGeneration: parts.observedGeneration ?? 1,
  };
  const parents = parentRefs.map((parentRef) => ({
    parentRef,
    controllerName: "example.com/c",
    conditions: [condition],
  }));
  return {
    apiVersion: parts.apiVersion ?? "gateway.networking.k8s.io/v1",
    kind: parts.kind ?? "HTTPRoute",
    metadata: metadata("app", parts.metadata),
    spec: { parentRefs, ...(hostnames.length === 0 ? {} : { hostnames }) },
    status: parts.status ?? { parents },
  };
}

/** `ListenerSet default/team` of `Gateway default/internal`, accepted there. */
export function listenerSet(
  parts: Omit<GatewayParts, "addresses" | "className"> & { apiVersion?: string; kind?: string } = {},
): ClusterObject {
  return {
    apiVersion: parts.apiVersion ?? "gateway.networking.k8s.io/v1",
    kind: parts.kind ?? "ListenerSet",
    metadata: metadata("team", parts.metadata),
    spec: { parentRef: { name: "internal" }, listeners: (parts.listeners ?? [undefined]).map(listener), ...parts.spec },
    status: parts.status ?? { conditions: [{ type: "Accepted", status: "True", observedGeneration: 1 }] },
  };
}

/** As somebody writes it into a folder: no generation, no status. */
export function byHand(object: ClusterObject): ClusterObject {
  const { generation: _none, ...metadata } = object.metadata;
  return { ...object, metadata, status: {} };
}

function listener(text: ListenerText, index: number): object {
  const part = typeof text === "object" ? text : { hostname: text };
  return { name: `l${index}`, port: 443, protocol: "HTTPS", ...part };
}

function address(entry: unknown): unknown {
  if (typeof entry !== "string") return entry;
  return { type: /^[\d.]+$|:/.test(entry) ? "IPAddress" : "Hostname", value: entry };
}

function metadata(name: string, more: Metadata = {}): ClusterObject["metadata"] {
  return { name, namespace: "default", generation: 1, labels: {}, annotations: {}, ...more };
}
