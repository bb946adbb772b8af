// Which kinds are read from a cluster, and what is kept of each object: the one seam between the sources and the inventory.

import type { ClusterObject } from "#src/domain/cluster-object.ts";
import type { WantedResource } from "#src/kubernetes/served-resource.ts";
import { readObject } from "#src/manifests/object-json.ts";
import { LOOKUP_RESOURCES, SOURCES } from "#src/sources/registry.ts";

/** Versions that the sources' schemas know, where a group has others. */
const VERSIONS: Readonly<Record<string, readonly string[]>> = { "": ["v1"], "networking.k8s.io": ["v1"] };

/** Every kind that some source reads or looks up, once. */
export function wantedResources(): readonly WantedResource[] {
  const resources = [...SOURCES.map(({ resource }) => resource), ...LOOKUP_RESOURCES];
  const distinct = new Map(resources.map(({ group, kind }) => [`${group}/${kind}`, { group, kind }]));
  return [...distinct.values()].map((resource) => {
    const versions = VERSIONS[resource.group];
    return versions === undefined ? resource : { ...resource, versions };
  });
}

/** As long as the object itself, and never read: kubectl keeps there what it applied last. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** Throws for an object that is not what Kubernetes defines; the message names the field. */
export function readClusterObject(raw: unknown): ClusterObject {
  const object = readObject(raw, (_, written) => written ?? "");
  if (!object.ok) throw new Error(object.problem);
  const { [LAST_APPLIED]: _, ...annotations } = object.value.metadata.annotations;
  return { ...object.value, metadata: { ...object.value.metadata, annotations } };
}
