// chart/values.schema.json: the values of the chart, and within them the settings of a resolver as src/config has them. A key that
// is in neither is refused by Helm; whether a setting's value is right is known to `zonegate check` alone.

import { describeSettings, type SettingRow } from "#src/config/describe.ts";
import { SETTINGS_SCHEMA } from "#src/config/schema.ts";
import { SOURCE_GROUPS, SOURCE_NAMES } from "#src/domain/source-name.ts";
import { type JsonSchema, mapping } from "./chart-schema-kinds.ts";
import { OBJECT_VALUES, SERVICE_VALUES } from "./chart-values.ts";

export function chartSchema(): string {
  const schema = {
    $schema: "https://json-schema.org/draft-07/schema#",
    $comment: "Made by `npm run docs` from tools/chart-schema.ts and src/config; a test fails when it is stale.",
    title: "Values of the Zonegate chart",
    ...mapping({
      zones: { type: "array", minItems: 1, items: zoneSchema("zones[].") },
      records: { type: "array", items: { ...treeOf(rowsBelow("records[].")), required: ["name", "type", "targets"] } },
      views: { type: "array", items: viewSchema() },
      sources: {
        type: "array",
        minItems: 1,
        uniqueItems: true,
        items: { enum: [...SOURCE_NAMES, ...SOURCE_GROUPS.keys()] },
      },
      settings: treeOf(ROWS.filter(({ path }) => !path.includes("[]") && !isDecidedByChart(path))),
      ...OBJECT_VALUES,
    }),
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

const ROWS = describeSettings(SETTINGS_SCHEMA);

/** What may not stand in `settings`; everything else may. */
const VALUES_OF_THEIR_OWN = ["zones", "records", "views", "sources.kinds"];
const WRITTEN_BY_CHART = ["mode", "dns.listen", "dns.port", "ops.port", "kubernetes", "data", "admin", "shutdown"];
const NOT_OF_A_RESOLVER = ["provider", "webhook", "domainFilter", "sync", "unifi", "sources.manifests"];
const DECIDED = [...VALUES_OF_THEIR_OWN, ...WRITTEN_BY_CHART, ...NOT_OF_A_RESOLVER];

function isDecidedByChart(path: string): boolean {
  return DECIDED.some((decided) => path === decided || path.startsWith(`${decided}.`));
}

function zoneSchema(prefix: string): JsonSchema {
  return {
    anyOf: [
      { type: "string", minLength: 1 },
      { ...treeOf(rowsBelow(prefix)), required: ["apex"] },
    ],
  };
}

/** A view asks at a port of the pod; the pod's addresses are nobody's to choose. */
function viewSchema(): JsonSchema {
  const own = rowsBelow("views[].").filter(({ path }) => path !== "listen" && path !== "zones");
  const tree = treeOf(own.filter(({ path }) => !path.includes("[]")));
  return {
    ...tree,
    properties: {
      ...tree.properties,
      port: { type: "integer", minimum: 1024, maximum: 65_535 },
      zones: { type: "array", minItems: 1, items: zoneSchema("views[].zones[].") },
      service: mapping(SERVICE_VALUES),
    },
    required: ["name", "zones"],
  };
}

/** The keys of the entries of a list, entries of lists within them included. */
function rowsBelow(prefix: string): readonly SettingRow[] {
  return ROWS.filter(({ path }) => path.startsWith(prefix)).map((row) => ({
    ...row,
    path: row.path.slice(prefix.length),
  }));
}

/** Paths such as `dns.ttlSeconds` as mappings within mappings, `nameservers[].name` as a list of mappings. */
function treeOf(rows: readonly SettingRow[]): JsonSchema {
  const heads = Map.groupBy(rows, ({ path }) => /^[^.[]+/.exec(path)?.[0] ?? path);
  return mapping(Object.fromEntries([...heads].map(([key, below]) => [key, branchOf(key, below)])));
}

function branchOf(key: string, rows: readonly SettingRow[]): JsonSchema {
  const own = rows.find(({ path }) => path === key);
  const below = (mark: string): readonly SettingRow[] =>
    rows
      .filter(({ path }) => path.startsWith(`${key}${mark}`))
      .map((row) => ({ ...row, path: row.path.slice(key.length + mark.length) }));
  const entries = below("[].");
  if (own === undefined) return treeOf(below("."));
  if (entries.length === 0) return { description: own.description };
  return { description: own.description, type: "array", items: treeOf(entries) };
}
