import { expect, test } from "vitest";
import { nearFirst } from "#src/dns/near-first.ts";
import { TYPE } from "#src/dns/wire/registry.ts";
import type { RrSet } from "#src/dns/wire/rrset.ts";
import { nameOf } from "#test/support/dns/records.ts";

function set(type: number, ...rdata: readonly (readonly number[])[]): RrSet {
  return { name: nameOf("a.test"), type, ttlSeconds: 60, rdata: rdata.map((octets) => Uint8Array.from(octets)) };
}

const isNear = (address: Uint8Array): boolean => address[2] === 20;

test("addresses of the client's network come first, each group in its order", () => {
  const [ordered] = nearFirst([set(TYPE.A, [10, 0, 1, 1], [10, 0, 20, 1], [10, 0, 30, 1], [10, 0, 20, 2])], isNear);
  expect(ordered?.rdata.map((octets) => octets.join("."))).toEqual(["10.0.20.1", "10.0.20.2", "10.0.1.1", "10.0.30.1"]);
});

test("nothing moves where there is no choice, no near address, or no address", () => {
  const sets = [set(TYPE.A, [10, 0, 20, 1]), set(TYPE.TXT, [1, 1, 1], [1, 1, 20])];
  expect(nearFirst(sets, isNear)).toBe(sets);
  const far = set(TYPE.A, [10, 0, 1, 1], [10, 0, 2, 1]);
  expect(nearFirst([far], isNear)[0]).toBe(far);
});
