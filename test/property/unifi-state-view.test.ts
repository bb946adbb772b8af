// The console's state, judged change by change, against the judgement of the whole state: on the way from an empty console
// through random changes both say the same, and in a state that was bad before no new problem is let in.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { DomainName } from "#src/domain/name.ts";
import type { StateChange, StateRecord } from "#src/providers/provider.ts";
import { refuseRecord, refuseState } from "#src/providers/unifi/state-rules.ts";
import { watchState } from "#src/providers/unifi/state-view.ts";

const RUNS = 5_000;

/** Few names, in both cases, so that aliases meet. */
const names = fc.constantFrom("a.x", "A.x", "b.x", "c.x", "d.x", "e.x", "a,b.x", `${"x".repeat(64)}.x`);
const record: fc.Arbitrary<StateRecord> = fc.record({
  name: names.map((name) => name as DomainName),
  type: fc.constantFrom("CNAME", "CNAME", "CNAME", "A", "MX", "NOVEL"),
  target: fc.oneof(names, fc.constantFrom("10.0.0.1", "10 a.x", "70000 a.x")),
  enabled: fc.boolean(),
});
/** `leaving` and `arriving`: what comes to a place that one of the present records may leave, chosen by its position. */
const changes = fc.array(
  fc.record({ leaving: fc.option(fc.nat(20)), arriving: fc.option(record.map((one) => ({ ...one, enabled: true }))) }),
  { maxLength: 30 },
);

test("a change is refused exactly when the whole state after it would be, and all that was good before", () => {
  let [refused, taken] = [0, 0];
  const property = fc.property(changes, (steps) => {
    let held: readonly StateRecord[] = [];
    const view = watchState(held);
    for (const step of steps) {
      const change = changeOf(step, held);
      const after = carriedOut(change, held);
      const isRefused = view.refuse(change) !== undefined;
      expect(isRefused).toBe(refuseState(after) !== undefined);
      if (isRefused) {
        refused += 1;
        continue;
      }
      taken += 1;
      view.note(change);
      held = after;
    }
  });
  fc.assert(property, { numRuns: RUNS });
  expect(Math.min(refused, taken)).toBeGreaterThan(RUNS);
});

test("in a state that was bad before, what is taken makes it no worse", () => {
  let taken = 0;
  const property = fc.property(fc.array(record, { maxLength: 12 }), changes, (listed, steps) => {
    let held: readonly StateRecord[] = listed;
    const view = watchState(listed);
    for (const step of steps) {
      const change = changeOf(step, held);
      if (view.refuse(change) !== undefined) continue;
      const after = carriedOut(change, held);
      expect(problems(after)).toBeLessThanOrEqual(problems(held));
      taken += 1;
      view.note(change);
      held = after;
    }
  });
  fc.assert(property, { numRuns: RUNS });
  expect(taken).toBeGreaterThan(RUNS);
});

test("ten thousand aliases come one by one at the price of what each meets", () => {
  let looked = 0;
  const counted = (name: string, target: string): StateRecord => ({
    get name() {
      looked += 1;
      return name as DomainName;
    },
    type: "CNAME",
    target,
    enabled: true,
  });
  const view = watchState(Array.from({ length: 10_000 }, (_, index) => counted(`n${index}.x`, "host.x")));
  looked = 0;
  for (let index = 0; index < 10_000; index += 1) {
    const arriving = { name: `m${index}.x` as DomainName, type: "CNAME", target: `n${index}.x`, enabled: true };
    expect(view.refuse({ arriving })).toBeUndefined();
    view.note({ arriving });
  }
  expect(looked).toBe(0);
});

function changeOf(
  { leaving, arriving }: { readonly leaving: number | null; readonly arriving: StateRecord | null },
  held: readonly StateRecord[],
): StateChange {
  const gone = leaving === null ? undefined : held.filter(({ enabled }) => enabled)[leaving];
  return { ...(gone && { leaving: gone }), ...(arriving && { arriving }) };
}

/** A value stands once: creating what is there changes nothing. */
function carriedOut({ leaving, arriving }: StateChange, held: readonly StateRecord[]): readonly StateRecord[] {
  const index = leaving === undefined ? -1 : held.indexOf(leaving);
  const left = index < 0 ? held : held.toSpliced(index, 1);
  const isThere = left.some((one) => one.enabled && folded(one) === folded(arriving));
  return arriving === undefined || isThere ? left : [...left, arriving];
}

function folded(one: StateRecord | undefined): string {
  return keyOf(one).toLowerCase();
}

function keyOf(one: StateRecord | undefined): string {
  return JSON.stringify([one?.name, one?.type, one?.target]);
}

/** Aliases too many at their name, aliases on a circle, and records that are refused whatever stands beside them. */
function problems(records: readonly StateRecord[]): number {
  const served = records.filter(({ enabled }) => enabled);
  const aliases = served.filter(({ type }) => type === "CNAME").map(({ name, target }) => lower(name, target));
  const surplus = aliases.length - new Set(aliases.map(([name]) => name)).size;
  const circling = aliases.filter(([name, target]) => isReached(name, target, aliases)).length;
  return surplus + circling + served.filter((one) => refuseRecord(one) !== undefined).length;
}

function isReached(to: string, from: string, aliases: readonly (readonly [string, string])[]): boolean {
  const reached = new Set([from]);
  for (const name of reached) for (const [alias, target] of aliases) if (alias === name) reached.add(target);
  return reached.has(to);
}

function lower(name: string, target: string): readonly [string, string] {
  return [name.toLowerCase(), target.toLowerCase()];
}
