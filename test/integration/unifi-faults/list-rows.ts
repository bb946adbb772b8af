// Rows 23–30 of the fault matrix: what the console shows is no list, not all of it, too much, or too old.

import { expect } from "vitest";
import type { FaultAction } from "#test/fakes/unifi-console/faults.ts";
import { unbounded } from "#test/support/engine.ts";
import type { Row } from "./row.ts";
import { type World, want, wantMany } from "./world.ts";

const WWW = want("www.example.com", "A", "10.0.0.1");
const MOVED = want("www.example.com", "A", "10.0.0.2");
const OLD = "www.example.com A 10.0.0.1";
const NEW = "www.example.com A 10.0.0.2";
/** facts: reliability row 27. */
const LIST_DEADLINE_MS = 5_000;

export const LIST_ROWS: readonly Row[] = [
  ...unreadableLists(),
  {
    rows: [24],
    fault: "lists are empty for a while after a reboot, with 50 records known",
    expected: "soft, no write, until the records are shown again",
    run: async (world) => {
      const wanted = wantMany(25);
      await world.sync(wanted);
      const writes = world.writes();
      await world.console.reboot({ downMs: 1_000, emptyListsMs: 130_000 });
      world.clock.time.advance(1_000);
      await world.clock.untilReachable(world.console.port);
      expect(await world.sync(wanted)).toBe("soft");
      expect(await world.sync(wanted)).toBe("soft");
      expect(await world.sync(wanted)).toBe("silent");
      expect(world.writes()).toBe(writes);
    },
  },
  {
    rows: [24],
    fault: "somebody has really deleted all of 50 records",
    expected: "believed at the third equal list of those that are 30 s apart, and no sooner",
    run: async (world) => {
      await world.sync(wantMany(25));
      for (const { name, type } of world.console.records()) {
        world.console.hand({ kind: "remove", match: { name, type } });
      }
      const doubted: boolean[] = [];
      for (const afterMs of [0, 10_000, 19_999, 1, 29_999, 1]) {
        world.clock.time.advance(afterMs);
        doubted.push(
          await world.engine.records(unbounded()).then(
            () => false,
            (error: unknown) => (error as { code?: string }).code === "list.implausible",
          ),
        );
      }
      expect(doubted).toEqual([true, true, true, true, true, false]);
    },
  },
  ...halfLists(),
  {
    rows: [29],
    fault: "lists are stale for 10 s after a write whose answer is lost",
    expected: "no second record; silent once the list shows it",
    run: async (world) => {
      world.console.faults.plan([
        { operation: "create", nth: 1, action: { kind: "stale-lists", forMs: 10_000 } },
        { operation: "create", nth: 1, action: { kind: "reset", commit: "first" } },
      ]);
      await world.sync([WWW]);
      await world.sync([WWW]);
      expect(world.written()).toEqual([`create ${OLD}`]);
      expect(await world.sync([WWW])).toBe("silent");
    },
  },
  ...laggingLists(),
  {
    rows: [30],
    fault: "records of unknown type, without fields, switched off and of the system",
    expected: "kept as they are while ours come and go beside them",
    run: async (world) => {
      const at = { type: "A", data: "10.9.9.9" } as const;
      world.console.seed(
        { ...at, name: "strange.example.com", oddity: "unknown-type" },
        { ...at, name: "torn.example.com", oddity: "missing-fields" },
        { ...at, name: "off.example.com", enabled: false },
        { ...at, name: "system.example.com", origin: "SYSTEM_DEFINED" },
        { type: "NS", name: "forwarded.example.com", data: "10.0.0.53" },
      );
      const foreign = JSON.stringify(world.console.records());
      for (const wanted of [[WWW], [MOVED], []]) expect(await world.sync(wanted)).toBe("applied");
      expect(JSON.stringify(world.console.records())).toBe(foreign);
    },
  },
];

