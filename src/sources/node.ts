// core Node: its names point at its addresses, of the type that the settings choose. Off by default: few want the machines
// of their cluster named, and to list nodes is a wide right.

import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { addressRecords, originOf } from "./address-records.ts";
import { type DnsAnnotations, isIgnored, readAnnotations } from "./annotations.ts";
import { resolveHostnames } from "./hostnames.ts";
import { addressesOfType, NODE, nodeStatus } from "./node-addresses.ts";
import { readPart } from "./shape.ts";
import { rejected, type Source, type SourceContext, type SourceResult } from "./source.ts";

export const nodeSource: Source = {
  resource: { group: NODE.group, kind: NODE.kind },
  shape: { status: nodeStatus },
  // Services look nodes up where this source is on.
  lookups: [NODE],
  references: () => [],
  toRecords: nodeRecords,
};

function nodeRecords(object: ClusterObject, { options }: SourceContext): SourceResult {
  if (isIgnored(object)) return rejected(object, "object.ignored", "the label k8s-gateway.dns/ignore is set");
  const status = readPart("status", nodeStatus, object.status);
  if (!status.ok) return rejected(object, "object.invalid", status.problem);
  const annotations = readAnnotations(object, options.annotationPrefixes);
  const names = namesOf(object, annotations, addressesOfType(status.value, "Hostname"));
  if (names.length === 0) return rejected(object, "host.none", "its hostname annotation is empty");
  const resolved = resolveHostnames(names, object, options);
  const { addressType } = options.kinds.node;
  const records = addressRecords({
    object,
    origin: originOf(object, "Node"),
    names: resolved.names,
    targets: annotations.targets ?? addressesOfType(status.value, addressType),
    ttlSeconds: annotations.ttlSeconds,
    pendingReason: `status.addresses holds none of type ${addressType}`,
  });
  return { recordSets: records.recordSets, problems: [...resolved.problems, ...records.problems] };
}

/** Annotated names, else what the node calls itself, else the name of the object. */
function namesOf(object: ClusterObject, annotations: DnsAnnotations, own: readonly string[]): readonly string[] {
  const { hostnames, internalHostnames, corednsHostnames, namesHost } = annotations;
  if (namesHost) return [...corednsHostnames, ...hostnames, ...internalHostnames];
  return own.length > 0 ? own : [object.metadata.name];
}
