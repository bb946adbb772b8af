// external-dns' domain filter: what a webhook may answer to negotiation, and what matches it.

import { unicodeDomain } from "./dns-name.ts";
import { decodeGoJson, goArray, goFields, goString } from "./go-json.ts";

export interface DomainFilter {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly regexInclude?: RegExp;
  readonly regexExclude?: RegExp;
}

export const MATCH_EVERYTHING: DomainFilter = { include: [], exclude: [] };

/** A filter from lists, as `--domain-filter` and `--exclude-domains` make it. */
export function createDomainFilter(include: readonly string[], exclude: readonly string[] = []): DomainFilter {
  return { include: prepared(include), exclude: prepared(exclude) };
}

/** Decodes the negotiation's body; throws where Go fails (wrong types, lists with expressions, bad expression). */
export function decodeDomainFilter(text: string): DomainFilter {
  const field = goFields(decodeGoJson(text), "endpoint.domainFilterSerde");
  const strings = (name: string): string[] => goArray(field(name), "string").map((item) => goString(item, name));
  const include = strings("include");
  const exclude = strings("exclude");
  const regexInclude = goString(field("regexInclude"), "regexInclude");
  const regexExclude = goString(field("regexExclude"), "regexExclude");
  if (regexInclude === "" && regexExclude === "") return createDomainFilter(include, exclude);
  if (include.length > 0 || exclude.length > 0) throw new Error("cannot have both domain list and regex");
  return {
    ...MATCH_EVERYTHING,
    ...(regexInclude !== "" && { regexInclude: compileRe2("regexInclude", regexInclude) }),
    ...(regexExclude !== "" && { regexExclude: compileRe2("regexExclude", regexExclude) }),
  };
}

export function domainMatches(filter: DomainFilter, name: string): boolean {
  const domain = unicodeDomain(name);
  if (filter.regexInclude !== undefined || filter.regexExclude !== undefined) {
    if (filter.regexExclude?.test(domain) === true) return false;
    return filter.regexInclude?.test(domain) ?? true;
  }
  const included = filter.include.length === 0 || filter.include.some((entry) => entryMatches(entry, domain));
  return included && !filter.exclude.some((entry) => entryMatches(entry, domain));
}

/** `.example.com` matches what lies below; `example.com` matches itself too. */
function entryMatches(entry: string, domain: string): boolean {
  if (entry.startsWith(".") && domain.endsWith(entry)) return true;
  return domain === entry || domain.endsWith(`.${entry}`);
}

function prepared(entries: readonly string[]): string[] {
  return entries.map((entry) => unicodeDomain(entry.trim())).filter((entry) => entry !== "");
}

/** RE2 has neither look-around nor back references; a leading `(?flags)` group is a JavaScript flag. */
function compileRe2(what: string, expression: string): RegExp {
  if (/\(\?<?[=!]|\\[1-9]/.test(expression)) throw new Error(`invalid ${what}: error parsing regexp`);
  const flags = /^\(\?([ims]+)\)/.exec(expression);
  try {
    return new RegExp(expression.slice(flags?.[0].length ?? 0).replaceAll("(?P<", "(?<"), flags?.[1] ?? "");
  } catch (error) {
    throw new Error(`invalid ${what}: error parsing regexp`, { cause: error });
  }
}
