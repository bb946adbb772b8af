// Makes any value safe to print in a log line or on the status page: secrets masked, sizes bounded, errors spelled out.

/** Fields that must never be printed whatever they hold; `Secret` masks itself and needs no such name. */
const SECRET_KEY = /pass(word|phrase)?$|secret|token|authorization|cookie|api[-_]?key|credential|private[-_]?key/i;
/** Userinfo of a URL inside any text. */
const URL_PASSWORD = /\/\/[^/\s:@]*:[^/\s@]+@/g;
const MASK = "***";

/** A line is read by people and shipped by agents that cut at 16 KiB. */
const MAX_TEXT_LENGTH = 4_096;
const MAX_ENTRIES = 100;
const DEFAULT_MAX_DEPTH = 6;

export interface RedactOptions {
  /** Of a list that is too long: tell in a last entry how many are left out, or only leave them out, so that all are of one kind. */
  readonly listRest: "told" | "cut";
  /** Mappings and lists within each other; what is deeper is cut. 6 when absent, for values of unknown make. */
  readonly maxDepth?: number;
}

/** A copy made of plain JSON values. Errors become `{type, code, message, stack, cause}`; Maps become objects. */
export function redact(value: unknown, options: RedactOptions = { listRest: "told" }): unknown {
  return copy(value, { ...options, levelsLeft: options.maxDepth ?? DEFAULT_MAX_DEPTH });
}

interface Place extends RedactOptions {
  readonly levelsLeft: number;
}

function below(place: Place): Place {
  return { ...place, levelsLeft: place.levelsLeft - 1 };
}

function copy(value: unknown, place: Place): unknown {
  switch (typeof value) {
    case "string":
      return bounded(value.replaceAll(URL_PASSWORD, `//${MASK}@`));
    case "bigint":
      return value.toString();
    case "number":
    case "boolean":
    case "undefined":
      return value;
    case "object":
      return value === null ? null : copyObject(value, place);
    default:
      return undefined;
  }
}

function copyObject(value: object, place: Place): unknown {
  if (place.levelsLeft <= 0) return "…";
  if (value instanceof Error) return copyEntries(errorEntries(value), place);
  // Date, Secret and whatever else knows its own printed form.
  if ("toJSON" in value && typeof value.toJSON === "function") return copy(value.toJSON(), below(place));
  if (value instanceof Map)
    return copyEntries(
      [...value].map(([key, entry]) => [String(key), entry]),
      place,
    );
  if (Array.isArray(value) || value instanceof Set) return copyList([...value], place);
  return copyEntries(Object.entries(value), place);
}

function copyList(values: readonly unknown[], place: Place): readonly unknown[] {
  const shown = values.slice(0, MAX_ENTRIES).map((value) => copy(value, below(place)));
  const isTold = values.length > MAX_ENTRIES && place.listRest === "told";
  return isTold ? [...shown, `… ${values.length - MAX_ENTRIES} more`] : shown;
}

function copyEntries(entries: readonly (readonly [string, unknown])[], place: Place): object {
  return Object.fromEntries(
    entries
      .slice(0, MAX_ENTRIES)
      .map(([key, value]) => [bounded(key), isSecret(key, value) ? MASK : copy(value, below(place))]),
  );
}

/** Figures and switches beside a secret (`tokenCount`, `hasPassword`) are no secrets. */
function isSecret(key: string, value: unknown): boolean {
  return SECRET_KEY.test(key) && (typeof value === "string" || (typeof value === "object" && value !== null));
}

function errorEntries(error: Error): readonly (readonly [string, unknown])[] {
  const code: unknown = Reflect.get(error, "code");
  const entries = [
    ["type", error.name],
    ["code", code],
    ["message", error.message],
    ["stack", error.stack],
    ["cause", error.cause],
  ] as const;
  return entries.filter(([, value]) => value !== undefined);
}

function bounded(text: string): string {
  return text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}…` : text;
}
