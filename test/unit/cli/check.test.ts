import { describe, expect, test } from "vitest";
import { check } from "#src/cli/check.ts";

function run(
  env: Readonly<Record<string, string>>,
  content?: string,
): { readonly code: number; readonly lines: string[] } {
  const lines: string[] = [];
  const code = check(
    {
      env,
      flags: new Map(),
      fileExists: (path) => content !== undefined && path === "zonegate.yaml",
      readFile: () => content ?? "",
    },
    (line) => lines.push(line),
  );
  return { code, lines };
}

describe("zonegate check", () => {
  test("tells what would run, and ends with 0", () => {
    const { code, lines } = run({
      ZONES: "a.example,b.example",
      ZONEGATE_MODE: "resolver",
      DNS_LISTEN: "192.0.2.1,::",
    });
    expect(code).toBe(0);
    expect(lines).toEqual([
      "mode      resolver, because mode is set (ZONEGATE_MODE)",
      "file      none",
      "dns       192.0.2.1:1053, [::]:1053",
      "webhook   not run",
      "ops       0.0.0.0:8080",
      "zones     a.example, b.example",
      "manifests none",
      "cluster   none",
      "records   none",
      "provider  local, in ./data",
      "the settings are right",
    ]);
  });

  test("tells warnings, and still ends with 0", () => {
    const { code, lines } = run({ ZONES: "a.example" });
    expect(code).toBe(0);
    expect(lines.filter((line) => line.startsWith("warning"))).toHaveLength(1);
  });

  test("tells every problem, one a line, and ends with 78", () => {
    const { code, lines } = run({ ZONES: "a.example", DNS_PORT: "x", LOG_LEVEL: "loud" });
    expect(code).toBe(78);
    expect(lines).toEqual([
      "2 settings are wrong:",
      '  log.level (LOG_LEVEL): "loud" is none of the choices. Write debug, info, warn, or error.',
      '  dns.port (DNS_PORT): "x" is not a whole number. Write a whole number from 0 to 65535.',
    ]);
  });

  test("finds a record that lies in no zone", () => {
    const { code, lines } = run(
      {},
      "version: 1\nzones: [a.example]\nrecords: [{name: nas.b.example, type: A, targets: [192.0.2.1]}]",
    );
    expect(code).toBe(78);
    expect(lines.at(-1)).toContain("records[0]");
  });
});
