import { expect, test } from "vitest";
import { parseIp } from "#test/fakes/external-dns/ip-address.ts";
import { compareTargets, targetsAreSame } from "#test/fakes/external-dns/targets.ts";

test.each([
  [["a", "b"], ["b", "A"], true],
  [["a"], ["a", "b"], false],
  [["fd00::1"], ["FD00:0:0::1"], true],
  [["fd00::1"], ["fd00::2"], false],
  [["10.0.0.1"], ["a.example.com"], false],
] as const)("%j and %j are the same: %s", (desired, current, same) => {
  expect(targetsAreSame([...desired], [...current])).toBe(same);
});

test("an odd spelling hides a change behind it", () => {
  expect(targetsAreSame(["fd00:0::1", "fd00::2"], ["fd00::1", "fd00::3"])).toBe(true);
});

test("comparing sorts both lists", () => {
  const desired = ["10.0.0.2", "10.0.0.1"];
  const current = ["10.0.0.2", "10.0.0.1"];
  targetsAreSame(desired, current);
  expect([desired, current]).toEqual([
    ["10.0.0.1", "10.0.0.2"],
    ["10.0.0.1", "10.0.0.2"],
  ]);
});

test.each([
  [["z"], ["a", "b"], -1],
  [["10.0.0.1"], ["1-2-3.example.com"], -1],
  [["9.0.0.1"], ["10.0.0.1"], -1],
  [["fd00::1"], ["10.0.0.1"], 1],
  [["b"], ["a"], 1],
  [["a"], ["a"], 0],
] as const)("%j against %j orders %i", (a, b, order) => {
  expect(compareTargets([...a], [...b])).toBe(order);
});

test.each([
  ["FD00:0:0:0:0:0:0:1", "fd00::1"],
  ["::", "::"],
  ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
  ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"],
  ["::ffff:10.0.0.1", "::ffff:10.0.0.1"],
  ["64:ff9b::10.0.0.1", "64:ff9b::a00:1"],
  ["fe80::1%eth0", "fe80::1%eth0"],
  ["10.0.0.1", "10.0.0.1"],
  ["010.0.0.1", undefined],
  ["a.example.com", undefined],
])("%s is the address %s", (text, canonical) => {
  expect(parseIp(text)?.text).toBe(canonical);
});
