// A Kubernetes object from JSON to what the rest of Zonegate reads: the one schema of both inventories, files and the API.

import * as z from "zod";
import { type ClusterObject, specOf } from "#src/domain/cluster-object.ts";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";

const textMap = z
  .record(z.string(), z.string({ error: "must be text: put quotes round it" }).nullish())
  .nullish()
  .transform((map) => Object.fromEntries(Object.entries(map ?? {}).map(([key, value]) => [key, value ?? ""])));

/** Kubernetes names hold no blank and no slash; our keys rely on it. */
const objectName = z
  .string()
  .max(253)
  .regex(/^[^\s/]+$/, "is not a name");

const objectSchema = z.looseObject({
  apiVersion: z.string().min(1),
  kind: z.string().regex(/^[^\s/]+$/, "is not a kind"),
  metadata: z.object({
    name: objectName,
    namespace: objectName.nullish(),
    uid: z.string().nullish(),
    creationTimestamp: z.iso.datetime({ offset: true }).nullish(),
    deletionTimestamp: z.string().nullish(),
    generation: z.number().nullish(),
    labels: textMap,
    annotations: textMap,
  }),
  status: z.unknown().optional(),
});

/**
 * The object, or one sentence that names the first wrong field. `namespaceOf` says where one of that kind lives, given what
 * the object says; "" for kinds that live in no namespace.
 */
export function readObject(
  item: unknown,
  namespaceOf: (kind: string, written: string | undefined) => string,
): Parsed<ClusterObject> {
  const result = objectSchema.safeParse(item);
  if (!result.success) {
    const [issue] = result.error.issues;
    return unparsable(
      `${issue?.path.join(".") || "the object"}: ${issue?.message ?? "is not what Kubernetes defines"}`,
    );
  }
  const { apiVersion, kind, metadata, status } = result.data;
  const { name, labels, annotations, uid, creationTimestamp, deletionTimestamp, generation } = metadata;
  return parsed({
    apiVersion,
    kind,
    metadata: {
      name,
      namespace: namespaceOf(kind, metadata.namespace ?? undefined),
      labels,
      annotations,
      ...(uid === null || uid === undefined ? {} : { uid }),
      ...(creationTimestamp === null || creationTimestamp === undefined
        ? {}
        : { createdAtMs: Date.parse(creationTimestamp) }),
      ...(generation === null || generation === undefined ? {} : { generation }),
      ...(deletionTimestamp === null || deletionTimestamp === undefined ? {} : { isBeingDeleted: true as const }),
    },
    spec: specOf(kind, result.data),
    status: status ?? {},
  });
}
