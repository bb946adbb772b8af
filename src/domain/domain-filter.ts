// Which names a provider is asked to keep: include and exclude suffixes, or a pair of regular expressions, never both
// (facts: external-dns endpoint/domain_filter.go).

import { domainToUnicode } from "node:url";
import { type DomainName, isAtOrBelow, parseName } from "#src/domain/name.ts";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";

/** As written in the settings. All empty: every name matches. */
export interface DomainFilterOptions {
  /** `example.com` matches itself and every name below; `.example.com` only names below. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Regular expressions in the syntax Go's RE2 and JavaScript share; "" is not set. */
  readonly regexInclude: string;
  readonly regexExclude: string;
}

export interface DomainFilter {
  readonly options: DomainFilterOptions;
  matches(name: DomainName): boolean;
}

interface Suffix {
  readonly name: DomainName;
  readonly onlyBelow: boolean;
}

/** Checks and compiles a filter; the same text is sent to external-dns in negotiation, which exits on a bad one. */
export function createDomainFilter(options: DomainFilterOptions): Parsed<DomainFilter> {
  const hasLists = options.include.length > 0 || options.exclude.length > 0;
  const hasRegex = options.regexInclude !== "" || options.regexExclude !== "";
  if (hasLists && hasRegex) return unparsable("lists and regular expressions cannot be used together");
  return hasRegex ? regexFilter(options) : listFilter(options);
}

function listFilter(options: DomainFilterOptions): Parsed<DomainFilter> {
  const include = parseSuffixes(options.include);
  if (!include.ok) return include;
  const exclude = parseSuffixes(options.exclude);
  if (!exclude.ok) return exclude;
  return parsed({
    options,
    matches: (name) =>
      (include.value.length === 0 || include.value.some((suffix) => matchesSuffix(name, suffix))) &&
      !exclude.value.some((suffix) => matchesSuffix(name, suffix)),
  });
}

function regexFilter(options: DomainFilterOptions): Parsed<DomainFilter> {
  const include = parseRegex(options.regexInclude);
  if (!include.ok) return include;
  const exclude = parseRegex(options.regexExclude);
  if (!exclude.ok) return exclude;
  return parsed({
    options,
    matches: (name) => {
      const text = unicodeText(name);
      if (exclude.value?.test(text) === true) return false;
      return include.value === undefined || include.value.test(text);
    },
  });
}

function parseSuffixes(texts: readonly string[]): Parsed<readonly Suffix[]> {
  const suffixes: Suffix[] = [];
  for (const text of texts.map((entry) => entry.trim()).filter((entry) => entry !== "")) {
    const onlyBelow = text.startsWith(".");
    const name = parseName(onlyBelow ? text.slice(1) : text);
    if (!name.ok) return unparsable(`domain filter "${text}": ${name.problem}`);
    suffixes.push({ name: name.value, onlyBelow });
  }
  return parsed(suffixes);
}

function matchesSuffix(name: DomainName, suffix: Suffix): boolean {
  return isAtOrBelow(name, suffix.name) && !(suffix.onlyBelow && name === suffix.name);
}

/** The name as external-dns shows it to a regular expression: internationalised labels in Unicode. */
function unicodeText(name: DomainName): string {
  if (!name.includes("xn--")) return name;
  const labels = name
    .split(".")
    .map((label) => (/^xn--[a-z0-9-]+$/.test(label) ? domainToUnicode(label) || label : label));
  return labels.join(".");
}

/** What JavaScript reads and RE2 refuses or reads otherwise. The rest that differs is a syntax error in JavaScript. */
const NOT_RE2: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: /\(\?(?!:|<[A-Za-z]\w*>)/, what: "look-around or inline flags" },
  { pattern: /\\[1-9k]/, what: "a back-reference" },
  { pattern: /\\[uc]/, what: "a \\u or \\c escape" },
  { pattern: /\\[pP](?!\{[A-Z][a-z]?\})/, what: "a Unicode class other than a general category" },
  { pattern: /\[\^?\]/, what: "an empty class" },
  { pattern: /\[[^\]]*\\b/, what: "\\b in a class" },
  { pattern: /\{(?:\d+,)?(?:\d{5,}|[2-9]\d{3}|1(?!000[,}])\d{3})[,}]/, what: "a repetition above 1000" },
];

function parseRegex(source: string): Parsed<RegExp | undefined> {
  if (source === "") return parsed(undefined);
  const withoutEscapedBackslash = source.replaceAll("\\\\", "");
  const difference = NOT_RE2.find(({ pattern }) => pattern.test(withoutEscapedBackslash));
  if (difference !== undefined) {
    return unparsable(`"${source}" uses ${difference.what}, which Go and JavaScript read differently`);
  }
  try {
    return parsed(new RegExp(source, "u"));
  } catch (error) {
    return unparsable(
      `"${source}" is not a regular expression: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
