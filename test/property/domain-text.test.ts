// TXT content: formatText and parseText are inverse to each other.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { formatText, parseText } from "#src/domain/text.ts";
import { valueOf } from "#test/support/parsed.ts";

const content = fc.oneof(
  fc.uint8Array({ maxLength: 600 }),
  // What the escapes are about.
  fc
    .array(fc.constantFrom(0x22, 0x5c, 0x20, 0x30, 0x39, 0x00, 0xff), { maxLength: 40 })
    .map((octets) => Uint8Array.from(octets)),
);

test("what was formatted is read back, octet for octet", () => {
  fc.assert(
    fc.property(content, (octets) => {
      expect(valueOf(parseText(formatText(octets)))).toEqual(octets);
    }),
  );
});

test("strings cut anywhere are read back as one", () => {
  fc.assert(
    fc.property(fc.array(content, { minLength: 1, maxLength: 4 }), (pieces) => {
      const text = pieces.map((piece) => formatText(piece)).join(" ");
      expect([...valueOf(parseText(text))]).toEqual(pieces.flatMap((piece) => [...piece]));
    }),
  );
});

test("formatted text is printable ASCII", () => {
  fc.assert(
    fc.property(content, (octets) => {
      expect(formatText(octets)).toMatch(/^"[ -~]*"$/);
    }),
  );
});

test("text that is not wholly quoted stands for itself as UTF-8", () => {
  const unquoted = fc.string({ unit: "binary", maxLength: 100 }).filter((text) => !text.startsWith('"'));
  fc.assert(
    fc.property(unquoted, (text) => {
      expect(valueOf(parseText(text))).toEqual(new TextEncoder().encode(text));
    }),
  );
});
