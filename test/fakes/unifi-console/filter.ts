// The filter language of the Integration API: `domain.eq('a.b')`, `and(…)`, `or(…)`, `not(…)`. Facts: unifi.md 1.2.4.

/** A predicate over one list item. */
export type Filter = (item: Readonly<Record<string, unknown>>) => boolean;

/** Functions each filterable property of a list takes. */
export type FilterableProperties = Readonly<Record<string, readonly string[]>>;

/** Throws a FilterError whose message the API answers with. */
export function parseFilter(text: string, properties: FilterableProperties): Filter {
  const parser = new Parser(text, properties);
  const filter = parser.expression();
  parser.end();
  return filter;
}

export class FilterError extends Error {}

const EQUAL = ["eq", "ne", "in", "notIn"] as const;
const ORDERED = [...EQUAL, "gt", "ge", "lt", "le"] as const;
const TEXT = [...EQUAL, "like"] as const;

export const SITE_FILTER: FilterableProperties = { id: EQUAL, internalReference: EQUAL, name: EQUAL };

export const POLICY_FILTER: FilterableProperties = {
  type: EQUAL,
  service: EQUAL,
  protocol: EQUAL,
  id: EQUAL,
  enabled: ["eq", "ne"],
  domain: TEXT,
  ipv4Address: TEXT,
  ipv6Address: TEXT,
  targetDomain: TEXT,
  mailServerDomain: TEXT,
  text: TEXT,
  serverDomain: TEXT,
  ipAddress: TEXT,
  ttlSeconds: ORDERED,
  priority: ORDERED,
  port: ORDERED,
  weight: ORDERED,
};

type Value = string | number | boolean;

const TESTS: Readonly<Record<string, (left: Value, right: readonly Value[]) => boolean>> = {
  eq: (left, [right]) => left === right,
  ne: (left, [right]) => left !== right,
  in: (left, right) => right.includes(left),
  notIn: (left, right) => !right.includes(left),
  gt: (left, [right]) => right !== undefined && left > right,
  ge: (left, [right]) => right !== undefined && left >= right,
  lt: (left, [right]) => right !== undefined && left < right,
  le: (left, [right]) => right !== undefined && left <= right,
  like: (left, [right]) => likePattern(String(right)).test(String(left)),
};

/** `*` is any run, `.` one character; an SQL `%` is only itself. */
function likePattern(pattern: string): RegExp {
  const source = pattern.replaceAll(/[\\^$+?()[\]{}|]/g, "\\$&").replaceAll("*", "[^]*");
  return new RegExp(`^${source}$`);
}

class Parser {
  readonly #text: string;
  readonly #properties: FilterableProperties;
  #at = 0;

  constructor(text: string, properties: FilterableProperties) {
    this.#text = text;
    this.#properties = properties;
  }

  expression(): Filter {
    const word = this.#word();
    if (word === "and" || word === "or" || word === "not") return this.#combination(word);
    this.#take(".");
    return this.#comparison(word, this.#word());
  }

  end(): void {
    if (this.#at < this.#text.length) throw new FilterError(`Unexpected input at position ${this.#at}`);
  }

  #combination(word: "and" | "or" | "not"): Filter {
    this.#take("(");
    const filters = [this.expression()];
    while (this.#tryTake(",")) filters.push(this.expression());
    this.#take(")");
    if (word === "and") return (item) => filters.every((filter) => filter(item));
    if (word === "or") return (item) => filters.some((filter) => filter(item));
    if (filters.length !== 1) throw new FilterError("not() takes one expression");
    return (item) => filters[0]?.(item) !== true;
  }

  #comparison(property: string, name: string): Filter {
    const allowed = this.#properties[property];
    if (allowed === undefined) throw new FilterError(`Property '${property}' is not filterable`);
    this.#take("(");
    const values: Value[] = [];
    while (!this.#tryTake(")")) {
      if (values.length > 0) this.#take(",");
      values.push(this.#value());
    }
    if (name === "isNull") return (item) => isMissing(item[property]);
    if (name === "isNotNull") return (item) => !isMissing(item[property]);
    const test = TESTS[name];
    if (test === undefined || !allowed.includes(name)) {
      throw new FilterError(`Function '${name}' is not supported for property '${property}'`);
    }
    if (values.length === 0) throw new FilterError(`Function '${name}' needs an argument`);
    return (item) => !isMissing(item[property]) && test(item[property] as Value, values);
  }

  #value(): Value {
    this.#skipSpaces();
    if (this.#text[this.#at] === "'") return this.#string();
    const word = /^-?[a-zA-Z0-9]+/.exec(this.#text.slice(this.#at))?.[0] ?? "";
    this.#at += word.length;
    if (word === "true" || word === "false") return word === "true";
    if (/^-?\d+$/.test(word)) return Number(word);
    // Ids may stand without quotes.
    const rest = /^[a-f0-9-]*/i.exec(this.#text.slice(this.#at))?.[0] ?? "";
    this.#at += rest.length;
    if (word === "" || rest === "") throw new FilterError(`Value expected at position ${this.#at}`);
    return word + rest;
  }

  #string(): string {
    const match = /^'((?:[^']|'')*)'/.exec(this.#text.slice(this.#at));
    if (match === null) throw new FilterError(`Unterminated string at position ${this.#at}`);
    this.#at += match[0].length;
    return (match[1] ?? "").replaceAll("''", "'");
  }

  #word(): string {
    this.#skipSpaces();
    const word = /^[a-zA-Z][a-zA-Z0-9]*/.exec(this.#text.slice(this.#at))?.[0];
    if (word === undefined) throw new FilterError(`Name expected at position ${this.#at}`);
    this.#at += word.length;
    return word;
  }

  #take(symbol: string): void {
    if (!this.#tryTake(symbol)) throw new FilterError(`'${symbol}' expected at position ${this.#at}`);
  }

  #tryTake(symbol: string): boolean {
    this.#skipSpaces();
    if (this.#text[this.#at] !== symbol) return false;
    this.#at++;
    return true;
  }

  #skipSpaces(): void {
    while (this.#text[this.#at] === " ") this.#at++;
  }
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null;
}
