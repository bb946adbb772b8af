// Rows 1–18 of the fault matrix: the console is away, loses an answer, is slow, or turns us away.

import { expect } from "vitest";
import type { FaultAction } from "#test/fakes/unifi-console/faults.ts";
import { unbounded } from "#test/support/engine.ts";
import type { Row } from "./row.ts";
import { type World, want, wantMany } from "./world.ts";

const WWW = want("www.example.com", "A", "10.0.0.1");
const MOVED = want("www.example.com", "A", "10.0.0.2");
const OLD = "www.example.com A 10.0.0.1";
const NEW = "www.example.com A 10.0.0.2";

export const TRANSPORT_ROWS: readonly Row[] = [
  {
    rows: [1],
    fault: "connections are refused when the records are asked for",
    expected: "an error within 6 s that says try again, and no earlier list in the place of the records",
    run: async (world) => {
      expect(await world.sync([WWW])).toBe("applied");
      await world.console.reboot({ downMs: 10 * 60_000 });
      const tookMs = await world.timed(() =>
        expect(world.engine.records(unbounded())).rejects.toMatchObject({ code: "unifi.away", retryable: true }),
      );
      expect(tookMs).toBeLessThan(6_000);
    },
  },
  {
    rows: [3],
    fault: "connections are refused before the first write",
    expected: "a report of nothing done, and no write",
    run: async (world) => {
      await world.sync([WWW]);
      const writes = world.writes();
      await world.console.reboot({ downMs: 10 * 60_000 });
      const batch = { create: [], updateOld: [], updateNew: [], delete: owned(world) };
      expect(await world.engine.applyChanges(batch, unbounded())).toMatchObject({
        outcome: "retry",
        applied: 0,
        interruption: { code: "unifi.away" },
      });
      expect(world.writes()).toBe(writes);
    },
  },
  {
    rows: [4, 36],
    fault: "the console reboots after 6 of 20 writes, for 90 s, sessions lost",
    expected: "a report of 6; soft until it is back; then the other 14 and no more are written, within two syncs",
    run: async (world) => {
      const wanted = wantMany(10);
      world.console.faults.plan([{ operation: "create", nth: 7, action: { kind: "reboot", commit: "none" } }]);
      expect(await world.sync(wanted)).toBe("soft");
      expect(world.console.records()).toHaveLength(6);
      expect(world.reports.at(-1)).toMatchObject({ outcome: "retry", applied: 6, remaining: 14 });
      expect(await world.sync(wanted)).toBe("soft");
      world.clock.time.advance(60_000);
      await world.clock.untilReachable(world.console.port);
      expect(await world.sync(wanted)).toBe("applied");
      expect(world.reports.at(-1)).toMatchObject({ applied: 14 });
      expect(world.written()).toHaveLength(10);
      expect(await world.sync(wanted)).toBe("silent");
    },
  },
  ...lostAnswers(),
  {
    rows: [9],
    fault: "a create is carried out 3 s after its time-out, when we have made the same record ourselves",
    expected: "one record, and nothing is taken away later",
    run: async (world) => {
      await lateAfterOurs(world);
      expect(world.console.records()).toHaveLength(2);
      expect(await world.sync([WWW])).toBe("silent");
      expect(world.written()).toEqual([`create ${OLD}`]);
    },
  },
  {
    rows: [9],
    fault: "the same on a console that takes a record twice",
    expected: "neither of the two is taken away while the name is wanted, and both when it is not",
    onlyOn: "static-dns",
    switches: { conflictRules: "loose" },
    leavesDuplicates: true,
    run: async (world) => {
      await lateAfterOurs(world);
      expect(world.answers()).toEqual([OLD, OLD]);
      expect(await world.sync([WWW])).toBe("silent");
      expect(world.answers()).toEqual([OLD, OLD]);
      expect(await world.sync([])).toBe("applied");
      expect(world.console.records()).toEqual([]);
    },
  },
  {
    rows: [12],
    fault: "one record always meets 500",
    expected: "the others are written, once; the record is named in the report and in the log",
    run: async (world) => {
      const wanted = [WWW, want("bad.example.com", "A", "10.0.0.9"), ...wantMany(3)];
      const action: FaultAction = { kind: "answer", status: 500, body: "api" };
      world.console.faults.plan([{ operation: "create", name: "bad.example.com", action }]);
      expect(await world.sync(wanted)).toBe("soft");
      expect(world.answers()).toHaveLength(4);
      const bad = { name: "bad.example.com", code: "unifi.server-error" };
      expect(world.reports.at(-1)).toMatchObject({ outcome: "refused", failures: [bad] });
      expect(world.alarms).toEqual(
        expect.arrayContaining([expect.objectContaining({ ...bad, msg: "record not applied" })]),
      );
      const creates = createsOf(world);
      for (let loop = 0; loop < 3; loop += 1) expect(await world.sync(wanted)).toBe("soft");
      expect(world.written()).toHaveLength(4);
      expect(createsOf(world)).toBe(creates);
    },
  },
  {
    rows: [13],
    fault: "a list meets 503 with Retry-After",
    expected: "1 s is waited for; 5 s is longer than a call may take: a soft error after one request",
    run: async (world) => {
      await world.sync([]);
      world.operations();
      plan(world, "list", { kind: "answer", status: 503, body: "empty", headers: { "retry-after": "1" } });
      const waitedMs = await world.timed(() => world.engine.records(unbounded()));
      expect(waitedMs).toBeGreaterThanOrEqual(1_000);
      expect(world.operations()).toEqual(["list", "list"]);
      plan(world, "list", { kind: "answer", status: 503, body: "empty", headers: { "retry-after": "5" } });
      expect(await world.sync([WWW])).toBe("soft");
      expect(world.operations()).toEqual(["list"]);
      // A store that met an outage looks for the APIs again.
      expect(await world.sync([WWW])).toBe("applied");
    },
  },
  {
    rows: [14],
    fault: "a write meets 429",
    expected: "once: repeated once after the pause; always: a soft error after one repetition, nothing written",
    run: async (world) => {
      plan(world, "create", { kind: "answer", status: 429, body: "api", headers: { "retry-after": "1" } });
      const waitedMs = await world.timed(() => world.engine.applyChanges(created(), unbounded()));
      expect(waitedMs).toBeGreaterThanOrEqual(1_000);
      expect(world.writes()).toBe(3);
      expect(await world.sync([WWW])).toBe("silent");
      world.operations();
      world.console.faults.plan([{ method: "PUT", action: { kind: "answer", status: 429, body: "api" } }]);
      expect(await world.sync([MOVED])).toBe("soft");
      expect(world.operations()).toEqual(["list", "list", "update", "update"]);
      expect(world.reports.at(-1)).toMatchObject({ outcome: "retry", interruption: { code: "unifi.rate-limit" } });
      expect(world.answers()).toEqual([OLD]);
    },
  },
  {
    rows: [14],
    fault: "a write meets 429 with a pause of a minute",
    expected: "longer than the request has: one request, a soft error",
    run: async (world) => {
      await world.sync([WWW]);
      world.operations();
      const action: FaultAction = { kind: "answer", status: 429, body: "api", headers: { "retry-after": "60" } };
      world.console.faults.plan([{ method: "PUT", action }]);
      expect(await world.sync([MOVED])).toBe("soft");
      expect(world.operations()).toEqual(["list", "list", "update"]);
    },
  },
  {
    rows: [17],
    fault: "the key was revoked",
    expected: "a soft error, the key read anew once, one request, nobody logs in, and the status names the key",
    run: async (world) => {
      await world.sync([WWW]);
      world.operations();
      world.console.revokeKeys();
      const asked = world.keyNeeds.length;
      expect(await world.sync([MOVED])).toBe("soft");
      expect(world.keyNeeds.slice(asked)).toEqual(["current", "fresh"]);
      expect(world.operations()).toEqual(["list"]);
      expect(world.console.counters().logins).toBe(0);
      expect(world.store.status().failure?.code).toBe("unifi.credentials");
    },
  },
  {
    rows: [18],
    fault: "the key may only read",
    expected: "a soft error, one write asked for in each sync, and one line in the log",
    access: "viewer",
    run: async (world) => {
      for (const syncs of [1, 2, 3]) {
        expect(await world.sync(wantMany(5))).toBe("soft");
        expect(world.writes()).toBe(syncs);
        expect(world.alarms).toHaveLength(syncs);
      }
      expect(world.alarms.at(-1)).toMatchObject({ code: "unifi.permission", msg: "changes not fully applied" });
      expect(world.reports.at(-1)).toMatchObject({ outcome: "refused", interruption: { code: "unifi.permission" } });
      expect(world.console.records()).toEqual([]);
    },
  },
];

