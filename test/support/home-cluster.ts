// A cluster as homes have it: every kind that can be read is defined, and some objects give names.

import { customResourcesOf, GATEWAY_API } from "#test/fakes/kube-apiserver/custom-resources.ts";
import type { KubeApiServer } from "#test/fakes/kube-apiserver/kube-apiserver.ts";
import type { KubeObject } from "#test/fakes/kube-apiserver/objects.ts";

const GROUPS = [GATEWAY_API, "gateway.networking.x-k8s.io", "externaldns.k8s.io", "traefik.io"];

/** So that no kind is absent from the API. */
export function defineEveryKind(server: KubeApiServer): void {
  for (const group of GROUPS) server.define(...customResourcesOf(group));
}

/** What each object of `HOME_OBJECTS` is answered with. */
export const HOME_NAMES: Readonly<Record<string, string>> = {
  "jellyfin.home.example.com": "A 192.168.1.10",
  "grafana.home.example.com": "A 192.168.1.11",
  "mqtt.home.example.com": "A 192.168.1.12",
  "nas.home.example.com": "A 192.168.1.13",
};

export const HOME_OBJECTS: readonly KubeObject[] = [
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: "jellyfin", namespace: "media" },
    spec: { ingressClassName: "internal", rules: [{ host: "jellyfin.home.example.com" }] },
    status: { loadBalancer: { ingress: [{ ip: "192.168.1.10" }] } },
  },
  {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: { name: "internal", namespace: "gateways" },
    spec: { gatewayClassName: "cilium", listeners: [{ name: "web", port: 443, protocol: "HTTPS" }] },
    status: { addresses: [{ type: "IPAddress", value: "192.168.1.11" }] },
  },
  {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: "grafana", namespace: "monitoring" },
    spec: { hostnames: ["grafana.home.example.com"], parentRefs: [{ name: "internal", namespace: "gateways" }] },
    status: {
      parents: [
        {
          parentRef: { name: "internal", namespace: "gateways" },
          controllerName: "io.cilium/gateway-controller",
          conditions: [{ type: "Accepted", status: "True", observedGeneration: 1 }],
        },
      ],
    },
  },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: "mqtt",
      namespace: "home-automation",
      annotations: { "external-dns.alpha.kubernetes.io/hostname": "mqtt.home.example.com" },
    },
    spec: { type: "LoadBalancer", ports: [{ port: 1883 }] },
    status: { loadBalancer: { ingress: [{ ip: "192.168.1.12" }] } },
  },
  {
    apiVersion: "externaldns.k8s.io/v1alpha1",
    kind: "DNSEndpoint",
    metadata: { name: "nas", namespace: "dns" },
    spec: { endpoints: [{ dnsName: "nas.home.example.com", recordType: "A", targets: ["192.168.1.13"] }] },
  },
];
