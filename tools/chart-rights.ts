// chart/files/rights.yaml: what each source needs, for the templates that make the roles.

import { stringify } from "yaml";
import { IDENTITY_RIGHT, READ_VERBS, rightsOfSources } from "#src/app/cluster-rights.ts";
import { SOURCE_GROUPS, SOURCE_NAMES } from "#src/domain/source-name.ts";

export function chartRights(): string {
  const table = {
    groups: Object.fromEntries(SOURCE_GROUPS),
    verbs: READ_VERBS,
    identity: IDENTITY_RIGHT,
    sources: Object.fromEntries(SOURCE_NAMES.map((name) => [name, rowsOf(name)])),
  };
  const head =
    "# Made by `npm run docs` from src/sources; a test fails when it is stale. templates/_helpers.tpl reads it.\n";
  return `${head}${stringify(table, { aliasDuplicateObjects: false, lineWidth: 0 })}`;
}

function rowsOf(name: (typeof SOURCE_NAMES)[number]) {
  return rightsOfSources([name]).map(({ apiGroup, resource, scope }) => ({ apiGroup, resource, scope }));
}
