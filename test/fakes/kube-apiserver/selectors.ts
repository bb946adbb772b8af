// Label and field selectors: which objects of a kind a list or watch is about.

import { recordOf, type StoredObject } from "./objects.ts";
import { badRequest } from "./status.ts";

export type Selector = (object: StoredObject) => boolean;

export function readSelector(query: URLSearchParams, kind: string): Selector {
  const isLabelled = readLabelSelector(query.get("labelSelector") ?? "");
  const hasFields = readFieldSelector(query.get("fieldSelector") ?? "", kind);
  return (object) => isLabelled(object) && hasFields(object);
}

/** `a=b,c!=d,e in (f,g),h notin (i),j,!k` */
function readLabelSelector(text: string): Selector {
  const requirements = splitOutsideParentheses(text).map(readRequirement);
  return ({ metadata }) => requirements.every((holds) => holds(metadata.labels ?? {}));
}

type Requirement = (labels: Readonly<Record<string, string>>) => boolean;

function splitOutsideParentheses(text: string): readonly string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function readRequirement(text: string): Requirement {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text);
  if (set !== null) {
    const [, key = "", operator, list = ""] = set;
    const values = list.split(",").map((value) => value.trim());
    return (labels) => values.includes(labels[key] ?? NO_VALUE) === (operator === "in");
  }
  const equality = /^([^!=\s]+)\s*(==|=|!=)\s*(\S*)$/.exec(text);
  if (equality !== null) {
    const [, key = "", operator, value] = equality;
    return (labels) => (labels[key] === value) === (operator !== "!=");
  }
  const existence = /^(!?)\s*([\w./-]+)$/.exec(text);
  if (existence === null) throw badRequest(`unable to parse requirement: found '${text}'`);
  const [, negation, key = ""] = existence;
  return (labels) => (labels[key] !== undefined) === (negation === "");
}

/** No label value may hold a blank, so none is equal to this. */
const NO_VALUE = " ";

/** Fields beside name and namespace that the real server can select by. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  Pod: ["spec.nodeName", "spec.restartPolicy", "status.phase", "status.podIP"],
  Event: [
    "involvedObject.kind",
    "involvedObject.name",
    "involvedObject.namespace",
    "involvedObject.uid",
    "reason",
    "type",
  ],
  Secret: ["type"],
  Namespace: ["status.phase"],
  Node: ["spec.unschedulable"],
};

function readFieldSelector(text: string, kind: string): Selector {
  const known = ["metadata.name", "metadata.namespace", ...(FIELDS[kind] ?? [])];
  const terms = text
    .split(",")
    .filter((part) => part !== "")
    .map((part) => readFieldTerm(part, known));
  return (object) => terms.every((holds) => holds(object));
}

function readFieldTerm(text: string, known: readonly string[]): Selector {
  const [, path = "", operator, value] = /^([^!=]+)(==|=|!=)(.*)$/.exec(text) ?? [];
  if (operator === undefined) throw badRequest(`invalid selector: '${text}'; can't understand '${text}'`);
  if (!known.includes(path)) throw badRequest(`field label not supported: ${path}`);
  return (object) => (fieldOf(object, path) === value) === (operator !== "!=");
}

function fieldOf(object: StoredObject, path: string): string {
  let value: unknown = object;
  for (const part of path.split(".")) value = recordOf(value)[part];
  return typeof value === "string" || typeof value === "boolean" ? String(value) : "";
}
