// Lays the file, the environment and the flags over each other: one tree of unread values, and for each setting where its
// value comes from. Knows the names of settings from the schema, nothing of what they mean.

import type { ConfigProblem } from "#src/errors.ts";
import { type ConfigFile, isMapping } from "./file.ts";
import { type SettingLeaf, settingsOf } from "./setting.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface LayerSources {
  readonly file: ConfigFile;
  readonly env: Environment;
  /** By name without dashes. */
  readonly flags: ReadonlyMap<string, string>;
  /** For NAME_FILE of secrets. Throws the system's error. */
  readonly readFile: (path: string) => string;
}

export interface Layers {
  /** As zonegate.yaml would hold it, with what the environment and the flags add or replace. */
  readonly tree: Record<string, unknown>;
  /** `SERVER_PORT`, `--webhook-port` or `zonegate.yaml line 7`; `undefined` when nobody set it. Takes a path in the schema. */
  readonly setBy: (path: readonly PropertyKey[]) => string | undefined;
  /** The file that a secret was read from, so that it can be read again; `undefined` when it stands somewhere itself. */
  readonly secretFile: (path: readonly string[]) => string | undefined;
  readonly problems: readonly ConfigProblem[];
  /** Settings that somebody set, but whose value could not be read. */
  readonly unread: readonly string[];
}

interface OuterValue {
  readonly value: string;
  readonly place: string;
  /** Where a secret's NAME_FILE leads. */
  readonly file?: string;
}

/** Takes each setting from the flags, else from the environment, else from the file; reads no value. */
export function layer(schema: unknown, sources: LayerSources): Layers {
  const tree = structuredClone(sources.file.values) as Record<string, unknown>;
  const problems: ConfigProblem[] = [];
  const unread: string[] = [];
  const places = new Map<string, string>();
  const secretFiles = new Map<string, string>();
  for (const leaf of settingsOf(schema)) {
    const outer = fromFlag(leaf, sources) ?? fromEnvironment(leaf, sources, problems);
    if (outer === undefined && isFileNamed(leaf, sources)) unread.push(leaf.path.join("."));
    if (outer === undefined || !setAt(tree, leaf.path, outer.value)) continue;
    places.set(leaf.path.join("."), outer.place);
    if (outer.file !== undefined) secretFiles.set(leaf.path.join("."), outer.file);
  }
  return {
    tree,
    problems,
    unread,
    secretFile: (path) => secretFiles.get(path.join(".")),
    setBy: (path) => {
      const outer = path.map((_, index) => places.get(path.slice(0, index + 1).join("."))).find(Boolean);
      return outer ?? (getAt(sources.file.values, path) === undefined ? undefined : sources.file.placeOf(path));
    },
  };
}

/** Gives settings that nobody set another default than the schema's. Changes the tree. */
export function fillDefaults(tree: Record<string, unknown>, defaults: Readonly<Record<string, unknown>>): void {
  for (const [path, value] of Object.entries(defaults)) {
    const segments = path.split(".");
    if (getAt(tree, segments) === undefined) setAt(tree, segments, value);
  }
}

/** Takes a value out of the tree; its siblings stay. */
export function removeAt(tree: Record<string, unknown>, path: readonly string[]): void {
  const parent = getAt(tree, path.slice(0, -1));
  if (isMapping(parent)) delete parent[path.at(-1) ?? ""];
}

function getAt(tree: unknown, path: readonly PropertyKey[]): unknown {
  let current = tree;
  for (const segment of path) {
    const isOwn = typeof current === "object" && current !== null && Object.hasOwn(current, segment);
    if (!isOwn) return undefined;
    current = (current as Record<PropertyKey, unknown>)[segment];
  }
  return current;
}

/** False where something that is no mapping stands in the way: the schema reports that. */
function setAt(tree: Record<string, unknown>, path: readonly string[], value: unknown): boolean {
  let parent = tree;
  for (const segment of path.slice(0, -1)) {
    const child = (parent[segment] ??= {});
    if (!isMapping(child)) return false;
    parent = child;
  }
  parent[path.at(-1) ?? ""] = value;
  return true;
}

function fromFlag({ meta }: SettingLeaf, { flags }: LayerSources): OuterValue | undefined {
  const value = meta.flag === undefined ? undefined : flags.get(meta.flag);
  return value === undefined ? undefined : { value, place: `--${meta.flag}` };
}

/** Values of all the setting's names that are set; two that differ are a problem, for nobody can tell which one is meant. */
function fromEnvironment(leaf: SettingLeaf, sources: LayerSources, problems: ConfigProblem[]): OuterValue | undefined {
  const names = leaf.meta.env ?? [];
  const plain = names.flatMap((name) => {
    const value = sources.env[name];
    return value === undefined || isUnset(value) ? [] : [{ value, place: name }];
  });
  const found = leaf.meta.secret === true ? [...plain, ...fromFiles(names, { leaf, sources, problems })] : plain;
  const [first, ...others] = found;
  const other = others.find(({ value }) => value !== first?.value);
  if (first !== undefined && other !== undefined) {
    problems.push({
      path: leaf.path.join("."),
      problem: `${first.place} and ${other.place} name the same setting and differ`,
      hint: `Keep ${first.place}.`,
    });
  }
  return first;
}

/**
 * Empty is how compose files and charts say "not set". `tcp://…` is what Kubernetes puts into every pod of a namespace that
 * has a Service called "dns" (DNS_PORT) or "server" (SERVER_PORT): never meant for us.
 */
function isUnset(value: string): boolean {
  return value.trim() === "" || /^(tcp|udp|sctp):\/\//.test(value);
}

function fromFiles(
  names: readonly string[],
  context: { readonly leaf: SettingLeaf; readonly sources: LayerSources; readonly problems: ConfigProblem[] },
): readonly OuterValue[] {
  return names.flatMap((name) => {
    const place = `${name}_FILE`;
    const path = context.sources.env[place];
    if (path === undefined || isUnset(path)) return [];
    try {
      // An editor or `echo` leaves a line break at the end.
      return [{ value: context.sources.readFile(path).trim(), place, file: path }];
    } catch (error) {
      context.problems.push({
        path: `${context.leaf.path.join(".")} (${place})`,
        problem: `${path} cannot be read: ${reasonOf(error)}`,
        hint: "Name a file that this user may read.",
      });
      return [];
    }
  });
}

/** A secret whose NAME_FILE is set: without a value, that file could not be read. */
function isFileNamed({ meta }: SettingLeaf, { env }: LayerSources): boolean {
  return meta.secret === true && (meta.env ?? []).some((name) => !isUnset(env[`${name}_FILE`] ?? ""));
}

/** The system's short code where there is one: ENOENT, EACCES. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
