// What must hold for any set of claims: the answer is a function of the set, one winner per name, nothing is invented.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseName } from "#src/domain/name.ts";
import { ORIGIN_KINDS, type RecordSet } from "#src/domain/record.ts";
import { mergeRecordSets } from "#test/support/merge.ts";

const TARGETS = {
  A: ["192.0.2.1", "192.0.2.2", "192.0.2.3"],
  AAAA: ["2001:db8::1", "2001:db8::2"],
  CNAME: ["a.example.net", "b.example.net"],
  TXT: ['"x"', '"y"'],
} as const;

const claims: fc.Arbitrary<RecordSet[]> = fc.array(
  fc.constantFrom("A", "AAAA", "CNAME", "TXT" as const).chain((type) =>
    fc.record({
      name: fc.constantFrom("a.example.com", "b.example.com").map((text) => {
        const name = parseName(text);
        if (!name.ok) throw new Error(name.problem);
        return name.value;
      }),
      type: fc.constant(type),
      ttlSeconds: fc.option(fc.constantFrom(30, 60, 300), { nil: undefined }),
      targets: fc.subarray([...TARGETS[type]] as string[]),
      origin: fc
        .tuple(
          fc.constantFrom(...ORIGIN_KINDS),
          fc.constantFrom("one", "two"),
          fc.constantFrom("x", "y", "z"),
          fc.constantFrom(undefined, 1, 2),
        )
        .map(([kind, namespace, name, createdAtMs]) => ({
          kind,
          name,
          ...(kind === "static" || kind === "local" ? {} : { namespace }),
          ...(createdAtMs === undefined ? {} : { createdAtMs }),
        })),
    }),
  ),
  { maxLength: 12 },
);

const shuffled = claims.chain((list) =>
  fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })),
);

const addressTypes: readonly string[] = ["A", "AAAA", "CNAME"];

test("the order of the claims changes nothing", () => {
  fc.assert(
    fc.property(shuffled, ([list, other]) => {
      expect(mergeRecordSets(other)).toEqual(mergeRecordSets(list));
    }),
  );
});

test("merging what was merged changes nothing", () => {
  fc.assert(
    fc.property(claims, (list) => {
      const once = mergeRecordSets(list).recordSets;
      expect(mergeRecordSets(once).recordSets.map(({ name, type, targets }) => ({ name, type, targets }))).toEqual(
        once.map(({ name, type, targets }) => ({ name, type, targets })),
      );
    }),
  );
});

test("every name that is claimed exists, and no other", () => {
  fc.assert(
    fc.property(claims, (list) => {
      const names = new Set(mergeRecordSets(list).recordSets.map((set) => set.name));
      expect([...names].sort()).toEqual([...new Set(list.map((claim) => claim.name))].sort());
    }),
  );
});

test("addresses of one name come from one kind and one namespace, with the best right among those with data", () => {
  fc.assert(
    fc.property(claims, (list) => {
      const { recordSets } = mergeRecordSets(list);
      for (const name of new Set(list.map((claim) => claim.name))) {
        const contributors = recordSets
          .filter((set) => set.name === name && set.targets.length > 0 && addressTypes.includes(set.type))
          .flatMap((set) => set.contributors);
        expect(new Set(contributors.map((origin) => `${origin.kind}/${origin.namespace}`)).size).toBeLessThan(2);
        const [first] = contributors;
        if (first === undefined) continue;
        const ranks = list
          .filter((claim) => claim.name === name && claim.targets.length > 0 && addressTypes.includes(claim.type))
          .map((claim) => ORIGIN_KINDS.indexOf(claim.origin.kind));
        expect(ORIGIN_KINDS.indexOf(first.kind)).toBe(Math.min(...ranks));
      }
    }),
  );
});

test("an alias stands alone with one target, and every value was claimed", () => {
  fc.assert(
    fc.property(claims, (list) => {
      const { recordSets } = mergeRecordSets(list);
      for (const set of recordSets) {
        const atName = recordSets.filter((other) => other.name === set.name);
        const isAlone = set.type !== "CNAME" || (atName.length === 1 && set.targets.length === 1);
        expect(isAlone).toBe(true);
        for (const target of set.targets) {
          expect(
            list.some((claim) => claim.name === set.name && claim.type === set.type && claim.targets.includes(target)),
          ).toBe(true);
        }
      }
    }),
  );
});

test("every claimed value is answered or stands in a conflict", () => {
  fc.assert(
    fc.property(claims, (list) => {
      const { recordSets, conflicts } = mergeRecordSets(list);
      for (const claim of list) {
        for (const target of claim.targets) {
          const isAnswered = recordSets.some(
            (set) => set.name === claim.name && set.type === claim.type && set.targets.includes(target),
          );
          const isReported = conflicts.some(
            (conflict) => conflict.name === claim.name && conflict.lost.includes(`${claim.type} ${target}`),
          );
          expect(isAnswered || isReported).toBe(true);
        }
      }
    }),
  );
});
