import { expect, test } from "vitest";
import { Secret } from "#src/lib/secret.ts";
import { redact } from "#src/ops/redact.ts";

test("plain values stay as they are", () => {
  const value = { a: 1, b: true, c: null, d: ["x", { e: "y" }] };
  expect(redact(value)).toEqual(value);
});

test.each([
  ["password"],
  ["UNIFI_PASS"],
  ["apiKey"],
  ["api_key"],
  ["x-api-key"],
  ["Authorization"],
  ["set-cookie"],
  ["clientSecret"],
  ["accessToken"],
  ["privateKey"],
])("the field %s is masked", (key) => {
  expect(redact({ [key]: "canary" })).toEqual({ [key]: "***" });
});

test("figures and switches about secrets stay", () => {
  expect(redact({ tokenCount: 3, hasPassword: true, passwordMissing: false })).toEqual({
    tokenCount: 3,
    hasPassword: true,
    passwordMissing: false,
  });
});

test("collections become JSON values, secrets in them masked", () => {
  const value = new Map<string, unknown>([
    ["list", new Set([1, 2])],
    ["secret", new Secret("canary")],
    ["big", 10n],
    ["at", new Date(0)],
  ]);
  expect(redact(value)).toEqual({ list: [1, 2], secret: "***", big: "10", at: "1970-01-01T00:00:00.000Z" });
});

test("whoever knows how deep a value is may have all of it", () => {
  const deep = { 1: { 2: { 3: { 4: { 5: { 6: { 7: { 8: "end" } } } } } } } };
  expect(JSON.stringify(redact(deep))).not.toContain("end");
  expect(redact(deep, { listRest: "cut", maxDepth: 8 })).toEqual(deep);
});

test("what has no end is cut: depth, length, entries", () => {
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  expect(JSON.stringify(redact(circle))).toContain('"self":"…"');
  expect(String(redact("x".repeat(10_000)))).toHaveLength(4_097);
  expect(redact(Array.from({ length: 150 }, () => 1))).toHaveLength(101);
});

test("functions and symbols are left out", () => {
  expect(redact({ call: () => 1, mark: Symbol("m"), kept: 1 })).toEqual({ kept: 1 });
});

test("a long list tells what is left out, or stays a list of one kind where a schema says so", () => {
  const long = Array.from({ length: 120 }, (_, index) => ({ index }));
  expect(redact({ long })).toMatchObject({ long: expect.arrayContaining(["… 20 more"]) });
  expect(redact({ long }, { listRest: "cut" })).toEqual({ long: long.slice(0, 100) });
});
