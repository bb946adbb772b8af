// Where the names of a Service point, for each of its types; and why nowhere. Knows no names.

import { isIP } from "node:net";
import * as z from "zod";
import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { canonicalTarget } from "#src/domain/target.ts";
import { type DnsAnnotations, readAnnotations } from "./annotations.ts";
import { type Endpoint, endpointReferences, readyEndpoints } from "./endpoint-slice.ts";
import { loadBalancerStatus, loadBalancerTargets } from "./load-balancer.ts";
import { ANY_NODE, chooseNodeAddressType, knowsNodes, nodeAddresses } from "./node-addresses.ts";
import { readPart } from "./shape.ts";
import type { Lookup, ObjectShape, Reference, SourceOptions, SourceProblem } from "./source.ts";

export const serviceSpec = z.object({
  type: z.string().nullish(),
  externalIPs: z.array(z.string()).nullish(),
  externalName: z.string().nullish(),
  externalTrafficPolicy: z.string().nullish(),
  clusterIP: z.string().nullish(),
  clusterIPs: z.array(z.string()).nullish(),
});
export type ServiceSpec = z.infer<typeof serviceSpec>;

/** For kinds that look Services up. */
export const SERVICE: ObjectShape = { group: "", kind: "Service", spec: serviceSpec, status: loadBalancerStatus };

export interface ServiceParts {
  readonly object: ClusterObject;
  readonly spec: ServiceSpec;
  readonly status: z.infer<typeof loadBalancerStatus>;
  readonly annotations: DnsAnnotations;
  readonly lookup: Lookup;
}

/** What the names of a Service point at, or why they cannot point anywhere. */
export type ServiceAddresses =
  | {
      readonly targets: readonly string[];
      /** Why there may be no target yet: one sentence. */
      readonly pendingReason: string;
      /** Endpoints and nodes tell what is there now: what is gone is gone. */
      readonly whenLost?: "drop";
      /** Those of the Pods that a StatefulSet names. */
      readonly byHostname?: ReadonlyMap<string, readonly string[]>;
      readonly problems?: readonly SourceProblem[];
    }
  | { readonly refusal: string };

/** The first that applies: annotation, external name, endpoints (opted in), external IPs, load balancer, nodes. */
export function serviceAddresses(parts: ServiceParts): ServiceAddresses {
  const { spec, status, annotations } = parts;
  if (annotations.targets !== undefined) return { targets: annotations.targets, pendingReason: "" };
  if (spec.type === "ExternalName") {
    const externalName = spec.externalName ?? "";
    return { targets: externalName === "" ? [] : [externalName], pendingReason: "spec.externalName is empty" };
  }
  if (annotations.resolvesEndpoints) return endpointAddresses(parts);
  const externalIPs = spec.externalIPs ?? [];
  if (externalIPs.length > 0) return { targets: externalIPs, pendingReason: "" };
  if (spec.type === "NodePort") return nodePortAddresses(parts);
  if (spec.type !== "LoadBalancer") return { refusal: insideReason(spec) };
  return {
    targets: loadBalancerTargets(status),
    pendingReason: "the load balancer has given none in status.loadBalancer and spec.externalIPs is empty",
  };
}

/** Where it is reached on the network by addresses of its own, canonical: what a load balancer announces. */
export function announcedAddresses(object: ClusterObject): readonly string[] {
  const spec = readPart("spec", serviceSpec, object.spec);
  const status = readPart("status", loadBalancerStatus, object.status);
  if (!spec.ok || !status.ok) return [];
  const balanced = spec.value.type === "LoadBalancer" ? loadBalancerTargets(status.value) : [];
  return [...balanced, ...(spec.value.externalIPs ?? [])].flatMap((text) => {
    const target = canonicalTarget(isIP(text) === 6 ? "AAAA" : "A", text);
    return target.ok ? [target.value] : [];
  });
}

/** Both families; none for a headless Service. */
export function clusterAddresses(spec: ServiceSpec): readonly string[] {
  const addresses = spec.clusterIPs ?? [spec.clusterIP ?? ""];
  return addresses.filter((address) => address !== "" && address !== "None");
}

/** What the addresses depend on. */
export function addressReferences(
  object: ClusterObject,
  { annotationPrefixes }: Pick<SourceOptions, "annotationPrefixes">,
): readonly Reference[] {
  const spec = readPart("spec", serviceSpec, object.spec);
  if (!spec.ok) return [];
  if (readAnnotations(object, annotationPrefixes).resolvesEndpoints) return [...endpointReferences(object), ANY_NODE];
  if (spec.value.type !== "NodePort") return [];
  return isLocal(spec.value) ? [...endpointReferences(object), ANY_NODE] : [ANY_NODE];
}

/** `endpoints-type` may name the nodes that the endpoints run on instead of themselves. */
function endpointAddresses(parts: ServiceParts): ServiceAddresses {
  const { object, annotations, lookup } = parts;
  const nodeType = NODE_TYPE_OF_ENDPOINTS.get(annotations.endpointsType ?? "");
  if (nodeType !== undefined && !knowsNodes(lookup))
    return { refusal: noNodesReason("has its endpoints' nodes named") };
  const { endpoints, problems } = readyEndpoints(object, lookup);
  const addressesOf = ({ addresses, nodeName }: Endpoint): readonly string[] =>
    nodeType === undefined ? addresses : nodeAddresses(lookup, nodeType, new Set([nodeName ?? ""]));
  const byHostname = new Map<string, readonly string[]>();
  for (const endpoint of endpoints) {
    if (endpoint.hostname === undefined) continue;
    byHostname.set(endpoint.hostname, [...(byHostname.get(endpoint.hostname) ?? []), ...addressesOf(endpoint)]);
  }
  return {
    targets: endpoints.flatMap(addressesOf),
    pendingReason: "none of its endpoints is ready",
    whenLost: "drop",
    byHostname,
    problems,
  };
}

/** external-dns' words for a headless Service. */
const NODE_TYPE_OF_ENDPOINTS: ReadonlyMap<string, "InternalIP" | "ExternalIP"> = new Map([
  ["HostIP", "InternalIP"],
  ["NodeExternalIP", "ExternalIP"],
]);

/** Every node answers a node port; under `externalTrafficPolicy: Local` only those that run an endpoint. */
function nodePortAddresses({ object, spec, annotations, lookup }: ServiceParts): ServiceAddresses {
  if (!knowsNodes(lookup)) return { refusal: noNodesReason("has type NodePort") };
  const local = isLocal(spec) ? readyEndpoints(object, lookup) : undefined;
  const nodeNames = local && new Set(local.endpoints.flatMap(({ nodeName }) => nodeName ?? []));
  return {
    targets: nodeAddresses(lookup, chooseNodeAddressType(lookup, annotations.access), nodeNames),
    pendingReason: "no node that answers its port has an address of the type asked for",
    whenLost: "drop",
    problems: local?.problems ?? [],
  };
}

function isLocal(spec: ServiceSpec): boolean {
  return spec.externalTrafficPolicy === "Local";
}

function noNodesReason(what: string): string {
  return `the Service ${what}, and no node is known: add "node" to sources.kinds so that nodes are read`;
}

/** Why no address outside the cluster leads there. */
export function insideReason(spec: ServiceSpec): string {
  if (spec.clusterIP === "None") {
    return "the Service is headless; its endpoints answer when the annotation k8s-gateway.dns/resolve-endpoints is true";
  }
  return `the Service has type ${spec.type ?? "ClusterIP"}, which has no address outside the cluster`;
}
