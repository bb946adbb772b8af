// Registry TXT records: which text is one, whose it is, and what proves a record to be the caller's own.

import { describe, expect, test } from "vitest";
import {
  isHeritageText,
  isProvenOwned,
  mayBeEncryptedHeritage,
  ownedNameOf,
  typesOwnedBy,
} from "#src/domain/ownership.ts";
import { endpoint } from "#test/support/endpoints.ts";
import { name } from "#test/support/parsed.ts";

const HERITAGE = "heritage=external-dns,external-dns/owner=me,external-dns/resource=ingress/default/app";
const NO_LABELS = { labels: new Map<string, string>() };

describe("heritage text", () => {
  test.each([
    [HERITAGE, true],
    [`"${HERITAGE}"`, true],
    ["heritage=external-dns", true],
    ['"heritage=external-dns"', true],
    ["heritage=external-dns-of-somebody-else", false],
    ["heritage=zonegate", false],
    ["v=spf1 include:heritage=external-dns,", false],
    ["", false],
  ])("%j is one: %s", (text, expected) => {
    expect(isHeritageText(text)).toBe(expected);
  });

  test.each([
    ["A".repeat(40), true],
    [`"${"Ab+/".repeat(12)}=="`, true],
    ["A".repeat(39), false],
    [`${"A".repeat(40)} `, false],
    ["v=spf1 include:_spf.example.com ~all and some more words", false],
    [HERITAGE, false],
  ])("%j may be an encrypted one: %s", (text, expected) => {
    expect(mayBeEncryptedHeritage(text)).toBe(expected);
  });
});

describe("the owned name", () => {
  const labels = (text: string) => ({ labels: new Map([["ownedRecord", text]]) });

  test("stands in the label of a TXT, in canonical form", () => {
    expect(ownedNameOf(endpoint("a-www.example.com", "TXT", [HERITAGE], labels("WWW.example.com.")))).toBe(
      "www.example.com",
    );
    expect(ownedNameOf(endpoint("a-www.example.com", "txt", [HERITAGE], labels("www.example.com")))).toBe(
      "www.example.com",
    );
  });

  test("is unknown for another type, without the label, or when the label is no name", () => {
    expect(ownedNameOf(endpoint("www.example.com", "A", ["192.0.2.1"], labels("www.example.com")))).toBeUndefined();
    expect(ownedNameOf(endpoint("a-www.example.com", "TXT", [HERITAGE], NO_LABELS))).toBeUndefined();
    expect(ownedNameOf(endpoint("a-www.example.com", "TXT", [HERITAGE], labels("")))).toBeUndefined();
    expect(ownedNameOf(endpoint("a-www.example.com", "TXT", [HERITAGE], labels("a..b")))).toBeUndefined();
  });
});

describe("a record is proven owned", () => {
  test("by the owner label, whatever its type", () => {
    expect(isProvenOwned(endpoint("www.example.com", "A", ["192.0.2.1"]))).toBe(true);
    expect(isProvenOwned(endpoint("www.example.com", "TXT", ["mine"]))).toBe(true);
  });

  test("as a registry's TXT, by its label or by its text", () => {
    const byLabel = { labels: new Map([["ownedRecord", "www.example.com"]]) };
    expect(isProvenOwned(endpoint("a-www.example.com", "TXT", ["encrypted"], byLabel))).toBe(true);
    expect(isProvenOwned(endpoint("a-www.example.com", "TXT", [`"${HERITAGE}"`], NO_LABELS))).toBe(true);
  });

  test.each([
    ["without labels", "A", "192.0.2.1", new Map<string, string>()],
    ["with an empty owner", "A", "192.0.2.1", new Map([["owner", ""]])],
    ["by an owned record's label on data", "A", "192.0.2.1", new Map([["ownedRecord", "www.example.com"]])],
    ["by heritage text on data", "CNAME", HERITAGE, new Map<string, string>()],
    ["as somebody's own TXT", "TXT", "v=spf1 -all", new Map<string, string>()],
  ])("not %s", (_case, type, target, labels) => {
    expect(isProvenOwned(endpoint("www.example.com", type, [target], { labels }))).toBe(false);
  });
});

describe("the types a registry TXT stands for", () => {
  const present = ["A", "AAAA", "CNAME"] as const;

  test.each([
    ["a-www.example.com", "www.example.com", ["A"]],
    ["aaaa-www.example.com", "www.example.com", ["AAAA"]],
    ["k8s.cname.www.example.com", "www.example.com", ["CNAME"]],
    ["www-a.example.com", "www.example.com", ["A"]],
    ["aaaa-a.example.com", "a.example.com", ["AAAA"]],
    ["a-a.example.com", "a.example.com", ["A"]],
    ["a-wildcard.example.com", "*.example.com", ["A"]],
    ["registry.a.example.com", "a.example.com", present],
    ["www.example.com", "www.example.com", present],
  ])("%s beside %s stands for %j", (text, owned, types) => {
    expect(typesOwnedBy(name(text), name(owned), present)).toEqual(types);
  });

  test("the only type present is meant, whatever the TXT is called", () => {
    expect(typesOwnedBy(name("aaaa-www.example.com"), name("www.example.com"), ["A"])).toEqual(["A"]);
    expect(typesOwnedBy(name("a-www.example.com"), name("www.example.com"), [])).toEqual([]);
  });
});
