// What the registry of a kind does to an object before it is stored: checks, defaults, generation.

import { isRecord, isSameJson, type JsonRecord, type KubeObject, recordOf, type StoredObject } from "./objects.ts";
import { groupVersion, type ResourceKind } from "./resources.ts";
import { badRequest, conflict, invalid } from "./status.ts";

/** Checks shape, kind and name of a body; throws 400 or 422. */
export function readBody(
  body: unknown,
  target: { readonly resource: ResourceKind; readonly version: string; readonly namespace: string },
): KubeObject {
  const { resource, version, namespace } = target;
  if (!isRecord(body)) throw badRequest("the object provided is unrecognized (must be of type Object)");
  const expected = groupVersion(resource.group, version);
  const { apiVersion = expected, kind = resource.kind } = body;
  if (apiVersion !== expected || kind !== resource.kind) {
    throw badRequest(`${String(kind)} in version "${String(apiVersion)}" cannot be handled as a ${resource.kind}`);
  }
  const metadata = recordOf(body["metadata"]);
  const said = metadata["namespace"];
  if (resource.isNamespaced && typeof said === "string" && said !== "" && said !== namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  const { namespace: _said, ...rest } = metadata;
  const place = resource.isNamespaced ? { namespace } : {};
  return { ...body, apiVersion: expected, kind, metadata: { ...rest, ...place } } as unknown as KubeObject;
}

/** RFC 1123 subdomain, or, as RBAC allows, anything that is one segment of a path. */
export function checkName(resource: ResourceKind, name: unknown): asserts name is string {
  const problem = nameProblem(resource, name);
  if (problem !== undefined) throw invalid(resource, typeof name === "string" ? name : "", [problem]);
}

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const MAX_NAME = 253;

function nameProblem(
  resource: ResourceKind,
  name: unknown,
): { field: string; reason: string; message: string } | undefined {
  const field = "metadata.name";
  if (typeof name !== "string" || name === "") {
    return { field, reason: "FieldValueRequired", message: "Required value: name or generateName is required" };
  }
  const isPathSegment = resource.group === "rbac.authorization.k8s.io" && !/[/%]/.test(name);
  if (isPathSegment || (SUBDOMAIN.test(name) && name.length <= MAX_NAME)) return undefined;
  const message = `Invalid value: "${name}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`;
  return { field, reason: "FieldValueInvalid", message };
}

/** A kind whose generation counts changes of its spec. */
function hasGeneration(resource: ResourceKind): boolean {
  return resource.isCustom || (resource.hasStatus && resource.group !== "") || resource.plural === "networkpolicies";
}

/** A new object without what only the server may say. */
export function forCreate(resource: ResourceKind, body: KubeObject): JsonRecord {
  const {
    resourceVersion: _version,
    uid: _uid,
    generation: _generation,
    deletionTimestamp: _gone,
    ...metadata
  } = body.metadata;
  const { status: _status, ...rest } = body;
  const kept = resource.hasStatus ? { ...rest, ...initialStatus(resource) } : body;
  const generation = hasGeneration(resource) ? { generation: 1 } : {};
  return withDefaults(resource, { ...kept, metadata: { ...metadata, ...generation } }, undefined);
}

function initialStatus(resource: ResourceKind): JsonRecord {
  if (resource.isCustom) return {};
  if (resource.plural === "namespaces") return { status: { phase: "Active" } };
  if (resource.plural === "pods") return { status: { phase: "Pending", qosClass: "BestEffort" } };
  const hasBalancer = resource.plural === "services" || resource.plural === "ingresses";
  return { status: hasBalancer ? { loadBalancer: {} } : {} };
}

/** What an update of the object, or of its status alone, makes of what is stored; throws 409 and 422. */
export function forUpdate(
  resource: ResourceKind,
  stored: StoredObject,
  change: { readonly body: KubeObject; readonly subresource: string },
): JsonRecord {
  const { body, subresource } = change;
  refuseStale(resource, stored, body);
  if (subresource === "status") return { ...stored, status: body["status"] };
  const { status: _status, ...rest } = body;
  const kept = resource.hasStatus ? { ...rest, ...pick(stored, ["status"]) } : body;
  const next = withDefaults(resource, kept, stored);
  const { generation } = stored.metadata;
  const metadata = {
    ...body.metadata,
    uid: stored.metadata.uid,
    creationTimestamp: stored.metadata.creationTimestamp,
    resourceVersion: stored.metadata.resourceVersion,
    ...pick(stored.metadata, ["deletionTimestamp", "deletionGracePeriodSeconds"]),
    ...(typeof generation === "number" ? { generation: generation + (isSameSpec(stored, next) ? 0 : 1) } : {}),
  };
  return { ...next, metadata };
}

function refuseStale(resource: ResourceKind, stored: StoredObject, { metadata }: KubeObject): void {
  const { uid, resourceVersion } = metadata as JsonRecord;
  const { name } = stored.metadata;
  if (typeof uid === "string" && uid !== "" && uid !== stored.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${stored.metadata.uid}`;
    throw conflict(resource, name, why);
  }
  const isGiven = typeof resourceVersion === "string" && resourceVersion !== "";
  if (isGiven && resourceVersion !== stored.metadata.resourceVersion) throw conflict(resource, name);
  if (isGiven || !resource.isCustom) return;
  throw invalid(resource, name, [
    {
      field: "metadata.resourceVersion",
      reason: "FieldValueInvalid",
      message: "Invalid value: 0: must be specified for an update",
    },
  ]);
}

/** Everything but metadata and, where it is apart, status. */
function isSameSpec(left: JsonRecord, right: JsonRecord): boolean {
  const without = ({ metadata: _metadata, status: _status, ...rest }: JsonRecord): JsonRecord => rest;
  return isSameJson(without(left), without(right));
}

function pick(from: JsonRecord, fields: readonly string[]): JsonRecord {
  return Object.fromEntries(fields.filter((field) => from[field] !== undefined).map((field) => [field, from[field]]));
}

/** The defaults that clients look at; a Service keeps the address it was given. */
function withDefaults(resource: ResourceKind, object: JsonRecord, stored: StoredObject | undefined): JsonRecord {
  if (resource.group !== "" || resource.plural !== "services") return object;
  const spec = recordOf(object["spec"]);
  const type = spec["type"] ?? "ClusterIP";
  const before = recordOf(stored?.["spec"]);
  const address =
    type === "ExternalName"
      ? {}
      : { clusterIP: spec["clusterIP"] ?? before["clusterIP"], clusterIPs: spec["clusterIPs"] ?? before["clusterIPs"] };
  return { ...object, spec: { sessionAffinity: "None", ...spec, type, ...address } };
}
