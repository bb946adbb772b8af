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
    /** The cluster is taking it away (`deletionTimestamp`): it lives on until its finalizers are done. */
    readonly isBeingDeleted?: true;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  /** Whatever the kind defines (`specOf`); a source reads it through its own schema. */
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

/** Kinds whose fields stand beside `metadata`: those that are read of them. */
const FIELDS_OUTSIDE_SPEC: Readonly<Record<string, readonly string[]>> = {
  EndpointSlice: ["addressType", "endpoints"],
};

/** The `spec` of an object as the API or a manifest has it; of a kind that has none, the fields that stand in its place. */
export function specOf(kind: string, document: Readonly<Record<string, unknown>>): unknown {
  const fields = Object.hasOwn(FIELDS_OUTSIDE_SPEC, kind) ? FIELDS_OUTSIDE_SPEC[kind] : undefined;
  if (fields === undefined) return document["spec"] ?? {};
  return Object.fromEntries(fields.map((field) => [field, document[field]]));
}