/** Rows 23, 25, 27, 28: a list that is none must never be taken for an empty one. */
function unreadableLists(): readonly Row[] {
  const lists: readonly { readonly row: number; readonly fault: string; readonly action: FaultAction }[] = [
    { row: 23, fault: "200 with a login page", action: { kind: "login-page" } },
    { row: 25, fault: "JSON that breaks off", action: { kind: "truncate", keepBytes: 40 } },
    { row: 27, fault: "one byte a second", action: { kind: "drip", bytesPerSecond: 1 } },
    { row: 28, fault: "64 MiB", action: { kind: "bomb", bytes: 64 * 1_048_576 } },
  ];
  return lists.map(({ row, fault, action }) => ({
    rows: [row],
    fault: `${fault} for a list`,
    expected: "an error within 5 s that says try again, never an empty list, and no write; then all goes on",
    run: async (world: World) => {
      await world.sync([WWW]);
      const writes = world.writes();
      world.console.faults.plan([{ operation: "list", action }]);
      if (action.kind === "drip") world.clock.beImpatient();
      world.operations();
      const tookMs = await world.timed(() =>
        expect(world.engine.records(unbounded())).rejects.toMatchObject({ retryable: true }),
      );
      expect(tookMs).toBeLessThanOrEqual(LIST_DEADLINE_MS);
      // What costs the whole time or much memory is not asked for again at once; what was torn is.
      expect(world.operations().length).toBe(action.kind === "truncate" ? 3 : 1);
      expect(await world.sync([MOVED])).toBe("soft");
      expect(world.writes()).toBe(writes);
      world.console.faults.clear();
      world.clock.beLenient();
      expect(await world.sync([MOVED])).toBe("applied");
      expect(world.answers()).toEqual([NEW]);
    },
  }));
}

/** Row 26, by how often the list is torn. */
function halfLists(): readonly Row[] {
  return [1, 2].map(
    (times): Row => ({
      rows: [26],
      fault: `${times} lists one after the other show every other record only`,
      expected: "nothing is created that exists, nothing is taken away",
      run: async (world) => {
        const wanted = [...wantMany(10), want("alias.example.com", "CNAME", "a.example.net")];
        await world.sync(wanted);
        const written = world.written();
        const values = world.answers();
        world.console.faults.plan([{ operation: "list", action: { kind: "half-list" }, times }]);
        await world.sync(wanted);
        expect(world.written()).toEqual(written);
        expect(world.answers()).toEqual(values);
        expect(await world.sync(wanted)).toBe("silent");
      },
    }),
  );
}

/** Row 29, by how long lists lag behind. */
function laggingLists(): readonly Row[] {
  return [10_000, 2_000].map(
    (lagMs): Row => ({
      rows: [29],
      fault: `a write is taken with an empty answer, and lists are stale for ${lagMs / 1_000} s after it`,
      expected:
        lagMs > 3_000
          ? "looked for during 3 s, then soft; no second create, not even on a console that would take it"
          : "looked for until it is there, and done",
      onlyOn: "static-dns",
      switches: { conflictRules: "loose" },
      run: async (world) => {
        const alias = want("alias.example.com", "CNAME", "a.example.net");
        await world.sync([WWW]);
        const action: FaultAction = { kind: "stale-lists", forMs: lagMs, answer: "empty" };
        world.console.faults.plan([{ operation: "create", name: "alias.example.com", action, times: 1 }]);
        let outcome = "";
        const tookMs = await world.timed(async () => {
          outcome = await world.sync([WWW, alias]);
        });
        expect(outcome).toBe(lagMs > 3_000 ? "soft" : "applied");
        // The minute before a loop, and what was waited for.
        expect(tookMs - 60_000).toBe(lagMs > 3_000 ? 3_000 : 2_000);
        expect(world.written()).toEqual([`create ${OLD}`, "create alias.example.com CNAME a.example.net"]);
        expect(world.engine.status().quarantined).toBe(0);
        expect(await world.sync([WWW, alias])).toBe("silent");
      },
    }),
  );
}
