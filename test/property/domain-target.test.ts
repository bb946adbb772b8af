// Targets: canonical text is a fixed point, spellings of one value agree, and no text makes the reader throw.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RECORD_TYPES, type RecordType } from "#src/domain/record.ts";
import { canonicalTarget } from "#src/domain/target.ts";
import { TARGETS } from "#test/support/arbitrary-targets.ts";
import { valueOf } from "#test/support/parsed.ts";

describe.each(RECORD_TYPES)("%s", (type) => {
  test("a valid target is read, and its canonical text is a fixed point", () => {
    fc.assert(
      fc.property(TARGETS[type], (text) => {
        const canonical = valueOf(canonicalTarget(type, text));
        expect(canonicalTarget(type, canonical)).toEqual({ ok: true, value: canonical });
      }),
    );
  });

  test("any text is read to a fixed point or refused with a problem, never thrown at", () => {
    const pieces = fc.constantFrom(
      '"',
      "\\",
      "\\300",
      "\\065",
      " ",
      "1",
      "0",
      ".",
      "a",
      "ü",
      ":",
      "alpn=h2",
      "mandatory=",
      "__proto__=",
      "issue",
      "\u{1f600}",
    );
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join("")),
      fc.array(pieces, { maxLength: 12 }).map((parts) => `1 . ${parts.join(" ")}`),
    );
    fc.assert(
      fc.property(text, (given) => {
        const result = canonicalTarget(type, given);
        const again = result.ok ? canonicalTarget(type, result.value) : result;
        expect(again).toEqual(result);
        expect(result.ok || result.problem !== "").toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

test.each<RecordType>(["CNAME", "NS", "PTR", "MX", "SRV"])(
  "%s: case and a final dot of the host make no difference",
  (type) => {
    const labels = fc.array(fc.stringMatching(/^[a-z0-9_-]{1,12}$/), { minLength: 1, maxLength: 5 });
    const fields: Readonly<Record<string, string>> = { MX: "10 ", SRV: "1 2 443 " };
    fc.assert(
      fc.property(labels, (parts) => {
        const plain = (fields[type] ?? "") + parts.join(".");
        expect(canonicalTarget(type, `${plain.toUpperCase()}.`)).toEqual({ ok: true, value: plain });
      }),
    );
  },
);

test("HTTPS: the order of parameters and of mandatory keys makes no difference", () => {
  const parameters = fc.shuffledSubarray(["alpn=h2", "port=443", "ipv4hint=192.0.2.1", "dohpath=/q{?dns}"], {
    minLength: 1,
  });
  const shuffled = parameters.chain((given) =>
    fc.tuple(fc.constant(given), fc.shuffledSubarray(given, { minLength: given.length, maxLength: given.length })),
  );
  const text = (given: readonly string[]): string =>
    ["1 .", ...given, `mandatory=${given.map((parameter) => parameter.split("=")[0]).join(",")}`].join(" ");
  fc.assert(
    fc.property(shuffled, ([one, other]) => {
      expect(valueOf(canonicalTarget("HTTPS", text(one)))).toBe(valueOf(canonicalTarget("HTTPS", text(other))));
    }),
  );
});
