// Create, update, patch, delete: from a body to a change in the store, and what controllers do at once because of it.

import { parse as parseYaml } from "yaml";
import { describeCrd, establishedStatus } from "./catalogue.ts";
import { isIn, type ListTarget } from "./list.ts";
import { isSameJson, type JsonRecord, type KubeObject, listOf, recordOf, type StoredObject } from "./objects.ts";
import { jsonPatch, mergePatch, strategicMerge } from "./patch.ts";
import { CUSTOM_RESOURCE_DEFINITIONS, NAMESPACES, type ResourceKind, SERVICE_ACCOUNTS, storeKey } from "./resources.ts";
import { applyObject } from "./server-side-apply.ts";
import { type ClusterState, newUid, timestamp } from "./state.ts";
import { alreadyExists, badRequest, conflict, notFound, unsupportedMediaType } from "./status.ts";
import { checkName, forCreate, forUpdate, readBody } from "./write-rules.ts";

export interface WriteTarget extends ListTarget {
  readonly name: string;
  readonly subresource: string;
  readonly isDryRun: boolean;
}

export function createObject(state: ClusterState, target: WriteTarget, body: unknown): StoredObject {
  const { resource, namespace } = target;
  const read = readBody(body, target);
  const { generateName } = read.metadata;
  const name =
    (read.metadata.name as string | undefined) ??
    (typeof generateName === "string" ? `${generateName}${randomSuffix(state)}` : undefined);
  checkName(resource, name);
  if (read.metadata["resourceVersion"] !== undefined && read.metadata["resourceVersion"] !== "") {
    throw badRequest("resourceVersion should not be set on objects to be created");
  }
  if (resource.isNamespaced && state.store.read(storeKey(NAMESPACES), "", namespace) === undefined) {
    throw notFound(NAMESPACES, namespace);
  }
  if (state.store.read(storeKey(resource), namespace, name) !== undefined) throw alreadyExists(resource, name);
  return storeNew(state, target, { ...read, metadata: { ...read.metadata, name } });
}

function storeNew(state: ClusterState, target: WriteTarget, read: KubeObject): StoredObject {
  const { resource } = target;
  const prepared = forCreate(resource, read);
  const metadata = { ...recordOf(prepared["metadata"]), uid: newUid(state), creationTimestamp: timestamp(state) };
  const labels = resource === NAMESPACES ? { "kubernetes.io/metadata.name": read.metadata.name } : {};
  const withLabels = {
    ...metadata,
    ...(resource === NAMESPACES ? { labels: { ...labels, ...read.metadata.labels } } : {}),
  };
  const object = addressed(state, resource, { ...prepared, metadata: withLabels });
  if (target.isDryRun) return object as unknown as StoredObject;
  const stored = commit(state, resource, object);
  afterCreate(state, resource, stored);
  return state.store.read(storeKey(resource), target.namespace, stored.metadata.name) ?? stored;
}

export function updateObject(state: ClusterState, target: WriteTarget, body: unknown): StoredObject {
  const read = readBody(body, target);
  if (read.metadata.name !== target.name) {
    throw badRequest(
      `the name of the object (${read.metadata.name}) does not match the name on the URL (${target.name})`,
    );
  }
  const stored = readStored(state, target);
  return replaceStored(
    state,
    target,
    forUpdate(target.resource, stored, { body: read, subresource: target.subresource }),
  );
}

const PATCH_TYPES = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const;

export interface PatchRequest {
  readonly contentType: string;
  readonly body: string;
  readonly query: URLSearchParams;
}

/** The object, and whether an apply made it. */
export function patchObject(
  state: ClusterState,
  target: WriteTarget,
  request: PatchRequest,
): { readonly object: StoredObject; readonly isNew: boolean } {
  const type = request.contentType.split(";")[0]?.trim() ?? "";
  if (type === PATCH_TYPES.apply) return apply(state, target, request);
  const stored = readStored(state, target);
  const patched = patchedBy(type, target.resource, { stored, patch: JSON.parse(request.body) as unknown });
  const next = readBody(patched, target);
  return {
    object: replaceStored(
      state,
      target,
      forUpdate(target.resource, stored, { body: next, subresource: target.subresource }),
    ),
    isNew: false,
  };
}

function patchedBy(
  type: string,
  resource: ResourceKind,
  { stored, patch }: { readonly stored: StoredObject; readonly patch: unknown },
): unknown {
  if (type === PATCH_TYPES.json) return jsonPatch(stored, patch);
  if (type === PATCH_TYPES.merge) return mergePatch(stored, patch);
  if (type === PATCH_TYPES.strategic && !resource.isCustom) return strategicMerge(stored, patch);
  const accepted = Object.values(PATCH_TYPES).filter((known) => !resource.isCustom || known !== PATCH_TYPES.strategic);
  throw unsupportedMediaType(accepted);
}

function apply(
  state: ClusterState,
  target: WriteTarget,
  { body, query }: PatchRequest,
): { readonly object: StoredObject; readonly isNew: boolean } {
  const manager = query.get("fieldManager") ?? "";
  if (manager === "")
    throw badRequest(
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    );
  const wanted = readBody(parseYaml(body) as unknown, target);
  const stored = state.store.read(storeKey(target.resource), target.namespace, target.name);
  const owner = {
    manager,
    subresource: target.subresource,
    isForced: query.get("force") === "true",
    at: timestamp(state),
  };
  const applied = applyObject(target.resource, { stored, wanted, owner });
  if (stored === undefined) return { object: createObject(state, target, applied), isNew: true };
  const next = forUpdate(target.resource, stored, { body: applied, subresource: target.subresource });
  const metadata = { ...recordOf(next["metadata"]), managedFields: applied.metadata["managedFields"] };
  return { object: replaceStored(state, target, { ...next, metadata }), isNew: false };
}

