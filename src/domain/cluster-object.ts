// A Kubernetes object as plain data: what manifests/ and kubernetes/ yield and sources/ read.

/** Identity of an object across its versions. */
export interface ObjectKey {
  /** API group, "" for core. */
  readonly group: string;
  readonly kind: string;
  /** "" for objects that live in no namespace. */
  readonly namespace: string;
  readonly name: string;
  /** Absent as long as objects come from one place alone. */
  readonly cluster?: string;
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
    /** Counts changes of the spec, from 1; absent in a manifest that was never in a cluster. */
    readonly generation?: number;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
    /** Which of several clusters it lives in: equal names in two of them are two objects. */
    readonly cluster?: string;
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
    ...(object.metadata.cluster === undefined ? {} : { cluster: object.metadata.cluster }),
  };
}

/** Far deeper than any kind goes; what somebody nested without end must not end us. */
const MAX_COMPARED_DEPTH = 64;

/** True when the two hold the same. False, too, of what is nested too deep to be compared. */
export function isSameObject(a: ClusterObject, b: ClusterObject): boolean {
  return isSameJson(a, b, MAX_COMPARED_DEPTH);
}

function isSameJson(a: unknown, b: unknown, depth: number): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null || depth === 0) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [entries, others] = [Object.entries(a), new Map(Object.entries(b))];
  return (
    entries.length === others.size &&
    entries.every(([key, value]) => others.has(key) && isSameJson(value, others.get(key), depth - 1))
  );
}

/** One string per key, for maps: `group/kind/namespace/name`, and the cluster behind it where there are several. */
export function keyText(key: ObjectKey): string {
  const { group, kind, namespace, name, cluster } = key;
  // Joined at once: a template keeps a string for each of its joints.
  const parts = cluster === undefined ? [group, kind, namespace, name] : [group, kind, namespace, name, cluster];
  return parts.join("/");
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
