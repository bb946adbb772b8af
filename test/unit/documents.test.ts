// What the documents point at has to be there: files, links between them, npm scripts.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { REPOSITORY } from "#test/support/zonegate-process.ts";

const DOCUMENTS = ["", "docs", "chart"].flatMap((folder) =>
  readdirSync(join(REPOSITORY, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name)),
);

/** Every match of the pattern's first group, with the document it stands in. */
function mentions(pattern: RegExp): readonly { readonly document: string; readonly what: string }[] {
  return DOCUMENTS.flatMap((document) =>
    [...readFileSync(join(REPOSITORY, document), "utf8").matchAll(pattern)].map(([, what = ""]) => ({
      document,
      what,
    })),
  );
}

test("every link to a file of ours leads somewhere", () => {
  const links = mentions(/\]\((?!https?:)([^)#]+)[^)]*\)/g);
  expect(links.length).toBeGreaterThan(10);
  expect(links.filter(({ document, what }) => !existsSync(join(REPOSITORY, dirname(document), what)))).toEqual([]);
});

test("every file or folder that is named is there", () => {
  const paths = mentions(/`((?:src|test|tools|bench|docs|openapi|examples)\/[\w./-]*)`/g);
  expect(paths.length).toBeGreaterThan(30);
  expect(paths.filter(({ what }) => !existsSync(join(REPOSITORY, what)))).toEqual([]);
});

test("every npm script that is named is there", () => {
  const manifest = JSON.parse(readFileSync(join(REPOSITORY, "package.json"), "utf8")) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const scripts = mentions(/npm run ([\w:-]+)/g);
  expect(scripts.length).toBeGreaterThan(10);
  expect(scripts.filter(({ what }) => manifest.scripts[what] === undefined)).toEqual([]);
});
