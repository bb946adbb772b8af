// Who may claim which name, as it is written.

import { describe, expect, test } from "vitest";
import { load, problemsOf, yaml } from "#test/support/settings.ts";

const ZONES = { ZONES: "home.example.com" };
const domainsFrom = (text: string) =>
  Object.fromEntries(load({ env: { ...ZONES, NAMESPACE_DOMAINS: text } }).sources.namespaceDomains);

describe("namespace domains", () => {
  test("any namespace may claim any name where nothing is said", () => {
    expect(load({ env: ZONES }).sources.namespaceDomains.size).toBe(0);
  });

  test.each([
    ["media=media.home.example.com", { media: ["media.home.example.com"] }],
    [
      "media=M.Example.com.,b.example.com; * = apps.home.example.com",
      { media: ["m.example.com", "b.example.com"], "*": ["apps.home.example.com"] },
    ],
    ["media=a.example.com;media=b.example.com;guests=", { media: ["a.example.com", "b.example.com"], guests: [] }],
  ])("the text %s", (text, expected) => {
    expect(domainsFrom(text)).toEqual(expected);
  });

  test("a domain that lies in no zone is warned of", () => {
    const text = "a=home.example.com,x.home.example.com,example.com;b=home.exmaple.com";
    expect(
      load({ env: { ...ZONES, NAMESPACE_DOMAINS: text } }).warnings.filter((text) => text.startsWith("sources.")),
    ).toEqual(["sources.namespaceDomains: home.exmaple.com of b lies in none of our zones"]);
  });

  test("the file has a mapping", () => {
    const { sources } = load(
      yaml(
        "zones: [home.example.com]",
        "sources:",
        "  namespaceDomains:",
        "    media: [media.home.example.com, tv.home.example.com]",
        "    guests: []",
        '    "*": apps.home.example.com',
      ),
    );
    expect(Object.fromEntries(sources.namespaceDomains)).toEqual({
      media: ["media.home.example.com", "tv.home.example.com"],
      guests: [],
      "*": ["apps.home.example.com"],
    });
  });

  test.each(["media", "media=a=b", "Media=a.example.com", "media=-a..b", "=a.example.com"])("%s is refused", (text) => {
    expect(problemsOf({ env: { ...ZONES, NAMESPACE_DOMAINS: text } })).toMatchObject([
      { path: expect.stringContaining("sources.namespaceDomains") as string },
    ]);
  });

  test("a list is refused", () => {
    expect(problemsOf(yaml("zones: [home.example.com]", "sources:", "  namespaceDomains: [media]"))).toHaveLength(1);
  });
});

test("wildcards are allowed, class external is public and no lease is asked for unless told otherwise", () => {
  const { allowWildcards, publicClasses, cilium } = load({ env: ZONES }).sources;
  expect([allowWildcards, publicClasses]).toEqual([true, ["external"]]);
  expect(cilium).toEqual({ leases: false, namespace: "kube-system" });
});

test("each is told otherwise by its variable", () => {
  const env = {
    ALLOW_WILDCARDS: "false",
    PUBLIC_CLASSES: "public,dmz",
    CILIUM_LEASES: "true",
    CILIUM_NAMESPACE: "cilium",
  };
  const { allowWildcards, publicClasses, cilium } = load({ env: { ...ZONES, ...env } }).sources;
  expect([allowWildcards, publicClasses]).toEqual([false, ["public", "dmz"]]);
  expect(cilium).toEqual({ leases: true, namespace: "cilium" });
});

test("no class is public with an empty list in the file", () => {
  expect(load(yaml("zones: [home.example.com]", "sources: {publicClasses: []}")).sources.publicClasses).toEqual([]);
});
