// How the process tells its end to whoever started it, in the numbers of BSD sysexits.h.

import { ConfigError, UnavailableError } from "#src/errors.ts";

export const EXIT_CODES = {
  /** Done, or ended because somebody asked. */
  ok: 0,
  /** EX_USAGE: the command line is wrong; starting again without another one is useless. */
  usage: 64,
  /** EX_UNAVAILABLE: a port or a folder is missing; may work later. */
  unavailable: 69,
  /** EX_SOFTWARE: a bug of ours. */
  internal: 70,
  /** EX_CONFIG: the settings are wrong; starting again without others is useless. */
  config: 78,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/** The code for an error that ends the process. */
export function exitCodeFor(error: unknown): ExitCode {
  if (error instanceof ConfigError) return EXIT_CODES.config;
  return error instanceof UnavailableError ? EXIT_CODES.unavailable : EXIT_CODES.internal;
}
