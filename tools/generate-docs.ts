// Writes every file that is made from code. `--check` writes nothing and exits 1 when one is stale.
// Usage: node tools/generate-docs.ts [--check]

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { GENERATED_PAGES } from "./generated-pages.ts";

const isCheck = process.argv.includes("--check");
for (const { path, render } of GENERATED_PAGES) {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
  const content = render();
  if (!isCheck) writeFileSync(file, content);
  else if (readOrEmpty(file) !== content) {
    process.stderr.write(`${path} is stale: run "npm run docs"\n`);
    process.exitCode = 1;
  }
}

/** A page that is not there yet is stale. */
function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
