// Reading gives a value or one sentence; `ok` tells which, also for values that are falsy.

import { expect, test } from "vitest";
import { parsed, unparsable } from "#src/domain/parsed.ts";

test.each([[0], [""], [undefined], [{ a: 1 }]])("%j is carried as a value", (value) => {
  expect(parsed(value)).toEqual({ ok: true, value });
});

test("a problem is no value", () => {
  expect(unparsable("it is empty")).toEqual({ ok: false, problem: "it is empty" });
});
