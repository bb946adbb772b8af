// docs/dns-conformance.md claims proofs: each one it names must be there.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

const ROOT = join(import.meta.dirname, "../../..");
const PAGE = readFileSync(join(ROOT, "docs/dns-conformance.md"), "utf8");
const CODE = [...PAGE.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text);

describe("docs/dns-conformance.md", () => {
  test("names only steps that are in the scenarios", () => {
    const claims = CODE.filter((text) => /^[a-z0-9]+\.yaml: /.test(text));
    expect(claims.length).toBeGreaterThan(100);
    const steps = allSteps();
    expect(claims.filter((claim) => !steps.has(claim))).toEqual([]);
  });

  test("names only files that exist", () => {
    const files = CODE.filter((text) => /^(src|test)\//.test(text));
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  test("has a proof in every row", () => {
    const rows = PAGE.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| what |"));
    expect(rows.filter((row) => !/\| (`[^`]+` ?)+\|$/.test(row))).toEqual([]);
  });
});

/** Every step of every scenario, written as the page claims it. */
function allSteps(): ReadonlySet<string> {
  const folder = join(ROOT, "test/scenarios/dns");
  const claims = readdirSync(folder).flatMap((file) => {
    const { steps } = parse(readFileSync(join(folder, file), "utf8")) as {
      readonly steps: readonly { title: string }[];
    };
    return steps.map(({ title }) => `${file}: ${title}`);
  });
  return new Set(claims);
}
