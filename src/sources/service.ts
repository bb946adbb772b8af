// core Service of type LoadBalancer: annotated names, else `name.namespace` in every zone, point at its addresses.

import * as z from "zod";
import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { addressRecords, originOf } from "./address-records.ts";
import { type DnsAnnotations, isIgnored, readAnnotations } from "./annotations.ts";
import { type ResolvedHostnames, resolveHostnames, resolveRelative } from "./hostnames.ts";
import { loadBalancerStatus, loadBalancerTargets } from "./load-balancer.ts";
import { readPart } from "./shape.ts";
import { rejected, type Source, type SourceContext, type SourceOptions, type SourceResult } from "./source.ts";

const serviceSpec = z.object({
  type: z.string().nullish(),
  externalIPs: z.array(z.string()).nullish(),
});
type ServiceSpec = z.infer<typeof serviceSpec>;

export const serviceSource: Source = {
  resource: { group: "", kind: "Service" },
  shape: { spec: serviceSpec, status: loadBalancerStatus },
  lookups: [],
  references: () => [],
  toRecords: serviceRecords,
};

function serviceRecords(object: ClusterObject, context: SourceContext): SourceResult {
  const annotations = readAnnotations(object, context.options.annotationPrefixes);
  const spec = readPart("spec", serviceSpec, object.spec);
  if (!spec.ok) return rejected(object, "object.invalid", spec.problem);
  if (spec.value.type !== "LoadBalancer") return notLoadBalancer(object, spec.value, annotations);
  if (isIgnored(object)) return rejected(object, "object.ignored", "the label k8s-gateway.dns/ignore is set");
  const status = readPart("status", loadBalancerStatus, object.status);
  if (!status.ok) return rejected(object, "object.invalid", status.problem);

  const resolved = namesOf(object, annotations, context.options);
  const externalIPs = spec.value.externalIPs ?? [];
  const records = addressRecords({
    object,
    origin: originOf(object, "Service"),
    names: resolved.names,
    targets: annotations.targets ?? (externalIPs.length > 0 ? externalIPs : loadBalancerTargets(status.value)),
    ttlSeconds: annotations.ttlSeconds,
    pendingReason: "the load balancer has given none in status.loadBalancer and spec.externalIPs is empty",
  });
  return { recordSets: records.recordSets, problems: [...resolved.problems, ...records.problems] };
}

/**
 * A Service inside the cluster is the normal case and no problem; one that was given a name is worth a word.
 * `internal-hostname` means the cluster IP to external-dns; from a LAN only the load balancer can be reached, so that answers.
 */
function notLoadBalancer(object: ClusterObject, spec: ServiceSpec, annotations: DnsAnnotations): SourceResult {
  if (!annotations.namesHost) return { recordSets: [], problems: [] };
  const type = spec.type ?? "ClusterIP";
  return rejected(object, "service.type", `the Service has type ${type}; only LoadBalancer has an address outside`);
}

function namesOf(object: ClusterObject, annotations: DnsAnnotations, options: SourceOptions): ResolvedHostnames {
  const { name, namespace } = object.metadata;
  if (!annotations.namesHost) return resolveRelative(`${name}.${namespace}`, object, options);
  const hosts = [...annotations.corednsHostnames, ...annotations.hostnames, ...annotations.internalHostnames];
  if (hosts.length > 0) return resolveHostnames(hosts, object, options);
  const reason = `its hostname annotation is empty, which also takes the default name ${name}.${namespace} away`;
  return { names: [], problems: rejected(object, "host.none", reason).problems };
}
