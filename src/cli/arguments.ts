// Reads the command line: one command, the words and flags of its own, and the flags that the schema of settings names.
// Reads no setting's value.

import { parseArgs } from "node:util";
import { CONFIG_FILE } from "#src/config/load.ts";
import { SETTINGS_SCHEMA } from "#src/config/schema.ts";
import { settingsOf } from "#src/config/setting.ts";
import { closest } from "#src/lib/closest.ts";

/** Every command with what it does; the first is meant when none is given. */
export const COMMANDS = {
  serve: "Run until told to stop.",
  check: "Read the settings, say what would run, and end: 0 when they are right, 78 when not.",
  explain: "Ask the running process why NAME is, or is not, answered (NAME@VIEW in another view); --json for scripts.",
  plan: "Ask the running process what external-dns' last wishes would change; --json for scripts.",
  approve: "Release the deletions that are held under HASH; the log and the plan name it.",
  restore: "List the backups of the console, or what BACKUP holds that is lost now; --write gives that back.",
  rights: "Print the roles that a cluster has to give for these settings, as YAML.",
  pin: "Show the certificate of the console at HOST[:PORT], and the line that pins it.",
  help: "Print this text.",
  version: "Print the version.",
} as const;
type Command = keyof typeof COMMANDS;

/** Commands that take one word, with what they lack without it. */
const OPERANDS = {
  explain: { problem: "explain needs a name", hint: "Write zonegate explain app.home.example.com." },
  approve: { problem: "approve needs a hash", hint: "The log names it, and so does zonegate plan." },
  pin: { problem: "pin needs the address of a console", hint: "Write zonegate pin 192.168.1.1." },
} as const;
type CommandWithOperand = keyof typeof OPERANDS;

/** Commands that print for scripts as well. */
const WITH_JSON: ReadonlySet<Command> = new Set(["explain", "plan"]);

/** Flags of settings by name without dashes; a switch that stands alone is "true". */
type Flags = ReadonlyMap<string, string>;

export type Arguments =
  | {
      readonly kind: "command";
      readonly command: "restore";
      readonly flags: Flags;
      /** `undefined`: only list the backups. */
      readonly backup: string | undefined;
      readonly mode: "show" | "write";
    }
  | {
      readonly kind: "command";
      readonly command: Exclude<Command, CommandWithOperand | "restore">;
      readonly flags: Flags;
      readonly format: OutputFormat;
    }
  | {
      readonly kind: "command";
      readonly command: CommandWithOperand;
      readonly flags: Flags;
      /** As written. */
      readonly operand: string;
      readonly format: OutputFormat;
    }
  /** To be said in one line, then exit code 64. */
  | { readonly kind: "mistake"; readonly problem: string; readonly hint: string };

/** For a person, or for a script. */
export type OutputFormat = "text" | "json";

