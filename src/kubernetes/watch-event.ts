// One line of a watch, or one item of a list, as a typed value: who it is and which version, and the rest untouched.

import * as z from "zod";
import { parseJson } from "./body.ts";
import { ApiFailure, type ApiStatus, readStatus } from "./failure.ts";

/** An object as it came, of which only identity and version have been read. */
export interface RawObject {
  readonly uid: string;
  /** "" for objects that live in no namespace. */
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string;
  readonly raw: Readonly<Record<string, unknown>>;
}

export type WatchEvent =
  | { readonly type: "changed" | "deleted"; readonly object: RawObject }
  | { readonly type: "bookmark"; readonly resourceVersion: string }
  | { readonly type: "error"; readonly status: ApiStatus }
  /** A type that no API server has today. */
  | { readonly type: "unknown"; readonly name: string };

/** Throws a `malformed` failure for what cannot be an event: skipping it would lose a change without a word. */
export function parseWatchEvent(line: string): WatchEvent {
  const event = eventSchema.safeParse(parseJson(line));
  if (!event.success) throw new ApiFailure("malformed", "an event has no type");
  const { type, object } = event.data;
  switch (type) {
    case "ADDED":
    case "MODIFIED":
      return { type: "changed", object: readIdentity(object) };
    case "DELETED":
      return { type: "deleted", object: readIdentity(object) };
    case "BOOKMARK":
      return { type: "bookmark", resourceVersion: bookmarkVersion(object) };
    case "ERROR":
      return { type: "error", status: readStatus(object) };
    default:
      return { type: "unknown", name: type.slice(0, MAX_TYPE_CHARACTERS) };
  }
}

/** Throws a `malformed` failure when name or version are missing. */
export function readIdentity(value: unknown): RawObject {
  const object = objectSchema.safeParse(value);
  if (!object.success) throw new ApiFailure("malformed", "an object has no name or no version");
  const { metadata } = object.data;
  return {
    uid: metadata.uid ?? "",
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    resourceVersion: metadata.resourceVersion,
    raw: object.data,
  };
}

export interface ListPage {
  readonly items: readonly unknown[];
  readonly resourceVersion: string;
  /** Where the next page begins; "" on the last one. */
  readonly continueToken: string;
}

/** Throws a `malformed` failure for what is no list. */
export function readListPage(value: unknown): ListPage {
  const list = listSchema.safeParse(value);
  if (!list.success) throw new ApiFailure("malformed", "the answer is no list of objects");
  const { items, metadata } = list.data;
  // Go writes an empty list as null in some servers.
  return { items: items ?? [], resourceVersion: metadata.resourceVersion, continueToken: metadata.continue ?? "" };
}

const MAX_TYPE_CHARACTERS = 20;

const version = z.string().min(1);
const eventSchema = z.object({ type: z.string(), object: z.unknown() });
const objectSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string().min(1),
    namespace: z.string().nullish(),
    uid: z.string().nullish(),
    resourceVersion: version,
  }),
});
const bookmarkSchema = z.object({ metadata: z.object({ resourceVersion: version }) });
const listSchema = z.object({
  items: z.array(z.unknown()).nullish(),
  metadata: z.object({ resourceVersion: version, continue: z.string().nullish() }),
});

function bookmarkVersion(object: unknown): string {
  const bookmark = bookmarkSchema.safeParse(object);
  if (!bookmark.success) throw new ApiFailure("malformed", "a bookmark has no version");
  return bookmark.data.metadata.resourceVersion;
}
