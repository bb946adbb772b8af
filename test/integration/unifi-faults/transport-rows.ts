// Rows 1–18 of the fault matrix: the console is away, loses an answer, is slow, or turns us away.

import { expect } from "vitest";
import type { FaultAction } from "#test/fakes/unifi-console/faults.ts";
import type { Row } from "./row.ts";
import { type World, want, wantMany } from "./world.ts";

const WWW = want("www.example.com", "A", "10.0.0.1");
const MOVED = want("www.example.com", "A", "10.0.0.2");
const OLD = "www.example.com A 10.0.0.1";
const NEW = "www.example.com A 10.0.0.2";

export const TRANSPORT_ROWS: readonly Row[] = [
  {
    rows: [1, 3],
    fault: "connections are refused",
    expected: "a soft error at once, no write, and no earlier list in its place",
    run: async (world) => {
      expect(await world.sync([WWW])).toBe("applied");
      const writes = world.writes();
      await world.console.reboot({ downMs: 10 * 60_000 });
      expect(await world.sync([MOVED])).toBe("soft");
      expect(world.writes()).toBe(writes);
    },
  },
  {
    rows: [4, 36],
    fault: "the console reboots after 6 of 20 writes, for 90 s, sessions lost",
    expected: "soft until it is back; then only what is missing is written, within two syncs",
    run: async (world) => {
      const wanted = wantMany(10);
      world.console.faults.plan([{ operation: "create", nth: 7, action: { kind: "reboot", commit: "none" } }]);
      expect(await world.sync(wanted)).toBe("soft");
      expect(world.console.records()).toHaveLength(6);
      expect(await world.sync(wanted)).toBe("soft");
      world.clock.time.advance(60_000);
      await world.clock.untilReachable(world.console.port);
      expect(await world.sync(wanted)).toBe("applied");
      expect(world.written()).toHaveLength(10);
      expect(await world.sync(wanted)).toBe("silent");
    },
  },
  ...lostAnswers(),
  {
    rows: [9],
    fault: "a create is carried out 3 s after its time-out",
    expected: "no duplicate, and nothing is taken away later",
    run: async (world) => {
      plan(world, "create", { kind: "late-write", delayMs: 3_000, reply: "504" });
      await world.sync([WWW]);
      world.clock.time.advance(3_000);
      await world.sync([WWW]);
      expect(world.answers()).toEqual([OLD]);
      expect(world.console.records()).toHaveLength(2);
      expect(await world.sync([WWW])).toBe("silent");
      expect(world.written()).toEqual([`create ${OLD}`]);
    },
  },
  {
    rows: [12],
    fault: "one record always meets 500",
    expected: "the others are written, once; the record is named in the report",
    run: async (world) => {
      const wanted = [WWW, want("bad.example.com", "A", "10.0.0.9"), ...wantMany(3)];
      const action: FaultAction = { kind: "answer", status: 500, body: "api" };
      world.console.faults.plan([{ operation: "create", name: "bad.example.com", action }]);
      expect(await world.sync(wanted)).toBe("soft");
      expect(world.answers()).toHaveLength(4);
      expect(world.reports.at(-1)?.failures).toMatchObject([{ name: "bad.example.com", code: "unifi.server-error" }]);
      await world.sync(wanted);
      expect(world.written()).toHaveLength(4);
    },
  },
  {
    rows: [13],
    fault: "a list meets 503 with Retry-After: 5",
    expected: "a soft error, because the wait is longer than a call may take; one request",
    run: async (world) => {
      await world.sync([]);
      const lists = listsOf(world);
      plan(world, "list", { kind: "answer", status: 503, body: "empty", headers: { "retry-after": "5" } });
      expect(await world.sync([WWW])).toBe("soft");
      expect(listsOf(world)).toBe(lists + 1);
      // A store that met an outage looks for the APIs again.
      expect(await world.sync([WWW])).toBe("applied");
    },
  },
  {
    rows: [14],
    fault: "a write meets 429",
    expected: "once: repeated once after the pause; always: a soft error, nothing written",
    run: async (world) => {
      plan(world, "create", { kind: "answer", status: 429, body: "api", headers: { "retry-after": "1" } });
      expect(await world.sync([WWW])).toBe("applied");
      expect(world.writes()).toBe(3);
      world.console.faults.plan([{ method: "PUT", action: { kind: "answer", status: 429, body: "api" } }]);
      expect(await world.sync([MOVED])).toBe("soft");
      expect(world.answers()).toEqual([OLD]);
    },
  },
  {
    rows: [17],
    fault: "the key was revoked",
    expected: "a soft error, the key asked for once more, nobody logs in, and the status names the key",
    run: async (world) => {
      await world.sync([WWW]);
      const requests = world.console.counters().requests;
      world.console.revokeKeys();
      expect(await world.sync([MOVED])).toBe("soft");
      expect(world.console.counters()).toMatchObject({ requests: requests + 1, logins: 0 });
      expect(world.store.status().failure?.code).toBe("unifi.credentials");
    },
  },
  {
    rows: [18],
    fault: "the key may only read",
    expected: "a soft error with one write asked for in each sync",
    access: "viewer",
    run: async (world) => {
      for (const syncs of [1, 2]) {
        expect(await world.sync(wantMany(5))).toBe("soft");
        expect(world.writes()).toBe(syncs);
      }
      expect(world.reports.at(-1)).toMatchObject({ outcome: "refused", interruption: { code: "unifi.permission" } });
      expect(world.console.records()).toEqual([]);
    },
  },
];

/** Rows 5–8, 10, 11: the answer to one write is lost or is an error, whether or not it was carried out. */
function lostAnswers(): readonly Row[] {
  const losses: readonly { readonly rows: readonly number[]; readonly fault: string; readonly action: FaultAction }[] =
    [
      { rows: [5], fault: "a reset before it is read", action: { kind: "reset", commit: "none" } },
      { rows: [6, 7, 8], fault: "a reset after it was carried out", action: { kind: "reset", commit: "first" } },
      { rows: [10], fault: "silence", action: { kind: "silence", commit: "none" } },
      { rows: [11], fault: "a 500", action: { kind: "answer", status: 500, body: "api" } },
      { rows: [11], fault: "a 500 after it", action: { kind: "answer", status: 500, body: "api", commit: "first" } },
    ];
  return losses.map(({ rows, fault, action }) => ({
    rows,
    fault: `${fault} at a create, at an update, at a delete`,
    expected: "looked at again within the same apply and done once",
    run: async (world: World) => {
      plan(world, "create", action);
      expect(await world.sync([WWW])).toBe("applied");
      plan(world, "update", action);
      expect(await world.sync([MOVED])).toBe("applied");
      plan(world, "delete", action);
      expect(await world.sync([])).toBe("applied");
      expect(world.console.records()).toEqual([]);
      expect(world.written()).toEqual([`create ${OLD}`, `update ${NEW}`, `delete ${NEW}`]);
      expect(await world.sync([])).toBe("silent");
    },
  }));
}

function plan(world: World, operation: "list" | "create" | "update" | "delete", action: FaultAction): void {
  world.console.faults.clear();
  world.console.faults.plan([{ operation, action, times: 1 }]);
}

function listsOf(world: World): number {
  return world.console.counters().byOperation.list ?? 0;
}
