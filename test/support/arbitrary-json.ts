// fast-check generators of JSON values from a JSON schema: the keywords that our own documents use, and an error for others.

import * as fc from "fast-check";
import type { JsonSchema } from "./openapi.ts";

export interface JsonShape {
  /** Schemas that a `$ref` may name, by the last part of the reference. */
  readonly schemas: Readonly<Record<string, JsonSchema>>;
}

const KNOWN_KEYWORDS: ReadonlySet<string> = new Set(
  "$ref type description properties required additionalProperties propertyNames items maxItems maxLength maxProperties".split(
    " ",
  ),
);
/** Of one text or list: the documented limits are tested for themselves. */
const MAX_GENERATED = 5;

export function valueOfSchema(schema: JsonSchema, shape: JsonShape): fc.Arbitrary<unknown> {
  const unknown = Object.keys(schema).find((keyword) => !KNOWN_KEYWORDS.has(keyword));
  if (unknown !== undefined) throw new Error(`no generator for the keyword ${unknown}`);
  const reference = schema["$ref"];
  if (typeof reference === "string") {
    const name = reference.split("/").at(-1) ?? "";
    return fc.constant(undefined).chain(() => valueOfSchema(shape.schemas[name]!, shape));
  }
  const types = [schema["type"]].flat();
  return fc.oneof(...types.map((type) => valueOfType(String(type), schema, shape)));
}

function valueOfType(type: string, schema: JsonSchema, shape: JsonShape): fc.Arbitrary<unknown> {
  switch (type) {
    case "null":
      return fc.constant(null);
    case "boolean":
      return fc.boolean();
    case "integer":
      return fc.maxSafeInteger();
    case "string":
      return text(schema);
    case "array":
      return fc.array(valueOfSchema(schema["items"] as JsonSchema, shape), { maxLength: MAX_GENERATED });
    case "object":
      return objectValue(schema, shape);
    default:
      throw new Error(`no generator for the type ${type}`);
  }
}

function text(schema: JsonSchema): fc.Arbitrary<string> {
  const length = Number(schema["maxLength"] ?? MAX_GENERATED);
  return fc.string({ unit: "binary", maxLength: Math.min(length, 20) });
}

/** Known keys, or any where the schema lets any in; and one that it does not name, for a reader has to ignore those. */
function objectValue(schema: JsonSchema, shape: JsonShape): fc.Arbitrary<unknown> {
  const properties = (schema["properties"] ?? {}) as Record<string, JsonSchema>;
  const required = (schema["required"] ?? []) as string[];
  const named = fc.record(
    Object.fromEntries(Object.entries(properties).map(([key, child]) => [key, valueOfSchema(child, shape)])),
    { requiredKeys: required },
  );
  const others = schema["additionalProperties"];
  if (typeof others === "object") {
    const key = text((schema["propertyNames"] ?? {}) as JsonSchema).filter((name) => name !== "__proto__");
    return fc.dictionary(key, valueOfSchema(others as JsonSchema, shape), { maxKeys: MAX_GENERATED });
  }
  return fc
    .tuple(named, fc.option(fc.jsonValue({ maxDepth: 1 }), { nil: undefined }))
    .map(([value, extra]) => (extra === undefined ? value : { ...value, refObjects: extra }));
}
