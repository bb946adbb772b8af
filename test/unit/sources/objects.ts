// Builders for cluster objects and source contexts, with only what a test says.

import { type ClusterObject, keyOf } from "#src/domain/cluster-object.ts";
import { type LabelSelector, parseLabelSelector } from "#src/domain/label-selector.ts";
import { type DomainName, parseName } from "#src/domain/name.ts";
import type { RecordSet } from "#src/domain/record.ts";
import { DEFAULT_KIND_OPTIONS, type KindOptions } from "#src/sources/kind-options.ts";
import { createLookupTable } from "#src/sources/lookup-table.ts";
import {
  defaultSourceOptions,
  defaultZone,
  type SourceContext,
  type SourceOptions,
  type SourceZone,
} from "#src/sources/source.ts";

export function domainName(text: string): DomainName {
  const name = parseName(text);
  if (!name.ok) throw new Error(name.problem);
  return name.value;
}

export const HOME: SourceZone = defaultZone(domainName("home.example.com"));

type Metadata = Partial<ClusterObject["metadata"]>;

export function ingress(
  hosts: readonly (string | undefined)[],
  more: { metadata?: Metadata; className?: string; addresses?: readonly string[]; status?: unknown } = {},
): ClusterObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: metadata(more.metadata),
    spec: { ingressClassName: more.className, rules: hosts.map((host) => ({ host })) },
    status: more.status ?? loadBalancer(more.addresses ?? ["192.0.2.1"]),
  };
}

export function service(
  more: { metadata?: Metadata; spec?: object; addresses?: readonly string[]; status?: unknown } = {},
): ClusterObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: metadata(more.metadata),
    spec: { type: "LoadBalancer", ...more.spec },
    status: more.status ?? loadBalancer(more.addresses ?? ["192.0.2.1"]),
  };
}

export function ingressClass(name: string, isDefault: "default" | "other" = "other"): ClusterObject {
  const annotations = isDefault === "default" ? { "ingressclass.kubernetes.io/is-default-class": "true" } : {};
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "IngressClass",
    metadata: { name, namespace: "", labels: {}, annotations },
    spec: {},
    status: {},
  };
}

/** A slice of the Service `app`, IPv4 unless an address has a colon; `more` goes into each endpoint. */
export function endpointSlice(
  name: string,
  endpoints: readonly { readonly addresses: readonly string[]; readonly [field: string]: unknown }[],
  more: { serviceName?: string; namespace?: string } = {},
): ClusterObject {
  const isIpv6 = endpoints.some(({ addresses }) => addresses.some((address) => address.includes(":")));
  const labels = { "kubernetes.io/service-name": more.serviceName ?? "app" };
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: metadata({ name, namespace: more.namespace ?? "default", labels }),
    spec: { addressType: isIpv6 ? "IPv6" : "IPv4", endpoints },
    status: {},
  };
}

/** `addresses` as pairs of type and value. */
export function node(
  name: string,
  addresses: readonly (readonly [string, string])[],
  more: Metadata = {},
): ClusterObject {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: metadata({ name, namespace: "", ...more }),
    spec: {},
    status: { addresses: addresses.map(([type, address]) => ({ type, address })) },
  };
}

export function dnsEndpoint(endpoints: unknown, more: Metadata = {}): ClusterObject {
  return {
    apiVersion: "externaldns.k8s.io/v1alpha1",
    kind: "DNSEndpoint",
    metadata: metadata(more),
    spec: { endpoints },
    status: {},
  };
}

/** One route for each rule; `undefined` is a route without one. */
export function ingressRoute(
  rules: readonly (string | undefined)[],
  more: { kind?: "IngressRoute" | "IngressRouteTCP" | "IngressRouteUDP"; metadata?: Metadata } = {},
): ClusterObject {
  return {
    apiVersion: "traefik.io/v1alpha1",
    kind: more.kind ?? "IngressRoute",
    metadata: metadata(more.metadata),
    spec: {
      routes: rules.map((match) => ({ ...(match === undefined ? {} : { match }), services: [{ name: "app" }] })),
    },
    status: {},
  };
}

/** `networks` as Multus writes them, the cluster's own first; a text stands as it is. */
export function pod(
  networks: readonly object[] | string | undefined,
  more: { annotations?: Record<string, string>; metadata?: Metadata; phase?: string } = {},
): ClusterObject {
  const own = { name: "cbr0", interface: "eth0", ips: ["10.42.0.7"], mac: "aa:bb:cc:dd:ee:ff", default: true, dns: {} };
  const status = typeof networks === "string" ? networks : JSON.stringify([own, ...(networks ?? [])], undefined, 4);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: metadata({
      ...more.metadata,
      annotations: {
        ...(networks === undefined ? {} : { "k8s.v1.cni.cncf.io/network-status": status }),
        ...more.annotations,
      },
    }),
    spec: {},
    status: { phase: more.phase ?? "Running" },
  };
}

export function selector(text: string): LabelSelector {
  const parsed = parseLabelSelector(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.value;
}

export function withKindOptions(options: Partial<KindOptions>): KindOptions {
  return { ...DEFAULT_KIND_OPTIONS, ...options };
}

export function contextOf(
  zones: readonly SourceZone[] = [HOME],
  more: { others?: readonly ClusterObject[]; options?: Partial<SourceOptions> } = {},
): SourceContext {
  const lookup = createLookupTable((more.others ?? []).map(keyOf));
  for (const object of more.others ?? []) lookup.put(object);
  return { options: { ...defaultSourceOptions(zones), ...more.options }, lookup };
}

/** One line per record set, sorted: `name TYPE ttl? targets`. */
export function lines(sets: readonly RecordSet[]): readonly string[] {
  return sets
    .map((set) =>
      [set.name, set.type, ...(set.ttlSeconds === undefined ? [] : [set.ttlSeconds]), ...set.targets].join(" "),
    )
    .sort();
}

function metadata(more: Metadata = {}): ClusterObject["metadata"] {
  return { name: "app", namespace: "default", labels: {}, annotations: {}, ...more };
}

function loadBalancer(targets: readonly string[]): object {
  return {
    loadBalancer: { ingress: targets.map((text) => (/[g-z]/.test(text) ? { hostname: text } : { ip: text })) },
  };
}
