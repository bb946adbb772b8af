// docs/from-k8s-gateway.md claims that faults of k8s_gateway are none here: each proof it names must be there.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { REPOSITORY } from "#test/support/zonegate-process.ts";

const PAGE = readFileSync(join(REPOSITORY, "docs/from-k8s-gateway.md"), "utf8");
const [, COMPARED = ""] = PAGE.split("## What answers differently");
const ROWS = COMPARED.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| k8s_gateway |"));
const PROOFS = ROWS.flatMap((row) =>
  [...(row.split(" | ").at(-1) ?? "").matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text),
);

test("has a proof in every row", () => {
  expect(ROWS.length).toBeGreaterThan(25);
  expect(ROWS.filter((row) => !/\| (`[^`]+` ?)+\|$/.test(row))).toEqual([]);
});

test("names only tests that are there", () => {
  const steps = scenarioSteps();
  expect(PROOFS.length).toBeGreaterThan(35);
  expect(PROOFS.filter((proof) => !isThere(proof, steps))).toEqual([]);
});

/** `FILE.yaml: step`, `test/FILE.test.ts: title`, or a file as a whole. */
function isThere(proof: string, steps: ReadonlySet<string>): boolean {
  if (/^[a-z0-9]+\.yaml: /.test(proof)) return steps.has(proof);
  const [, file = "", title] = /^(test\/\S+?\.test\.ts)(?:: (.+))?$/.exec(proof) ?? [];
  if (!existsSync(join(REPOSITORY, file)) || file === "") return false;
  return title === undefined || readFileSync(join(REPOSITORY, file), "utf8").includes(`"${title}"`);
}

function scenarioSteps(): ReadonlySet<string> {
  const folder = join(REPOSITORY, "test/scenarios/dns");
  const claims = readdirSync(folder).flatMap((file) => {
    const { steps } = parse(readFileSync(join(folder, file), "utf8")) as {
      readonly steps: readonly { readonly title: string }[];
    };
    return steps.map(({ title }) => `${file}: ${title}`);
  });
  return new Set(claims);
}
