// The border of the protocol: JSON bodies become domain values as Go's decoder would read them, and back.
// Knows the key names and the size limits; judges no name, type or target, because a bad item must fail alone.

import * as z from "zod";
import type { Changes } from "#src/domain/changes.ts";
import type { DomainFilterOptions } from "#src/domain/domain-filter.ts";
import type { Endpoint } from "#src/domain/endpoint.ts";
import { RequestError } from "#src/errors.ts";

/** One body's endpoints together; what fits the 32 MiB that external-dns allows itself. */
export const MAX_ENDPOINTS = 60_000;
/** Values of one body together, ten for each endpoint; how many one name may have is judged where an item can fail alone. */
export const MAX_VALUES = 600_000;
/** Labels or provider-specific properties of one endpoint; external-dns sets fewer than ten. */
const MAX_PROPERTIES = 256;
/** 255 octets of a name, each written as `\DDD`, and some. Also for types, identifiers and property names. */
const MAX_NAME_LENGTH = 1_024;
/** 64 KiB of TXT content, each octet written as `\DDD`. */
const MAX_TARGET_LENGTH = 262_144;
/** A Kubernetes annotation set holds 256 KiB; a label or property comes from one of them. */
const MAX_VALUE_LENGTH = 262_144;

/** A missing key and null are Go's zero value. */
const text = (maxLength: number) => z.string().max(maxLength).nullish().transform(emptyWhenMissing);

/** Length first, elements second: a body of ten million elements is refused before any of them is looked at. */
const list = <Element extends z.ZodType>(element: Element, maxLength: number) =>
  z.array(z.unknown()).max(maxLength).nullish().transform(emptyListWhenMissing).pipe(z.array(element));

const PROPERTY = z.preprocess(
  foldKeys(["name", "value"]),
  z.object({ name: text(MAX_NAME_LENGTH), value: text(MAX_VALUE_LENGTH) }),
);

const LABELS = z
  .record(z.string().max(MAX_NAME_LENGTH), text(MAX_VALUE_LENGTH))
  .nullish()
  .transform((labels): ReadonlyMap<string, string> => new Map(Object.entries(labels ?? {})))
  .refine((labels) => labels.size <= MAX_PROPERTIES, `more than ${MAX_PROPERTIES} labels`);

const ENDPOINT = z
  .preprocess(
    foldKeys(["dnsName", "targets", "recordType", "setIdentifier", "recordTTL", "labels", "providerSpecific"]),
    z.object({
      dnsName: text(MAX_NAME_LENGTH),
      targets: list(text(MAX_TARGET_LENGTH), MAX_VALUES),
      recordType: text(MAX_NAME_LENGTH),
      setIdentifier: text(MAX_NAME_LENGTH),
      recordTTL: z.number().refine(Number.isInteger, "must be an integer").nullish().transform(zeroWhenMissing),
      labels: LABELS,
      providerSpecific: list(PROPERTY, MAX_PROPERTIES),
    }),
  )
  .transform(
    ({ recordTTL, ...endpoint }): Endpoint => ({
      ...endpoint,
      // An int64 that no JSON number of ours can carry: kept printable, so that it comes back as an integer.
      recordTtlSeconds: clamp(recordTTL, Number.MAX_SAFE_INTEGER),
    }),
  );

const ENDPOINTS = z.array(ENDPOINT).nullable().transform(emptyListWhenMissing);

const CHANGE_LISTS = ["create", "updateOld", "updateNew", "delete"] as const;

const CHANGES = z.object({
  create: ENDPOINTS.default([]),
  updateOld: ENDPOINTS.default([]),
  updateNew: ENDPOINTS.default([]),
  delete: ENDPOINTS.default([]),
});

/**
 * Reads the body of POST /records. null is "no changes"; `updateOld` and `updateNew` are kept as they came, also when their
 * lengths differ. Throws RequestError 413 for too many endpoints, 400 for anything else that is no Changes object.
 */
export function parseChanges(body: unknown): Changes {
  const folded = foldKeys(CHANGE_LISTS)(body ?? {});
  if (typeof folded === "object" && folded !== null) refuseTooMany(Object.values(folded));
  return read(CHANGES, folded);
}