export interface Preconditions {
  readonly uid?: unknown;
  readonly resourceVersion?: unknown;
}

/** What is left of the object: `undefined` when it is gone, the object while finalizers hold it. */
export function deleteObject(
  state: ClusterState,
  target: WriteTarget,
  preconditions: Preconditions,
): { readonly deleted: StoredObject; readonly isGone: boolean } {
  const stored = readStored(state, target);
  const { resource } = target;
  for (const field of ["uid", "resourceVersion"] as const) {
    const asked = preconditions[field];
    if (asked === undefined || asked === null || asked === stored.metadata[field]) continue;
    const word = field === "uid" ? "UID" : "ResourceVersion";
    const why = `Precondition failed: ${word} in precondition: ${textOf(asked)}, ${word} in object meta: ${stored.metadata[field]}`;
    throw conflict(resource, target.name, why);
  }
  if (target.isDryRun) return { deleted: stored, isGone: true };
  if (listOf(stored.metadata["finalizers"]).length === 0)
    return { deleted: removeStored(state, resource, stored), isGone: true };
  if (stored.metadata["deletionTimestamp"] !== undefined) return { deleted: stored, isGone: false };
  const metadata = { ...stored.metadata, deletionTimestamp: timestamp(state), deletionGracePeriodSeconds: 0 };
  return { deleted: commit(state, resource, { ...stored, metadata }), isGone: false };
}

/** Straight into the store, with what goes with the object: the contents of a namespace, the objects of a definition. */
export function removeStored(state: ClusterState, resource: ResourceKind, object: StoredObject): StoredObject {
  const { name, namespace = "" } = object.metadata;
  if (resource === NAMESPACES) removeContents(state, name);
  const custom = resource === CUSTOM_RESOURCE_DEFINITIONS ? describeCrd(object) : undefined;
  const removed = state.store.remove(storeKey(resource), namespace, name) ?? object;
  if (custom !== undefined) state.store.drop(storeKey(custom));
  return removed;
}

function removeContents(state: ClusterState, namespace: string): void {
  for (const resource of state.catalogue.all().filter(({ isNamespaced }) => isNamespaced)) {
    for (const object of state.store.all(storeKey(resource))) {
      if (isIn(object, namespace)) removeStored(state, resource, object);
    }
  }
}

/** What is there under a name; throws 404. */
export function readStored(state: ClusterState, target: ListTarget & { readonly name: string }): StoredObject {
  const stored = state.store.read(storeKey(target.resource), target.namespace, target.name);
  if (stored === undefined) throw notFound(target.resource, target.name);
  return stored;
}

/** A write that changes nothing is none: no new version, no event. */
function replaceStored(state: ClusterState, target: WriteTarget, next: JsonRecord): StoredObject {
  const { resource } = target;
  const stored = readStored(state, target);
  const object = next as unknown as StoredObject;
  if (target.isDryRun || isSameJson(stored, next)) return object;
  const isReleased =
    object.metadata["deletionTimestamp"] !== undefined && listOf(object.metadata["finalizers"]).length === 0;
  if (isReleased) return removeStored(state, resource, object);
  const written = commit(state, resource, object);
  afterUpdate(state, resource, { before: stored, after: written });
  return written;
}

function commit(state: ClusterState, resource: ResourceKind, object: JsonRecord): StoredObject {
  return state.store.write(storeKey(resource), object as unknown as StoredObject);
}

export function afterCreate(state: ClusterState, resource: ResourceKind, stored: StoredObject): void {
  if (resource === CUSTOM_RESOURCE_DEFINITIONS) {
    commit(state, resource, { ...stored, status: establishedStatus(stored, timestamp(state)) });
  }
  if (resource !== NAMESPACES) return;
  const { name } = stored.metadata;
  const metadata = { name: "default", namespace: name, uid: newUid(state), creationTimestamp: timestamp(state) };
  commit(state, SERVICE_ACCOUNTS, { apiVersion: "v1", kind: "ServiceAccount", metadata });
}

/** A definition that serves less than before ends the watches of its kind. */
export function afterUpdate(
  state: ClusterState,
  resource: ResourceKind,
  { before, after }: { readonly before: StoredObject; readonly after: StoredObject },
): void {
  if (resource !== CUSTOM_RESOURCE_DEFINITIONS) return;
  const [was, is] = [describeCrd(before), describeCrd(after)];
  if (was !== undefined && was.versions.some((version) => is?.versions.includes(version) !== true)) {
    state.store.endFollowers(storeKey(was));
  }
}

/** A Service that asks for an address of the cluster gets one. */
function addressed(state: ClusterState, resource: ResourceKind, object: JsonRecord): JsonRecord {
  const spec = recordOf(object["spec"]);
  if (resource.plural !== "services" || resource.group !== "" || spec["type"] === "ExternalName") return object;
  if (spec["clusterIP"] !== undefined) return { ...object, spec: { ...spec, clusterIPs: [spec["clusterIP"]] } };
  const clusterIP = `10.96.${state.random.below(256)}.${1 + state.random.below(254)}`;
  return { ...object, spec: { ...spec, clusterIP, clusterIPs: [clusterIP] } };
}

const SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

function randomSuffix({ random }: ClusterState): string {
  return Array.from({ length: 5 }, () => SUFFIX_ALPHABET[random.below(SUFFIX_ALPHABET.length)]).join("");
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
