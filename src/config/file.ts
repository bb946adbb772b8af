// Reads zonegate.yaml into plain values and remembers on which line each stands. Knows the version key, no setting.

import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";
import type { ConfigProblem } from "#src/errors.ts";
import { quote } from "./kinds.ts";

/** Version of the file's format; a change that breaks old files raises it. */
const FORMAT_VERSION = 1;
const VERSION_HINT = `Write "version: ${FORMAT_VERSION}" at the top.`;

export interface ConfigFile {
  /** The content without the version key; a key without a value is left out, as if it were not written. */
  readonly values: Readonly<Record<string, unknown>>;
  /** `zonegate.yaml line 7`: of the value at this path, or of the nearest mapping above it. */
  placeOf(path: readonly PropertyKey[]): string;
}

export const EMPTY_FILE: ConfigFile = { values: {}, placeOf: () => "" };

export type ConfigFileResult =
  | { readonly ok: true; readonly file: ConfigFile }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/** Reads the file's text. `path` is only for messages. */
export function parseConfigFile(path: string, content: string): ConfigFileResult {
  const lines = new LineCounter();
  // prettyErrors would quote the file, and with it perhaps a secret.
  const document = parseDocument(content, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    return broken(
      faults.map((fault) => ({
        path: `${path} line ${lines.linePos(fault.pos[0]).line}`,
        problem: `is not YAML as we read it: ${fault.message.replaceAll(/\s+/g, " ").replace(/\.$/, "")}`,
        hint: "Mend the line; indentation and quotes are the usual cause.",
      })),
    );
  }
  const plain = toPlain(document);
  if (!plain.ok)
    return broken([
      { path, problem: plain.problem, hint: "Write the content out instead of repeating it by aliases." },
    ]);
  if (!isMapping(plain.value)) return broken([{ path, problem: "is not a mapping of settings", hint: VERSION_HINT }]);
  const { version, ...values } = plain.value;
  const problem = versionProblem(version);
  if (problem !== undefined) return broken([{ path, ...problem }]);
  const { contents } = document;
  return {
    ok: true,
    file: { values, placeOf: (keys) => `${path} line ${lines.linePos(offsetOf(contents, keys)).line}` },
  };
}

/** True for what YAML calls a mapping. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function broken(problems: readonly ConfigProblem[]): ConfigFileResult {
  return { ok: false, problems };
}

function versionProblem(version: unknown): Pick<ConfigProblem, "problem" | "hint"> | undefined {
  if (version === FORMAT_VERSION) return undefined;
  if (version === undefined) return { problem: "has no version key", hint: VERSION_HINT };
  if (typeof version === "number" && version > FORMAT_VERSION) {
    return {
      problem: `has version ${version}, this Zonegate reads version ${FORMAT_VERSION}`,
      hint: "It was written for a newer Zonegate: run that one, or write the file anew.",
    };
  }
  return { problem: `has version ${quote(version)}, which never existed`, hint: VERSION_HINT };
}

/** yaml throws for an alias of nothing, and for so many that they would fill the memory ("billion laughs"). */
function toPlain(document: { toJS(): unknown }): Parsed<unknown> {
  try {
    return parsed(withoutNulls(document.toJS()));
  } catch (error) {
    return unparsable(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, child]) => child !== null)
      .map(([key, child]) => [key, withoutNulls(child)]),
  );
}

/** Offset of what stands at `path`, or of what should hold it. `keyOffset`: where the key stands that `node` is the value of. */
function offsetOf(node: unknown, path: readonly PropertyKey[], keyOffset?: number): number {
  const [segment, ...rest] = path;
  // A value is looked for at its key: it may begin on the next line.
  const here = keyOffset ?? startOf(node) ?? 0;
  if (segment === undefined) return here;
  if (isSeq(node)) return offsetOf(node.items[Number(segment)], rest);
  if (!isMap(node)) return here;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(segment));
  return pair === undefined ? here : offsetOf(pair.value, rest, startOf(pair.key));
}

function startOf(node: unknown): number | undefined {
  return (node as Partial<Node> | undefined)?.range?.[0];
}
