// A snapshot that was changed name by name is the one that would have been made at once.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { changeSnapshot, createSnapshot, EMPTY_SNAPSHOT, findZone, type Snapshot } from "#src/dns/snapshot.ts";
import { createZoneBuilder } from "#src/dns/zone-builder.ts";
import { completeZoneOptions } from "#src/dns/zone-content.ts";
import type { DomainName } from "#src/domain/name.ts";
import type { RecordSet } from "#src/domain/record.ts";
import { compileZone } from "#test/support/dns/compile.ts";
import { recordSetBelow } from "#test/support/dns/generators.ts";
import { nameOf } from "#test/support/dns/records.ts";

const APEX = "example.test";
const OPTIONS = completeZoneOptions(nameOf(APEX), { protectedLabels: ["wpad", "a"] });

/** Each step replaces what stands at one name: with a set, or with nothing. */
const steps = fc.array(fc.tuple(recordSetBelow(APEX), fc.boolean()), { maxLength: 40 });

test("names come and go, with the empty non-terminals above them", () => {
  fc.assert(
    fc.property(steps, (list) => {
      const builder = createZoneBuilder(OPTIONS);
      const sets = new Map<DomainName, readonly RecordSet[]>();
      let snapshot = changeSnapshot(EMPTY_SNAPSHOT, [builder.change(1)]);
      for (const [set, isGone] of list) {
        if (isGone) sets.delete(set.name);
        else sets.set(set.name, [set]);
        const changed = builder.update([set.name], (name) => sets.get(name) ?? []);
        snapshot = changeSnapshot(snapshot, [builder.change(1, changed.keys())]);
      }
      const atOnce = createSnapshot([compileZone(OPTIONS, [...sets.values()].flat(), 1).content]);
      expect(plain(snapshot)).toEqual(plain(atOnce));
    }),
    { numRuns: 500 },
  );
});

test("what an update reports is what differs, with what was held before", () => {
  fc.assert(
    fc.property(steps, (list) => {
      const builder = createZoneBuilder(OPTIONS);
      const sets = new Map<DomainName, readonly RecordSet[]>();
      for (const [set, isGone] of list) {
        const before = builder.content(1).recordSets;
        if (isGone) sets.delete(set.name);
        else sets.set(set.name, [set]);
        const changed = builder.update([set.name], (name) => sets.get(name) ?? []);
        const after = builder.content(1).recordSets;
        for (const name of new Set([...before, ...after].map((each) => each.name))) {
          const [old, now] = [before, after].map((all) => all.filter((each) => each.name === name));
          expect(old).toEqual(changed.get(name) ?? now);
        }
      }
    }),
    { numRuns: 200 },
  );
});

function plain(snapshot: Snapshot): object {
  const zone = findZone(snapshot, nameOf(APEX));
  const nodes = [...(zone?.nodes ?? [])].map(([name, node]) => [name, [...node.sets], node.alias?.target] as const);
  return { ...zone, tree: undefined, nodes: Object.fromEntries(nodes.map(([name, ...rest]) => [name, rest])) };
}
