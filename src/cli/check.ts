// `zonegate check`: says what the settings amount to, or everything that is wrong with them. Opens no socket, writes no file.

import { loadSettings, type SettingsSources } from "#src/config/load.ts";
import type { Settings } from "#src/config/settings.ts";
import { ConfigError, type ConfigProblem } from "#src/errors.ts";
import { staticRecordSets } from "#src/sources/static.ts";
import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";
import { summariseSettings } from "./settings-summary.ts";

/** Writes lines without line breaks through `print`; returns 0 or 78. */
export function check(sources: SettingsSources, print: (line: string) => void): ExitCode {
  try {
    const settings = loadSettings(sources);
    for (const line of summariseSettings(settings)) print(line);
    return report(recordProblems(settings), print);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return report(error.problems, print);
  }
}

/** One line for each problem; also what `serve` prints before it ends with 78. */
export function problemLines(problems: readonly ConfigProblem[]): readonly string[] {
  const count = problems.length === 1 ? "1 setting is wrong:" : `${problems.length} settings are wrong:`;
  return [count, ...problems.map(({ path, problem, hint }) => `  ${path}: ${problem}. ${hint}`)];
}

function report(problems: readonly ConfigProblem[], print: (line: string) => void): ExitCode {
  const lines = problems.length === 0 ? ["the settings are right"] : problemLines(problems);
  for (const line of lines) print(line);
  return problems.length === 0 ? EXIT_CODES.ok : EXIT_CODES.config;
}

/** Whether a record lies in a zone is known only to the source that makes record sets of them. */
function recordProblems({ records, zones, mode }: Settings): readonly ConfigProblem[] {
  return mode.parts.has("dns") ? staticRecordSets(records, zones).problems : [];
}
