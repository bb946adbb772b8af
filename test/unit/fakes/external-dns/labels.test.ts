import { expect, test } from "vitest";
import { parseAesKey, parseLabels, serializeLabels } from "#test/fakes/external-dns/labels.ts";

const KEY = parseAesKey("01234567890123456789012345678901");

test("labels become quoted text in the order of their keys", () => {
  const text = serializeLabels({ resource: "ingress/a/b", owner: "me" });
  expect(text).toBe('"heritage=external-dns,external-dns/owner=me,external-dns/resource=ingress/a/b"');
});

test.each([
  ['"heritage=external-dns,external-dns/owner=me"', { owner: "me" }],
  ["heritage=external-dns,external-dns/owner=me", { owner: "me" }],
  ["heritage=external-dns,owner=me,external-dns/a=b=c", {}],
  ["heritage=other,external-dns/owner=me", undefined],
  ["v=spf1 -all", undefined],
  ['"heritage=external-dns,external-dns/owner=m" "e"', { owner: 'm" "e' }],
])("%s reads as %j", (text, labels) => {
  expect(parseLabels(text)).toEqual(labels);
});

test("encrypted labels come back with the nonce that makes the same text again", () => {
  const text = serializeLabels({ owner: "me" }, KEY);
  expect(text).not.toContain("heritage");
  const labels = parseLabels(text, KEY) ?? {};
  expect(labels["owner"]).toBe("me");
  expect(serializeLabels(labels, KEY)).toBe(text);
});

test("with a key plain labels are still read, and without it encrypted ones are not", () => {
  expect(parseLabels('"heritage=external-dns,external-dns/owner=me"', KEY)).toEqual({ owner: "me" });
  expect(parseLabels(serializeLabels({ owner: "me" }, KEY))).toBeUndefined();
});

test("a key has 32 octets, as text or in base64", () => {
  expect(parseAesKey(KEY.toString("base64"))).toEqual(KEY);
  expect(() => parseAesKey("short")).toThrow("32 bytes");
});
