// Which kinds are read from a cluster, and what is kept of each object: the one seam between the sources and the inventory.

import type { ClusterObject } from "#src/domain/cluster-object.ts";
import type { WantedResource } from "#src/kubernetes/served-resource.ts";
import { readObject } from "#src/manifests/object-json.ts";
import type { ObjectShape } from "#src/sources/source.ts";
import type { Trim } from "#src/sources/trim.ts";

/** Versions that the sources' schemas know, where a group has others. */
const VERSIONS: Readonly<Record<string, readonly string[]>> = {
  "": ["v1"],
  "discovery.k8s.io": ["v1"],
  "externaldns.k8s.io": ["v1alpha1"],
  "networking.k8s.io": ["v1"],
  "traefik.io": ["v1alpha1"],
};

export function wantedResources(shapes: readonly ObjectShape[]): readonly WantedResource[] {
  return shapes.map(({ group, kind }) => {
    const versions = VERSIONS[group];
    return versions === undefined ? { group, kind } : { group, kind, versions };
  });
}

/** `undefined` for a kind that nobody reads. Throws for what Kubernetes defines otherwise; the message names the field. */
export function readTrimmed(raw: unknown, trim: Trim): ClusterObject | undefined {
  const object = readObject(raw, (_, written) => written ?? "");
  if (!object.ok) throw new Error(object.problem);
  return trim(object.value);
}
