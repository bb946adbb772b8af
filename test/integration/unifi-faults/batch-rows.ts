// Rows 42–50 of the fault matrix as far as engine and console have a part in them: who asks, and for what.

import { expect } from "vitest";
import type { FaultAction } from "#test/fakes/unifi-console/faults.ts";
import { unbounded } from "#test/support/engine.ts";
import type { Row } from "./row.ts";
import { type World, want, wantMany } from "./world.ts";

const WWW = want("www.example.com", "A", "10.0.0.1");

export const BATCH_ROWS: readonly Row[] = [
  {
    rows: [42],
    fault: "external-dns hangs up in the middle of a batch",
    expected: "the name that was begun is written whole, no other one is begun, and the lock is free",
    run: async (world) => {
      const gone = new AbortController();
      const wanted = wantMany(10);
      // The seventh is the text of the fourth name.
      world.whenSteps(7, () => gone.abort());
      await world.sync(wanted, undefined, gone.signal);
      const names = world.console.records().map(({ name }) => name.replace(/^a-/, ""));
      expect(new Set(names).size).toBe(4);
      expect(names).toHaveLength(8);
      expect(await world.engine.records(unbounded())).toHaveLength(names.length);
      expect(await world.sync(wanted)).toBe("applied");
      expect(await world.sync(wanted)).toBe("silent");
    },
  },
  {
    rows: [43],
    fault: "the same changes come twice at once",
    expected: "one after the other; the second makes no write",
    run: async (world) => {
      const endpoints = await readAll(world, wantMany(5));
      const writes = world.writes();
      const wipe = { create: [], updateOld: [], updateNew: [], delete: endpoints };
      const reports = await Promise.all([1, 2].map(() => world.engine.applyChanges(wipe, unbounded())));
      expect(reports.map(({ outcome, applied }) => [outcome, applied])).toEqual([
        ["reached", 5],
        ["reached", 0],
      ]);
      expect(world.writes()).toBe(writes + 5);
    },
  },
  {
    rows: [45],
    fault: "all of 40 names shall go, and one shall come",
    expected: "the one comes, the others are held and named by a hash; nothing goes until somebody approves it",
    run: async (world) => {
      const wanted = wantMany(40);
      await syncUntilSilent(world, wanted);
      for (let loop = 0; loop < 8; loop += 1) expect(await world.sync([WWW])).toBe("soft");
      expect(world.answers()).toHaveLength(41);
      expect(world.reports.at(-1)).toMatchObject({ outcome: "retry", interruption: { code: "breaker.held" } });
      const { held } = world.engine.status();
      expect(held).toMatchObject({ going: 40, owned: 41 });
      expect(world.engine.approve(held?.planHash ?? "")).toBe(true);
      await syncUntilSilent(world, [WWW]);
      expect(world.answers()).toEqual(["www.example.com A 10.0.0.1"]);
    },
  },
  {
    rows: [46],
    fault: "all of 6 names shall go",
    expected: "they go: fewer than ten are ordinary work",
    run: async (world) => {
      await world.sync(wantMany(6));
      expect(await world.sync([])).toBe("applied");
      expect(world.console.records()).toEqual([]);
    },
  },
  {
    rows: [47],
    fault: "a change names values that are not there, and one that is",
    expected: "only what is there and named goes",
    run: async (world) => {
      const [old] = await readAll(world, [want("www.example.com", "A", "10.0.0.1", "10.0.0.2")]);
      if (old === undefined) throw new Error("nothing was read");
      const updateOld = [{ ...old, targets: ["10.0.0.2", "10.7.7.7"] }];
      const updateNew = [{ ...old, targets: ["10.0.0.3"] }];
      await world.engine.applyChanges({ create: [], updateOld, updateNew, delete: [] }, unbounded());
      expect(world.answers()).toEqual(["www.example.com A 10.0.0.1", "www.example.com A 10.0.0.3"]);
    },
  },
  {
    rows: [48],
    fault: "changes that hold nothing",
    expected: "done, and the console is asked nothing",
    run: async (world) => {
      const nothing = { create: [], updateOld: [], updateNew: [], delete: [] };
      expect(await world.engine.applyChanges(nothing, unbounded())).toMatchObject({ outcome: "reached", applied: 0 });
      expect(world.console.requests()).toEqual([]);
    },
  },
  {
    rows: [50],
    fault: "one name in capitals and with a dot at its end",
    expected: "the same record: no second one, no write, and a delete finds it",
    run: async (world) => {
      const endpoints = await readAll(world, [WWW]);
      const writes = world.writes();
      const shouted = endpoints.map((one) => ({ ...one, dnsName: `${one.dnsName.toUpperCase()}.` }));
      const again = { create: [], updateOld: endpoints, updateNew: shouted, delete: [] };
      expect(await world.engine.applyChanges(again, unbounded())).toMatchObject({ outcome: "reached", applied: 0 });
      expect(world.writes()).toBe(writes);
      const wipe = { create: [], updateOld: [], updateNew: [], delete: shouted };
      expect(await world.engine.applyChanges(wipe, unbounded())).toMatchObject({ outcome: "reached", applied: 1 });
      expect(world.answers()).toEqual([]);
    },
  },
  {
    rows: [50],
    fault: "a record made by hand with capitals in its name",
    expected: "it is a record of that name: nothing is made beside it, and it is left as it is",
    run: async (world) => {
      world.console.seed({ type: "A", name: "WWW.Example.com", data: "10.9.9.9" });
      expect(await world.sync([WWW])).toBe("silent");
      const create = (await world.engine.records(unbounded())).map((one) => ({ ...one, targets: ["10.0.0.1"] }));
      const batch = { create, updateOld: [], updateNew: [], delete: [] };
      expect(await world.engine.applyChanges(batch, unbounded())).toMatchObject({
        outcome: "refused",
        failures: [{ name: "www.example.com", code: "record.foreign" }],
      });
      expect(world.answers()).toEqual(["WWW.Example.com A 10.9.9.9"]);
    },
  },
  {
    rows: [12, 44],
    fault: "many names, of which every seventh write is lost",
    expected: "each loop gets further, and what is written stays written",
    run: async (world) => {
      const action: FaultAction = { kind: "reset", commit: "none" };
      world.console.faults.plan([{ operation: "create", every: 7, action }]);
      const wanted = wantMany(30);
      let before = 0;
      for (let loop = 0; loop < 10 && before < 60; loop += 1) {
        await world.sync(wanted);
        const { length } = world.console.records();
        expect(length).toBeGreaterThan(before);
        before = length;
      }
      expect(before).toBe(60);
      expect(world.written()).toHaveLength(30);
    },
  },
];

/** Writes what is wanted, and gives what external-dns would name as its own. */
async function readAll(world: World, wanted: Parameters<World["sync"]>[0]): ReturnType<World["engine"]["records"]> {
  await world.sync(wanted);
  return (await world.engine.records(unbounded()))
    .filter(({ recordType }) => recordType !== "TXT")
    .map((endpoint) => ({ ...endpoint, labels: new Map([["owner", "matrix"]]) }));
}

async function syncUntilSilent(world: World, wanted: Parameters<World["sync"]>[0]): Promise<void> {
  for (let loop = 0; loop < 10; loop += 1) if ((await world.sync(wanted)) === "silent") return;
  throw new Error("never silent");
}
