// TXT content between its written form and its bytes.

import { describe, expect, test } from "vitest";
import { formatText, parseText } from "#src/domain/text.ts";
import { problemOf, valueOf } from "#test/support/parsed.ts";

describe("parseText", () => {
  test.each([
    ["plain text", "plain text"],
    ["", ""],
    ['""', ""],
    ['"quoted text"', "quoted text"],
    ['"one " "two"', "one two"],
    ['"one"\t"two"  "three"', "onetwothree"],
    ['"say \\"hi\\""', 'say "hi"'],
    ['"back\\\\slash"', "back\\slash"],
    ['"\\\\123"', "\\123"],
    ['"\\065\\066"', "AB"],
    ['"\\😀 \\ü"', "😀 ü"],
    [' "one" "two" ', "onetwo"],
    [" blanks around ", " blanks around "],
    ["grüß", "grüß"],
    ['half "quoted', 'half "quoted'],
    ['"no end', '"no end'],
    ['"one" two', '"one" two'],
    ["back\\slash \\065", "back\\slash \\065"],
  ])("%j means %j", (text, meaning) => {
    expect(new TextDecoder().decode(valueOf(parseText(text)))).toBe(meaning);
  });

  test("an escape above 255 is no octet", () => {
    expect(problemOf(parseText('"\\256"'))).toBe("a \\DDD escape is above 255");
  });

  test("60,000 octets are read, one more is refused, quoted or not", () => {
    const most = "a".repeat(60_000);
    expect(valueOf(parseText(most))).toHaveLength(60_000);
    expect(valueOf(parseText(`"${"\\000".repeat(60_000)}"`))).toHaveLength(60_000);
    expect(problemOf(parseText(`${most}a`))).toBe("the text is longer than 60000 octets");
    expect(problemOf(parseText(`"${most}a"`))).toBe("the text is longer than 60000 octets");
  });

  test.each([200_000, 20_000_000])("%d characters are refused, not thrown at", (length) => {
    expect(problemOf(parseText(`"${"a".repeat(length)}"`))).toBe("the text is longer than 60000 octets");
    expect(problemOf(parseText(`"${"\\a".repeat(length / 2)}`))).toBe("the text is longer than 60000 octets");
  });
});

describe("formatText", () => {
  test("escapes quotes, backslashes and what is not printable ASCII", () => {
    expect(formatText(Uint8Array.of(0x61, 0x22, 0x5c, 0x20, 0x7e, 0x7f, 0x00, 0xff))).toBe(
      '"a\\"\\\\ ~\\127\\000\\255"',
    );
  });
});
