// What is kept of an object when it arrives: the parts that sources read. An Ingress comes with several kilobytes of
// managed fields and of applied configuration that no answer depends on.

import { type ClusterObject, keyOf } from "#src/domain/cluster-object.ts";
import type { ObjectShape } from "./source.ts";

/** Annotations that are read whatever the prefix in the settings. */
const READ_ANNOTATIONS: readonly string[] = [
  "coredns.io/",
  "ingressclass.kubernetes.io/",
  "k8s-gateway.dns/",
  "k8s.v1.cni.cncf.io/",
  "zonegate.dns/",
  "kubernetes.io/ingress.class",
];

/** Labels that are read. */
const READ_LABELS: readonly string[] = ["k8s-gateway.dns/", "kubernetes.io/service-name"];

/**
 * The object without what nobody reads; `undefined` when nobody reads its kind. A part that is not what its schema says stays
 * as it is, so that the source can say what is wrong with it.
 */
export type Trim = (object: ClusterObject) => ClusterObject | undefined;

export function createTrim(shapes: readonly ObjectShape[], annotationPrefixes: readonly string[]): Trim {
  const byKind = new Map(shapes.map((shape) => [`${shape.group}/${shape.kind}`, shape]));
  const annotationKeys = [...READ_ANNOTATIONS, ...annotationPrefixes];
  return (object) => {
    const { group, kind } = keyOf(object);
    const shape = byKind.get(`${group}/${kind}`);
    if (shape === undefined) return undefined;
    const { labels, annotations } = object.metadata;
    return {
      ...object,
      metadata: {
        ...object.metadata,
        labels: withPrefixes(labels, READ_LABELS),
        annotations: withPrefixes(annotations, annotationKeys),
      },
      spec: trimPart(object.spec, shape.spec),
      status: trimPart(object.status, shape.status),
    };
  };
}

const NOTHING: Readonly<Record<string, string>> = {};

function withPrefixes(
  map: Readonly<Record<string, string>>,
  prefixes: readonly string[],
): Readonly<Record<string, string>> {
  const kept = Object.entries(map).filter(([key]) => prefixes.some((prefix) => key.startsWith(prefix)));
  return kept.length === 0 ? NOTHING : Object.fromEntries(kept);
}

function trimPart(part: unknown, schema: ObjectShape["spec"]): unknown {
  if (schema === undefined) return undefined;
  const read = schema.safeParse(part ?? {});
  return read.success ? read.data : part;
}
