import { describe, expect, test } from "vitest";
import { type ConfigFile, parseConfigFile } from "#src/config/file.ts";
import type { ConfigProblem } from "#src/errors.ts";

function read(content: string): ConfigFile {
  const result = parseConfigFile("z.yaml", content);
  if (!result.ok) throw new Error(result.problems.map(({ problem }) => problem).join());
  return result.file;
}

function refuse(content: string): readonly ConfigProblem[] {
  const result = parseConfigFile("z.yaml", content);
  return result.ok ? [] : result.problems;
}

describe("the version key", () => {
  test("is required", () => {
    expect(refuse("zones: []")).toEqual([
      { path: "z.yaml", problem: "has no version key", hint: 'Write "version: 1" at the top.' },
    ]);
  });

  test("of a newer Zonegate is refused, and nothing else is said", () => {
    expect(refuse("version: 2\nnewSection: {}")).toMatchObject([
      { problem: "has version 2, this Zonegate reads version 1" },
    ]);
  });

  test.each(["'1'", "0", "1.5", "[1]", "v1"])("of %s is refused", (version) => {
    expect(refuse(`version: ${version}`)).toHaveLength(1);
  });

  test("is no setting", () => {
    expect(read("version: 1").values).toEqual({});
  });
});

describe("content that cannot be read", () => {
  test.each([
    ["an open bracket", "version: 1\nzones: [", 2],
    ["a key twice", "version: 1\nzones: []\nzones: []", 3],
    ["a tab as indentation", "version: 1\ndns:\n\tport: 1", 3],
    ["a second document", "version: 1\n---\nversion: 1", 2],
  ])("%s is placed on its line", (_title, content, line) => {
    expect(refuse(content)[0]?.path).toBe(`z.yaml line ${line}`);
  });

  test.each([
    ["nothing", ""],
    ["a list", "- version: 1"],
    ["a word", "version"],
    ["an alias of nothing", "version: 1\nzones: *none"],
    [
      "aliases that multiply",
      "version: 1\na: &a [1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c]",
    ],
    ["a hundred thousand brackets", `version: 1\na: ${"[".repeat(100_000)}`],
  ])("%s is a problem, not an exception", (_title, content) => {
    expect(refuse(content).length).toBeGreaterThan(0);
  });

  test("is not quoted: it may hold a secret", () => {
    expect(JSON.stringify(refuse("version: 1\nkey: [canary-4711"))).not.toContain("canary");
  });
});

describe("places", () => {
  const file = read(
    ["version: 1", "dns:", "  port: 1", "zones:", "  - apex: a", "  - apex: b", "    ttl: 3"].join("\n"),
  );

  test.each([
    [["dns"], 2],
    [["dns", "port"], 3],
    [["zones", 1], 6],
    [["zones", 1, "ttl"], 7],
    [["dns", "missing"], 2],
    [["zones", 0, "missing"], 5],
  ])("%j stands on line %i", (path, line) => {
    expect(file.placeOf(path)).toBe(`z.yaml line ${line}`);
  });
});
