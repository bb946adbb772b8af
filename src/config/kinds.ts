// The kinds of values a setting can have. Every kind reads what YAML, an environment variable and a flag hold for it, so that
// a value means the same wherever it is written. Knows nothing of which settings there are.

import * as z from "zod";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";
import { Secret } from "#src/lib/secret.ts";

/** Text that is echoed in a problem is cut here: a line of a terminal, not a page. */
const MAX_ECHO_CHARACTERS = 60;
const DURATION_UNITS_SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3_600, d: 86_400 };

/**
 * A zod schema from a reader. A refused value becomes one issue: the reader's problem, and `hint` (a sentence on what to
 * write instead) in `params.hint`. An absent value without default is a problem too.
 */
export function kind<T>(read: (input: unknown) => Parsed<T>, hint: string) {
  return z.unknown().transform((input, context): T => {
    const result = input === undefined ? unparsable("is missing") : read(input);
    if (result.ok) return result.value;
    context.issues.push({ code: "custom", message: result.problem, params: { hint }, input });
    return z.NEVER;
  });
}

export function text(hint: string) {
  return kind(readText, hint);
}

/** A YAML list, or one text with commas. Empty entries are dropped. */
export function textList(hint: string) {
  return kind((input) => readList(input, parsed), hint);
}

export function wholeNumber(limits: Limits) {
  return kind((input) => readWholeNumber(input, limits), `Write a whole number from ${limits.min} to ${limits.max}.`);
}

/** A duration, in seconds: a number, or text with a unit (`500ms`, `12s`, `5m`, `1h`, `1d`). */
export function seconds(limits: Limits) {
  return kind(
    (input) => readSeconds(input, limits),
    `Write seconds from ${limits.min} to ${limits.max}, or a number with ms, s, m, h or d.`,
  );
}

/** A duration of whole seconds: DNS counts in nothing smaller. */
export function wholeSeconds(limits: Limits) {
  return kind((input) => {
    const duration = readSeconds(input, limits);
    if (!duration.ok || Number.isInteger(duration.value)) return duration;
    return unparsable(`${quote(input)} is not a whole number of seconds`);
  }, `Write whole seconds from ${limits.min} to ${limits.max}, or a number with s, m, h or d.`);
}

export function yesOrNo() {
  return kind(readYesOrNo, "Write true or false.");
}

export function oneOf<const T extends string>(choices: readonly T[]) {
  const hint = `Write ${new Intl.ListFormat("en", { type: "disjunction" }).format(choices)}.`;
  return kind((input): Parsed<T> => {
    const choice = choices.find((candidate) => candidate === (typeof input === "string" ? input.trim() : input));
    return choice === undefined ? unparsable(`${quote(input)} is none of the choices`) : parsed(choice);
  }, hint);
}

/** Text that is never echoed. */
export function secretText() {
  return kind(readSecretText, "Write it as a text, or give the path of a file that holds it.");
}

/** Also what the file of a secret must hold when it is read again. The problem never quotes what was read. */
export function readSecretText(input: unknown): Parsed<Secret> {
  const content = readText(input);
  return content.ok ? parsed(new Secret(content.value)) : unparsable("is not a text");
}

export interface Limits {
  readonly min: number;
  readonly max: number;
}

/** Reads each entry of a YAML list, or of one text with commas; the first bad entry is the problem. */
export function readList<T>(input: unknown, readItem: (item: string) => Parsed<T>): Parsed<readonly T[]> {
  const items: unknown = typeof input === "string" ? input.split(",") : input;
  if (!Array.isArray(items)) return unparsable(`${quote(input)} is not a list`);
  const values: T[] = [];
  for (const item of items) {
    if (typeof item !== "string") return unparsable(`${quote(item)} in the list is not a text`);
    if (item.trim() === "") continue;
    const value = readItem(item.trim());
    if (!value.ok) return value;
    values.push(value.value);
  }
  return parsed(values);
}

export function readText(input: unknown): Parsed<string> {
  if (typeof input !== "string") return unparsable(`${quote(input)} is not a text`);
  const trimmed = input.trim();
  return trimmed === "" ? unparsable("is empty") : parsed(trimmed);
}

/** The value as a reader of the message would recognise it; never what is inside a list or mapping: it may hold a secret. */
export function quote(input: unknown): string {
  if (typeof input === "object" && input !== null) return Array.isArray(input) ? "a list" : "a mapping";
  const shown = JSON.stringify(input) ?? String(input);
  return shown.length > MAX_ECHO_CHARACTERS ? `${shown.slice(0, MAX_ECHO_CHARACTERS)}…` : shown;
}

function readWholeNumber(input: unknown, limits: Limits): Parsed<number> {
  const isText = typeof input === "string" && /^\s*\d{1,15}\s*$/.test(input);
  const value = isText ? Number(input) : input;
  if (typeof value !== "number" || !Number.isInteger(value)) return unparsable(`${quote(input)} is not a whole number`);
  return within(value, limits);
}

function readSeconds(input: unknown, limits: Limits): Parsed<number> {
  if (typeof input === "number" && Number.isFinite(input)) return within(input, limits);
  const match = typeof input === "string" ? /^\s*(\d{1,12}(?:\.\d{1,3})?)\s*(ms|[smhd])?\s*$/.exec(input) : null;
  if (match === null) return unparsable(`${quote(input)} is not a duration`);
  return within(Number(match[1]) * (DURATION_UNITS_SECONDS[match[2] ?? "s"] ?? 1), limits);
}

function within(value: number, { min, max }: Limits): Parsed<number> {
  return value >= min && value <= max ? parsed(value) : unparsable(`${value} is not from ${min} to ${max}`);
}

function readYesOrNo(input: unknown): Parsed<boolean> {
  const word = typeof input === "string" ? input.trim().toLowerCase() : input;
  if (word === true || word === "true" || word === "1" || word === 1) return parsed(true);
  if (word === false || word === "false" || word === "0" || word === 0) return parsed(false);
  return unparsable(`${quote(input)} is neither true nor false`);
}
