// Domain names: what people and APIs write, and the one canonical text for it.

import { describe, expect, test } from "vitest";
import {
  firstLabelOctets,
  isAtOrBelow,
  isWildcard,
  joinName,
  labelBytes,
  labelCount,
  nameFromLabels,
  parentOf,
  parseName,
  ROOT,
  wildcardBelow,
} from "#src/domain/name.ts";
import { name, problemOf, valueOf } from "#test/support/parsed.ts";

describe("parseName reads every spelling of a name as one canonical text", () => {
  test.each([
    ["www.example.com", "www.example.com"],
    ["WWW.Example.COM", "www.example.com"],
    ["www.example.com.", "www.example.com"],
    ["  www.example.com\n", "www.example.com"],
    [".", ""],
    ["*.example.com", "*.example.com"],
    ["\\*.example.com", "*.example.com"],
    ["_443._tcp.example.com", "_443._tcp.example.com"],
    ["a\\.b.example.com", "a\\046b.example.com"],
    ["a\\046b.example.com", "a\\046b.example.com"],
    ["\\065bc.example.com", "abc.example.com"],
    ["a b.example.com", "a\\032b.example.com"],
    ["a\\@b.example.com", "a\\064b.example.com"],
    ["\\255.example.com", "\\255.example.com"],
  ])("%j is %j", (text, canonical) => {
    expect(valueOf(parseName(text))).toBe(canonical);
  });
});

describe("parseName turns Unicode labels into A-labels", () => {
  test.each([
    ["bücher.example", "xn--bcher-kva.example"],
    ["BÜCHER.Example.", "xn--bcher-kva.example"],
    ["faß.example", "xn--fa-hia.example"],
    ["*.bücher.example", "*.xn--bcher-kva.example"],
    ["_sip._tcp.bücher.example", "_sip._tcp.xn--bcher-kva.example"],
    ["bücher。example", "xn--bcher-kva.example"],
    ["a\\046b.bücher.example", "a\\046b.xn--bcher-kva.example"],
    ["a/b.bücher.example", "a/b.xn--bcher-kva.example"],
    ["a%41.bücher.example", "a%41.xn--bcher-kva.example"],
    ["0x7f。1", "0x7f.1"],
  ])("%j is %j", (text, canonical) => {
    expect(valueOf(parseName(text))).toBe(canonical);
  });

  test.each(["ü/x.example.com", "ü?x.example.com", "ü#x.example.com", "ü\\046x.example.com", "ü%2ecom", "ü:80", "u@ü"])(
    "%j is refused: what stands beside the Unicode letter would be read as part of a URL",
    (text) => {
      expect(problemOf(parseName(text))).toContain("not a valid internationalised name");
    },
  );

  test("a label that IDNA maps to nothing is refused", () => {
    expect(problemOf(parseName("\u00ad.example.com"))).toContain("not a valid internationalised name");
  });
});

describe("parseName refuses what is no name", () => {
  test.each([
    ["", "the name is empty"],
    ["   ", "the name is empty"],
    ["a..b", "a label is empty"],
    [".example.com", "a label is empty"],
    ["example.com..", "a label is empty"],
    ["..", "a label is empty"],
    ["a\\", "a backslash must be followed"],
    ["a\\256.example", "a backslash must be followed"],
    ["a\\12", "a backslash must be followed"],
  ])("%j: %s", (text, problem) => {
    expect(problemOf(parseName(text))).toContain(problem);
  });
});

