// Rows 31–39 of the fault matrix: other hands write too, and the peer is not the console that we know.

import { expect } from "vitest";
import type { FaultAction } from "#test/fakes/unifi-console/faults.ts";
import { createConsoleCertificate } from "#test/fakes/unifi-console/unifi-console.ts";
import { unbounded } from "#test/support/engine.ts";
import type { Row } from "./row.ts";
import { type World, want, wantMany } from "./world.ts";

const WWW = want("www.example.com", "A", "10.0.0.1");
const MOVED = want("www.example.com", "A", "10.0.0.2");
const NEW = "www.example.com A 10.0.0.2";
const BY_HAND = "www.example.com A 10.9.9.9";
/** When the console's DNS server loads what was written (facts: unifi.md 1.1.6). */
const RELOAD_DELAY_MS = 1_000;
const HANDSHAKE_MS = 3_000;

type Batch = Parameters<World["engine"]["applyChanges"]>[0];
type Endpoints = Batch["delete"];

export const WRITER_ROWS: readonly Row[] = [
  {
    rows: [31],
    fault: "a record is changed by hand after external-dns has read it, and shall be deleted",
    expected: "its new value is nobody's to delete",
    run: async (world) => {
      const read = await readThen(world, () => changeByHand(world));
      await world.engine.applyChanges(batch({ delete: read }), unbounded());
      expect(world.answers()).toEqual([BY_HAND]);
    },
  },
  {
    rows: [31],
    fault: "a record is changed by hand after external-dns has read it, and shall be changed",
    expected: "its new value stays beside ours, which is made from a fresh list",
    run: async (world) => {
      const read = await readThen(world, () => changeByHand(world));
      const updateNew = read.map((endpoint) => ({ ...endpoint, targets: ["10.0.0.2"] }));
      await world.engine.applyChanges(batch({ updateOld: read, updateNew }), unbounded());
      expect(world.answers()).toEqual([NEW, BY_HAND]);
    },
  },
  {
    rows: [32],
    fault: "a second value was made by hand at a name of ours",
    expected: "it stays when ours goes",
    run: async (world) => {
      const read = await readThen(world, () =>
        world.console.seed({ type: "A", name: "www.example.com", data: "10.9.9.9" }),
      );
      const byHand = JSON.stringify(world.console.records().at(-1));
      await world.engine.applyChanges(batch({ delete: read }), unbounded());
      expect(world.answers()).toEqual([BY_HAND]);
      expect(world.console.records().map((record) => JSON.stringify(record))).toContain(byHand);
    },
  },
  {
    rows: [33],
    fault: "an alias made by hand stands at a name that is wanted as an address",
    expected: "it stays, nothing is sent for the name, the report says why, and the rest is written",
    run: async (world) => {
      const create = await readThen(world, () => undefined);
      await world.sync([]);
      world.console.seed({ type: "CNAME", name: "www.example.com", data: "hand.example.net" });
      const requests = requestsFor(world, "www.example.com");
      const beside = create.map((endpoint) => ({ ...endpoint, dnsName: "beside.example.com" }));
      const report = await world.engine.applyChanges(batch({ create: [...create, ...beside] }), unbounded());
      expect(report).toMatchObject({
        outcome: "refused",
        applied: 1,
        failures: [{ name: "www.example.com", type: "A", code: "name.taken" }],
      });
      expect(world.answers()).toEqual(["beside.example.com A 10.0.0.1", "www.example.com CNAME hand.example.net"]);
      expect(requestsFor(world, "www.example.com")).toBe(requests);
    },
  },
  {
    rows: [34],
    fault: "somebody makes the same alias just before us",
    expected: "one alias stands there: theirs; none of ours was carried out",
    run: async (world) => {
      theirAliasFirst(world, "theirs.example.net");
      expect(await world.sync([want("alias.example.com", "CNAME", "ours.example.net")])).toBe("soft");
      expect(world.answers()).toEqual(["alias.example.com CNAME theirs.example.net"]);
      expect(world.written()).toEqual([]);
    },
  },
  ...rivals(),
  {
    rows: [34],
    fault: "the same, and the answers to our removal are lost",
    expected: "removed again until it is gone",
    onlyOn: "static-dns",
    switches: { conflictRules: "loose" },
    run: async (world) => {
      theirAliasFirst(world, "theirs.example.net");
      const action: FaultAction = { kind: "reset", commit: "none" };
      world.console.faults.plan([{ operation: "delete", name: "alias.example.com", action, times: 2 }]);
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
    rows: [35],
    fault: "two processes with one owner id want different values at one name",
    expected: "one of the two leaves it alone after five rewrites, for ten minutes, and writes everything else",
    run: async (world) => {
      const other = world.another();
      const theirs = want("www.example.com", "A", "10.0.0.7");
      // Half a minute after each other: the clock goes on with every loop.
      for (let loop = 0; loop < 7; loop += 1) {
        await world.sync([WWW], 30_000);
        await other.sync([theirs], 30_000);
      }
      const written = world.written().length;
      expect(written).toBeLessThanOrEqual(13);
      const beside = wantMany(1);
      for (let loop = 0; loop < 4; loop += 1) {
        await world.sync([WWW, ...beside], 30_000);
        await other.sync([theirs, ...beside], 30_000);
      }
      expect(world.written().slice(written)).toEqual(["create many0.example.com A 10.1.0.0"]);
      expect(world.engine.status().contested + other.engine.status().contested).toBe(1);
      expect(world.alarms.filter(({ msg }) => msg === "record left alone")).toHaveLength(1);
    },
  },
  {
    rows: [37],
    fault: "the console's certificate changes",
    expected: "no request reaches it, and the status says why; with the second pin all goes on",
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
      expect(pinned.store.status().failure?.code).toBe("unifi.untrusted");
      expect(await prepared.sync([MOVED])).toBe("applied");
    },
  },
  {
    rows: [38],
    fault: "the TLS handshake hangs",
    expected: "an error after 3 s that says try again, and no request",
    run: async (world) => {
      world.console.setTransport("handshake-hang");
      world.clock.beImpatient();
      const tookMs = await world.timed(() =>
        expect(world.engine.records(unbounded())).rejects.toMatchObject({ code: "unifi.away", retryable: true }),
      );
      expect(tookMs).toBe(HANDSHAKE_MS);
      expect(world.console.counters().requests).toBe(0);
    },
  },
];

