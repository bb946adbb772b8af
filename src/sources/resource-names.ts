// How the API names each kind that is read, and where its objects live: the words in which rights are written. While reading,
// the cluster itself is asked.

import type { Resource } from "./source.ts";

export interface ResourceName {
  /** As in paths and in roles. */
  readonly plural: string;
  readonly scope: "namespace" | "cluster";
}

const GATEWAY_API = "gateway.networking.k8s.io";

type Row = readonly [group: string, kind: string, plural: string, scope: ResourceName["scope"]];

const ROWS: readonly Row[] = [
  ["", "Node", "nodes", "cluster"],
  ["", "Pod", "pods", "namespace"],
  ["", "Service", "services", "namespace"],
  ["discovery.k8s.io", "EndpointSlice", "endpointslices", "namespace"],
  ["externaldns.k8s.io", "DNSEndpoint", "dnsendpoints", "namespace"],
  [GATEWAY_API, "Gateway", "gateways", "namespace"],
  [GATEWAY_API, "GRPCRoute", "grpcroutes", "namespace"],
  [GATEWAY_API, "HTTPRoute", "httproutes", "namespace"],
  [GATEWAY_API, "ListenerSet", "listenersets", "namespace"],
  [GATEWAY_API, "TCPRoute", "tcproutes", "namespace"],
  [GATEWAY_API, "TLSRoute", "tlsroutes", "namespace"],
  [GATEWAY_API, "UDPRoute", "udproutes", "namespace"],
  ["gateway.networking.x-k8s.io", "XListenerSet", "xlistenersets", "namespace"],
  ["networking.k8s.io", "Ingress", "ingresses", "namespace"],
  ["networking.k8s.io", "IngressClass", "ingressclasses", "cluster"],
  ["traefik.io", "IngressRoute", "ingressroutes", "namespace"],
  ["traefik.io", "IngressRouteTCP", "ingressroutetcps", "namespace"],
  ["traefik.io", "IngressRouteUDP", "ingressrouteudps", "namespace"],
];

/** Throws for a kind that no source reads. */
export function resourceName({ group, kind }: Resource): ResourceName {
  const row = ROWS.find(([rowGroup, rowKind]) => rowGroup === group && rowKind === kind);
  if (row === undefined) throw new Error(`${kind} of group "${group}" has no row in the table of names`);
  return { plural: row[2], scope: row[3] };
}
