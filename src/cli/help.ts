// The text of `zonegate help`, made from the schema of settings.

import { describeSettings, type SettingRow } from "#src/config/describe.ts";
import { CONFIG_FILE } from "#src/config/load.ts";
import { SETTINGS_SCHEMA } from "#src/config/schema.ts";
import { COMMANDS } from "./arguments.ts";

export function helpText(): string {
  const commands = Object.entries(COMMANDS).map(([command, purpose]) => `  ${command.padEnd(10)}${purpose}`);
  const flags = describeSettings(SETTINGS_SCHEMA).filter(({ flag }) => flag !== undefined);
  return [
    "Usage: zonegate [COMMAND] [--FLAG=VALUE …]",
    "",
    "Commands (serve, when none is given):",
    ...commands,
    "",
    "Flags; each wins over the environment variable beside it, which wins over the file:",
    `  --${CONFIG_FILE.flag} (${CONFIG_FILE.env})`,
    `      File of settings. Default: ${CONFIG_FILE.defaultPath} in this folder, if it is there.`,
    ...flags.flatMap(flagLines),
    "",
    "Lists are one text with commas. Zones with more than a name, and records, stand in the file only.",
    "",
  ].join("\n");
}

function flagLines({ flag, env, description, defaultText, unit }: SettingRow): readonly string[] {
  const names = `  ${flag ?? ""}${env[0] === undefined ? "" : ` (${env[0]})`}`;
  const inUnit = unit === undefined ? "" : ` ${unit}`;
  const fallback = defaultText === undefined ? "" : ` Default: ${defaultText}${inUnit}.`;
  return [names, `      ${description}${fallback}`.replaceAll("`", "")];
}
