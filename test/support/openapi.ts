// Reads an OpenAPI document as a caller would, and holds real answers to it: status, media type byte for byte, JSON body.

import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

export type JsonSchema = Readonly<Record<string, unknown>>;

const SCHEMA = z.record(z.string(), z.unknown());
const MEDIA = z.record(z.string(), z.looseObject({ schema: SCHEMA }));
const RESPONSE = z.looseObject({ description: z.string().min(1), content: MEDIA.optional() });
const OPERATION = z.looseObject({
  operationId: z.string().min(1),
  summary: z.string().min(1),
  tags: z.array(z.string()).min(1),
  requestBody: z.looseObject({ content: MEDIA }).optional(),
  responses: z.record(z.string(), z.union([z.object({ $ref: z.string() }), RESPONSE])),
});
const DOCUMENT = z.looseObject({
  openapi: z.literal("3.1.0"),
  info: z.looseObject({
    title: z.string().min(1),
    version: z.string().min(1),
    license: z.object({ name: z.string(), identifier: z.string() }),
  }),
  servers: z.array(z.looseObject({ url: z.string() })).min(1),
  security: z.array(SCHEMA),
  tags: z.array(z.looseObject({ name: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), OPERATION)),
  components: z.looseObject({ schemas: z.record(z.string(), SCHEMA), responses: z.record(z.string(), RESPONSE) }),
});
export type OpenApiDocument = z.infer<typeof DOCUMENT>;
export type Operation = z.infer<typeof OPERATION>;

/** Throws where the document lacks what every operation of ours has. `path` is below the repository. */
export function readOpenApi(path: string): OpenApiDocument {
  return DOCUMENT.parse(parse(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8")));
}

/** Of one path and method. */
export function operationOf(document: OpenApiDocument, path: string, method: string): Operation {
  const operation = document.paths[path]?.[method.toLowerCase()];
  if (operation === undefined) throw new Error(`${method} ${path} is not in the document`);
  return operation;
}

/** What an answer may be; `undefined` when the document does not foresee the status. */
export function responseOf(document: OpenApiDocument, operation: Operation, status: number) {
  const response = operation.responses[String(status)];
  if (response === undefined || !("$ref" in response)) return response;
  return document.components.responses[String(response.$ref).replace("#/components/responses/", "")];
}

export interface RealAnswer {
  readonly status: number;
  readonly mediaType: string | null | undefined;
  readonly body: string;
}

/** Fails unless the answer is one that the document foresees for the operation. */
export function expectDocumented(document: OpenApiDocument, operation: Operation, answer: RealAnswer): void {
  const response = responseOf(document, operation, answer.status);
  expect(
    response,
    `${operation.operationId} answered ${answer.status}, which the document does not foresee`,
  ).toBeDefined();
  const content = Object.entries(response?.content ?? {});
  if (content.length === 0) {
    expect([answer.body, answer.mediaType ?? null]).toEqual(["", null]);
    return;
  }
  expect(content.map(([mediaType]) => mediaType)).toContain(answer.mediaType);
  const schema = response?.content?.[answer.mediaType ?? ""]?.schema ?? {};
  if (answer.mediaType?.includes("json") !== true) return;
  expect(answer.body.endsWith("\n")).toBe(true);
  expect(problemsWith(document, schema, JSON.parse(answer.body))).toEqual([]);
}

/** What the value has that the schema forbids, and every key that the schema does not name. */
export function problemsWith(document: OpenApiDocument, schema: JsonSchema, value: unknown): readonly string[] {
  const [closed, $defs] = [closeObjects(schema), closeObjects(document.components.schemas)];
  const { error } = z.fromJSONSchema(withDefs(closed, $defs)).safeParse(value);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
}

function withDefs(schema: unknown, $defs: unknown): z.core.JSONSchema.JSONSchema {
  return JSON.parse(JSON.stringify({ ...(schema as object), $defs }).replaceAll("#/components/schemas/", "#/$defs/"));
}

/** A document leaves room for new keys; an answer of today has none that today's document does not name. */
function closeObjects(schema: unknown): unknown {
  if (typeof schema !== "object" || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(closeObjects);
  const closed = Object.fromEntries(Object.entries(schema).map(([key, child]) => [key, closeObjects(child)]));
  const isObject = typeof closed["properties"] === "object" && closed["type"] === "object";
  return isObject ? { additionalProperties: false, ...closed } : closed;
}