/** Reads `argv` without the interpreter and the script. */
export function parseArguments(argv: readonly string[]): Arguments {
  const { tokens } = parseArgs({
    args: [...argv],
    options: OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const flags = new Map<string, string>();
  const words: string[] = [];
  let wantsJson = false;
  let wantsWrite = false;
  for (const token of tokens) {
    if (token.kind === "positional") words.push(token.value);
    if (token.kind !== "option") continue;
    const command = COMMAND_OPTIONS.get(token.rawName);
    if (command !== undefined) return { kind: "command", command, flags: new Map(), format: "text" };
    if (token.rawName === JSON_SWITCH) {
      if (token.value !== undefined) return mistake(`${JSON_SWITCH} takes no value`, `Write ${JSON_SWITCH} alone.`);
      wantsJson = true;
      continue;
    }
    if (token.rawName === WRITE_SWITCH) {
      if (token.value !== undefined) return mistake(`${WRITE_SWITCH} takes no value`, `Write ${WRITE_SWITCH} alone.`);
      wantsWrite = true;
      continue;
    }
    const refused = takeFlag(token, flags);
    if (refused !== undefined) return refused;
  }
  return withCommand(words, { flags, format: wantsJson ? "json" : "text", wantsWrite });
}

const SWITCHES = new Set(
  settingsOf(SETTINGS_SCHEMA).flatMap(({ meta }) =>
    meta.isSwitch === true && meta.flag !== undefined ? [meta.flag] : [],
  ),
);
const FLAGS: readonly string[] = [
  CONFIG_FILE.flag,
  ...settingsOf(SETTINGS_SCHEMA).flatMap(({ meta }) => (meta.flag === undefined ? [] : [meta.flag])),
];
const OPTIONS = Object.fromEntries(
  FLAGS.map((flag) => [flag, { type: SWITCHES.has(flag) ? ("boolean" as const) : ("string" as const) }]),
);
const JSON_SWITCH = "--json";
const WRITE_SWITCH = "--write";
const COMMAND_OPTIONS: ReadonlyMap<string, "help" | "version"> = new Map([
  ["-h", "help"],
  ["--help", "help"],
  ["-v", "version"],
  ["--version", "version"],
]);
const SEE_HELP = '"zonegate help" lists every command and flag.';

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

/** Puts one flag into `flags`, or says why not. */
function takeFlag(token: OptionToken, flags: Map<string, string>): Arguments | undefined {
  const { name, rawName } = token;
  if (!rawName.startsWith("--") || !FLAGS.includes(name)) return mistake(`${rawName} is not a flag`, nearFlag(name));
  if (flags.has(name)) return mistake(`${rawName} is there twice`, "Keep one; lists are one text with commas.");
  const value = token.value ?? (SWITCHES.has(name) ? "true" : undefined);
  // `--zones --dry-run`: a value is missing. `--zones=--dry-run` would be meant.
  if (value === undefined || (token.inlineValue !== true && value.startsWith("-"))) {
    return mistake(`${rawName} needs a value`, `Write ${rawName}=VALUE.`);
  }
  flags.set(name, value);
  return undefined;
}

function withCommand(
  words: readonly string[],
  { flags, format, wantsWrite }: { readonly flags: Flags; readonly format: OutputFormat; readonly wantsWrite: boolean },
): Arguments {
  const [word = "serve", ...operands] = words;
  if (!isCommand(word)) {
    const near = closest(word, Object.keys(COMMANDS));
    return mistake(`"${word}" is not a command`, near === undefined ? SEE_HELP : `Did you mean "zonegate ${near}"?`);
  }
  const [operand, extra] = takesOperand(word) || word === "restore" ? operands : [undefined, ...operands];
  if (extra !== undefined) return mistake(`"${extra}" is one word too many`, SEE_HELP);
  if (format === "json" && !WITH_JSON.has(word)) {
    return mistake(`${JSON_SWITCH} belongs to ${[...WITH_JSON].join(" and ")}`, SEE_HELP);
  }
  if (wantsWrite && (word !== "restore" || operand === undefined)) {
    return mistake(
      `${WRITE_SWITCH} belongs to restore with the name of a backup`,
      "Write zonegate restore to see them.",
    );
  }
  if (word === "restore")
    return { kind: "command", command: word, flags, backup: operand, mode: wantsWrite ? "write" : "show" };
  if (!takesOperand(word)) return { kind: "command", command: word, flags, format };
  if (operand !== undefined) return { kind: "command", command: word, flags, operand, format };
  return mistake(OPERANDS[word].problem, OPERANDS[word].hint);
}

function takesOperand(command: Command): command is CommandWithOperand {
  return Object.hasOwn(OPERANDS, command);
}

function isCommand(word: string): word is Command {
  return Object.hasOwn(COMMANDS, word);
}

function nearFlag(name: string): string {
  const near = closest(name, FLAGS);
  return near === undefined ? SEE_HELP : `Did you mean --${near}?`;
}

function mistake(problem: string, hint: string): Arguments {
  return { kind: "mistake", problem, hint };
}
