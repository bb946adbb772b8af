// Rows 19–38 of the fault matrix: the console refuses or shows something wrong, other hands write too, the peer is not it.

import { expect } from "vitest";
import type { FaultAction } from "#test/fakes/unifi-console/faults.ts";
import { createConsoleCertificate } from "#test/fakes/unifi-console/unifi-console.ts";
import { unbounded } from "#test/support/engine.ts";
import type { Row } from "./row.ts";
import { type World, want, wantMany } from "./world.ts";

const WWW = want("www.example.com", "A", "10.0.0.1");
const MOVED = want("www.example.com", "A", "10.0.0.2");
const OLD = "www.example.com A 10.0.0.1";
const NEW = "www.example.com A 10.0.0.2";
const HOUR_MS = 3_600_000;

export const CONTENT_ROWS: readonly Row[] = [
  {
    rows: [19],
    fault: "400 to one create",
    expected: "the others are written; it is not asked again for an hour, then it is",
    run: async (world) => {
      const wanted = [WWW, want("odd.example.com", "A", "10.0.0.9")];
      const action: FaultAction = { kind: "refuse", refusal: "invalid" };
      world.console.faults.plan([{ operation: "create", name: "odd.example.com", action }]);
      expect(await world.sync(wanted)).toBe("soft");
      expect(world.answers()).toEqual([OLD]);
      const asked = requestsFor(world, "odd.example.com");
      expect(await world.sync(wanted)).toBe("soft");
      expect(requestsFor(world, "odd.example.com")).toBe(asked);
      world.console.faults.clear();
      world.clock.time.advance(HOUR_MS);
      expect(await world.sync(wanted)).toBe("applied");
      expect(world.answers()).toHaveLength(2);
    },
  },
  {
    rows: [20],
    fault: "a client's Local DNS record has the name",
    expected: "as row 19, with the reason in the report",
    clients: [{ hostname: "nas", localDnsRecord: "nas.example.com" }],
    run: async (world) => {
      expect(await world.sync([WWW, want("nas.example.com", "A", "10.0.0.9")])).toBe("soft");
      expect(world.answers()).toEqual([OLD]);
      expect(world.reports.at(-1)?.failures).toMatchObject([{ name: "nas.example.com", code: "unifi.local-overlap" }]);
      expect(world.console.records()).toHaveLength(2);
    },
  },
  {
    rows: [21],
    fault: "the record vanishes between the list and the PUT",
    expected: "a new list and plan; the name answers in the end",
    run: async (world) => {
      await world.sync([WWW]);
      const action: FaultAction = { kind: "hand-edit", edit: { kind: "remove" }, when: "before" };
      world.console.faults.plan([{ operation: "update", action, times: 1 }]);
      await world.sync([MOVED]);
      await world.sync([MOVED]);
      expect(world.answers()).toEqual([NEW]);
      expect(await world.sync([MOVED])).toBe("silent");
    },
  },
  ...rowsWithoutUpdate(),
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
    rows: [26],
    fault: "one list shows every other record only",
    expected: "nothing is created that exists, nothing is taken away",
    run: async (world) => {
      const wanted = wantMany(10);
      await world.sync(wanted);
      const written = world.written();
      world.console.faults.plan([{ operation: "list", action: { kind: "half-list" }, times: 1 }]);
      await world.sync(wanted);
      expect(await world.sync(wanted)).toBe("silent");
      expect(world.written()).toEqual(written);
    },
  },
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
  {
    rows: [31],
    fault: "a record is changed by hand after external-dns has read it",
    expected: "its new value is nobody's to delete",
    run: async (world) => {
      await world.sync([WWW]);
      const endpoints = await world.engine.records(unbounded());
      world.console.hand({
        kind: "update",
        match: { name: "www.example.com", type: "A" },
        set: { data: "10.9.9.9" },
      });
      const gone = endpoints
        .filter(({ recordType }) => recordType === "A")
        .map((endpoint) => ({ ...endpoint, labels: new Map([["owner", "matrix"]]) }));
      await world.engine.applyChanges({ create: [], updateOld: [], updateNew: [], delete: gone }, unbounded());
      expect(world.answers()).toEqual(["www.example.com A 10.9.9.9"]);
    },
  },
  {
    rows: [33],
    fault: "an alias made by hand stands at a name that is wanted as an address",
    expected: "it stays, and the rest is written",
    run: async (world) => {
      world.console.seed({ type: "CNAME", name: "www.example.com", data: "hand.example.net" });
      await world.sync([WWW, ...wantMany(1)]);
      expect(world.answers()).toEqual(["many0.example.com A 10.1.0.0", "www.example.com CNAME hand.example.net"]);
    },
  },
  {
    rows: [34],
    fault: "somebody makes the same alias just before us",
    expected: "one alias stands there: theirs",
    run: async (world) => {
      const record = { type: "CNAME", name: "alias.example.com", data: "theirs.example.net" } as const;
      const action: FaultAction = { kind: "hand-edit", edit: { kind: "create", record }, when: "before" };
      world.console.faults.plan([{ operation: "create", name: "alias.example.com", action, times: 1 }]);
      expect(await world.sync([want("alias.example.com", "CNAME", "ours.example.net")])).toBe("soft");
      expect(world.answers()).toEqual(["alias.example.com CNAME theirs.example.net"]);
    },
  },
  {
    rows: [35],
    fault: "two processes write the same at once",
    expected: "each record once, and both come to rest",
    run: async (world) => {
      const wanted = wantMany(10);
      const other = world.another();
      await Promise.all([world.sync(wanted), other.sync(wanted)]);
      await world.sync(wanted);
      await other.sync(wanted);
      expect(world.answers()).toHaveLength(10);
      expect([await world.sync(wanted), await other.sync(wanted)]).toEqual(["silent", "silent"]);
    },
  },
  {
    rows: [37],
    fault: "the console's certificate changes",
    expected: "no request reaches it; with the second pin all goes on",
    run: async (world) => {
      const next = createConsoleCertificate();
      const pins = [world.console.fingerprint, next.fingerprint].map(pinOf);
      const pinned = world.another({ kind: "pins", sha256: pins.slice(0, 1) });
      const prepared = world.another({ kind: "pins", sha256: pins });
      expect(await pinned.sync([WWW])).toBe("applied");
      const { requests } = world.console.counters();
      world.console.rotateCertificate(next);
      expect(await pinned.sync([MOVED])).toBe("soft");
      expect(world.console.counters().requests).toBe(requests);
      expect(await prepared.sync([MOVED])).toBe("applied");
    },
  },
  {
    rows: [38],
    fault: "the TLS handshake hangs",
    expected: "a soft error in time, and no request",
    run: async (world) => {
      world.console.setTransport("handshake-hang");
      expect(await world.sync([WWW])).toBe("soft");
      expect(world.console.counters().requests).toBe(0);
    },
  },
  {
    rows: [32],
    fault: "a second value was made by hand at a name of ours",
    expected: "it stays when ours goes",
    run: async (world) => {
      await world.sync([WWW]);
      const endpoints = await world.engine.records(unbounded());
      world.console.seed({ type: "A", name: "www.example.com", data: "10.9.9.9" });
      const gone = endpoints
        .filter(({ recordType }) => recordType === "A")
        .map((endpoint) => ({ ...endpoint, labels: new Map([["owner", "matrix"]]) }));
      await world.engine.applyChanges({ create: [], updateOld: [], updateNew: [], delete: gone }, unbounded());
      expect(world.answers()).toEqual(["www.example.com A 10.9.9.9"]);
    },
  },
];

