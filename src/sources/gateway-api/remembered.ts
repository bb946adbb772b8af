// One Gateway is read for each of its routes, and it may have thousands; objects never change, so what was read stands.

import type { ClusterObject } from "#src/domain/cluster-object.ts";

/** `read`, done once for each object for as long as somebody keeps the object. */
export function rememberedByObject<T>(read: (object: ClusterObject) => T): (object: ClusterObject) => T {
  const known = new WeakMap<ClusterObject, { readonly value: T }>();
  return (object) => {
    const found = known.get(object) ?? { value: read(object) };
    known.set(object, found);
    return found.value;
  };
}
