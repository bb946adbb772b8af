import { expect, test } from "vitest";
import { COMMANDS } from "#src/cli/arguments.ts";
import { helpText } from "#src/cli/help.ts";
import { describeSettings } from "#src/config/describe.ts";
import { SETTINGS_SCHEMA } from "#src/config/schema.ts";

test("the help names every command", () => {
  for (const command of Object.keys(COMMANDS)) expect(helpText()).toContain(`  ${command} `);
});

test("the help names every flag with its variable", () => {
  const named = describeSettings(SETTINGS_SCHEMA).filter(({ flag }) => flag !== undefined);
  for (const { flag, env } of named) expect(helpText()).toContain(`  ${flag} (${env[0]})\n`);
});

test("the help has no markup", () => {
  expect(helpText()).not.toContain("`");
});
