// Shortens tests of parsers: the value or a failure that shows the problem, and the problem or a failure that shows the value.

import { expect } from "vitest";
import { type DomainName, parseName } from "#src/domain/name.ts";
import type { Parsed } from "#src/domain/parsed.ts";

export function valueOf<T>(result: Parsed<T>): T {
  return result.ok ? result.value : expect.fail(`unexpected problem: ${result.problem}`);
}

export function problemOf(result: Parsed<unknown>): string {
  return result.ok ? expect.fail(`unexpectedly read as ${JSON.stringify(result.value)}`) : result.problem;
}

/** A name written by hand. */
export function name(text: string): DomainName {
  return valueOf(parseName(text));
}