describe("the limits of RFC 1035 §2.3.4 are counted in octets on the wire", () => {
  test("a label of 63 octets is read, one of 64 is refused", () => {
    expect(valueOf(parseName(`${"a".repeat(63)}.example`))).toHaveLength(71);
    expect(problemOf(parseName(`${"a".repeat(64)}.example`))).toBe("a label is longer than 63 octets");
  });

  test("an escape counts as one octet", () => {
    expect(labelBytes(name("\\000".repeat(63)))[0]).toHaveLength(63);
    expect(problemOf(parseName("\\000".repeat(64)))).toBe("a label is longer than 63 octets");
  });

  test("a name of 255 octets is read, one of 256 is refused", () => {
    const labels = ["a".repeat(63), "b".repeat(63), "c".repeat(63)];
    expect(valueOf(parseName([...labels, "d".repeat(61)].join(".")))).toHaveLength(253);
    expect(problemOf(parseName([...labels, "d".repeat(62)].join(".")))).toBe("the name is longer than 255 octets");
  });

  test("a Unicode label counts as its A-label", () => {
    expect(problemOf(parseName(`${"ü".repeat(63)}.example`))).toBe("a label is longer than 63 octets");
  });

  test("text of any length is refused with a short problem", () => {
    expect(problemOf(parseName("a.".repeat(1_000_000)))).toBe("the name is longer than 255 octets");
    expect(problemOf(parseName("ü".repeat(1_000_000)))).toBe("the name is longer than 255 octets");
  });
});

describe("nameFromLabels", () => {
  test("no labels are the root", () => {
    expect(valueOf(nameFromLabels([]))).toBe(ROOT);
    expect(labelBytes(ROOT)).toEqual([]);
  });

  test("a dot inside a label is escaped, so that it separates nothing", () => {
    const label = new TextEncoder().encode("a.b");
    expect(valueOf(nameFromLabels([label]))).toBe("a\\046b");
    expect(labelCount(valueOf(nameFromLabels([label])))).toBe(1);
  });

  test("an empty label is refused", () => {
    expect(problemOf(nameFromLabels([new Uint8Array(0)]))).toBe("a label is empty");
  });
});

describe("the tree of names", () => {
  test("the parent drops the first label, and only the root has none", () => {
    expect(parentOf(name("a\\.b.example"))).toBe("example");
    expect(parentOf(name("example"))).toBe(ROOT);
    expect(parentOf(ROOT)).toBeUndefined();
  });

  test.each([
    [".", 0],
    ["example.com", 7],
    ["com", 3],
    ["a\\.b\\007.example", 4],
  ])("the first label of %j has %i octets, an escaped one counting as one", (text, octets) => {
    expect(firstLabelOctets(name(text))).toBe(octets);
    expect(labelBytes(name(text))[0]?.length ?? 0).toBe(octets);
  });

  test("labels are counted without the root", () => {
    expect(labelCount(ROOT)).toBe(0);
    expect(labelCount(name("a\\.b.example.com"))).toBe(3);
  });

  test.each([
    ["example.com", "example.com", true],
    ["www.example.com", "example.com", true],
    ["a.b.example.com", "example.com", true],
    ["badexample.com", "example.com", false],
    ["com", "example.com", false],
    ["a\\.example.com", "example.com", false],
    ["www.example.com", ".", true],
    [".", ".", true],
    [".", "example.com", false],
  ])("%j at or below %j: %s", (below, ancestor, expected) => {
    expect(isAtOrBelow(name(below), name(ancestor))).toBe(expected);
  });

  test.each([
    ["*", true],
    ["*.example.com", true],
    ["a.*.example.com", false],
    ["*a.example.com", false],
    ["example.com", false],
  ])("RFC 4592 §2.1.1: %j is a wildcard: %s", (text, expected) => {
    expect(isWildcard(name(text))).toBe(expected);
  });

  test("the wildcard below a name is one", () => {
    expect(wildcardBelow(name("example.com"))).toBe("*.example.com");
    expect(wildcardBelow(ROOT)).toBe("*");
    expect(isWildcard(wildcardBelow(ROOT))).toBe(true);
  });

  test("a relative name is joined to its base", () => {
    expect(valueOf(joinName("app.web", name("home.example.com")))).toBe("app.web.home.example.com");
    expect(valueOf(joinName("app", ROOT))).toBe("app");
    expect(valueOf(joinName("bücher", name("a\\.b.example")))).toBe("xn--bcher-kva.a\\046b.example");
  });

  test("nothing is joined from nothing or past the length limit", () => {
    expect(problemOf(joinName("", name("example.com")))).toBe("a label is empty");
    expect(problemOf(joinName("a.".repeat(125).slice(0, -1), name("example.com")))).toContain("longer than 255");
  });
});