/** Rows 5–8, 10, 11: the answer to one write is lost or is an error, whether or not it was carried out. */
function lostAnswers(): readonly Row[] {
  const losses: readonly {
    readonly rows: readonly number[];
    readonly fault: string;
    readonly action: FaultAction;
    readonly isCarriedOut: boolean;
  }[] = [
    { rows: [5], fault: "a reset before it is read", action: { kind: "reset", commit: "none" }, isCarriedOut: false },
    {
      rows: [6, 7, 8],
      fault: "a reset after it was carried out",
      action: { kind: "reset", commit: "first" },
      isCarriedOut: true,
    },
    { rows: [10], fault: "silence", action: { kind: "silence", commit: "none" }, isCarriedOut: false },
    { rows: [10], fault: "silence after it", action: { kind: "silence", commit: "first" }, isCarriedOut: true },
    { rows: [11], fault: "a 500", action: { kind: "answer", status: 500, body: "api" }, isCarriedOut: false },
    {
      rows: [11],
      fault: "a 500 after it",
      action: { kind: "answer", status: 500, body: "api", commit: "first" },
      isCarriedOut: true,
    },
  ];
  return losses.map(({ rows, fault, action, isCarriedOut }) => ({
    rows,
    fault: `${fault} at a create, at an update, at a delete`,
    expected: isCarriedOut
      ? "looked at again within the same apply and not sent again"
      : "looked at again within the same apply and sent once more",
    run: async (world: World) => {
      await world.sync([]);
      for (const [operation, wanted] of [
        ["create", [WWW]],
        ["update", [MOVED]],
        ["delete", []],
      ] as const) {
        plan(world, operation, action);
        world.operations();
        if (action.kind === "silence") world.clock.beImpatient();
        expect(await world.sync(wanted)).toBe("applied");
        world.clock.beLenient();
        const sent = world.operations().filter((kind) => kind === "list" || kind === operation);
        const after = sent.slice(sent.indexOf(operation) + 1);
        // No write is sent again before a list has told what became of it.
        expect(after[0]).toBe("list");
        expect(after.filter((kind) => kind === operation)).toHaveLength(RECORDS[operation] - (isCarriedOut ? 1 : 0));
      }
      expect(world.console.records()).toEqual([]);
      expect(world.written()).toEqual([`create ${OLD}`, `update ${NEW}`, `delete ${NEW}`]);
      expect(await world.sync([])).toBe("silent");
    },
  }));
}

