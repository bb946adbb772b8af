// How a command that asks something ends when it cannot: a sentence for what was foreseen, and the exit code.

import { ConfigError } from "#src/errors.ts";
import { problemLines } from "./check.ts";
import { type ExitCode, exitCodeFor } from "./exit-codes.ts";

/** Says it on standard error; the exit code is the caller's to return. */
export function reportError(error: unknown, complain: (line: string) => void): ExitCode {
  const lines =
    error instanceof ConfigError
      ? problemLines(error.problems)
      : [`zonegate: ${error instanceof Error ? error.message : String(error)}`];
  for (const line of lines) complain(line);
  return exitCodeFor(error);
}
