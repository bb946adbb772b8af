// A batch of changes is empty only when none of its four lists has an entry.

import { expect, test } from "vitest";
import { isEmpty, NO_CHANGES } from "#src/domain/changes.ts";
import { endpoint } from "#test/support/endpoints.ts";

const one = [endpoint("www.example.com", "A", ["192.0.2.1"])];

test("no changes are empty", () => {
  expect(isEmpty(NO_CHANGES)).toBe(true);
});

test.each(["create", "updateOld", "updateNew", "delete"])("one entry in %s is a change", (list) => {
  expect(isEmpty({ ...NO_CHANGES, [list]: one })).toBe(false);
});
