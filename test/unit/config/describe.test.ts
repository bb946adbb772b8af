import { describe, expect, test } from "vitest";
import { describeSettings } from "#src/config/describe.ts";
import { CONFIG_FILE } from "#src/config/load.ts";
import { SETTINGS_SCHEMA } from "#src/config/schema.ts";
import { settingsOf } from "#src/config/setting.ts";
import { load } from "#test/support/settings.ts";
import { EXAMPLE } from "../../../tools/settings-page.ts";

const ROWS = describeSettings(SETTINGS_SCHEMA);

describe("the schema", () => {
  test("gives no environment variable to two settings", () => {
    const names = [CONFIG_FILE.env, ...ROWS.flatMap(({ env }) => env)];
    expect(names).toEqual([...new Set(names)]);
  });

  test("gives no flag to two settings", () => {
    const flags = [`--${CONFIG_FILE.flag}`, ...ROWS.flatMap(({ flag }) => flag ?? [])];
    expect(flags).toEqual([...new Set(flags)]);
  });

  test("gives no secret a flag", () => {
    expect(ROWS.filter(({ secret, flag }) => secret && flag !== undefined)).toEqual([]);
  });

  test.each(settingsOf(SETTINGS_SCHEMA).map(({ path, meta }) => [path.join("."), meta] as const))(
    "%s names its unit exactly when its key does",
    (path, meta) => {
      expect(meta.unit === "seconds").toBe(path.endsWith("Seconds"));
    },
  );
});

describe("a row", () => {
  test("tells everything about a setting", () => {
    expect(ROWS.find(({ path }) => path === "sync.applyBudgetSeconds")).toEqual({
      path: "sync.applyBudgetSeconds",
      env: ["APPLY_BUDGET"],
      flag: "--apply-budget",
      defaultText: "`12`",
      unit: "seconds",
      description: expect.stringContaining("one batch of changes"),
      secret: false,
    });
  });

  test("stands for each key of the entries of a list", () => {
    expect(ROWS.map(({ path }) => path)).toEqual(
      expect.arrayContaining(["zones", "zones[].apex", "zones[].nameservers[].name", "records[].targets"]),
    );
  });
});

describe("docs/settings.md", () => {
  test("has an example that loads without a warning", () => {
    const files = { "zonegate.yaml": EXAMPLE.join("\n"), "/etc/zonegate/manifests": "" };
    expect(load({ files }).warnings).toEqual([]);
  });
});
