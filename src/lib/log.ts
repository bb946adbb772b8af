// What the rest of the code knows of logging: one event a line, named in the past tense, with fields. ops/log.ts builds it.

export interface Logger {
  debug(fields: object, event: string): void;
  info(fields: object, event: string): void;
  warn(fields: object, event: string): void;
  error(fields: object, event: string): void;
}

/** Swallows everything: for tests and for parts that were given no logger. */
export const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };
