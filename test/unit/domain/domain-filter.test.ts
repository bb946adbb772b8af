// The domain filter means what external-dns means by the same text (endpoint/domain_filter.go).

import { describe, expect, test } from "vitest";
import { createDomainFilter, type DomainFilter, type DomainFilterOptions } from "#src/domain/domain-filter.ts";
import { name, problemOf, valueOf } from "#test/support/parsed.ts";

const NOTHING_SET: DomainFilterOptions = { include: [], exclude: [], regexInclude: "", regexExclude: "" };

function filter(options: Partial<DomainFilterOptions>): DomainFilter {
  return valueOf(createDomainFilter({ ...NOTHING_SET, ...options }));
}

function problem(options: Partial<DomainFilterOptions>): string {
  return problemOf(createDomainFilter({ ...NOTHING_SET, ...options }));
}

test("a filter without any setting matches every name", () => {
  expect(filter({}).matches(name("anything.example"))).toBe(true);
});

test("the options stay as written, for the negotiation", () => {
  const options = { ...NOTHING_SET, include: [" Example.com. "] };
  expect(valueOf(createDomainFilter(options)).options).toBe(options);
});

describe("lists", () => {
  test.each([
    ["example.com", "example.com", true],
    ["example.com", "a.b.example.com", true],
    ["example.com", "badexample.com", false],
    ["example.com", "com", false],
    [".example.com", "example.com", false],
    [".example.com", "www.example.com", true],
    [".example.com", "badexample.com", false],
    [" Example.COM. ", "www.example.com", true],
    ["bücher.example", "www.xn--bcher-kva.example", true],
    [".bücher.example", "xn--bcher-kva.example", false],
  ])("include %j matches %s: %s", (entry, candidate, expected) => {
    expect(filter({ include: [entry] }).matches(name(candidate))).toBe(expected);
  });

  test("one matching entry of several is enough", () => {
    const several = filter({ include: ["one.example", "two.example"] });
    expect(several.matches(name("a.two.example"))).toBe(true);
    expect(several.matches(name("a.three.example"))).toBe(false);
  });

  test("exclude wins over include", () => {
    const both = filter({ include: ["example.com"], exclude: ["lab.example.com"] });
    expect(both.matches(name("www.example.com"))).toBe(true);
    expect(both.matches(name("lab.example.com"))).toBe(false);
    expect(both.matches(name("a.lab.example.com"))).toBe(false);
  });

  test("exclude with a leading dot spares the name itself", () => {
    const below = filter({ exclude: [".lab.example.com"] });
    expect(below.matches(name("lab.example.com"))).toBe(true);
    expect(below.matches(name("a.lab.example.com"))).toBe(false);
    expect(below.matches(name("other.example"))).toBe(true);
  });

  test("empty entries are dropped, and a list of nothing else matches everything", () => {
    expect(filter({ include: ["", "  "] }).matches(name("www.example.com"))).toBe(true);
    expect(filter({ include: ["", "example.com"] }).matches(name("www.example.org"))).toBe(false);
    expect(filter({ exclude: [""] }).matches(name("www.example.com"))).toBe(true);
  });

  test.each(["a..b", "..example.com", ".", "ü/x.example"])("the entry %j is refused by name", (entry) => {
    expect(problem({ include: [entry] })).toContain(`domain filter "${entry}"`);
    expect(problem({ exclude: [entry] })).toContain(`domain filter "${entry}"`);
  });
});

describe("regular expressions", () => {
  test("they match anywhere unless anchored", () => {
    expect(filter({ regexInclude: "example" }).matches(name("www.example.com"))).toBe(true);
    expect(filter({ regexInclude: "^example" }).matches(name("www.example.com"))).toBe(false);
  });

  test("exclusion comes first", () => {
    const both = filter({ regexInclude: "example\\.com$", regexExclude: "^lab\\." });
    expect(both.matches(name("www.example.com"))).toBe(true);
    expect(both.matches(name("lab.example.com"))).toBe(false);
    expect(both.matches(name("www.example.org"))).toBe(false);
  });

  test("with exclusion alone everything else passes", () => {
    const exclusion = filter({ regexExclude: "^lab\\." });
    expect(exclusion.matches(name("lab.example.com"))).toBe(false);
    expect(exclusion.matches(name("anything.example"))).toBe(true);
  });

  test("they see internationalised labels in Unicode, as in external-dns", () => {
    expect(filter({ regexInclude: "^bücher\\.example$" }).matches(name("xn--bcher-kva.example"))).toBe(true);
    expect(filter({ regexInclude: "^[a-z0-9.-]+$" }).matches(name("xn--bcher-kva.example"))).toBe(false);
  });

  test("they see escaped labels and labels that only look internationalised as they are", () => {
    expect(filter({ regexInclude: "^a\\\\046b\\.bücher$" }).matches(name("a\\.b.bücher"))).toBe(true);
    expect(filter({ regexInclude: "^xn--a\\." }).matches(name("xn--a.example"))).toBe(true);
  });

  test("lists and regular expressions together are refused, even an empty entry", () => {
    expect(problem({ include: ["example.com"], regexExclude: "a" })).toContain("cannot be used together");
    expect(problem({ exclude: [""], regexInclude: "a" })).toContain("cannot be used together");
  });

  // Each was given to Go's regexp.Compile (1.26): external-dns would exit on it, or read it otherwise than we do.
  test.each([
    "(?=a)",
    "(?!a)",
    "(?<=a)",
    "(?<!a)",
    "(?i)a",
    "(?i:a)",
    "(?<naïve>a)",
    "(a)\\1",
    "(?<n>a)\\k<n>",
    "\\u0061",
    "\\u{61}",
    "[\\u0061]",
    "\\cA",
    "[]",
    "[^]",
    "[\\b]",
    "\\p{Script=Greek}",
    "\\p{Alphabetic}",
    "a{1001}",
    "a{1,1001}",
    "a{2000,}",
  ])("%j is refused: Go and JavaScript read it differently", (source) => {
    expect(problem({ regexInclude: source })).toContain("Go and JavaScript read differently");
    expect(problem({ regexExclude: source })).toContain("Go and JavaScript read differently");
  });

  test.each([
    "^(?:[a-z0-9-]{1,63}\\.)+example\\.com$",
    "(?<n>a)",
    "a{1000}",
    "a{1000,}",
    "\\\\u",
    "\\\\1",
    "[\\\\b]",
    "\\p{L}\\p{Lu}",
    "[^a]\\b\\d",
    "[\\]]",
  ])("%j is accepted: both read it alike", (source) => {
    expect(filter({ regexInclude: source }).options.regexInclude).toBe(source);
  });

  test.each(["(", "a**", "[z-a]", "*.example.com"])("%j is refused: no regular expression", (source) => {
    expect(problem({ regexInclude: source })).toContain("is not a regular expression");
  });
});
