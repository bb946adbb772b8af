// Text of one manifest file to cluster objects, through one schema. A file is taken whole or not at all.

import { parseAllDocuments } from "yaml";
import * as z from "zod";
import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";

/** Objects in the order of the file, or one sentence on what is wrong with it. Never throws. */
export function parseManifest(path: string, source: string): Parsed<readonly ClusterObject[]> {
  const text = source.replace(/^\uFEFF/, "");
  // An editor that writes in place leaves an empty file for a moment; taking it at its word would withdraw live names.
  if (text.trim() === "") return unparsable("the file is empty; delete it to withdraw its objects");
  const documents = path.endsWith(".json") ? parseJson(text) : parseYaml(text);
  if (!documents.ok) return documents;
  const objects: ClusterObject[] = [];
  for (const [index, document] of documents.value.entries()) {
    const found = readDocument(document);
    if (!found.ok) return unparsable(`document ${index + 1}: ${found.problem}`);
    objects.push(...found.value);
  }
  return parsed(objects);
}

/** Expansions of one anchor: manifests made by hand use a few; more is an alias bomb. */
const MAX_ALIASES = 100;

function parseJson(text: string): Parsed<readonly unknown[]> {
  try {
    return parsed([JSON.parse(text)]);
  } catch (error) {
    return unparsable(`not JSON: ${messageOf(error)}`);
  }
}

/** YAML 1.2 core schema: `no` and `on` stay text, and `<<` is no merge, as nothing in a manifest needs either. */
function parseYaml(text: string): Parsed<readonly unknown[]> {
  try {
    const documents = parseAllDocuments(text, { version: "1.2", merge: false, prettyErrors: true, logLevel: "silent" });
    const values: unknown[] = [];
    for (const document of documents) {
      const [error] = document.errors;
      if (error !== undefined) return unparsable(`not YAML: ${firstLine(error.message)}`);
      // A manifest is JSON in another dress: sets, binaries and circles through aliases are none.
      values.push(JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: MAX_ALIASES }))));
    }
    return parsed(values);
  } catch (error) {
    // Too many aliases, a circle, or nesting deeper than the stack.
    return unparsable(`not YAML: ${firstLine(messageOf(error))}`);
  }
}

const listSchema = z.object({ items: z.array(z.unknown()) });
const headSchema = z.object({ apiVersion: z.string().min(1), kind: z.string().min(1) });

/** A document of nothing but comments is no object. */
function readDocument(document: unknown): Parsed<readonly ClusterObject[]> {
  if (document === null || document === undefined) return parsed([]);
  const head = headSchema.safeParse(document);
  if (!head.success) return unparsable("it has no apiVersion or no kind, so it is no Kubernetes object");
  if (isToolInput(head.data.apiVersion)) return parsed([]);
  if (!head.data.kind.endsWith("List")) return readObject(document);
  const list = listSchema.safeParse(document);
  if (!list.success) return unparsable(`${head.data.kind} has no items`);
  const objects: ClusterObject[] = [];
  for (const [index, item] of list.data.items.entries()) {
    const object = readObject(item);
    if (!object.ok) return unparsable(`items[${index}]: ${object.problem}`);
    objects.push(...object.value);
  }
  return parsed(objects);
}

/** Files for kustomize lie beside manifests and look like objects, but no cluster ever holds one. */
function isToolInput(apiVersion: string): boolean {
  return apiVersion.startsWith("kustomize.config.k8s.io/");
}

const textMap = z
  .record(z.string(), z.string({ error: "must be text: put quotes round it" }).nullish())
  .nullish()
  .transform((map) => Object.fromEntries(Object.entries(map ?? {}).map(([key, value]) => [key, value ?? ""])));

/** Kubernetes names hold no blank and no slash; our keys rely on it. */
const objectName = z
  .string()
  .max(253)
  .regex(/^[^\s/]+$/, "is not a name");

const objectSchema = z.object({
  apiVersion: z.string().min(1),
  kind: z.string().regex(/^[^\s/]+$/, "is not a kind"),
  metadata: z.object({
    name: objectName,
    namespace: objectName.nullish(),
    uid: z.string().nullish(),
    creationTimestamp: z.iso.datetime({ offset: true }).nullish(),
    generation: z.number().nullish(),
    labels: textMap,
    annotations: textMap,
  }),
  spec: z.unknown().optional(),
  status: z.unknown().optional(),
});

function readObject(item: unknown): Parsed<readonly ClusterObject[]> {
  const result = objectSchema.safeParse(item);
  if (!result.success) {
    const [issue] = result.error.issues;
    return unparsable(
      `${issue?.path.join(".") || "the object"}: ${issue?.message ?? "is not what Kubernetes defines"}`,
    );
  }
  const { apiVersion, kind, metadata, spec, status } = result.data;
  const { name, labels, annotations, uid, creationTimestamp, generation } = metadata;
  return parsed([
    {
      apiVersion,
      kind,
      metadata: {
        name,
        namespace: CLUSTER_SCOPED_KINDS.has(kind) ? "" : (metadata.namespace ?? "default"),
        labels,
        annotations,
        ...(uid === null || uid === undefined ? {} : { uid }),
        ...(creationTimestamp === null || creationTimestamp === undefined
          ? {}
          : { createdAtMs: Date.parse(creationTimestamp) }),
        ...(generation === null || generation === undefined ? {} : { generation }),
      },
      spec: spec ?? {},
      status: status ?? {},
    },
  ]);
}

/** Kinds that live in no namespace, of those people keep in a folder. kubectl asks the API; a folder has none to ask. */
const CLUSTER_SCOPED_KINDS: ReadonlySet<string> = new Set([
  "APIService",
  "ClusterRole",
  "ClusterRoleBinding",
  "CSIDriver",
  "CustomResourceDefinition",
  "GatewayClass",
  "IngressClass",
  "MutatingWebhookConfiguration",
  "Namespace",
  "Node",
  "PersistentVolume",
  "PriorityClass",
  "RuntimeClass",
  "StorageClass",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
  "ValidatingWebhookConfiguration",
  "VolumeSnapshotClass",
]);

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A YAML error goes on with a picture of the source, which may hold anything; its first line says what and where. */
function firstLine(message: string): string {
  return (message.split("\n", 1)[0] ?? "").replace(/:$/, "");
}
