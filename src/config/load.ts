// From file, environment and flags to `Settings`, or to every problem at once. Reads files only through the functions given.

import { ConfigError, type ConfigProblem } from "#src/errors.ts";
import { type ConfigFile, EMPTY_FILE, parseConfigFile } from "./file.ts";
import { type Environment, fillDefaults, type Layers, layer, reasonOf, removeAt } from "./layers.ts";
import { chooseMode, MODE_TABLE } from "./mode.ts";
import { problemsOf } from "./problems.ts";
import { chooseProvider } from "./provider-choice.ts";
import { resolveSettings } from "./resolve.ts";
import { SETTINGS_SCHEMA, type WrittenSettings } from "./schema.ts";
import { settingsOf } from "./setting.ts";
import type { Settings } from "./settings.ts";

/** How the file itself is found; the one thing that cannot stand in it. */
export const CONFIG_FILE = { flag: "config", env: "ZONEGATE_CONFIG", defaultPath: "zonegate.yaml" } as const;

export interface SettingsSources {
  /** By name without dashes, as `parseArguments` gives them. */
  readonly flags: ReadonlyMap<string, string>;
  readonly env: Environment;
  /** Text of a file; throws the system's error. */
  readonly readFile: (path: string) => string;
  readonly fileExists: (path: string) => boolean;
}

/** The settings with every default filled in. Throws ConfigError with every problem, and nothing else for bad input. */
export function loadSettings(sources: SettingsSources): Settings {
  const { path, file, problems: fileProblems } = findFile(sources);
  const layers = layer(SETTINGS_SCHEMA, { ...sources, file });
  const problems = [...fileProblems, ...layers.problems];
  const setBy = (name: string): string | undefined => layers.setBy(name.split("."));
  // A wrong provider or mode counts as not written here; reading the tree reports it.
  const { provider: providerKind, mode: modeKind } = SETTINGS_SCHEMA.shape;
  const named =
    layers.tree["provider"] === undefined ? undefined : providerKind.safeParse(layers.tree["provider"]).data;
  const provider = chooseProvider(named, setBy);
  const mode = chooseMode(modeKind.safeParse(layers.tree["mode"]).data, { provider, setBy });
  fillDefaults(layers.tree, { provider: provider.name, ...MODE_TABLE[mode.mode].defaults });
  const written = readTree(layers);
  problems.push(...written.problems);
  const { readFile, env } = sources;
  const { secretFile } = layers;
  const resolved = resolve(written, { mode, configFile: path, setBy, readFile, env, secretFile });
  // What a file that cannot be read sets is unknown, so nothing can be said to be missing.
  if (fileProblems.length === 0) problems.push(...resolved.problems);
  if (problems.length > 0 || resolved.settings === undefined) throw new ConfigError(problems);
  const { settings } = resolved;
  return { ...settings, warnings: [...settings.warnings, ...folderWarnings(settings, sources)] };
}

interface FoundFile {
  readonly path: string | undefined;
  readonly file: ConfigFile;
  readonly problems: readonly ConfigProblem[];
}

function findFile({ flags, env, readFile, fileExists }: SettingsSources): FoundFile {
  const named = flags.get(CONFIG_FILE.flag) ?? (env[CONFIG_FILE.env] || undefined);
  if (named === undefined && !fileExists(CONFIG_FILE.defaultPath)) {
    return { path: undefined, file: EMPTY_FILE, problems: [] };
  }
  const path = named ?? CONFIG_FILE.defaultPath;
  let content: string;
  try {
    content = readFile(path);
  } catch (error) {
    const problem = {
      path,
      problem: `cannot be read: ${reasonOf(error)}`,
      hint: "Name a file that this user may read.",
    };
    return { path, file: EMPTY_FILE, problems: [problem] };
  }
  const result = parseConfigFile(path, content);
  return result.ok ? { path, file: result.file, problems: [] } : { path, file: EMPTY_FILE, problems: result.problems };
}

interface ReadTree {
  /** `undefined` when not even the settings that were right could be read by themselves. */
  readonly written: WrittenSettings | undefined;
  readonly problems: readonly ConfigProblem[];
  /** Paths of settings that were wrong, or could not be read, and stand at their default in `written`. */
  readonly replaced: readonly string[];
}

/** Reads a second time without what was wrong, so that what depends on several settings is checked in the same run. */
function readTree({ tree, setBy, unread }: Layers): ReadTree {
  const first = SETTINGS_SCHEMA.safeParse(tree, { reportInput: true });
  if (first.success) return { written: first.data, problems: [], replaced: unread };
  const replaced = first.error.issues.flatMap((issue) => {
    const paths = issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    return paths.map(settingAt);
  });
  const rest = structuredClone(tree);
  for (const path of replaced) removeAt(rest, path);
  return {
    written: SETTINGS_SCHEMA.safeParse(rest).data,
    problems: problemsOf(first.error.issues, { schema: SETTINGS_SCHEMA, setBy }),
    replaced: [...replaced.map((path) => path.join(".")), ...unread],
  };
}

/** The setting (or section, or unknown key) that a path inside one of its entries belongs to. */
function settingAt(path: readonly PropertyKey[]): readonly string[] {
  const names = path.map(String);
  const leaf = settingsOf(SETTINGS_SCHEMA).find((setting) =>
    setting.path.every((name, index) => names[index] === name),
  );
  return leaf?.path ?? names;
}

function resolve(
  { written, replaced }: ReadTree,
  context: Parameters<typeof resolveSettings>[1],
): { readonly settings: Settings | undefined; readonly problems: readonly ConfigProblem[] } {
  if (written === undefined) return { settings: undefined, problems: [] };
  const { settings, problems } = resolveSettings(written, context);
  // What was wrong stands at its default here, so a complaint about it would be about something nobody wrote.
  const isReplaced = (path: string): boolean => replaced.some((name) => path === name || path.startsWith(`${name}.`));
  return {
    settings,
    problems: problems.filter(({ concerns }) => !concerns.some(isReplaced)).map(({ problem }) => problem),
  };
}

function folderWarnings({ sources }: Settings, { fileExists }: SettingsSources): readonly string[] {
  if (sources.manifests === undefined || fileExists(sources.manifests)) return [];
  return [`sources.manifests: the folder ${sources.manifests} is not there, so no names come from it`];
}
