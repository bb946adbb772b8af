// Objects that sources look up, by kind and namespace.

import { type ClusterObject, isSameObject, keyOf, type ObjectKey } from "#src/domain/cluster-object.ts";
import type { Lookup, Reference, Resource } from "./source.ts";

export interface LookupTable extends Lookup {
  /** Keeps the object; false when nobody looks up its kind, or when whoever does finds what he found before. */
  put(object: ClusterObject): boolean;
  /** False when it was not there. */
  delete(key: ObjectKey): boolean;
}

/** Keeps objects of these kinds alone. */
export function createLookupTable(kinds: readonly Resource[]): LookupTable {
  const wanted = new Set(kinds.map(({ group, kind }) => `${group}/${kind}`));
  /** By kind and namespace, then by name. */
  const groups = new Map<string, Map<string, ClusterObject>>();
  return {
    put: (object) => {
      const key = keyOf(object);
      if (!wanted.has(`${key.group}/${key.kind}`)) return false;
      const id = groupOf(key, key.namespace);
      const group = groups.get(id) ?? new Map<string, ClusterObject>();
      const before = group.get(key.name);
      groups.set(id, group.set(key.name, object));
      return before === undefined || !isSameObject(before, object);
    },
    delete: (key) => {
      const id = groupOf(key, key.namespace);
      const group = groups.get(id);
      const wasThere = group?.delete(key.name) ?? false;
      // Namespaces come and go by the thousand where something is tested in each.
      if (group?.size === 0) groups.delete(id);
      return wasThere;
    },
    get: (reference: Reference) => groups.get(groupOf(reference, reference.namespace))?.get(reference.name),
    list: (resource, namespace) => [...(groups.get(groupOf(resource, namespace))?.values() ?? [])],
  };
}

function groupOf({ group, kind }: Resource, namespace: string): string {
  return `${group}/${kind}/${namespace}`;
}