/** Row 22, by what the console answers to a PUT. */
function rowsWithoutUpdate(): readonly Row[] {
  const answers = ["already-exists", "404", "405"] as const;
  return answers.map((v2Put) => ({
    rows: [22],
    fault: `PUT is not offered (${v2Put})`,
    expected: "learned once; the new address comes before the old one goes, an alias goes and comes in a row",
    onlyOn: "static-dns",
    switches: { v2Put },
    run: async (world) => {
      await world.sync([WWW, want("alias.example.com", "CNAME", "a.example.net")]);
      const before = world.written().length;
      expect(await world.sync([MOVED, want("alias.example.com", "CNAME", "b.example.net")])).toBe("applied");
      expect(world.written().slice(before).sort(byName)).toEqual([
        "delete alias.example.com CNAME a.example.net",
        "create alias.example.com CNAME b.example.net",
        `create ${NEW}`,
        `delete ${OLD}`,
      ]);
      const puts = world.console.counters().byOperation.update;
      expect(await world.sync([WWW, want("alias.example.com", "CNAME", "b.example.net")])).toBe("applied");
      expect(world.console.counters().byOperation.update).toBe(puts);
    },
  }));
}

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
    expected: "a soft error and no write; then all goes on",
    run: async (world: World) => {
      await world.sync([WWW]);
      const writes = world.writes();
      world.console.faults.plan([{ operation: "list", action }]);
      expect(await world.sync([MOVED])).toBe("soft");
      expect(world.writes()).toBe(writes);
      world.console.faults.clear();
      expect(await world.sync([MOVED])).toBe("applied");
      expect(world.answers()).toEqual([NEW]);
    },
  }));
}

function requestsFor(world: World, name: string): number {
  return world.console.requests().filter((request) => request.name === name).length;
}

function pinOf(fingerprint: string): string {
  return fingerprint.replaceAll(":", "").toLowerCase();
}

/** Units of different names have an order of their own; within a name the order is kept. */
function byName(a: string, b: string): number {
  const [, nameA = ""] = a.split(" ");
  const [, nameB = ""] = b.split(" ");
  return nameA < nameB ? -1 : Number(nameA > nameB);
}
