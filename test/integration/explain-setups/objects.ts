// Objects as people write them, for set-ups that `explain` has to see through.

import { GATEWAY_API } from "#test/fakes/kube-apiserver/custom-resources.ts";
import type { KubeObject } from "#test/fakes/kube-apiserver/objects.ts";

export const DOMAIN = "home.example.com";
export const HOSTNAME = "external-dns.alpha.kubernetes.io/hostname";
const GATEWAY_VERSION = `${GATEWAY_API}/v1`;

interface IngressOptions {
  readonly className?: string;
  readonly address?: string | null;
  readonly target?: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Called like its host's first label. */
export function ingress(host: string, options: IngressOptions = {}): KubeObject {
  const { className = "internal", address = "192.0.2.1", target, namespace = "apps", labels = {} } = options;
  const entry = target === undefined ? { ip: address } : { hostname: target };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: host.replace("*.", "any-").split(".")[0] ?? "", namespace, labels },
    spec: { ingressClassName: className, rules: [{ host }] },
    ...(address === null ? {} : { status: { loadBalancer: { ingress: [entry] } } }),
  };
}

export function service(name: string, spec: object, annotations: Readonly<Record<string, string>> = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "apps", annotations },
    spec: { ports: [{ port: 80 }], ...spec },
    status: { loadBalancer: { ingress: [{ ip: "192.0.2.5" }] } },
  };
}

interface GatewayOptions {
  readonly className?: string;
  readonly hostname?: string;
  readonly addresses?: readonly string[];
}

export function gateway(name: string, options: GatewayOptions = {}): KubeObject {
  const { className = "cilium", hostname = `*.${DOMAIN}`, addresses = ["192.0.2.2"] } = options;
  return {
    apiVersion: GATEWAY_VERSION,
    kind: "Gateway",
    metadata: { name, namespace: "network" },
    spec: { gatewayClassName: className, listeners: [{ name: "web", port: 443, protocol: "HTTPS", hostname }] },
    status: { addresses: addresses.map((value) => ({ type: "IPAddress", value })) },
  };
}

interface RouteOptions {
  readonly gateway?: string;
  readonly section?: string;
  /** Of the condition Accepted, with its reason; `undefined`: no controller has spoken. */
  readonly accepted?: readonly ["True" | "False", string] | undefined;
}

export function route(label: string, options: RouteOptions = {}): KubeObject {
  const { gateway: parent = "internal", section, accepted = ["True", "Accepted"] } = options;
  const parentRef = { name: parent, namespace: "network", ...(section === undefined ? {} : { sectionName: section }) };
  const conditions = [{ type: "Accepted", status: accepted[0], reason: accepted[1], observedGeneration: 1 }];
  return {
    apiVersion: GATEWAY_VERSION,
    kind: "HTTPRoute",
    metadata: { name: label, namespace: "apps" },
    spec: { hostnames: [`${label}.${DOMAIN}`], parentRefs: [parentRef] },
    status: { parents: [{ parentRef, controllerName: "io.cilium/gateway-controller", conditions }] },
  };
}
