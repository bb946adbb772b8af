// Says in our words what a schema refused: where the value stands and comes from, what is wrong, what to write instead.

import type { z } from "zod";
import type { ConfigProblem } from "#src/errors.ts";
import { closest } from "#src/lib/closest.ts";
import { quote } from "./kinds.ts";
import { keysAt } from "./setting.ts";

export interface ProblemContext {
  readonly schema: unknown;
  readonly setBy: (path: readonly PropertyKey[]) => string | undefined;
}

/** A problem between settings, and the paths it comes from. */
export interface CrossProblem {
  readonly concerns: readonly string[];
  readonly problem: ConfigProblem;
}

/** One problem for each wrong value and each unknown key, in the order of the issues. */
export function problemsOf(issues: readonly z.core.$ZodIssue[], context: ProblemContext): readonly ConfigProblem[] {
  return issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => unknownKey(issue.path, key, context))
      : [wrongValue(issue, context)],
  );
}

/** `zones[0].apex`. */
function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, segment) => {
    if (typeof segment === "number") return `${text}[${segment}]`;
    return text === "" ? String(segment) : `${text}.${String(segment)}`;
  }, "");
}

function unknownKey(parent: readonly PropertyKey[], key: string, context: ProblemContext): ConfigProblem {
  const known = keysAt(context.schema, parent);
  const near = closest(key, known);
  return {
    path: located([...parent, key], context),
    problem: "is not a setting",
    hint: near === undefined ? `Here are: ${known.join(", ")}.` : `Did you mean "${near}"?`,
  };
}

function wrongValue(issue: Exclude<z.core.$ZodIssue, z.core.$ZodIssueUnrecognizedKeys>, context: ProblemContext) {
  return { path: located(issue.path, context), ...sentences(issue) };
}

/** Only `kind` (kinds.ts), mappings and lists raise issues; whatever else zod may say stands for itself. */
function sentences(issue: z.core.$ZodIssue): Pick<ConfigProblem, "problem" | "hint"> {
  if (issue.code === "custom") return { problem: issue.message, hint: String(issue.params?.["hint"] ?? "Change it.") };
  if (issue.code !== "invalid_type") return { problem: issue.message, hint: "Change it." };
  const found = issue.input === undefined ? "" : `${quote(issue.input)} `;
  if (issue.expected === "array")
    return { problem: `${found}is not a list`, hint: 'Write one "- " line for each entry.' };
  return { problem: `${found}is not a mapping`, hint: 'Write "key: value" lines below it, indented.' };
}

function located(path: readonly PropertyKey[], { setBy }: ProblemContext): string {
  const place = setBy(path) ?? setBy(path.slice(0, -1));
  return place === undefined ? pathText(path) : `${pathText(path)} (${place})`;
}
