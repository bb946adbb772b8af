import { expect, test } from "vitest";
import { parseTtl } from "#src/sources/annotations.ts";

test.each([
  ["300", 300],
  ["1", 1],
  ["2147483647", 2_147_483_647],
  ["1m", 60],
  ["1h30m", 5400],
  ["1.5h", 5400],
  ["90s", 90],
  ["1m500ms", 60],
  [" 60 ", 60],
])("ttl %j is %i seconds", (text, seconds) => {
  expect(parseTtl(text)).toEqual({ ok: true, value: seconds });
});

test.each(["", "0", "-1", "1.5", "2147483648", "500ms", "1d", "m", "1m 1s", "99999999999", "1".repeat(80) + "s"])(
  "ttl %j is refused",
  (text) => {
    expect(parseTtl(text).ok).toBe(false);
  },
);

test("no annotation is no ttl", () => {
  expect(parseTtl(undefined)).toEqual({ ok: true, value: undefined });
});
