// The domain filter decides as external-dns does: against the rules of facts written label by label, and against the model of
// external-dns that the end-to-end tests use.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createDomainFilter } from "#src/domain/domain-filter.ts";
import type { DomainName } from "#src/domain/name.ts";
import { decodeDomainFilter, domainMatches } from "#test/fakes/external-dns/domain-filter.ts";
import { closeName } from "#test/support/arbitrary-names.ts";
import { valueOf } from "#test/support/parsed.ts";

const entry = fc.tuple(fc.constantFrom("", "."), closeName, fc.constantFrom("", ".")).map((parts) => parts.join(""));
const entries = fc.array(entry, { maxLength: 3 });
const NO_LISTS = { include: [], exclude: [] };
const NO_REGEX = { regexInclude: "", regexExclude: "" };

test("lists: included by some entry or by an empty list, and excluded by none", () => {
  fc.assert(
    fc.property(entries, entries, closeName, (include, exclude, name) => {
      const filter = valueOf(createDomainFilter({ include, exclude, ...NO_REGEX }));
      const included = include.length === 0 || include.some((text) => entryCovers(text, name));
      expect(filter.matches(name)).toBe(included && !exclude.some((text) => entryCovers(text, name)));
    }),
    { numRuns: 1_000 },
  );
});

test("lists: external-dns decides the same from the same text", () => {
  fc.assert(
    fc.property(entries, entries, closeName, (include, exclude, name) => {
      const filter = valueOf(createDomainFilter({ include, exclude, ...NO_REGEX }));
      expect(filter.matches(name)).toBe(domainMatches(decodeDomainFilter(JSON.stringify(filter.options)), name));
    }),
    { numRuns: 1_000 },
  );
});

test("regular expressions: external-dns decides the same from the same text", () => {
  const expression = fc.constantFrom("", "^a\\.", "b$", "^[a-z.]+$", "ü", "xn--", "(?:a|b)\\.ab", "\\*", "^[^.]{2}\\.");
  fc.assert(
    fc.property(expression, expression, closeName, (regexInclude, regexExclude, name) => {
      const filter = valueOf(createDomainFilter({ ...NO_LISTS, regexInclude, regexExclude }));
      expect(filter.matches(name)).toBe(domainMatches(decodeDomainFilter(JSON.stringify(filter.options)), name));
    }),
    { numRuns: 1_000 },
  );
});

/** Label by label from the end: the entry's labels, then none (unless the entry has a leading dot) or more of the name's. */
function entryCovers(text: string, name: DomainName): boolean {
  const onlyBelow = text.startsWith(".");
  const suffix = text.split(".").filter((label) => label !== "");
  const labels = name.split(".");
  if (labels.length < suffix.length + (onlyBelow ? 1 : 0)) return false;
  return suffix.every((label, index) => label === labels[labels.length - suffix.length + index]);
}