/** Reads the body of POST /adjustendpoints: an array or null. Throws like `parseChanges`. */
export function parseEndpoints(body: unknown): readonly Endpoint[] {
  refuseTooMany([body]);
  return read(ENDPOINTS, body);
}

/** The answer to GET /records and POST /adjustendpoints: always an array, zero values omitted as Go does. */
export function encodeEndpoints(endpoints: readonly Endpoint[]): Buffer {
  return encodeLine(endpoints.map(endpointJson));
}

/** The answer to negotiation. `{}` matches every name. */
export function encodeDomainFilter(filter: DomainFilterOptions): Buffer {
  const { include, exclude, regexInclude, regexExclude } = filter;
  return encodeLine({
    ...(include.length > 0 && { include }),
    ...(exclude.length > 0 && { exclude }),
    ...(regexInclude !== "" && { regexInclude }),
    ...(regexExclude !== "" && { regexExclude }),
  });
}

function endpointJson(endpoint: Endpoint): object {
  const { dnsName, targets, recordType, setIdentifier, recordTtlSeconds, labels, providerSpecific } = endpoint;
  return {
    ...(dnsName !== "" && { dnsName }),
    ...(targets.length > 0 && { targets }),
    ...(recordType !== "" && { recordType }),
    ...(setIdentifier !== "" && { setIdentifier }),
    ...(recordTtlSeconds !== 0 && { recordTTL: recordTtlSeconds }),
    ...(labels.size > 0 && { labels: Object.fromEntries(labels) }),
    ...(providerSpecific.length > 0 && { providerSpecific }),
  };
}

/** Go's encoder ends a body with a newline; so do we. */
function encodeLine(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}

/** Counts before anything is looked at, so that no body makes work without end. */
function refuseTooMany(lists: readonly unknown[]): void {
  const endpoints = sumOf(lists, lengthOf);
  if (endpoints > MAX_ENDPOINTS) throw tooMany("endpoints", endpoints, MAX_ENDPOINTS);
  const values = sumOf(lists, (entries) => sumOf(Array.isArray(entries) ? entries : [], countValues));
  if (values > MAX_VALUES) throw tooMany("values", values, MAX_VALUES);
}

/** Elements of every list in an endpoint, whatever its key. */
function countValues(endpoint: unknown): number {
  return typeof endpoint === "object" && endpoint !== null ? sumOf(Object.values(endpoint), lengthOf) : 0;
}

function lengthOf(entries: unknown): number {
  return Array.isArray(entries) ? entries.length : 0;
}

function sumOf(items: readonly unknown[], count: (item: unknown) => number): number {
  return items.reduce<number>((sum, item) => sum + count(item), 0);
}

function tooMany(what: "endpoints" | "values", count: number, limit: number): RequestError {
  return new RequestError(
    413,
    `request.too_many_${what}`,
    `The body holds ${count} ${what}; at most ${limit} are read.`,
  );
}

function read<Output>(schema: z.ZodType<Output>, body: unknown): Output {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? "The body" : formatPath(issue.path);
  throw new RequestError(400, "request.body_invalid", `${where}: ${issue?.message ?? "is not what was expected"}.`);
}

function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("")
    .replace(/^\./, "");
}

/** Go matches keys without regard to case and ignores those it does not know; older external-dns sends capitals. */
function foldKeys(keys: readonly string[]): (value: unknown) => unknown {
  const known = new Map(keys.map((key) => [key.toLowerCase(), key]));
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const entries = Object.entries(value).map(([key, entry]) => [known.get(key.toLowerCase()), entry] as const);
    return Object.fromEntries(entries.filter(([key]) => key !== undefined));
  };
}

function emptyWhenMissing(value: string | null | undefined): string {
  return value ?? "";
}

function emptyListWhenMissing<Element>(value: Element[] | null | undefined): Element[] {
  return value ?? [];
}

function zeroWhenMissing(value: number | null | undefined): number {
  return value ?? 0;
}

function clamp(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value));
}
