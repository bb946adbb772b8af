// The three kinds of patch as functions of JSON: RFC 7396, RFC 6902, and Kubernetes' strategic merge.

import { isRecord, isSameJson, type JsonRecord, listOf, recordOf } from "./objects.ts";
import { badRequest } from "./status.ts";

/** RFC 7396: `null` removes, records merge, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const result: Record<string, unknown> = { ...recordOf(target) };
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete result[field];
    else result[field] = mergePatch(result[field], value);
  }
  return result;
}

/** RFC 6902; throws 400 where an operation cannot be done. */
export function jsonPatch(target: unknown, operations: unknown): unknown {
  return listOf(operations).reduce((document, operation) => applyOperation(document, recordOf(operation)), target);
}

function applyOperation(document: unknown, operation: JsonRecord): unknown {
  const path = pointer(operation["path"]);
  switch (operation["op"]) {
    case "add":
      return edit(document, path, { how: "add", value: operation["value"] });
    case "replace":
      return edit(document, path, { how: "replace", value: operation["value"] });
    case "remove":
      return edit(document, path, { how: "remove", value: undefined });
    case "test":
      if (isSameJson(look(document, path), operation["value"])) return document;
      throw badRequest(`testing value ${String(operation["path"])} failed: test failed`);
    case "copy":
    case "move":
      return transfer(document, operation, path);
    default:
      throw badRequest(`unexpected kind: ${String(operation["op"])}`);
  }
}

function transfer(document: unknown, operation: JsonRecord, path: readonly string[]): unknown {
  const from = pointer(operation["from"]);
  const value = look(document, from);
  const without = operation["op"] === "move" ? edit(document, from, { how: "remove", value: undefined }) : document;
  return edit(without, path, { how: "add", value });
}

/** RFC 6901. */
function pointer(text: unknown): readonly string[] {
  if (text === "") return [];
  if (typeof text !== "string" || !text.startsWith("/")) throw badRequest(`missing or invalid path: ${String(text)}`);
  return text
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function look(document: unknown, path: readonly string[]): unknown {
  let value = document;
  for (const part of path) value = Array.isArray(value) ? (value as unknown[])[Number(part)] : recordOf(value)[part];
  return value;
}

interface Edit {
  readonly how: "add" | "replace" | "remove";
  readonly value: unknown;
}

function edit(document: unknown, [first, ...rest]: readonly string[], change: Edit): unknown {
  if (first === undefined) return change.value;
  if (Array.isArray(document)) return editList(document, [first, ...rest], change);
  if (!isRecord(document)) throw badRequest(`doc is missing path: ${first}`);
  const isMissing = !Object.hasOwn(document, first);
  if (isMissing && (rest.length > 0 || change.how !== "add")) throw badRequest(`doc is missing key: ${first}`);
  if (rest.length > 0) return { ...document, [first]: edit(document[first], rest, change) };
  if (change.how !== "remove") return { ...document, [first]: change.value };
  const { [first]: _removed, ...left } = document;
  return left;
}

function editList(list: readonly unknown[], [first = "", ...rest]: readonly string[], change: Edit): unknown {
  const index = first === "-" ? list.length : Number(first);
  const limit = rest.length === 0 && change.how === "add" ? list.length : list.length - 1;
  if (!Number.isInteger(index) || index < 0 || index > limit) throw badRequest(`invalid index referenced: ${first}`);
  if (rest.length > 0) return list.with(index, edit(list[index], rest, change));
  if (change.how === "add") return list.toSpliced(index, 0, change.value);
  return change.how === "remove" ? list.toSpliced(index, 1) : list.with(index, change.value);
}

/** Lists that are merged by a key, by the field that holds them; every other list is replaced. */
const MERGE_KEYS: Readonly<Record<string, readonly string[]>> = {
  containers: ["name"],
  initContainers: ["name"],
  ephemeralContainers: ["name"],
  volumes: ["name"],
  env: ["name"],
  imagePullSecrets: ["name"],
  secrets: ["name"],
  volumeMounts: ["mountPath"],
  volumeDevices: ["devicePath"],
  ports: ["containerPort", "port"],
  hostAliases: ["ip"],
  conditions: ["type"],
  ownerReferences: ["uid"],
  topologySpreadConstraints: ["topologyKey"],
};

/** Strategic merge for the built-in kinds, with the directives that kubectl writes. */
export function strategicMerge(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  if (patch["$patch"] === "delete") return undefined;
  const base = patch["$patch"] === "replace" ? {} : { ...retained(recordOf(target), patch["$retainKeys"]) };
  const result: Record<string, unknown> = base;
  for (const [field, value] of Object.entries(patch)) {
    if (field.startsWith("$deleteFromPrimitiveList/")) dropValues(result, field.split("/")[1] ?? "", value);
    else if (field.startsWith("$")) continue;
    else if (value === null) delete result[field];
    else result[field] = mergeField(field, result[field], value);
  }
  return result;
}

function retained(target: JsonRecord, keys: unknown): JsonRecord {
  if (!Array.isArray(keys)) return target;
  return Object.fromEntries(Object.entries(target).filter(([field]) => keys.includes(field)));
}

function dropValues(result: Record<string, unknown>, field: string, values: unknown): void {
  const gone = listOf(values);
  result[field] = listOf(result[field]).filter((value) => !gone.includes(value));
}

function mergeField(field: string, target: unknown, value: unknown): unknown {
  if (!Array.isArray(value)) return strategicMerge(target, value);
  if (field === "finalizers") return [...new Set([...listOf(target), ...value])];
  const key = mergeKey(field, value);
  return key === undefined ? value : mergeLists(listOf(target), value.filter(isRecord), key);
}

function mergeKey(field: string, items: readonly unknown[]): string | undefined {
  return MERGE_KEYS[field]?.find((key) => items.some((item) => recordOf(item)[key] !== undefined));
}

function mergeLists(target: readonly unknown[], patch: readonly JsonRecord[], key: string): readonly unknown[] {
  if (patch.some((item) => item["$patch"] === "replace")) return patch.filter((item) => item["$patch"] === undefined);
  const result = [...target];
  for (const item of patch) {
    const index = result.findIndex((candidate) => recordOf(candidate)[key] === item[key]);
    const merged = strategicMerge(result[index], item);
    if (merged === undefined) result.splice(index === -1 ? result.length : index, 1);
    else if (index === -1) result.push(merged);
    else result[index] = merged;
  }
  return result;
}
