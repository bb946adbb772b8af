// All that could come to light of an error, for tests that look for secrets.

import { inspect } from "node:util";

/** What any logger, serialiser or crash report could print of an error. */
export function everythingOf(error: unknown): string {
  const json = JSON.stringify(
    error,
    error instanceof Error ? [...Object.getOwnPropertyNames(error), "cause"] : undefined,
  );
  const cause = error instanceof Error && error.cause !== undefined ? everythingOf(error.cause) : "";
  return [inspect(error, { depth: 20, showHidden: true }), json, String(error), cause].join("\n");
}
