// docs/settings.md as text, made from the schema and the table of modes.

import { describeSettings, formatDefault, type SettingRow } from "#src/config/describe.ts";
import { CONFIG_FILE } from "#src/config/load.ts";
import { MODE_TABLE, MODES } from "#src/config/mode.ts";
import { SETTINGS_SCHEMA } from "#src/config/schema.ts";

export function settingsPage(): string {
  const rows = describeSettings(SETTINGS_SCHEMA);
  return `${[
    "# Settings",
    "",
    "<!-- Made by `npm run docs` from src/config; a test fails when it is stale. Edit the schema, not this page. -->",
    "",
    ...INTRODUCTION,
    "",
    "## Modes",
    "",
    "The first row that fits is taken; `mode` always wins. The choice and its reason are printed at the start and by `zonegate check`.",
    "",
    ...modeTable(),
    "",
    "## Every setting",
    "",
    "The first environment variable is the name to use; those behind it are accepted for people who come from another webhook.",
    "",
    ...settingTable(rows),
    "",
    "## Example",
    "",
    "```yaml",
    ...EXAMPLE,
    "```",
  ].join("\n")}\n`;
}

const INTRODUCTION: readonly string[] = [
  `Settings come from a file, the environment and flags. A flag wins over the environment, the environment over the file.`,
  "",
  `- The file is \`${CONFIG_FILE.defaultPath}\` in the folder Zonegate is started in, or what \`--${CONFIG_FILE.flag}\` or \`${CONFIG_FILE.env}\` names. It begins with \`version: 1\`. A key that is not in the table below is an error, and so is a newer version.`,
  "- In the environment and in flags a list is one text with commas. An empty variable counts as not set, and so does one that looks like `tcp://10.43.0.10:53`: Kubernetes puts those into every pod beside a Service with the same name.",
  "- A duration is a number in the unit of the table, or has its own: `500ms`, `12s`, `5m`, `1h`, `1d`. True and false may be written `1` and `0`.",
  "- A secret is never printed and has no flag. `NAME_FILE` reads the secret `NAME` from a file.",
  "- Every problem is reported at once, with its place and what to write instead; the process then ends with exit code 78. `zonegate check` does only that.",
];

/** Checked by a test: it loads. */
export const EXAMPLE: readonly string[] = [
  "version: 1",
  "zones:",
  "  - lab.example.net",
  "  - apex: home.example.com",
  "    defaultTtlSeconds: 5m",
  "    nameservers:",
  "      - name: ns1.home.example.com",
  "        addresses: [192.168.1.53]",
  "    ingressClasses: [internal, external]",
  "records:",
  "  - name: nas.home.example.com",
  "    type: A",
  "    targets: [192.168.1.20]",
  "sources:",
  "  manifests: /etc/zonegate/manifests",
  "domainFilter:",
  "  include: [home.example.com]",
];

function modeTable(): readonly string[] {
  const rows = MODES.map((mode) => {
    const row = MODE_TABLE[mode];
    const defaults = Object.entries(row.defaults).map(([path, value]) => `\`${path}\` ${formatDefault(value) ?? ""}`);
    return [`\`${mode}\``, row.when, row.purpose, row.parts.join(", "), orNone(defaults), orNone(row.needs.map(code))];
  });
  return table(["Mode", "When", "What for", "Runs", "Its own defaults", "Needs"], rows);
}

function settingTable(rows: readonly SettingRow[]): readonly string[] {
  const cells = rows.map((row) => [
    code(row.path),
    orNone(row.env.map(code)),
    row.flag === undefined ? "none" : code(row.flag),
    row.defaultText ?? "has to be set",
    row.unit ?? "",
    row.secret ? `${row.description} Secret.` : row.description,
  ]);
  return table(["In the file", "Environment", "Flag", "Default", "Unit", "What it does"], cells);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)];
}

function code(text: string): string {
  return `\`${text}\``;
}

function orNone(items: readonly string[]): string {
  return items.length === 0 ? "none" : items.join(", ");
}
