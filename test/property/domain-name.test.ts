// Names: the canonical text and the octets on the wire say the same, for every name there can be.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isAtOrBelow,
  joinName,
  labelBytes,
  labelCount,
  labelText,
  nameFromLabels,
  parentOf,
  parseName,
  ROOT,
} from "#src/domain/name.ts";
import { anyLabels, anyName } from "#test/support/arbitrary-names.ts";
import { valueOf } from "#test/support/parsed.ts";

const MAX_LABEL_OCTETS = 63;
const MAX_NAME_OCTETS = 255;

describe("canonical text", () => {
  test("reads as itself", () => {
    fc.assert(
      fc.property(anyName, (name) => {
        expect(parseName(name === ROOT ? "." : name)).toEqual({ ok: true, value: name });
      }),
    );
  });

  test("keeps every octet but the case of ASCII letters", () => {
    fc.assert(
      fc.property(anyLabels, (labels) => {
        const folded = labels.map((label) =>
          label.map((octet) => (octet >= 0x41 && octet <= 0x5a ? octet + 32 : octet)),
        );
        expect(labelBytes(valueOf(nameFromLabels(labels)))).toEqual(folded);
      }),
    );
  });

  test("is printable ASCII, and its dots are the borders of labels", () => {
    fc.assert(
      fc.property(anyLabels, (labels) => {
        const name = valueOf(nameFromLabels(labels));
        expect(name).toMatch(/^[!-~]*$/);
        expect(labelCount(name)).toBe(labels.length);
      }),
    );
  });

  test("comes out of any spelling of the same octets", () => {
    const spelling = fc.constantFrom(
      (octet: number) => `\\${String(octet).padStart(3, "0")}`,
      (octet: number) =>
        /[^\d]/.test(String.fromCharCode(octet)) && octet < 0x80 ? `\\${String.fromCharCode(octet)}` : "",
    );
    const spelled = fc
      .uint8Array({ minLength: 1, maxLength: 20 })
      .chain((label) => fc.tuple(fc.constant(label), fc.array(spelling, { minLength: 20, maxLength: 20 })));
    fc.assert(
      fc.property(spelled, ([label, spellings]) => {
        const text = [...label].map(
          (octet, index) => spellings[index]?.(octet) || `\\${String(octet).padStart(3, "0")}`,
        );
        // A name after it keeps a blank at the end of the label from being the end of the text.
        expect(parseName(`${text.join("")}.example`)).toEqual({ ok: true, value: `${labelText(label)}.example` });
      }),
    );
  });
});

describe("parseName on any text", () => {
  test("never throws, and what it reads keeps the limits of the wire", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc
        .array(fc.constantFrom("a", "ü", "。", ".", "\\", "\\046", "/", "%41", "xn--", "*", "1"), { maxLength: 80 })
        .map((p) => p.join("")),
    );
    fc.assert(
      fc.property(text, (given) => {
        const result = parseName(given);
        const labels = result.ok ? labelBytes(result.value) : [];
        expect(labels.every((label) => label.length >= 1 && label.length <= MAX_LABEL_OCTETS)).toBe(true);
        expect(labels.reduce((octets, label) => octets + label.length + 1, 1)).toBeLessThanOrEqual(MAX_NAME_OCTETS);
        const again = result.ok && result.value !== ROOT ? parseName(result.value) : result;
        expect(again).toEqual(result);
        expect(result.ok || result.problem !== "").toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("a name keeps its ASCII labels whatever stands beside them", () => {
    const asciiLabel = fc.string({
      unit: fc.constantFrom(...Array.from("abz019-_/?#%&=~")),
      minLength: 1,
      maxLength: 10,
    });
    fc.assert(
      fc.property(fc.array(asciiLabel, { minLength: 1, maxLength: 4 }), (labels) => {
        const beside = ["ü", ...labels].join(".");
        expect(parseName(beside)).toEqual({ ok: true, value: ["xn--tda", ...labels].join(".") });
      }),
    );
  });

  test("exactly the labels of 1 to 63 octets and the names up to 255 octets are names", () => {
    const lengths = fc.array(fc.oneof({ weight: 9, arbitrary: fc.nat(63) }, fc.integer({ min: 64, max: 70 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(lengths, (labelLengths) => {
        const octets = labelLengths.reduce((sum, length) => sum + length + 1, 1);
        const fits =
          octets <= MAX_NAME_OCTETS && labelLengths.every((length) => length >= 1 && length <= MAX_LABEL_OCTETS);
        expect(nameFromLabels(labelLengths.map((length) => new Uint8Array(length))).ok).toBe(fits);
      }),
    );
  });
});

describe("the tree", () => {
  test("every name lies below each of its ancestors, and no ancestor below it", () => {
    fc.assert(
      fc.property(anyName, (name) => {
        let ancestor = parentOf(name);
        for (let steps = labelCount(name); ancestor !== undefined; steps -= 1) {
          expect(isAtOrBelow(name, ancestor)).toBe(true);
          expect(isAtOrBelow(ancestor, name)).toBe(false);
          expect(labelCount(ancestor)).toBe(steps - 1);
          ancestor = parentOf(ancestor);
        }
      }),
    );
  });

  test("a name joined to a base lies below it and keeps its labels", () => {
    fc.assert(
      fc.property(anyName, anyName, (relative, base) => {
        fc.pre(relative !== ROOT);
        const joined = joinName(relative, base);
        const fits = [...labelBytes(relative), ...labelBytes(base)];
        expect(joined).toEqual(nameFromLabels(fits));
        expect(!joined.ok || isAtOrBelow(joined.value, base)).toBe(true);
      }),
    );
  });
});
