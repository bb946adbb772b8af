// networking.k8s.io Ingress: the hosts of its rules point at the load balancer of its controller.

import * as z from "zod";
import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { addressRecords, originOf } from "./address-records.ts";
import { type DnsAnnotations, isIgnored, readAnnotations } from "./annotations.ts";
import { resolveHostnames } from "./hostnames.ts";
import {
  chooseClassTargets,
  classOf,
  classReference,
  effectiveClass,
  INGRESS_CLASS,
  isWatched,
  readIngressClasses,
  unwatchedProblem,
} from "./ingress-class.ts";
import type { KindOptions } from "./kind-options.ts";
import { loadBalancerStatus, loadBalancerTargets } from "./load-balancer.ts";
import { readPart } from "./shape.ts";
import { rejected, type Source, type SourceContext, type SourceResult } from "./source.ts";

const ingressSpec = z.object({
  ingressClassName: z.string().nullish(),
  rules: z.array(z.object({ host: z.string().nullish() })).nullish(),
  tls: z.array(z.object({ hosts: z.array(z.string()).nullish() })).nullish(),
});
type IngressSpec = z.infer<typeof ingressSpec>;

export const ingressSource: Source = {
  resource: { group: "networking.k8s.io", kind: "Ingress" },
  shape: { spec: ingressSpec, status: loadBalancerStatus },
  lookups: [INGRESS_CLASS],
  references: (object) => {
    const spec = readPart("spec", ingressSpec, object.spec);
    return spec.ok ? [classReference(classOf(object, spec.value.ingressClassName))] : [];
  },
  toRecords: ingressRecords,
};

function ingressRecords(object: ClusterObject, context: SourceContext): SourceResult {
  if (isIgnored(object)) return rejected(object, "object.ignored", "the label k8s-gateway.dns/ignore is set");
  const spec = readPart("spec", ingressSpec, object.spec);
  if (!spec.ok) return rejected(object, "object.invalid", spec.problem);
  const status = readPart("status", loadBalancerStatus, object.status);
  if (!status.ok) return rejected(object, "object.invalid", status.problem);

  const annotations = readAnnotations(object, context.options.annotationPrefixes);
  const hosts = hostsOf(spec.value, annotations, context.options.kinds.ingress);
  if (hosts.length === 0) return rejected(object, "host.none", "no rule names a host and no annotation does");
  const ingressClass = effectiveClass(
    classOf(object, spec.value.ingressClassName),
    readIngressClasses(context.lookup.list(INGRESS_CLASS, "")),
  );
  const resolved = resolveHostnames(hosts, object, context.options);
  const watched = resolved.names.filter(({ zone }) => isWatched(ingressClass, zone));
  const unwatched = resolved.names.filter(({ zone }) => !isWatched(ingressClass, zone));

  const records = addressRecords({
    object,
    origin: originOf(object, "Ingress", ingressClass.name),
    names: watched,
    targets: chooseClassTargets(annotations, ingressClass, context.options) ?? loadBalancerTargets(status.value),
    ttlSeconds: annotations.ttlSeconds,
    pendingReason: "the Ingress controller has written no address into status.loadBalancer",
  });
  const problems = [
    ...resolved.problems,
    ...unwatched.map((zoned) => unwatchedProblem(object, zoned, ingressClass)),
    ...records.problems,
  ];
  return { recordSets: records.recordSets, problems };
}

/** external-dns `ingress-hostname-source`: which of the two places counts; both by default. */
function hostsOf(spec: IngressSpec, annotations: DnsAnnotations, options: KindOptions["ingress"]): readonly string[] {
  if (annotations.hostnameSource === "annotation-only") return annotations.hostnames;
  const fromRules = (spec.rules ?? []).map((rule) => rule.host ?? "");
  const fromTls = options.tlsHosts ? (spec.tls ?? []).flatMap((entry) => entry.hosts ?? []) : [];
  const defined = [...fromRules, ...fromTls].filter((host) => host.trim() !== "");
  return annotations.hostnameSource === "defined-hosts-only" ? defined : [...defined, ...annotations.hostnames];
}
