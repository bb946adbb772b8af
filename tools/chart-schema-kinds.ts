// The few kinds of JSON schema that the values of the chart are made of.

export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

/** A mapping that takes these keys and no others. */
export function mapping(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: "object", additionalProperties: false, properties };
}

/** A mapping of words to texts, such as labels. */
export function texts(): JsonSchema {
  return { type: "object", additionalProperties: { type: "string" } };
}

/** A part of a Kubernetes object that is passed on as it is: the API server knows what is right. */
export function passedOn(type: "object" | "array"): JsonSchema {
  return type === "object" ? { type } : { type, items: { type: "object" } };
}
