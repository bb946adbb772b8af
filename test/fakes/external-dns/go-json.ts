// What Go's encoding/json writes and accepts, where it differs from JSON.parse and JSON.stringify.

/** `json.NewEncoder(w).Encode(value)`: HTML-escaped and ended by a newline. */
export function encodeGoJson(value: unknown): string {
  const escaped = JSON.stringify(value).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `${escaped}\n`;
}

/** A number kept as its text: Go refuses `60.0` and `6e1` for an int64. */
class GoNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/** `json.NewDecoder(r).Decode`: reads the first value only and ignores what follows. Throws on anything Go refuses. */
export function decodeGoJson(text: string): unknown {
  return JSON.parse(firstValue(text), keepNumberSource as (key: string, value: unknown) => unknown);
}

/** The members of a JSON object under Go's rule that keys match in any case and the last one wins; `null` = absent. */
export function goFields(value: unknown, what: string): (name: string) => unknown {
  if (value === null) return () => undefined;
  if (typeof value !== "object" || Array.isArray(value) || value instanceof GoNumber) {
    throw new Error(`json: cannot unmarshal into Go value of type ${what}`);
  }
  const entries = Object.entries(value);
  return (name) =>
    entries.findLast(([key, member]) => key.toLowerCase() === name.toLowerCase() && member !== null)?.[1];
}

export function goString(value: unknown, what: string): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  throw new Error(`json: cannot unmarshal into Go struct field ${what} of type string`);
}

export function goInteger(value: unknown, what: string): number {
  if (value === undefined || value === null) return 0;
  if (value instanceof GoNumber && /^-?\d+$/.test(value.source)) return Number(value.source);
  throw new Error(`json: cannot unmarshal into Go struct field ${what} of type int64`);
}

export function goArray(value: unknown, what: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw new Error(`json: cannot unmarshal into Go value of type []${what}`);
}

export function goStringMap(value: unknown, what: string): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value) || value instanceof GoNumber) {
    throw new Error(`json: cannot unmarshal into Go struct field ${what} of type map[string]string`);
  }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, goString(member, what)]));
}

function keepNumberSource(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  return typeof value === "number" ? new GoNumber(context.source ?? String(value)) : value;
}

const BLANKS = new Set([" ", "\t", "\r", "\n"]);

function firstValue(text: string): string {
  let start = 0;
  while (BLANKS.has(text[start] ?? "")) start++;
  if (start >= text.length) throw new Error("EOF");
  let depth = 0;
  let inString = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (inString) {
      if (character === "\\") at++;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") depth--;
    else if (depth > 0 || !BLANKS.has(character ?? "")) continue;
    if (depth <= 0 && !inString) return text.slice(start, at + 1);
  }
  if (depth > 0 || inString) throw new Error("unexpected EOF");
  return text.slice(start);
}
