// Bodies in Kubernetes' protobuf form, which typed Go clients send: the few kinds that kubectl and Helm send that way,
// as JSON. Field numbers: the generated.proto files of k8s.io/api and apimachinery.

import { unsupportedMediaType } from "./status.ts";

export const PROTOBUF_TYPE = "application/vnd.kubernetes.protobuf";

type FieldType = "string" | "bytes" | "number" | "boolean" | Shape;
type FieldRule = readonly [name: string, type: FieldType, how?: "list" | "map"];
type Shape = { readonly [field: number]: FieldRule };

/** Throws 415 for a kind that is not known here. */
export function readProtobuf(body: Uint8Array): Readonly<Record<string, unknown>> {
  const bytes = Buffer.from(body);
  if (!bytes.subarray(0, 4).equals(MAGIC)) throw unsupportedMediaType(["application/json"]);
  const { typeMeta, raw } = decode(bytes.subarray(4), UNKNOWN) as {
    typeMeta?: Record<string, unknown>;
    raw?: Uint8Array;
  };
  const shape = SHAPES[String(typeMeta?.["kind"])];
  if (shape === undefined || raw === undefined) throw unsupportedMediaType(["application/json"]);
  return { ...typeMeta, ...decode(raw, shape) };
}

/** runtime.Unknown behind four bytes. */
const MAGIC = Buffer.from("k8s\0");
const UNKNOWN: Shape = {
  1: ["typeMeta", { 1: ["apiVersion", "string"], 2: ["kind", "string"] }],
  2: ["raw", "bytes"],
};

const OWNER: Shape = {
  1: ["kind", "string"],
  3: ["name", "string"],
  4: ["uid", "string"],
  5: ["apiVersion", "string"],
  6: ["controller", "boolean"],
};
const METADATA: FieldRule = [
  "metadata",
  {
    1: ["name", "string"],
    2: ["generateName", "string"],
    3: ["namespace", "string"],
    5: ["uid", "string"],
    6: ["resourceVersion", "string"],
    11: ["labels", "string", "map"],
    12: ["annotations", "string", "map"],
    13: ["ownerReferences", OWNER, "list"],
    14: ["finalizers", "string", "list"],
  },
];

const RESOURCE_ATTRIBUTES: Shape = {
  1: ["namespace", "string"],
  2: ["verb", "string"],
  3: ["group", "string"],
  4: ["version", "string"],
  5: ["resource", "string"],
  6: ["subresource", "string"],
  7: ["name", "string"],
};

const SHAPES: Readonly<Record<string, Shape>> = {
  SelfSubjectAccessReview: {
    1: METADATA,
    2: [
      "spec",
      {
        1: ["resourceAttributes", RESOURCE_ATTRIBUTES],
        2: ["nonResourceAttributes", { 1: ["path", "string"], 2: ["verb", "string"] }],
      },
    ],
  },
  SelfSubjectRulesReview: { 1: METADATA, 2: ["spec", { 1: ["namespace", "string"] }] },
  SelfSubjectReview: { 1: METADATA },
  TokenRequest: {
    1: METADATA,
    2: ["spec", { 1: ["audiences", "string", "list"], 4: ["expirationSeconds", "number"] }],
  },
  ConfigMap: {
    1: METADATA,
    2: ["data", "string", "map"],
    3: ["binaryData", "bytes", "map"],
    4: ["immutable", "boolean"],
  },
  Secret: {
    1: METADATA,
    2: ["data", "bytes", "map"],
    3: ["type", "string"],
    4: ["stringData", "string", "map"],
    5: ["immutable", "boolean"],
  },
  Namespace: { 1: METADATA },
  ServiceAccount: { 1: METADATA },
  DeleteOptions: {
    1: ["gracePeriodSeconds", "number"],
    2: ["preconditions", { 1: ["uid", "string"], 2: ["resourceVersion", "string"] }],
    4: ["propagationPolicy", "string"],
    5: ["dryRun", "string", "list"],
  },
};

function decode(bytes: Uint8Array, shape: Shape): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const { number, value } of fieldsOf(bytes)) {
    const rule = shape[number];
    if (rule === undefined) continue;
    const [name, type, how] = rule;
    if (how === "map") {
      const entry = decode(value as Uint8Array, { 1: ["key", "string"], 2: ["value", type] });
      result[name] = {
        ...(result[name] as object),
        [(entry["key"] as string | undefined) ?? ""]: jsonValue(entry["value"] ?? "", type),
      };
    } else if (how === "list")
      result[name] = [...((result[name] as unknown[] | undefined) ?? []), convert(value, type)];
    else result[name] = convert(value, type);
  }
  return result;
}

/** Bytes are base64 in JSON; only inside maps do any reach an object. */
function jsonValue(value: unknown, type: FieldType): unknown {
  return type === "bytes" ? Buffer.from(value as Uint8Array).toString("base64") : value;
}

function convert(value: number | Uint8Array, type: FieldType): unknown {
  if (typeof value === "number") return type === "boolean" ? value !== 0 : value;
  if (type === "string") return Buffer.from(value).toString("utf8");
  return typeof type === "object" ? decode(value, type) : value;
}

interface Field {
  readonly number: number;
  readonly value: number | Uint8Array;
}

/** Wire types 0 (varint) and 2 (bytes): the only ones in these messages; the fixed ones are passed over. */
function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * factor;
      factor *= 128;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const wire = tag % 8;
    if (wire === 0) yield { number, value: varint() };
    else if (wire === 2) {
      const length = varint();
      yield { number, value: bytes.subarray(at, at + length) };
      at += length;
    } else at += wire === 1 ? 8 : 4;
  }
}
