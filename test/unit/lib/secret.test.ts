import { inspect } from "node:util";
import { expect, test } from "vitest";
import { Secret } from "#src/lib/secret.ts";

const CANARY = "canary-4711";

test.each([
  ["text", (secret: Secret) => `key=${String(secret)}`],
  ["JSON", (secret: Secret) => JSON.stringify({ nested: [secret] })],
  ["console.log", (secret: Secret) => inspect({ nested: { secret } }, { depth: 9, showHidden: true })],
  ["its fields", (secret: Secret) => JSON.stringify(Object.entries(secret))],
])("a secret does not show in %s", (_title, print) => {
  expect(print(new Secret(CANARY))).not.toContain(CANARY);
});

test("a secret prints as three stars", () => {
  const secret = new Secret(CANARY);
  expect([String(secret), JSON.stringify(secret), inspect(secret)]).toEqual(["***", '"***"', "***"]);
});

test("reveal gives the text back", () => {
  expect(new Secret(CANARY).reveal()).toBe(CANARY);
});
