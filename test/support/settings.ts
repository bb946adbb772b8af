// Loads settings from values written in a test instead of from disk.

import { loadSettings } from "#src/config/load.ts";
import type { Settings } from "#src/config/settings.ts";
import { ConfigError, type ConfigProblem } from "#src/errors.ts";

export interface Written {
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: Readonly<Record<string, string>>;
  /** Content by path; folders are given as "". */
  readonly files?: Readonly<Record<string, string>>;
}

export function load({ env = {}, flags = {}, files = {} }: Written): Settings {
  return loadSettings({
    env,
    flags: new Map(Object.entries(flags)),
    fileExists: (path) => Object.hasOwn(files, path),
    readFile: (path) => {
      const content = files[path];
      if (content === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
      return content;
    },
  });
}

/** Content of zonegate.yaml in the current folder, the version key put before it. */
export function yaml(...lines: readonly string[]): Written {
  return { files: { "zonegate.yaml": ["version: 1", ...lines].join("\n") } };
}

/** The problems of settings that must be refused; anything but a ConfigError goes on upwards. */
export function problemsOf(written: Written): readonly ConfigProblem[] {
  try {
    load(written);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error("the settings were accepted");
}