/** What external-dns names as its own after one loop, and then somebody does something. */
async function readThen(world: World, act: () => unknown): Promise<Endpoints> {
  await world.sync([WWW]);
  const endpoints = await world.engine.records(unbounded());
  act();
  return endpoints
    .filter(({ recordType }) => recordType === "A")
    .map((endpoint) => ({ ...endpoint, labels: new Map([["owner", "matrix"]]) }));
}

function batch(some: Partial<Batch>): Batch {
  return { create: [], updateOld: [], updateNew: [], delete: [], ...some };
}

function requestsFor(world: World, name: string): number {
  return world.console.requests().filter((request) => request.name === name).length;
}

function changeByHand(world: World): void {
  world.console.hand({ kind: "update", match: { name: "www.example.com", type: "A" }, set: { data: "10.9.9.9" } });
}

/** Between our look and our write. */
function theirAliasFirst(world: World, data: string): void {
  const record = { type: "CNAME", name: "alias.example.com", data } as const;
  const action: FaultAction = { kind: "hand-edit", edit: { kind: "create", record }, when: "before" };
  world.console.faults.plan([{ operation: "create", name: "alias.example.com", action, times: 1 }]);
}

function pinOf(fingerprint: string): string {
  return fingerprint.replaceAll(":", "").toLowerCase();
}

/** Row 34, by what the other alias says. */
function rivals(): readonly Row[] {
  return ["theirs.example.net", "ours.example.net"].map(
    (theirs): Row => ({
      rows: [34],
      fault: `somebody makes an alias to ${theirs} just before us, and the console takes both`,
      expected:
        "ours goes at once and with its text, before the DNS server loads the two; an alarm names it; theirs stays",
      onlyOn: "static-dns",
      switches: { conflictRules: "loose" },
      run: async (world) => {
        theirAliasFirst(world, theirs);
        const wanted = [want("alias.example.com", "CNAME", "ours.example.net"), WWW];
        expect(await world.sync(wanted)).toBe("soft");
        const commits = world.console.commits().filter(({ before, after }) => (before ?? after)?.type === "CNAME");
        expect(commits.map(({ by }) => by)).toEqual(["hand", "client", "client"]);
        expect((commits[2]?.atMs ?? 0) - (commits[1]?.atMs ?? 0)).toBeLessThan(RELOAD_DELAY_MS);
        expect(world.answers()).toEqual([`alias.example.com CNAME ${theirs}`, "www.example.com A 10.0.0.1"]);
        expect(world.console.records().filter(({ name }) => name === "cname-alias.example.com")).toEqual([]);
        expect(world.alarms).toContainEqual(
          expect.objectContaining({ level: "error", name: "alias.example.com", type: "CNAME" }),
        );
        expect(world.reports.at(-1)?.failures).toContainEqual(expect.objectContaining({ code: "unifi.rival" }));
        await world.sync(wanted);
        expect(world.console.commits().filter(({ after }) => after?.type === "CNAME")).toHaveLength(2);
      },
    }),
  );
}
