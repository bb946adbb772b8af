import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { GENERATED_PAGES } from "../../../tools/generated-pages.ts";

test.each(GENERATED_PAGES)("$path is what the code says (else: npm run docs)", ({ path, render }) => {
  expect(readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8")).toBe(render());
});
