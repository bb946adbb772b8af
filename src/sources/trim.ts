// What is kept of an object when it arrives: the parts that sources read. An Ingress comes with several kilobytes of
// managed fields and of applied configuration that no answer depends on.

import { type ClusterObject, keyOf } from "#src/domain/cluster-object.ts";
import { SharedValues } from "#src/domain/shared-values.ts";
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

/** `labelKeys` are those that settings ask for. */
export function createTrim(
  shapes: readonly ObjectShape[],
  annotationPrefixes: readonly string[],
  labelKeys: readonly string[] = [],
): Trim {
  const byKind = new Map(shapes.map((shape) => [`${shape.group}/${shape.kind}`, shape]));
  const keptLabels = keepKeys(READ_LABELS, new Set(labelKeys));
  const keptAnnotations = keepKeys([...READ_ANNOTATIONS, ...annotationPrefixes]);
  const texts = new SharedValues<string>();
  const parts = new SharedValues<unknown>();
  const share: Share = (text) => texts.share(text, text);
  const statusOf = (status: unknown, schema: ObjectShape["status"]): unknown => {
    const read = trimPart(status, schema, share);
    // What one controller writes on its objects is the same address on all of them.
    return read === undefined || read === status ? read : parts.share(JSON.stringify(read), read);
  };
  return (object) => {
    const { group, kind } = keyOf(object);
    const shape = byKind.get(`${group}/${kind}`);
    if (shape === undefined) return undefined;
    const { name, namespace, labels, annotations, ...others } = object.metadata;
    return {
      apiVersion: share(object.apiVersion),
      kind: share(kind),
      metadata: {
        name,
        namespace: share(namespace),
        ...others,
        labels: compact(keptLabels(labels), share),
        annotations: compact((shape.keepAnnotations ?? asTheyAre)(keptAnnotations(annotations)), share),
      },
      spec: trimPart(object.spec, shape.spec, share),
      status: statusOf(object.status, shape.status),
    };
  };
}

/**
 * The same JSON in the least memory: objects as V8 reads them from text have room for their fields and for no others, a schema's
 * have room to grow.
 */
function compact<T>(value: T, share: Share): T {
  if (value === NOTHING) return value;
  return withSharedTexts(JSON.parse(JSON.stringify(value)), share) as T;
}

/** Changes what it is given: equal texts in it, and in what came lately, become one. */
function withSharedTexts(value: unknown, share: Share): unknown {
  if (typeof value !== "object" || value === null) return value;
  for (const [key, part] of Object.entries(value)) {
    if (typeof part === "string") Reflect.set(value, key, share(part));
    else withSharedTexts(part, share);
  }
  return value;
}

type Share = (text: string) => string;

const NOTHING: Readonly<Record<string, string>> = {};

function asTheyAre(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return annotations;
}

type KeepSome = (map: Readonly<Record<string, string>>) => Readonly<Record<string, string>>;

/** Keeps entries whose key begins with one of the prefixes or is one of the keys. */
function keepKeys(prefixes: readonly string[], keys: ReadonlySet<string> = new Set()): KeepSome {
  return (map) => {
    const kept = Object.entries(map).filter(
      ([key]) => keys.has(key) || prefixes.some((prefix) => key.startsWith(prefix)),
    );
    return kept.length === 0 ? NOTHING : Object.fromEntries(kept);
  };
}

function trimPart(part: unknown, schema: ObjectShape["spec"], share: Share): unknown {
  if (schema === undefined) return undefined;
  const read = schema.safeParse(part ?? {});
  return read.success ? compact(read.data, share) : part;
}
