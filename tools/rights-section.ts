// The part of docs/cluster.md about rights, made from the sources; the rest of that page is written by hand.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { neededRules, rightsOfSources } from "#src/app/cluster-rights.ts";
import { rolesText } from "#src/cli/rights.ts";
import { DEFAULT_SOURCE_NAMES, SOURCE_NAMES } from "#src/domain/source-name.ts";

export const CLUSTER_PAGE = "docs/cluster.md";

const BEGIN = "<!-- Made by `npm run docs` from src/sources; a test fails when it is stale. -->";
const END = "<!-- End of what is made. -->";

/** The page with that part as the code has it now. Throws when the page has lost the marks round it. */
export function clusterPage(): string {
  const page = readFileSync(fileURLToPath(new URL(`../${CLUSTER_PAGE}`, import.meta.url)), "utf8");
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${CLUSTER_PAGE} has lost the marks round its rights`);
  return `${page.slice(0, begin)}${BEGIN}\n\n${section().join("\n")}\n\n${page.slice(end)}`;
}

function section(): readonly string[] {
  return [
    "What the sources that are on by default need:",
    "",
    "```yaml",
    rolesText(neededRules(DEFAULT_SOURCE_NAMES, []), []).trimEnd(),
    "```",
    "",
    "What each source needs, `list` and `watch` of each:",
    "",
    "| source | resources |",
    "|---|---|",
    ...SOURCE_NAMES.map((name) => `| \`${name}\` | ${resourcesOf(name).join(", ")} |`),
  ];
}

function resourcesOf(name: (typeof SOURCE_NAMES)[number]): readonly string[] {
  return rightsOfSources([name]).map(
    ({ apiGroup, resource }) => `\`${resource}${apiGroup === "" ? "" : `.${apiGroup}`}\``,
  );
}
