// Rows 15–18 of the fault matrix where a login opens the console, and row 4 with it: sessions end, logins are refused or
// limited, and their number stays small.

import { expect } from "vitest";
import type { FaultAction } from "#test/fakes/unifi-console/faults.ts";
import type { Row } from "./row.ts";
import { type World, want, wantMany } from "./world.ts";

const WWW = want("www.example.com", "A", "10.0.0.1");
const MOVED = want("www.example.com", "A", "10.0.0.2");
const OLD = "www.example.com A 10.0.0.1";
const NEW = "www.example.com A 10.0.0.2";
/** The console counts logins over as long. */
const WINDOW_MS = 60_000;

export const SESSION_ROWS: readonly Row[] = [
  {
    rows: [15],
    fault: "the console takes no more logins, without Retry-After, for ten minutes",
    expected: "soft errors, logins 1, 2, 4 minutes apart and none in between, then all is well",
    run: async (world) => {
      world.console.faults.plan([{ operation: "login", method: "POST", action: { kind: "login-limit" } }]);
      const outcomes: string[] = [];
      for (let minute = 0; minute < 10; minute += 1) outcomes.push(await world.sync([WWW]));
      expect(new Set(outcomes)).toEqual(new Set(["soft"]));
      expect(minutesBetweenLogins(world)).toEqual([1, 2, 4]);
      expect(world.store.status().failure?.code).toBe("unifi.login-limit");
      world.console.faults.clear();
      await syncUntil(world, "applied");
      expect(world.answers()).toEqual([OLD]);
      expect(await world.sync([WWW])).toBe("silent");
    },
  },
  {
    rows: [15],
    fault: "the limit is reached by others while our session is good",
    expected: "everything goes on without a login",
    run: async (world) => {
      expect(await world.sync([WWW])).toBe("applied");
      const logins = world.console.counters().logins;
      world.console.faults.plan([{ operation: "login", method: "POST", action: { kind: "login-limit" } }]);
      expect(await world.sync([MOVED])).toBe("applied");
      expect(await world.sync([MOVED])).toBe("silent");
      expect(world.console.counters().logins).toBe(logins);
    },
  },
  {
    rows: [15],
    fault: "a login is answered 200 without cookie and token",
    expected: "a failed login: none for a minute, nothing written",
    run: async (world) => {
      planOnce(world, "login", { kind: "login-without-session" });
      expect(await world.sync([WWW])).toBe("soft");
      expect(await world.sync([WWW])).toBe("applied");
      expect(minutesBetweenLogins(world)).toEqual([1]);
    },
  },
  {
    rows: [16],
    fault: "the session ends at every third write of a batch",
    expected: "one login each, the batch goes on, every record is written once",
    run: async (world) => {
      await world.sync([]);
      world.console.faults.plan([{ operation: "create", nth: 3, action: { kind: "session-lost" } }]);
      world.console.faults.plan([{ operation: "create", nth: 10, action: { kind: "session-lost" } }]);
      expect(await world.sync(wantMany(10))).toBe("applied");
      expect(world.written()).toHaveLength(10);
      expect(world.console.counters().logins).toBe(3);
      expect(await world.sync(wantMany(10))).toBe("silent");
    },
  },
  {
    rows: [16],
    fault: "the session has ended before a list, an update, a delete",
    expected: "one login each, one replay, done in the same apply",
    run: async (world) => {
      for (const [wanted, logins] of [
        [[WWW], 1],
        [[MOVED], 2],
        [[], 3],
      ] as const) {
        expect(await world.sync(wanted)).toBe("applied");
        expect(world.console.counters().logins).toBe(logins);
        world.console.expireSessions();
      }
      expect(world.written()).toEqual([`create ${OLD}`, `update ${NEW}`, `delete ${NEW}`]);
    },
  },
  {
    rows: [16],
    fault: "the CSRF token changes after every second write, the old one is stale at once",
    expected: "every answer's token is taken over: no request is turned away, one login",
    switches: { csrfRotationWrites: 2 },
    run: async (world) => {
      expect(await world.sync(wantMany(10))).toBe("applied");
      expect(statuses(world)).not.toContain(403);
      expect(world.console.counters().logins).toBe(1);
    },
  },
  {
    rows: [16],
    fault: "the CSRF token is stale at every fifth write",
    expected: "replayed once with the token from the refusal, without a login",
    run: async (world) => {
      world.console.faults.plan([{ operation: "create", every: 5, action: { kind: "csrf-stale" } }]);
      expect(await world.sync(wantMany(10))).toBe("applied");
      expect(world.written()).toHaveLength(10);
      expect(statuses(world).filter((status) => status === 403).length).toBeGreaterThan(2);
      expect(world.console.counters().logins).toBe(1);
    },
  },
  {
    rows: [4, 16],
    fault: "the console reboots after 6 of 20 writes, for 90 s, and forgets its sessions",
    expected: "soft until it is back; then one login and only what is missing, within two syncs",
    run: async (world) => {
      const wanted = wantMany(10);
      world.console.faults.plan([{ operation: "create", nth: 7, action: { kind: "reboot", commit: "none" } }]);
      expect(await world.sync(wanted)).toBe("soft");
      expect(world.console.records()).toHaveLength(6);
      expect(await world.sync(wanted)).toBe("soft");
      world.clock.time.advance(WINDOW_MS);
      await world.clock.untilReachable(world.console.port);
      expect(await world.sync(wanted)).toBe("applied");
      expect(world.written()).toHaveLength(10);
      expect(world.console.counters().logins).toBe(2);
      expect(await world.sync(wanted)).toBe("silent");
    },
  },
  {
    rows: [17],
    fault: "the account's password was changed and its sessions ended",
    expected: "soft errors, logins 1, 2 and 4 minutes apart, and the status names the login",
    run: async (world) => {
      await world.sync([WWW]);
      const { username, role } = userOf(world);
      world.console.access.users.set(username, { username, password: "another", role });
      world.console.expireSessions();
      for (let minute = 0; minute < 10; minute += 1) expect(await world.sync([MOVED])).toBe("soft");
      expect(minutesBetweenLogins(world).slice(1)).toEqual([1, 2, 4]);
      expect(world.store.status().failure?.code).toBe("unifi.credentials");
      expect(world.answers()).toEqual([OLD]);
    },
  },
  {
    rows: [18],
    fault: "the account may only read",
    expected: "a soft error with one write asked for in each sync, and one login for all",
    access: "viewer",
    run: async (world) => {
      for (const syncs of [1, 2]) {
        expect(await world.sync(wantMany(5))).toBe("soft");
        expect(world.writes()).toBe(syncs);
      }
      expect(world.reports.at(-1)).toMatchObject({ outcome: "refused", interruption: { code: "unifi.permission" } });
      expect(world.console.records()).toEqual([]);
      expect(world.console.counters().logins).toBe(1);
    },
  },
];

