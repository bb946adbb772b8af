// Decisions are cited by number, in the code and in the documents: each number must stand in docs/decisions.md.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { REPOSITORY } from "#test/support/zonegate-process.ts";

/** `docs/decisions.md 3`, `decision 16`, `docs/decisions.md 1–5`, "(`docs/decisions.md` 20 and 38)". */
const CITATION = /decisions?(?:\.md)?`? (\d+(?:(?:–|, | and )\d+)*)/g;

function filesBelow(folder: string): readonly string[] {
  return readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => /\.(?:ts|md)$/.test(path))
    .map((path) => join(folder, path));
}

function numbersIn(citation: string): readonly number[] {
  const [first = 0, last = 0] = citation.split("–").map(Number);
  if (citation.includes("–")) return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  return citation.split(/, | and /).map(Number);
}

test("every decision that is cited is there", () => {
  const decisions = readFileSync(join(REPOSITORY, "docs/decisions.md"), "utf8");
  const known = new Set([...decisions.matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number)));
  const cited = ["src", "docs", "tools", "bench"]
    .flatMap(filesBelow)
    .flatMap((path) =>
      [...readFileSync(join(REPOSITORY, path), "utf8").matchAll(CITATION)].flatMap(([, citation = ""]) =>
        numbersIn(citation).map((number) => ({ path, number })),
      ),
    );
  expect(cited.length).toBeGreaterThan(20);
  expect(cited.filter(({ number }) => !known.has(number))).toEqual([]);
});
