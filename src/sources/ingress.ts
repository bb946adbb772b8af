// networking.k8s.io Ingress: the hosts of its rules point at the load balancer of its controller.

import * as z from "zod";
import { type ClusterObject, keyOf } from "#src/domain/cluster-object.ts";
import { addressRecords, originOf } from "./address-records.ts";
import { type DnsAnnotations, isIgnored, readAnnotations } from "./annotations.ts";
import { resolveHostnames, type ZonedName } from "./hostnames.ts";
import {
  classReference,
  type EffectiveClass,
  effectiveClass,
  INGRESS_CLASS,
  isWatched,
  readIngressClasses,
} from "./ingress-class.ts";
import type { KindOptions } from "./kind-options.ts";
import { loadBalancerStatus, loadBalancerTargets } from "./load-balancer.ts";
import { readPart } from "./shape.ts";
import { rejected, type Source, type SourceContext, type SourceProblem, type SourceResult } from "./source.ts";

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
    return spec.ok ? [classReference(classNameOf(object, spec.value))] : [];
  },
  toRecords: ingressRecords,
};

/** How the class was named before `spec.ingressClassName`; controllers still honour it. */
const LEGACY_CLASS_ANNOTATION = "kubernetes.io/ingress.class";

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
    classNameOf(object, spec.value),
    readIngressClasses(context.lookup.list(INGRESS_CLASS, "")),
  );
  const resolved = resolveHostnames(hosts, object, context.options);
  const watched = resolved.names.filter(({ zone }) => isWatched(ingressClass, zone));
  const unwatched = resolved.names.filter(({ zone }) => !isWatched(ingressClass, zone));

  const records = addressRecords({
    object,
    origin: originOf(object, "Ingress", ingressClass.name),
    names: watched,
    targets: chooseTargets(annotations, ingressClass, context) ?? loadBalancerTargets(status.value),
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

function classNameOf(object: ClusterObject, spec: IngressSpec): string | undefined {
  const name = spec.ingressClassName ?? object.metadata.annotations[LEGACY_CLASS_ANNOTATION];
  return name === "" ? undefined : name;
}

/** external-dns `ingress-hostname-source`: which of the two places counts; both by default. */
function hostsOf(spec: IngressSpec, annotations: DnsAnnotations, options: KindOptions["ingress"]): readonly string[] {
  if (annotations.hostnameSource === "annotation-only") return annotations.hostnames;
  const fromRules = (spec.rules ?? []).map((rule) => rule.host ?? "");
  const fromTls = options.tlsHosts ? (spec.tls ?? []).flatMap((entry) => entry.hosts ?? []) : [];
  const defined = [...fromRules, ...fromTls].filter((host) => host.trim() !== "");
  return annotations.hostnameSource === "defined-hosts-only" ? defined : [...defined, ...annotations.hostnames];
}

/** What stands in for status: the `target` annotation unless it is meant for public DNS, else a setting for the class. */
function chooseTargets(
  annotations: DnsAnnotations,
  ingressClass: EffectiveClass,
  { options }: SourceContext,
): readonly string[] | undefined {
  const name = ingressClass.name ?? "";
  const annotated = options.publicClasses.has(name) ? undefined : annotations.targets;
  return annotated ?? options.classTargets.get(name);
}

function unwatchedProblem(object: ClusterObject, { name, zone }: ZonedName, effective: EffectiveClass): SourceProblem {
  const which =
    effective.name === undefined ? "no class, and no IngressClass is the default" : `class ${effective.name}`;
  const reason = `the Ingress has ${which}; zone ${zone.apex} watches ${watchedText(zone)}`;
  return { code: "class.unwatched", object: keyOf(object), hostname: name, reason };
}

function watchedText(zone: ZonedName["zone"]): string {
  const names = zone.ingressClasses === "all" ? [] : [...zone.ingressClasses];
  const watched = zone.watchesDefaultClass ? [...names, "the default class"] : names;
  return watched.length === 0 ? "none" : watched.join(", ");
}
