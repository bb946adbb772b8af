import { describe, expect, test } from "vitest";
import { type Arguments, parseArguments } from "#src/cli/arguments.ts";

function command(name: string, flags: Readonly<Record<string, string>> = {}): object {
  return { kind: "command", command: name, flags: new Map(Object.entries(flags)), format: "text" };
}

function mistake(...argv: readonly string[]): string {
  const result: Arguments = parseArguments(argv);
  return result.kind === "mistake" ? `${result.problem}. ${result.hint}` : `accepted as ${result.command}`;
}

describe("commands", () => {
  test("none means serve", () => {
    expect(parseArguments([])).toEqual(command("serve"));
  });

  test.each(["serve", "check", "help", "version"])("%s is a command", (name) => {
    expect(parseArguments([name])).toEqual(command(name));
  });

  test.each([
    ["--help", "help"],
    ["-h", "help"],
    ["--version", "version"],
    ["-v", "version"],
  ])("%s asks for %s, whatever stands beside it", (flag, name) => {
    expect(parseArguments(["serve", flag, "--zones"])).toEqual(command(name));
  });

  test("restore lists, shows and writes, and writes nothing that is not named", () => {
    const asked = { kind: "command", command: "restore", flags: new Map() };
    expect(parseArguments(["restore"])).toEqual({ ...asked, backup: undefined, mode: "show" });
    expect(parseArguments(["restore", "one.json"])).toEqual({ ...asked, backup: "one.json", mode: "show" });
    expect(parseArguments(["restore", "--write", "one.json"])).toEqual({ ...asked, backup: "one.json", mode: "write" });
    expect(mistake("restore", "--write")).toContain("--write belongs to restore with the name of a backup");
    expect(mistake("check", "--write")).toContain("--write belongs to restore");
    expect(mistake("restore", "one.json", "--write=yes")).toContain("--write takes no value");
    expect(mistake("restore", "one.json", "two.json")).toContain('"two.json" is one word too many');
  });

  test("a mistyped one comes with the one that was meant", () => {
    expect(mistake("chekc")).toBe('"chekc" is not a command. Did you mean "zonegate check"?');
  });

  test("one that is near nothing points to help", () => {
    expect(mistake("frobnicate")).toBe('"frobnicate" is not a command. "zonegate help" lists every command and flag.');
  });

  test("a second word is refused", () => {
    expect(mistake("check", "now")).toContain('"now" is one word too many');
  });

  test("explain takes one name, and says it for a person or for a script", () => {
    const explain = { kind: "command", command: "explain", flags: new Map(), operand: "a.example" };
    expect(parseArguments(["explain", "a.example"])).toEqual({ ...explain, format: "text" });
    expect(parseArguments(["--json", "explain", "a.example"])).toEqual({ ...explain, format: "json" });
    expect(parseArguments(["explain", "--ops-port=1", "*.a.example"])).toEqual({
      ...explain,
      operand: "*.a.example",
      flags: new Map([["ops-port", "1"]]),
      format: "text",
    });
  });

  test("explain without a name, or with two, is refused", () => {
    expect(mistake("explain")).toBe("explain needs a name. Write zonegate explain app.home.example.com.");
    expect(mistake("explain", "a.example", "b.example")).toContain('"b.example" is one word too many');
  });

  test("--json belongs to explain, and takes no value", () => {
    expect(mistake("check", "--json")).toContain("--json belongs to explain and plan");
    expect(mistake("explain", "a.example", "--json=no")).toContain("--json takes no value");
  });

  test.each(["constructor", "__proto__"])("%s is no command", (word) => {
    expect(mistake(word)).toContain("is not a command");
  });
});

describe("flags", () => {
  test("take their value behind = or as the next word, before or after the command", () => {
    expect(parseArguments(["--zones=a.example", "check", "--dns-port", "53"])).toEqual(
      command("check", { zones: "a.example", "dns-port": "53" }),
    );
  });

  test("the file is named by one too", () => {
    expect(parseArguments(["--config", "/etc/z.yaml"])).toEqual(command("serve", { config: "/etc/z.yaml" }));
  });

  test("a switch may stand alone", () => {
    expect(parseArguments(["--dry-run", "check"])).toEqual(command("check", { "dry-run": "true" }));
  });

  test("a switch may be switched off", () => {
    expect(parseArguments(["--dry-run=false"])).toEqual(command("serve", { "dry-run": "false" }));
  });

  test("a value may begin with a dash behind =", () => {
    expect(parseArguments(["--data-dir=-x"])).toEqual(command("serve", { "data-dir": "-x" }));
  });

  test("a mistyped one comes with the one that was meant", () => {
    expect(mistake("--dns-prt", "53")).toBe("--dns-prt is not a flag. Did you mean --dns-port?");
  });

  test.each(["-x", "-p", "--no-dry-run", "--constructor"])("%s is no flag", (flag) => {
    expect(mistake(flag)).toContain("is not a flag");
  });

  test.each([[["--zones"]], [["--zones", "--dry-run"]]])("%j lacks a value", (argv) => {
    expect(mistake(...argv)).toBe("--zones needs a value. Write --zones=VALUE.");
  });

  test("the same one twice is refused, for nobody can tell which is meant", () => {
    expect(mistake("--zones=a", "--zones=b")).toContain("--zones is there twice");
  });
});
