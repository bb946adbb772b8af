import { describe, expect, test } from "vitest";
import { closest } from "#src/lib/closest.ts";

const WORDS = ["port", "host", "listen", "defaultTtlSeconds"];

describe("closest", () => {
  test.each<[string, string | undefined, string]>([
    ["prot", "port", "two letters swapped"],
    ["prt", "port", "one left out"],
    ["lissten", "listen", "one too many"],
    ["Listen", "listen", "another case"],
    ["defaultTTL", undefined, "half a word"],
    ["defaultTtlSecs", "defaultTtlSeconds", "three letters short"],
    ["zones", undefined, "another word"],
    ["x", undefined, "a single letter"],
  ])("%s gives %s: %s", (word, expected) => {
    expect(closest(word, WORDS)).toBe(expected);
  });

  test("of two near words the nearer one is taken", () => {
    expect(closest("host", ["hosts", "host"])).toBe("host");
  });
});
