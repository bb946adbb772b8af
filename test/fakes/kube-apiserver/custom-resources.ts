// CustomResourceDefinitions that a home cluster has: Gateway API, external-dns, Traefik, Cilium, Prometheus operator.

import type { KubeObject } from "./objects.ts";

/** Short schemas that let every field through: structure is not what this fake judges. */
export function customResource(plural: string): KubeObject {
  const row = ROWS.find(([, name]) => name === plural);
  if (row === undefined) throw new Error(`no such custom resource is known here: ${plural}`);
  return definition(row);
}

/** Every definition of one API group. */
export function customResourcesOf(group: string): readonly KubeObject[] {
  const rows = ROWS.filter(([rowGroup]) => rowGroup === group);
  if (rows.length === 0) throw new Error(`no such API group is known here: ${group}`);
  return rows.map(definition);
}

export const GATEWAY_API = "gateway.networking.k8s.io";

type Row = readonly [
  group: string,
  plural: string,
  kind: string,
  scope: "Namespaced" | "Cluster",
  versions: string,
  shortName?: string,
];

/** Versions in order of storage: the first one is stored, all are served. Gateway API as of 1.5, experimental channel. */
const ROWS: readonly Row[] = [
  [GATEWAY_API, "gatewayclasses", "GatewayClass", "Cluster", "v1,v1beta1", "gc"],
  [GATEWAY_API, "gateways", "Gateway", "Namespaced", "v1,v1beta1", "gtw"],
  [GATEWAY_API, "httproutes", "HTTPRoute", "Namespaced", "v1,v1beta1"],
  [GATEWAY_API, "grpcroutes", "GRPCRoute", "Namespaced", "v1"],
  [GATEWAY_API, "tlsroutes", "TLSRoute", "Namespaced", "v1,v1alpha3,v1alpha2"],
  [GATEWAY_API, "tcproutes", "TCPRoute", "Namespaced", "v1alpha2"],
  [GATEWAY_API, "udproutes", "UDPRoute", "Namespaced", "v1alpha2"],
  [GATEWAY_API, "listenersets", "ListenerSet", "Namespaced", "v1", "lset"],
  [GATEWAY_API, "referencegrants", "ReferenceGrant", "Namespaced", "v1,v1beta1", "refgrant"],
  ["gateway.networking.x-k8s.io", "xlistenersets", "XListenerSet", "Namespaced", "v1alpha1", "lset"],
  ["externaldns.k8s.io", "dnsendpoints", "DNSEndpoint", "Namespaced", "v1alpha1"],
  ["traefik.io", "ingressroutes", "IngressRoute", "Namespaced", "v1alpha1"],
  ["traefik.io", "ingressroutetcps", "IngressRouteTCP", "Namespaced", "v1alpha1"],
  ["traefik.io", "ingressrouteudps", "IngressRouteUDP", "Namespaced", "v1alpha1"],
  ["cilium.io", "ciliumloadbalancerippools", "CiliumLoadBalancerIPPool", "Cluster", "v2,v2alpha1"],
  ["cilium.io", "ciliuml2announcementpolicies", "CiliumL2AnnouncementPolicy", "Cluster", "v2alpha1"],
  ["cilium.io", "ciliumnetworkpolicies", "CiliumNetworkPolicy", "Namespaced", "v2"],
  ["monitoring.coreos.com", "servicemonitors", "ServiceMonitor", "Namespaced", "v1"],
  ["monitoring.coreos.com", "prometheusrules", "PrometheusRule", "Namespaced", "v1"],
];

/** Kinds whose definitions have no status subresource. */
const WITHOUT_STATUS: ReadonlySet<string> = new Set([
  "referencegrants",
  "ingressroutes",
  "ingressroutetcps",
  "ingressrouteudps",
]);

function definition([group, plural, kind, scope, versions, shortName]: Row): KubeObject {
  const subresources = WITHOUT_STATUS.has(plural) ? {} : { subresources: { status: {} } };
  const names = shortName === undefined ? {} : { shortNames: [shortName] };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope,
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List`, ...names },
      versions: versions.split(",").map((name, index) => ({
        name,
        served: true,
        storage: index === 0,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
        ...subresources,
      })),
    },
  };
}
