// The way secrets are read, tested with a schema of its own: one with two names.

import { describe, expect, test } from "vitest";
import { z } from "zod";
import { describeSettings } from "#src/config/describe.ts";
import { EMPTY_FILE } from "#src/config/file.ts";
import { secretText } from "#src/config/kinds.ts";
import { layer } from "#src/config/layers.ts";
import { problemsOf } from "#src/config/problems.ts";
import { section, setting } from "#src/config/setting.ts";

const SCHEMA = z.strictObject({
  console: section({
    apiKey: setting(secretText().optional(), {
      env: ["CONSOLE_API_KEY", "OLD_API_KEY"],
      secret: true,
      description: "Key of the console.",
    }),
  }),
});

const FILES: Readonly<Record<string, string>> = { "/run/key": "canary-4711\n", "/run/other": "another" };

function readKey(env: Readonly<Record<string, string>>) {
  const layers = layer(SCHEMA, {
    file: EMPTY_FILE,
    env,
    flags: new Map(),
    readFile: (path) => {
      const content = FILES[path];
      if (content === undefined) throw Object.assign(new Error("denied"), { code: "EACCES" });
      return content;
    },
  });
  return { ...layers, key: SCHEMA.parse(layers.tree).console.apiKey };
}

describe("a secret", () => {
  test("is read from its variable", () => {
    expect(readKey({ CONSOLE_API_KEY: "canary-4711" }).key?.reveal()).toBe("canary-4711");
  });

  test("is read from the file that NAME_FILE names, without the line break at its end", () => {
    const { key, setBy } = readKey({ CONSOLE_API_KEY_FILE: "/run/key" });
    expect(key?.reveal()).toBe("canary-4711");
    expect(setBy(["console", "apiKey"])).toBe("CONSOLE_API_KEY_FILE");
  });

  test("is read from the file that an alias names", () => {
    expect(readKey({ OLD_API_KEY_FILE: "/run/key" }).key?.reveal()).toBe("canary-4711");
  });

  test("whose file cannot be read is a problem", () => {
    expect(readKey({ CONSOLE_API_KEY_FILE: "/nowhere" }).problems).toEqual([
      {
        path: "console.apiKey (CONSOLE_API_KEY_FILE)",
        problem: "/nowhere cannot be read: EACCES",
        hint: "Name a file that this user may read.",
      },
    ]);
  });

  test("given twice and differently is a problem that shows neither", () => {
    const { problems } = readKey({ CONSOLE_API_KEY: "canary-4711", CONSOLE_API_KEY_FILE: "/run/other" });
    expect(problems).toHaveLength(1);
    expect(JSON.stringify(problems)).not.toMatch(/canary|another/);
  });

  test("of the wrong kind is a problem that does not show it", () => {
    const result = SCHEMA.safeParse({ console: { apiKey: 4711 } }, { reportInput: true });
    const problems = problemsOf(result.error?.issues ?? [], { schema: SCHEMA, setBy: () => undefined });
    expect(problems).toMatchObject([{ path: "console.apiKey", problem: "is not a text" }]);
    expect(JSON.stringify(problems)).not.toContain("4711");
  });

  test("is described with its file variables and without a flag", () => {
    expect(describeSettings(SCHEMA)).toMatchObject([
      {
        path: "console.apiKey",
        env: ["CONSOLE_API_KEY", "CONSOLE_API_KEY_FILE", "OLD_API_KEY", "OLD_API_KEY_FILE"],
        flag: undefined,
        secret: true,
      },
    ]);
  });
});
