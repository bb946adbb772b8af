// core Pod with a second network (Multus): its names point at its addresses there, which the cluster's own network, and so
// every other source, knows nothing of. Off by default: to list Pods is a wide right.

import * as z from "zod";
import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";
import { addressRecords, originOf } from "./address-records.ts";
import { type DnsAnnotations, isIgnored, readAnnotations, splitList } from "./annotations.ts";
import { type ResolvedHostnames, resolveHostnames, resolveRelative } from "./hostnames.ts";
import { compactNetworkStatus, type SecondNetwork, secondNetworks, wantsNetworks } from "./network-status.ts";
import { readPart } from "./shape.ts";
import { rejected, type Source, type SourceContext, type SourceOptions, type SourceResult } from "./source.ts";

const podStatus = z.object({ phase: z.string().nullish() });

export const podSource: Source = {
  resource: { group: "", kind: "Pod" },
  shape: { status: podStatus, keepAnnotations: compactNetworkStatus },
  lookups: [],
  references: () => [],
  toRecords: podRecords,
};

/** Which networks' addresses answer: names of NetworkAttachmentDefinitions, with or without their namespace. */
const NETWORKS_ANNOTATION = "zonegate.dns/networks";
/** Phases of a Pod that has ended; its addresses may be another's by now. */
const ENDED: ReadonlySet<string> = new Set(["Succeeded", "Failed"]);

function podRecords(object: ClusterObject, { options }: SourceContext): SourceResult {
  const annotations = readAnnotations(object, options.annotationPrefixes);
  const isNamed = annotations.namesHost || options.kinds.multus.names === "all";
  if (!isNamed || object.metadata.isBeingDeleted === true) return NOTHING;
  const status = readPart("status", podStatus, object.status);
  if (!status.ok) return rejected(object, "object.invalid", status.problem);
  if (ENDED.has(status.value.phase ?? "")) return NOTHING;
  const networks = secondNetworks(object.metadata.annotations);
  const isMultus = !networks.ok || networks.value.length > 0 || wantsNetworks(object.metadata.annotations);
  if (!isMultus) {
    return annotations.namesHost ? rejected(object, "network.none", "the Pod is in no second network") : NOTHING;
  }
  if (isIgnored(object)) return rejected(object, "object.ignored", "the label k8s-gateway.dns/ignore is set");
  if (!networks.ok) return rejected(object, "network.invalid", networks.problem);
  return namedPod(object, { annotations, networks: networks.value, options });
}

const NOTHING: SourceResult = { recordSets: [], problems: [] };

interface PodParts {
  readonly annotations: DnsAnnotations;
  readonly networks: readonly SecondNetwork[];
  readonly options: SourceOptions;
}

function namedPod(object: ClusterObject, { annotations, networks, options }: PodParts): SourceResult {
  const resolved = namesOf(object, annotations, options);
  const addresses = addressesOf(networks, object.metadata.annotations[NETWORKS_ANNOTATION]);
  const records = addressRecords({
    object,
    origin: originOf(object, "Pod"),
    names: resolved.names,
    targets: annotations.targets ?? (addresses.ok ? addresses.value : []),
    ttlSeconds: annotations.ttlSeconds,
    pendingReason: addresses.ok ? "Multus has written no address yet" : addresses.problem,
  });
  return { recordSets: records.recordSets, problems: [...resolved.problems, ...records.problems], whenLost: "drop" };
}

function namesOf(object: ClusterObject, annotations: DnsAnnotations, options: SourceOptions): ResolvedHostnames {
  const { name, namespace } = object.metadata;
  if (!annotations.namesHost) return resolveRelative(`${name}.${namespace}`, object, options);
  const { hostnames, internalHostnames, corednsHostnames } = annotations;
  const hosts = [...corednsHostnames, ...hostnames, ...internalHostnames];
  if (hosts.length > 0) return resolveHostnames(hosts, object, options);
  return { names: [], problems: rejected(object, "host.none", "its hostname annotation is empty").problems };
}

/** Of the networks that are chosen, else of all; a chosen one that the Pod is not in is a problem only when none is left. */
function addressesOf(networks: readonly SecondNetwork[], choice: string | undefined): Parsed<readonly string[]> {
  const chosen = splitList(choice ?? "");
  const answering = networks.filter(({ name }) => chosen.length === 0 || chosen.some((text) => isCalled(name, text)));
  if (answering.length > 0 || networks.length === 0) return parsed(answering.flatMap(({ ips }) => ips));
  const known = networks.map(({ name }) => name).join(", ");
  return unparsable(
    `${NETWORKS_ANNOTATION} chooses ${chosen.join(", ").slice(0, 200)}, and the Pod is in ${known.slice(0, 200)}`,
  );
}

/** `media/iot` is `media/iot` and `iot`. */
function isCalled(network: string, text: string): boolean {
  return network === text || network.slice(network.lastIndexOf("/") + 1) === text;
}
