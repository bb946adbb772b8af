import { expect, test } from "vitest";
import type { ObjectKey } from "#src/domain/cluster-object.ts";
import type { DomainName } from "#src/domain/name.ts";
import { createNameBudget, type NameBudget } from "#src/sources/name-budget.ts";

/** The names of an object that are admitted, in the place of those that it has. */
function admit(budget: NameBudget, id: string, ...names: readonly string[]): readonly string[] {
  const object: ObjectKey = { group: "", kind: "Service", namespace: "default", name: id };
  const origin = { kind: "Service", name: id } as const;
  const recordSets = names.map((name) => ({
    name: name as DomainName,
    type: "A" as const,
    ttlSeconds: undefined,
    targets: ["192.0.2.1"],
    origin,
  }));
  const given = { object, before: namesOf(budget, id) };
  return budget.admit(id, { recordSets, problems: [] }, given).recordSets.map((set) => set.name);
}

function release(budget: NameBudget, id: string): void {
  budget.release(id, namesOf(budget, id));
}

function namesOf(budget: NameBudget, id: string): readonly DomainName[] {
  return [...budget.names()].filter((name) => budget.claimants(name).includes(id));
}

test("a name that several objects claim counts once", () => {
  const budget = createNameBudget(2);
  expect([admit(budget, "one", "a", "b"), admit(budget, "two", "a", "b", "c")]).toEqual([
    ["a", "b"],
    ["a", "b"],
  ]);
});

test("an object that was refused a name may try again once, when names became free", () => {
  const budget = createNameBudget(1);
  admit(budget, "one", "a");
  expect(admit(budget, "two", "b")).toEqual([]);
  expect(budget.takeRetries()).toEqual([]);
  release(budget, "one");
  expect([budget.takeRetries(), budget.takeRetries()]).toEqual([["two"], []]);
});

test("objects that go together and come back take nobody's names with them", () => {
  const budget = createNameBudget(2);
  admit(budget, "one", "a");
  admit(budget, "two", "b");
  admit(budget, "three", "b");
  release(budget, "one");
  release(budget, "two");
  admit(budget, "two", "b");
  release(budget, "two");
  expect(admit(budget, "four", "c", "d")).toEqual(["c"]);
});