/** Of a name with its text. An update leaves the text as it is. */
const RECORDS = { create: 2, update: 1, delete: 2 } as const;

/** A create whose answer never comes and that is carried out when a second one was. */
async function lateAfterOurs(world: World): Promise<void> {
  const action: FaultAction = { kind: "late-write", delayMs: 3_000, reply: "504" };
  world.console.faults.plan([{ operation: "create", name: "www.example.com", action, times: 1 }]);
  expect(await world.sync([WWW])).toBe("applied");
  expect(world.answers()).toEqual([OLD]);
  world.clock.time.advance(3_000);
}

function plan(world: World, operation: "list" | "create" | "update" | "delete", action: FaultAction): void {
  world.console.faults.clear();
  world.console.faults.plan([{ operation, action, times: 1 }]);
}

function createsOf(world: World): number {
  return world.console.counters().byOperation.create ?? 0;
}

function created(): Parameters<World["engine"]["applyChanges"]>[0] {
  const text =
    '"heritage=external-dns,external-dns/owner=matrix,external-dns/resource=ingress/default/www.example.com"';
  const base = { setIdentifier: "", recordTtlSeconds: 0, providerSpecific: [] };
  const data = { ...base, dnsName: "www.example.com", recordType: "A", targets: ["10.0.0.1"] };
  const labels = (label: string, value: string) => ({ labels: new Map([[label, value]]) });
  return {
    create: [
      { ...data, ...labels("owner", "matrix") },
      {
        ...base,
        dnsName: "a-www.example.com",
        recordType: "TXT",
        targets: [text],
        ...labels("ownedRecord", data.dnsName),
      },
    ],
    updateOld: [],
    updateNew: [],
    delete: [],
  };
}

/** The address of www as external-dns would name it for a delete. */
function owned(world: World): ReturnType<typeof created>["delete"] {
  expect(world.answers()).toEqual([OLD]);
  return created().create.slice(0, 1);
}
