// core Service: annotated names, else `name.namespace` in every zone, point at its load balancer, external addresses,
// endpoints or nodes.

import { type ClusterObject, keyOf } from "#src/domain/cluster-object.ts";
import { matchesLabels } from "#src/domain/label-selector.ts";
import { isWildcard } from "#src/domain/name.ts";
import { type AddressClaim, addressRecords, originOf } from "./address-records.ts";
import { type DnsAnnotations, isIgnored, readAnnotations } from "./annotations.ts";
import { ENDPOINT_SLICE } from "./endpoint-slice.ts";
import {
  MAX_NAMES_PER_OBJECT,
  type ResolvedHostnames,
  resolveHostnames,
  resolveRelative,
  type ZonedName,
} from "./hostnames.ts";
import { loadBalancerStatus } from "./load-balancer.ts";
import {
  addressReferences,
  clusterAddresses,
  insideReason,
  SERVICE,
  type ServiceAddresses,
  type ServiceSpec,
  serviceAddresses,
  serviceSpec,
} from "./service-addresses.ts";
import { readPart } from "./shape.ts";
import {
  rejected,
  type Source,
  type SourceContext,
  type SourceOptions,
  type SourceProblem,
  type SourceResult,
} from "./source.ts";

export const serviceSource: Source = {
  resource: { group: SERVICE.group, kind: SERVICE.kind },
  shape: { spec: serviceSpec, status: loadBalancerStatus },
  lookups: [ENDPOINT_SLICE],
  references: addressReferences,
  toRecords: serviceRecords,
  whyNothing,
};

function serviceRecords(object: ClusterObject, context: SourceContext): SourceResult {
  const { options, lookup } = context;
  const annotations = readAnnotations(object, options.annotationPrefixes);
  const spec = readPart("spec", serviceSpec, object.spec);
  if (!spec.ok) return rejected(object, "object.invalid", spec.problem);
  // A Service inside the cluster is the normal case and no problem; one that was given a name is worth a word.
  if (spec.value.type !== "LoadBalancer" && !annotations.namesHost && !annotations.resolvesEndpoints) return NOTHING;
  if (isIgnored(object)) return rejected(object, "object.ignored", "the label k8s-gateway.dns/ignore is set");
  if (!isSelected(object, options)) {
    return rejected(object, "service.unselected", "its labels match none of sources.service.labelSelectors");
  }
  const status = readPart("status", loadBalancerStatus, object.status);
  if (!status.ok) return rejected(object, "object.invalid", status.problem);
  const names = namesOf(object, annotations, options);
  const parts = { object, spec: spec.value, status: status.value, annotations, lookup };
  return united([
    { recordSets: [], problems: names.problems },
    outsideRecords(names.outside, serviceAddresses(parts), { object, annotations, context }),
    insideRecords(names.inside, spec.value, { object, annotations: quietAfter(names.outside, annotations), context }),
  ]);
}

/** Most Services are for inside the cluster. */
function whyNothing(object: ClusterObject): readonly SourceProblem[] {
  const spec = readPart("spec", serviceSpec, object.spec);
  if (!spec.ok) return [];
  const reason = `${insideReason(spec.value)}; with type LoadBalancer, or a hostname annotation and a target, it gives a name`;
  return rejected(object, "service.type", reason).problems;
}

const NOTHING: SourceResult = { recordSets: [], problems: [] };

interface ServiceNames {
  /** Those that the Service's addresses answer. */
  readonly outside: readonly ZonedName[];
  /** Those that its cluster IPs answer. */
  readonly inside: readonly ZonedName[];
  readonly problems: SourceResult["problems"];
}

/**
 * `internal-hostname` means the cluster IP to external-dns. A LAN seldom routes those, so unless a setting says so the
 * addresses outside answer it too.
 */
function namesOf(object: ClusterObject, annotations: DnsAnnotations, options: SourceOptions): ServiceNames {
  const { name, namespace } = object.metadata;
  if (!annotations.namesHost) return outsideOnly(resolveRelative(`${name}.${namespace}`, object, options));
  const { hostnames, internalHostnames, corednsHostnames } = annotations;
  if (hostnames.length + internalHostnames.length + corednsHostnames.length === 0) {
    const reason = `its hostname annotation is empty, which also takes the default name ${name}.${namespace} away`;
    return { outside: [], inside: [], problems: rejected(object, "host.none", reason).problems };
  }
  const outsideHosts = [...corednsHostnames, ...hostnames];
  if (!options.kinds.service.clusterAddresses) {
    return outsideOnly(resolveHostnames([...outsideHosts, ...internalHostnames], object, options));
  }
  const outside = resolveHostnames(outsideHosts, object, options);
  const inside = resolveHostnames(internalHostnames, object, options);
  return { outside: outside.names, inside: inside.names, problems: [...outside.problems, ...inside.problems] };
}

