import { expect, test } from "vitest";
import { exitCodeFor } from "#src/cli/exit-codes.ts";
import { ConfigError, UnavailableError } from "#src/errors.ts";

test.each([
  ["wrong settings", new ConfigError([]), 78],
  ["a port that is taken", new UnavailableError("listen.taken", "port 53 is taken"), 69],
  ["a bug", new TypeError("x is not a function"), 70],
  ["something that is no error", "thrown text", 70],
])("%s ends the process with its code", (_title, error, code) => {
  expect(exitCodeFor(error)).toBe(code);
});
