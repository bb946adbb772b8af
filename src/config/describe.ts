// Turns a schema into rows for people: the table of settings, the help text.

import { type SettingLeaf, type SettingMeta, settingsOf } from "./setting.ts";

export interface SettingRow {
  /** `webhook.port`; keys of list entries as `zones[].apex`. */
  readonly path: string;
  /** The first is the name to use. */
  readonly env: readonly string[];
  /** With its dashes; `undefined` when there is none. */
  readonly flag: string | undefined;
  /** As it would be written, or in words; `undefined` when it has to be set. */
  readonly defaultText: string | undefined;
  readonly unit: string | undefined;
  readonly description: string;
  readonly secret: boolean;
}

/** Every setting in the order of the schema; a list is followed by the keys of its entries. */
export function describeSettings(schema: unknown): readonly SettingRow[] {
  return describe(schema, "");
}

function describe(schema: unknown, prefix: string): readonly SettingRow[] {
  return settingsOf(schema).flatMap((leaf) => {
    const path = `${prefix}${leaf.path.join(".")}`;
    const entries = leaf.meta.entry === undefined ? [] : describe(leaf.meta.entry, `${path}[].`);
    return [rowOf(path, leaf), ...entries];
  });
}

function rowOf(path: string, { meta, defaultValue }: SettingLeaf): SettingRow {
  return {
    path,
    env: envNames(meta),
    flag: meta.flag === undefined ? undefined : `--${meta.flag}`,
    defaultText: meta.defaultText ?? formatDefault(defaultValue),
    unit: meta.unit,
    description: meta.description,
    secret: meta.secret === true,
  };
}

function envNames({ env = [], secret }: SettingMeta): readonly string[] {
  return secret === true ? env.flatMap((name) => [name, `${name}_FILE`]) : env;
}

/** A value as it is written in the environment. */
export function formatDefault(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return value.length === 0 ? "none" : `\`${value.join(",")}\``;
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}
