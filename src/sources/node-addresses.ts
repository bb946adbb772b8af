// The addresses of cluster nodes, for the source `node` and for Services that are reached through nodes.

import * as z from "zod";
import type { ClusterObject } from "#src/domain/cluster-object.ts";
import type { DnsAnnotations } from "./annotations.ts";
import type { NodeAddressType } from "./kind-options.ts";
import { readPart } from "./shape.ts";
import { ANY_NAME, type Lookup, type ObjectShape, type Reference } from "./source.ts";

export const nodeStatus = z.object({
  addresses: z.array(z.object({ type: z.string(), address: z.string() })).nullish(),
});

/** Looked up by Services, but kept only where the source `node` is on: to list nodes is a wide right. */
export const NODE: ObjectShape = { group: "", kind: "Node", status: nodeStatus };

/** Any node: which of them count follows from endpoints and annotations. */
export const ANY_NODE: Reference = { group: NODE.group, kind: NODE.kind, namespace: "", name: ANY_NAME };

/** Values of one type of address (`InternalIP`, `ExternalIP`, `Hostname`), in the order of the status. */
export function addressesOfType(status: z.infer<typeof nodeStatus>, type: string): readonly string[] {
  return (status.addresses ?? []).filter((entry) => entry.type === type).map(({ address }) => address);
}

/** Addresses of one type of every node that is known; only of those called `nodeNames` where that is given. */
export function nodeAddresses(
  lookup: Lookup,
  type: NodeAddressType,
  nodeNames?: ReadonlySet<string>,
): readonly string[] {
  return lookup
    .list(NODE, "")
    .filter((node) => nodeNames === undefined || nodeNames.has(node.metadata.name))
    .flatMap((node) => addressesOf(node, type));
}

/** Whether nodes can be looked up at all. */
export function knowsNodes(lookup: Lookup): boolean {
  return lookup.list(NODE, "").length > 0;
}

/** external-dns `access`: `public` external addresses, `private` internal ones; without it external ones where there are any. */
export function chooseNodeAddressType(lookup: Lookup, access: DnsAnnotations["access"]): NodeAddressType {
  if (access !== undefined) return access === "public" ? "ExternalIP" : "InternalIP";
  return nodeAddresses(lookup, "ExternalIP").length > 0 ? "ExternalIP" : "InternalIP";
}

function addressesOf(node: ClusterObject, type: NodeAddressType): readonly string[] {
  const status = readPart("status", nodeStatus, node.status);
  return status.ok ? addressesOfType(status.value, type) : [];
}
