// Objects as a cluster at home has them, ballast included: what kubectl, Helm and the controllers leave on each of them.

import type { KubeObject } from "#test/fakes/kube-apiserver/objects.ts";

export const ZONE = "home.example.com";
/** Objects of one namespace. */
const OBJECTS_PER_NAMESPACE = 50;
/** A controller has one address, and all its Ingresses answer with it. */
const CONTROLLER_ADDRESS = "192.168.1.10";

/** `app-7.home.example.com`, without the final dot. */
export function hostOf(index: number): string {
  return `app-${index}.${ZONE}`;
}

/** Of class `internal`, with TLS and two path rules. */
export function ingress(index: number, address: string = CONTROLLER_ADDRESS): KubeObject {
  const name = `app-${index}`;
  const host = hostOf(index);
  const spec = {
    ingressClassName: "internal",
    rules: [{ host, http: { paths: [path(name, "/"), path(name, "/api")] } }],
    tls: [{ hosts: [host], secretName: `${name}-tls` }],
  };
  const annotations = {
    "cert-manager.io/cluster-issuer": "letsencrypt",
    "external-dns.alpha.kubernetes.io/hostname": host,
    "meta.helm.sh/release-name": name,
    "meta.helm.sh/release-namespace": namespaceOf(index),
    "nginx.ingress.kubernetes.io/proxy-body-size": "512m",
  };
  const applied = { apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata: { annotations, name }, spec };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: {
      ...metadata(index, name),
      annotations: { ...annotations, "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify(applied) },
      managedFields: [
        managedBy("helm", index),
        managedBy("cert-manager-ingress-shim", index),
        managedBy("nginx", index),
      ],
    },
    spec,
    status: { loadBalancer: { ingress: [{ ip: address, ipMode: "VIP" }] } },
  };
}

/** Of type LoadBalancer, with a name of its own. */
export function service(index: number): KubeObject {
  const name = `lb-${index}`;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      ...metadata(index, name),
      annotations: { "external-dns.alpha.kubernetes.io/hostname": `${name}.${ZONE}` },
      managedFields: [managedBy("helm", index)],
    },
    spec: { type: "LoadBalancer", clusterIP: "10.43.0.1", ports: [{ port: 80 }], selector: { app: name } },
    status: { loadBalancer: { ingress: [{ ip: `192.168.2.${index % 250}` }] } },
  };
}

export function gateway(): KubeObject {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: { name: "internal", namespace: "ns-0" },
    spec: {
      gatewayClassName: "cilium",
      listeners: [{ name: "https", protocol: "HTTPS", port: 443, allowedRoutes: { namespaces: { from: "All" } } }],
    },
    status: { addresses: [{ type: "IPAddress", value: "192.168.1.11" }] },
  };
}

/** Accepted at the Gateway. */
export function httpRoute(index: number): KubeObject {
  const name = `route-${index}`;
  const parentRef = { group: "gateway.networking.k8s.io", kind: "Gateway", name: "internal", namespace: "ns-0" };
  const accepted = { type: "Accepted", status: "True", reason: "Accepted", observedGeneration: 1 };
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { ...metadata(index, name), managedFields: [managedBy("helm", index)] },
    spec: {
      parentRefs: [parentRef],
      hostnames: [`${name}.${ZONE}`],
      rules: [{ backendRefs: [{ name, port: 80 }], matches: [{ path: { type: "PathPrefix", value: "/" } }] }],
    },
    status: { parents: [{ parentRef, controllerName: "io.cilium/gateway-controller", conditions: [accepted] }] },
  };
}

function namespaceOf(index: number): string {
  return `ns-${Math.floor(index / OBJECTS_PER_NAMESPACE)}`;
}

function metadata(index: number, name: string): KubeObject["metadata"] {
  return {
    name,
    namespace: namespaceOf(index),
    labels: {
      "app.kubernetes.io/name": name,
      "app.kubernetes.io/instance": name,
      "app.kubernetes.io/managed-by": "Helm",
      "app.kubernetes.io/version": "1.2.3",
      "helm.sh/chart": `${name}-1.2.3`,
    },
  };
}

function path(name: string, at: string): object {
  return { path: at, pathType: "Prefix", backend: { service: { name, port: { number: 8080 } } } };
}

/** Some 600 bytes of JSON, as server-side apply keeps them for each writer. */
function managedBy(manager: string, index: number): object {
  const annotations = Object.fromEntries(
    ["cert-manager.io/cluster-issuer", "meta.helm.sh/release-name", "meta.helm.sh/release-namespace"].map((key) => [
      `f:${key}`,
      {},
    ]),
  );
  const labels = Object.fromEntries(
    ["name", "instance", "managed-by"].map((key) => [`f:app.kubernetes.io/${key}`, {}]),
  );
  return {
    manager,
    operation: "Update",
    apiVersion: "networking.k8s.io/v1",
    time: new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString(),
    fieldsType: "FieldsV1",
    fieldsV1: {
      "f:metadata": { "f:annotations": { ".": {}, ...annotations }, "f:labels": { ".": {}, ...labels } },
      "f:spec": { "f:ingressClassName": {}, "f:rules": {}, "f:tls": {} },
      "f:status": { "f:loadBalancer": { "f:ingress": {} } },
    },
  };
}
