import { expect, test } from "vitest";
import { escapeUnsafe } from "#src/lib/unsafe-text.ts";

test.each([
  ["an escape sequence", "a\u001b[2Jb", "a\\u001b[2Jb"],
  ["a carriage return", "refused\rallowed", "refused\\u000dallowed"],
  ["a C1 control", "a\u009b31mb", "a\\u009b31mb"],
  ["a turn of direction", "a\u202eb", "a\\u202eb"],
])("%s is shown and not carried out", (_what, text, shown) => {
  expect(escapeUnsafe(text)).toBe(shown);
});

test("text of any language stays, with its line breaks and tabs", () => {
  const text = "Zürich\t東京 🏠\nnext …";
  expect(escapeUnsafe(text)).toBe(text);
});
