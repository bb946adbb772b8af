import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { SETTINGS_SCHEMA } from "#src/config/schema.ts";
import { settingsOf } from "#src/config/setting.ts";
import { ConfigError } from "#src/errors.ts";
import { load, type Written } from "#test/support/settings.ts";

const LEAVES = settingsOf(SETTINGS_SCHEMA);
const ENV_NAMES = LEAVES.flatMap(({ meta }) => meta.env ?? []);
const FLAGS = LEAVES.flatMap(({ meta }) => meta.flag ?? []);
/** Values near what settings take, and values far from it. */
const VALUE = fc.oneof(
  fc.constantFrom("home.example.com", "127.0.0.1", "::", "12s", "true", "*", "@default", "a..b", "1053", "local", ""),
  fc.string(),
);

function outcome(written: Written): string {
  try {
    load(written);
    return "settings";
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.length > 0 ? "problems" : "refused without a problem";
  }
}

describe("whatever is written, loading gives settings or problems", () => {
  test("for any environment and flags", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...ENV_NAMES), VALUE),
        fc.dictionary(fc.constantFrom(...FLAGS), VALUE),
        (env, flags) => {
          expect(["settings", "problems"]).toContain(outcome({ env, flags }));
        },
      ),
    );
  });

  test("for any text as file", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (content) => {
        expect(outcome({ files: { "zonegate.yaml": content } })).toBe("problems");
      }),
    );
  });

  test("for any value at any setting of the file", () => {
    fc.assert(
      fc.property(fc.constantFrom(...LEAVES), fc.oneof(VALUE, fc.jsonValue()), ({ path }, value) => {
        const tree = [...path].reverse().reduce<unknown>((inner, key) => ({ [key]: inner }), value);
        const content = `version: 1\n${stringify(tree)}`;
        expect(["settings", "problems"]).toContain(outcome({ files: { "zonegate.yaml": content } }));
      }),
      { numRuns: 500 },
    );
  });
});
