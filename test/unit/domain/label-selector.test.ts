import { expect, test } from "vitest";
import { matchesLabels, parseLabelSelector, selectorKeys } from "#src/domain/label-selector.ts";

function matches(text: string, labels: Record<string, string>): boolean {
  const selector = parseLabelSelector(text);
  if (!selector.ok) throw new Error(selector.problem);
  return matchesLabels(selector.value, labels);
}

test.each<readonly [string, Record<string, string>, boolean]>([
  ["app=web", { app: "web" }, true],
  ["app == web", { app: "web" }, true],
  ["app=web", { app: "db" }, false],
  ["app=web", {}, false],
  ["app=", { app: "" }, true],
  ["app!=web", { app: "db" }, true],
  ["app!=web", {}, true],
  ["app!=web", { app: "web" }, false],
  ["dns.example.com/zone in (home, lab)", { "dns.example.com/zone": "lab" }, true],
  ["dns.example.com/zone in (home,lab)", { "dns.example.com/zone": "shop" }, false],
  ["zone notin (home,lab)", { zone: "shop" }, true],
  ["zone notin (home,lab)", {}, true],
  ["zone notin (home,lab)", { zone: "home" }, false],
  ["public", { public: "false" }, true],
  ["public", {}, false],
  ["!public", {}, true],
  ["! public", { public: "x" }, false],
  ["app=web,!public,tier in (a,b)", { app: "web", tier: "b" }, true],
  ["app=web,!public,tier in (a,b)", { app: "web", tier: "c" }, false],
  ["toString", {}, false],
])("%s on %j is %s", (text, labels, expected) => {
  expect(matches(text, labels)).toBe(expected);
});

test.each(["", "  ", "app=web,", "app=we b", "app in web", "app in (a", "=x", "a=b=c", "app~x", "a".repeat(5_000)])(
  "%j is no selector",
  (text) => {
    expect(parseLabelSelector(text).ok).toBe(false);
  },
);

test("it tells which labels it asks for", () => {
  const selector = parseLabelSelector("app=web,!internal,tier in (a,b)");
  expect(selector.ok && selectorKeys(selector.value)).toEqual(["app", "internal", "tier"]);
});
