// Server-side apply: a manager's fields replace the ones it applied before, and those of others only by force.
// Lists merge by the keys that patch.ts knows; field sets are kept as paths (FieldsV1) for applying managers only.

import {
  isRecord,
  isSameJson,
  type JsonRecord,
  type KubeObject,
  listOf,
  recordOf,
  type StoredObject,
} from "./objects.ts";
import { strategicMerge } from "./patch.ts";
import type { ResourceKind } from "./resources.ts";
import { failure, qualified } from "./status.ts";

interface ApplyOwner {
  readonly manager: string;
  readonly subresource: string;
  readonly isForced: boolean;
  readonly at: string;
}

export interface ApplyRequest {
  readonly stored: StoredObject | undefined;
  readonly wanted: KubeObject;
  readonly owner: ApplyOwner;
}

/** The object after the apply, with its managedFields; throws 409 when another manager applied a field differently. */
export function applyObject(resource: ResourceKind, { stored, wanted, owner }: ApplyRequest): KubeObject {
  const entries = listOf(stored?.metadata["managedFields"]).filter(isRecord);
  const own = entries.find((entry) => isOwn(entry, owner));
  const others = entries.filter((entry) => !isOwn(entry, owner));
  const paths = leafPaths(content(wanted));
  if (!owner.isForced && stored !== undefined) refuseConflicts(resource, { stored, wanted, others, paths });
  const dropped = pathsOf(own).filter((path) => {
    const isReplaced = !isHeld(path, paths) || Array.isArray(valueAt(stored ?? {}, path));
    return isReplaced && !others.some((entry) => isHeld(path, pathsOf(entry)));
  });
  const base = dropped.reduce<JsonRecord>((object, path) => without(object, path), content(stored ?? {}));
  const merged = recordOf(strategicMerge(base, content(wanted)));
  const left = owner.isForced ? others.map((entry) => releasing(entry, paths)) : others;
  const entry = {
    manager: owner.manager,
    operation: "Apply",
    apiVersion: wanted.apiVersion,
    time: owner.at,
    fieldsType: "FieldsV1",
    fieldsV1: toFields(paths),
    ...(owner.subresource === "" ? {} : { subresource: owner.subresource }),
  };
  const isUnchanged = own !== undefined && isSameJson(own["fieldsV1"], entry.fieldsV1);
  const managedFields = [...left.filter((other) => pathsOf(other).length > 0), isUnchanged ? own : entry];
  const metadata = {
    ...recordOf(merged["metadata"]),
    name: wanted.metadata.name,
    ...(wanted.metadata.namespace === undefined ? {} : { namespace: wanted.metadata.namespace }),
    ...(stored === undefined
      ? {}
      : { resourceVersion: wanted.metadata["resourceVersion"] ?? stored.metadata.resourceVersion }),
    managedFields,
  };
  return { ...merged, apiVersion: wanted.apiVersion, kind: wanted.kind, metadata };
}

function isOwn(entry: JsonRecord, { manager, subresource }: ApplyOwner): boolean {
  return entry["manager"] === manager && entry["operation"] === "Apply" && (entry["subresource"] ?? "") === subresource;
}

/** What a manager can own: not the identity, nor what the server writes. */
function content(object: JsonRecord): JsonRecord {
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = object;
  const { labels, annotations, finalizers, ownerReferences } = recordOf(metadata);
  const owned = Object.entries({ labels, annotations, finalizers, ownerReferences });
  const given = owned.filter(([, value]) => value !== undefined);
  return given.length === 0 ? rest : { ...rest, metadata: Object.fromEntries(given) };
}

type Path = readonly string[];

/** Paths to everything that is no record; a list is one value, but its merge still goes item by item. */
function leafPaths(value: unknown, path: Path = []): readonly Path[] {
  if (!isRecord(value) || (Object.keys(value).length === 0 && path.length > 0)) return path.length > 0 ? [path] : [];
  return Object.entries(value).flatMap(([field, inner]) => leafPaths(inner, [...path, field]));
}

/** FieldsV1: `{"f:spec":{"f:replicas":{}}}`. */
function toFields(paths: readonly Path[]): JsonRecord {
  const fields: Record<string, unknown> = {};
  for (const path of paths) {
    let at = fields;
    for (const part of path) at = (at[`f:${part}`] ??= {}) as Record<string, unknown>;
  }
  return fields;
}

function pathsOf(entry: JsonRecord | undefined): readonly Path[] {
  return leafPaths(recordOf(entry?.["fieldsV1"])).map((path) => path.map((part) => part.slice(2)));
}

function isHeld(path: Path, paths: readonly Path[]): boolean {
  return paths.some((other) => other.length >= path.length && path.every((part, index) => other[index] === part));
}

function valueAt(object: JsonRecord, path: Path): unknown {
  let value: unknown = object;
  for (const part of path) value = recordOf(value)[part];
  return value;
}

function without(object: JsonRecord, [first = "", ...rest]: Path): JsonRecord {
  if (!Object.hasOwn(object, first)) return object;
  if (rest.length > 0) return { ...object, [first]: without(recordOf(object[first]), rest) };
  const { [first]: _dropped, ...left } = object;
  return left;
}

function releasing(entry: JsonRecord, taken: readonly Path[]): JsonRecord {
  return { ...entry, fieldsV1: toFields(pathsOf(entry).filter((path) => !isHeld(path, taken))) };
}

interface ConflictCheck {
  readonly stored: StoredObject;
  readonly wanted: KubeObject;
  readonly others: readonly JsonRecord[];
  readonly paths: readonly Path[];
}

function refuseConflicts(resource: ResourceKind, { stored, wanted, others, paths }: ConflictCheck): void {
  const causes = others.flatMap((entry) =>
    paths
      .filter((path) => isHeld(path, pathsOf(entry)) && !isSameJson(valueAt(stored, path), valueAt(wanted, path)))
      .map((path) => ({
        reason: "FieldManagerConflict",
        message: `conflict with "${String(entry["manager"])}"`,
        field: `.${path.join(".")}`,
      })),
  );
  const [first] = causes;
  if (first === undefined) return;
  const count = causes.length === 1 ? "1 conflict" : `${causes.length} conflicts`;
  const where = causes.map(({ field }) => field).join(", ");
  throw failure(409, "Conflict", {
    message: `Apply failed with ${count}: ${first.message}: ${where}`,
    details: { name: wanted.metadata.name, kind: qualified(resource), causes },
  });
}