/** Logins that the console saw in the worst minute. */
export function loginsInTheWorstMinute({ console }: World): number {
  const atMs = loginTimesMs(console);
  return Math.max(0, ...atMs.map((start) => atMs.filter((at) => at >= start && at < start + WINDOW_MS).length));
}

function loginTimesMs(console: World["console"]): readonly number[] {
  return console.requests().flatMap(({ operation, atMs }) => (operation === "login" ? [atMs] : []));
}

function minutesBetweenLogins({ console }: World): readonly number[] {
  const atMs = loginTimesMs(console);
  return atMs.slice(1).map((at, index) => Math.round((at - (atMs[index] ?? 0)) / WINDOW_MS));
}

function statuses({ console }: World): readonly (number | undefined)[] {
  return console.requests().map(({ status }) => status);
}

function userOf({ console }: World): { readonly username: string; readonly role: "admin" } {
  return { username: console.username, role: "admin" };
}

async function syncUntil(world: World, outcome: string): Promise<void> {
  const MAX_SYNCS = 20;
  for (let sync = 0; sync < MAX_SYNCS; sync += 1) if ((await world.sync([WWW])) === outcome) return;
  throw new Error(`not ${outcome} within ${MAX_SYNCS} syncs`);
}

function planOnce(world: World, operation: "login", action: FaultAction): void {
  world.console.faults.plan([{ operation, method: "POST", action, times: 1 }]);
}
