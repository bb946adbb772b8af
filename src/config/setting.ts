// What makes a piece of the schema a setting: the names it has outside the file, its unit and its description. Walks any
// schema that is built from sections and settings; knows nothing of the settings themselves.

import * as z from "zod";

export interface SettingMeta {
  /** Environment variables; the first is the name we document, the others are accepted for those who come from elsewhere. */
  readonly env?: readonly string[];
  /** Command-line flag without the dashes. A secret has none: other users of the machine see a command line. */
  readonly flag?: string;
  /** A flag that may stand alone, meaning `true`. */
  readonly isSwitch?: true;
  readonly unit?: string;
  /** One or two sentences for the table of settings. */
  readonly description: string;
  /** Also read from the file that NAME_FILE names, and never printed. */
  readonly secret?: true;
  /** The default in words, where the default is made at the start. */
  readonly defaultText?: string;
  /** Schema of one entry, for a list of mappings. */
  readonly entry?: z.ZodObject;
}

/** Not a zod registry: that one rewrites the type of `entry` without end. */
const META = new WeakMap<z.ZodType, SettingMeta>();

/** Makes a schema a setting. Call it on the outermost schema, after `.prefault()` or `.optional()`. */
export function setting<S extends z.ZodType>(schema: S, meta: SettingMeta): S {
  META.set(schema, meta);
  return schema;
}

/** A mapping of settings; unknown keys are problems, and all of it may be left out. */
export function section<Shape extends z.ZodRawShape>(shape: Shape) {
  const mapping = z.strictObject(shape);
  // Every setting of a section has a default or is optional, which the generic shape cannot tell the compiler.
  return mapping.prefault({} as z.input<typeof mapping>);
}

/** One setting of a schema with its path in the file. */
export interface SettingLeaf {
  /** `["webhook", "port"]`; entries of lists are not leaves. */
  readonly path: readonly string[];
  readonly meta: SettingMeta;
  /** As it would be written in the file; `undefined` when there is none. */
  readonly defaultValue: unknown;
}

/** Every setting of a schema, in the order it is written. */
export function settingsOf(schema: unknown, path: readonly string[] = []): readonly SettingLeaf[] {
  const mapping = mappingUnder(schema);
  if (mapping === undefined) return [];
  return Object.entries(mapping.shape).flatMap(([key, child]) => {
    const meta = metaOf(child);
    const here = [...path, key];
    return meta === undefined ? settingsOf(child, here) : [{ path: here, meta, defaultValue: defaultOf(child) }];
  });
}

/** The keys that may stand in the mapping at `path`, which may lead through entries of lists. */
export function keysAt(schema: unknown, path: readonly PropertyKey[]): readonly string[] {
  let current: unknown = schema;
  for (const segment of path) {
    if (typeof segment === "number") current = metaOf(current)?.entry;
    else current = mappingUnder(current)?.shape[String(segment)];
  }
  return Object.keys(mappingUnder(current)?.shape ?? {});
}

function metaOf(schema: unknown): SettingMeta | undefined {
  return schema instanceof z.ZodType ? META.get(schema) : undefined;
}

function mappingUnder(schema: unknown): z.ZodObject | undefined {
  if (schema instanceof z.ZodObject) return schema;
  return schema instanceof z.ZodPrefault ? mappingUnder(schema.unwrap()) : undefined;
}

function defaultOf(schema: unknown): unknown {
  return schema instanceof z.ZodPrefault ? schema.def.defaultValue : undefined;
}