function outsideOnly({ names, problems }: ResolvedHostnames): ServiceNames {
  return { outside: names, inside: [], problems };
}

interface ClaimContext {
  readonly object: ClusterObject;
  readonly annotations: DnsAnnotations;
  readonly context: SourceContext;
}

function outsideRecords(names: readonly ZonedName[], addresses: ServiceAddresses, where: ClaimContext): SourceResult {
  if (names.length === 0) return NOTHING;
  if ("refusal" in addresses) return rejected(where.object, "service.type", addresses.refusal);
  const { targets, pendingReason, whenLost, problems = [] } = addresses;
  const own = addressRecords({ ...claimOf(where), names, targets, pendingReason });
  const ofPods = allPodRecords([...(addresses.byHostname ?? [])], names, where);
  return united([own, ofPods, { recordSets: [], problems, ...(whenLost === undefined ? {} : { whenLost }) }]);
}

/** Bounded like the names that an object writes down: a StatefulSet of thousands is no reason for thousands of names. */
function allPodRecords(pods: readonly NamedPod[], names: readonly ZonedName[], where: ClaimContext): SourceResult {
  const most = Math.floor(MAX_NAMES_PER_OBJECT / names.length);
  const records = pods.slice(0, most).map((pod) => podRecords(pod, names, where));
  const beyond = pods[most];
  if (beyond === undefined) return united(records);
  const hostname = `${beyond[0]}.${names[0]?.name ?? ""}`;
  const reason = `the Service has ${pods.length} named Pods; those after the first ${most} have no name of their own`;
  const problem: SourceProblem = { code: "host.limit", object: keyOf(where.object), hostname, reason };
  return united([...records, { recordSets: [], problems: [problem] }]);
}

type NamedPod = readonly [hostname: string, addresses: readonly string[]];

/** As the cluster's own DNS calls the Pods of a StatefulSet: `pod.service…`. */
function podRecords([hostname, targets]: NamedPod, names: readonly ZonedName[], where: ClaimContext): SourceResult {
  const below = names.filter(({ name }) => !isWildcard(name)).map(({ name }) => `${hostname}.${name}.`);
  const resolved = resolveHostnames(below, where.object, where.context.options);
  const quiet = { ...where, annotations: quietAfter(names, where.annotations) };
  const records = addressRecords({ ...claimOf(quiet), names: resolved.names, targets });
  return united([{ recordSets: [], problems: resolved.problems }, records]);
}

function insideRecords(names: readonly ZonedName[], spec: ServiceSpec, where: ClaimContext): SourceResult {
  if (names.length === 0) return NOTHING;
  return addressRecords({
    ...claimOf(where),
    names,
    targets: clusterAddresses(spec),
    pendingReason: "the Service has no cluster IP",
  });
}

function claimOf({ object, annotations }: ClaimContext): Omit<AddressClaim, "names" | "targets"> {
  return { object, origin: originOf(object, "Service"), ttlSeconds: annotations.ttlSeconds, pendingReason: "" };
}

/** An unreadable TTL is said once. */
function quietAfter(said: readonly ZonedName[], annotations: DnsAnnotations): DnsAnnotations {
  if (said.length === 0 || annotations.ttlSeconds.ok) return annotations;
  return { ...annotations, ttlSeconds: { ok: true, value: undefined } };
}

function isSelected({ metadata }: ClusterObject, { kinds }: SourceOptions): boolean {
  const { labelSelectors } = kinds.service;
  return labelSelectors.length === 0 || labelSelectors.some((selector) => matchesLabels(selector, metadata.labels));
}

function united(results: readonly SourceResult[]): SourceResult {
  return {
    recordSets: results.flatMap(({ recordSets }) => recordSets),
    problems: results.flatMap(({ problems }) => problems),
    ...(results.some(({ whenLost }) => whenLost === "drop") ? { whenLost: "drop" } : {}),
  };
}
