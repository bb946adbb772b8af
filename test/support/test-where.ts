// Tests that only some subjects can be put to.

import { test } from "vitest";

/** `test` where the subject has the capability, no test at all otherwise: a skip would say that something is missing. */
export function testWhere(isCapable: boolean): (title: string, body: () => Promise<void>) => void {
  return isCapable ? (title, body) => test(title, body) : () => undefined;
}
