// Label selectors in the syntax of kubectl: `app=web,tier in (a, b),!internal`. Pure.

import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";

/** What one comma-separated part asks of a label. */
interface Requirement {
  readonly key: string;
  readonly operator: "in" | "notin" | "exists" | "absent";
  /** Empty for `exists` and `absent`. */
  readonly values: readonly string[];
}

/** All of its requirements have to hold; never empty. */
export type LabelSelector = readonly Requirement[];

/** Longer ones are a mistake. */
const MAX_SELECTOR_CHARACTERS = 4_096;

/** `[prefix/]name` of a label, of the characters that Kubernetes allows. */
const KEY = String.raw`(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?`;
const VALUE = /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?)?$/;
const PRESENCE = new RegExp(`^(!?)\\s*(${KEY})$`);
const EQUALITY = new RegExp(`^(${KEY})\\s*(==|=|!=)\\s*(.*)$`);
const SET = new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);

/** Reads a selector; an empty one, which would select everything, is refused. */
export function parseLabelSelector(text: string): Parsed<LabelSelector> {
  if (text.trim() === "") return unparsable("the label selector is empty");
  if (text.length > MAX_SELECTOR_CHARACTERS) return unparsable("the label selector is too long");
  const requirements: Requirement[] = [];
  // Commas inside parentheses separate values.
  for (const part of text.split(/,(?![^(]*\))/)) {
    const requirement = parseRequirement(part.trim());
    if (requirement === undefined) return unparsable(`"${part.trim()}" is no part of a label selector`);
    requirements.push(requirement);
  }
  return parsed(requirements);
}

/** As Kubernetes has it: `!=` and `notin` also hold for an object without the label. */
export function matchesLabels(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  return selector.every(({ key, operator, values }) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (operator === "exists") return value !== undefined;
    if (operator === "absent") return value === undefined;
    return (value !== undefined && values.includes(value)) === (operator === "in");
  });
}

/** The labels it asks for. */
export function selectorKeys(selector: LabelSelector): readonly string[] {
  return selector.map(({ key }) => key);
}

function parseRequirement(text: string): Requirement | undefined {
  const presence = PRESENCE.exec(text);
  if (presence !== null) {
    return { key: presence[2] ?? "", operator: presence[1] === "!" ? "absent" : "exists", values: [] };
  }
  const equality = EQUALITY.exec(text);
  if (equality !== null) {
    const [, key = "", sign = "", value = ""] = equality;
    return withValues(key, sign === "!=" ? "notin" : "in", [value]);
  }
  const [, key, word, list = ""] = SET.exec(text) ?? [];
  if (key === undefined) return undefined;
  return withValues(key, word === "notin" ? "notin" : "in", list.split(","));
}

function withValues(key: string, operator: "in" | "notin", texts: readonly string[]): Requirement | undefined {
  const values = texts.map((value) => value.trim());
  return values.every((value) => VALUE.test(value)) ? { key, operator, values } : undefined;
}
