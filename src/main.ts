// The process: command line in, exit code out. Everything else is a function that can be called from a test.

import { existsSync, readFileSync } from "node:fs";
import { VERSION } from "#src/app/version.ts";
import { approve } from "#src/cli/approve.ts";
import { parseArguments } from "#src/cli/arguments.ts";
import { check } from "#src/cli/check.ts";
import { EXIT_CODES, type ExitCode } from "#src/cli/exit-codes.ts";
import { explain } from "#src/cli/explain.ts";
import { helpText } from "#src/cli/help.ts";
import { pin } from "#src/cli/pin.ts";
import { plan } from "#src/cli/plan.ts";
import { restore } from "#src/cli/restore.ts";
import { serve } from "#src/cli/serve.ts";
import type { SettingsSources } from "#src/config/load.ts";
import { assertNever } from "#src/errors.ts";
import { escapeUnsafe } from "#src/lib/unsafe-text.ts";

process.exitCode = await run(process.argv.slice(2));
// Nothing of ours runs any more; what a library still holds open must not keep the process alive.
process.exit();

async function run(argv: readonly string[]): Promise<ExitCode> {
  const parsed = parseArguments(argv);
  if (parsed.kind === "mistake") {
    complain(`zonegate: ${parsed.problem}. ${parsed.hint}`);
    return EXIT_CODES.usage;
  }
  const sources: SettingsSources = {
    flags: parsed.flags,
    env: process.env,
    readFile: (path) => readFileSync(path, "utf8"),
    fileExists: existsSync,
  };
  switch (parsed.command) {
    case "serve":
      return serve({ sources, print, complain, isTerminal: process.stdout.isTTY });
    case "check":
      return check(sources, print);
    case "explain":
      return explain({ sources, name: parsed.operand, format: parsed.format, print, complain });
    case "plan":
      return plan({ sources, format: parsed.format, print, complain });
    case "approve":
      return approve({ sources, planHash: parsed.operand, print, complain });
    case "restore":
      return restore({ sources, backup: parsed.backup, mode: parsed.mode, print, complain });
    case "pin":
      return pin({ target: parsed.operand, print, complain });
    case "rights": {
      // With it come the sources, and a sidecar that reads no cluster must not hold them.
      const { rights } = await import("#src/cli/rights.ts");
      return rights(sources, print, complain);
    }
    case "help":
      print(helpText());
      return EXIT_CODES.ok;
    case "version":
      print(VERSION);
      return EXIT_CODES.ok;
    default:
      return assertNever(parsed);
  }
}

function print(line: string): void {
  process.stdout.write(`${escapeUnsafe(line)}\n`);
}

function complain(line: string): void {
  process.stderr.write(`${escapeUnsafe(line)}\n`);
}
