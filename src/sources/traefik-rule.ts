// The host names in a rule of Traefik: Host(`a`, `b`) && PathPrefix(`/x`). Knows the grammar (Go's expressions of calls,
// &&, ||, ! and parentheses) and which matchers name hosts; what they mean together is Traefik's.

import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";

export interface RuleHosts {
  /** As written, in order, duplicates kept. `*` of HostSNI, which stands for every name, is left out. */
  readonly hosts: readonly string[];
  /** Calls that match hosts by a pattern, which name none. */
  readonly patterns: readonly string[];
}

/** A rule that long comes from a generator gone wrong. */
const MAX_RULE_CHARACTERS = 65_536;
/** Parentheses and negations inside one another: a person writes three. */
const MAX_DEPTH = 64;

/** Hosts that the rule asks for; those under a negation do not count. */
export function hostsOfRule(rule: string): Parsed<RuleHosts> {
  if (rule.length > MAX_RULE_CHARACTERS) return unparsable("the rule is too long");
  const tokens = tokensOf(rule);
  if (!tokens.ok) return tokens;
  const reader: Reader = { tokens: tokens.value, position: 0, hosts: [], patterns: [] };
  const problem = readEither(reader, { isNegated: false, depth: 0 }) ?? readEnd(reader);
  return problem === undefined ? parsed({ hosts: reader.hosts, patterns: reader.patterns }) : unparsable(problem);
}

interface Token {
  readonly kind: "text" | "name" | "sign" | "end";
  /** Of a text its content, without the quotes. */
  readonly value: string;
  /** Index in the rule. */
  readonly at: number;
}

/** A text in backticks (raw) or double quotes, a matcher's name, a sign. Numbers stand as names: no matcher needs them. */
const TOKEN = /\s*(?:`([^`]*)`|"((?:\\.|[^"\\])*)"|([A-Za-z0-9_.-]+)|(&&|\|\||[!(),]))/y;

function tokensOf(rule: string): Parsed<readonly Token[]> {
  const tokens: Token[] = [];
  const text = rule.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) return unparsable(`nothing that belongs into a rule at character ${at + 1}`);
    const [, raw, quoted, name, sign] = match;
    if (name !== undefined) tokens.push({ kind: "name", value: name, at });
    else if (sign !== undefined) tokens.push({ kind: "sign", value: sign, at });
    else tokens.push({ kind: "text", value: raw ?? (quoted ?? "").replaceAll(/\\(.)/gs, "$1"), at });
  }
  return parsed([...tokens, { kind: "end", value: "the end", at: text.length }]);
}

interface Reader {
  readonly tokens: readonly Token[];
  position: number;
  readonly hosts: string[];
  readonly patterns: string[];
}

interface Place {
  readonly isNegated: boolean;
  readonly depth: number;
}

/** The functions below read one part of the grammar each, and tell what is wrong; `undefined`: nothing is. */
type Problem = string | undefined;

/** `term ((&& | ||) term)*`: which of the two changes nothing about who is named. */
function readEither(reader: Reader, place: Place): Problem {
  let problem = readTerm(reader, place);
  while (problem === undefined && (take(reader, "&&") || take(reader, "||"))) problem = readTerm(reader, place);
  return problem;
}

/** `!term`, `(either)`, or a call. */
function readTerm(reader: Reader, { isNegated, depth }: Place): Problem {
  if (depth > MAX_DEPTH) return "the rule is nested too deeply";
  if (take(reader, "!")) return readTerm(reader, { isNegated: !isNegated, depth: depth + 1 });
  if (take(reader, "(")) {
    return readEither(reader, { isNegated, depth: depth + 1 }) ?? expect(reader, ")");
  }
  return readCall(reader, isNegated);
}

function readCall(reader: Reader, isNegated: boolean): Problem {
  const matcher = reader.tokens[reader.position];
  if (matcher?.kind !== "name") return unexpected(reader, "a matcher such as Host");
  reader.position += 1;
  const texts: string[] = [];
  const problem = expect(reader, "(") ?? readArguments(reader, texts);
  if (problem === undefined && !isNegated) addHosts(reader, matcher.value, texts);
  return problem;
}

function readArguments(reader: Reader, texts: string[]): Problem {
  if (take(reader, ")")) return undefined;
  do {
    const token = reader.tokens[reader.position];
    if (token?.kind !== "text") return unexpected(reader, "a text in backticks");
    reader.position += 1;
    texts.push(token.value);
  } while (take(reader, ","));
  return expect(reader, ")");
}

/** Traefik takes the matchers' names in any case. `HostHeader` is Host under its older name. */
function addHosts(reader: Reader, matcher: string, texts: readonly string[]): void {
  const word = matcher.toLowerCase();
  if (word === "host" || word === "hostheader") reader.hosts.push(...texts);
  if (word === "hostsni") reader.hosts.push(...texts.filter((text) => text !== "*"));
  if (word === "hostregexp" || word === "hostsniregexp") {
    reader.patterns.push(`${matcher}(${texts.map((text) => `\`${text}\``).join(", ")})`);
  }
}

function readEnd(reader: Reader): Problem {
  return reader.tokens[reader.position]?.kind === "end" ? undefined : unexpected(reader, "&& or ||");
}

function take(reader: Reader, sign: string): boolean {
  const token = reader.tokens[reader.position];
  if (token?.kind !== "sign" || token.value !== sign) return false;
  reader.position += 1;
  return true;
}

function expect(reader: Reader, sign: string): Problem {
  return take(reader, sign) ? undefined : unexpected(reader, `"${sign}"`);
}

function unexpected(reader: Reader, wanted: string): string {
  const { value = "the end", at = 0 } = reader.tokens[reader.position] ?? {};
  return `at character ${at + 1} stands ${value.slice(0, 40)} instead of ${wanted}`;
}
