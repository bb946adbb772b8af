// A kind as an API server has it, and the paths that follow.

/** A kind that is wanted, if the server has it. */
export interface WantedResource {
  /** "" for core. */
  readonly group: string;
  readonly kind: string;
  /** Versions that we can read, best first; absent: whichever the server prefers. */
  readonly versions?: readonly string[];
}

/** The same, found. */
export interface ServedResource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** As in paths: `ingresses`. */
  readonly plural: string;
  readonly isNamespaced: boolean;
}

export function apiVersionOf({ group, version }: Pick<ServedResource, "group" | "version">): string {
  return group === "" ? version : `${group}/${version}`;
}

export function isSameServed(a: ServedResource, b: ServedResource): boolean {
  return a.version === b.version && a.plural === b.plural && a.isNamespaced === b.isNamespaced;
}

/** Path of the collection; `namespace` counts for kinds that live in one. */
export function collectionPath(resource: ServedResource, namespace: string | undefined): string {
  const root = resource.group === "" ? "/api" : `/apis/${encodeURIComponent(resource.group)}`;
  const within =
    namespace === undefined || !resource.isNamespaced ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}/${encodeURIComponent(resource.version)}${within}/${encodeURIComponent(resource.plural)}`;
}
