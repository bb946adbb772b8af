// A Kubernetes object as plain data: what manifests/ (and later kubernetes/) yield and sources/ read.

/** Identity of an object across its versions. */
export interface ObjectKey {
  /** API group, "" for core. */
  readonly group: string;
  readonly kind: string;
  /** "" for objects that live in no namespace. */
  readonly namespace: string;
  readonly name: string;
}

export interface ClusterObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    /** "" for objects that live in no namespace. */
    readonly namespace: string;
    readonly uid?: string;
    /** Unix milliseconds. */
    readonly createdAtMs?: number;
    /** Counts changes of the spec, from 1; absent in a manifest that was never in a cluster. */
    readonly generation?: number;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  /** Whatever the kind defines; a source reads it through its own schema. */
  readonly spec: unknown;
  readonly status: unknown;
}

/** What changed in a set of objects since the last time. */
export interface InventoryChange {
  readonly upserted: readonly ClusterObject[];
  readonly deleted: readonly ObjectKey[];
}

/** The group is what stands before the slash of `apiVersion`; core objects have none. */
export function keyOf(object: ClusterObject): ObjectKey {
  const slash = object.apiVersion.indexOf("/");
  return {
    group: slash === -1 ? "" : object.apiVersion.slice(0, slash),
    kind: object.kind,
    namespace: object.metadata.namespace,
    name: object.metadata.name,
  };
}

/** One string per key, for maps: `group/kind/namespace/name`. */
export function keyText(key: ObjectKey): string {
  return `${key.group}/${key.kind}/${key.namespace}/${key.name}`;
}
