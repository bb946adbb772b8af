// The rows of the fault matrix that a UniFi console can cause, through engine, store and emulator on both APIs, in virtual time.
// Not here: 2 (start-up without a console) and 37's metric are the process's, in unifi-drop-in.test.ts; with a key nobody logs in,
// which every row asserts, so 15 and 16 (login limit, lost session, CSRF) are rows of a login; the flap detector of 35 does not exist; 39 (the console's name cannot be looked up) is in remembering-lookup.test.ts.

import { describe, expect, test } from "vitest";
import { CONTENT_ROWS } from "./unifi-faults/content-rows.ts";
import { loginsInTheWorstMinute, SESSION_ROWS } from "./unifi-faults/session-rows.ts";
import { TRANSPORT_ROWS } from "./unifi-faults/transport-rows.ts";
import { startWorld } from "./unifi-faults/world.ts";

const APIS = [
  { api: "dns/policies", profile: "udm-10.4" },
  { api: "static-dns", profile: "udm-9.4" },
] as const;

describe.each(APIS)("$api", ({ api, profile }) => {
  const rows = [...TRANSPORT_ROWS, ...CONTENT_ROWS].filter(({ onlyOn }) => (onlyOn ?? api) === api);
  test.each(rows)("row $rows: $fault: $expected", async ({ run, ...options }) => {
    const world = await startWorld({ ...options, profile });
    try {
      await run(world);
      world.console.settle();
      expect(world.console.reloads().filter(({ starts }) => !starts)).toEqual([]);
      const values = world.console.records().map(({ name, type, data }) => `${name} ${type} ${data}`);
      expect(new Set(values).size).toBe(values.length);
      expect(world.console.counters().logins).toBe(0);
    } finally {
      await world.close();
    }
  });
});

/** Consoles take five logins a minute, from everybody together. */
const MAX_LOGINS_A_MINUTE = 4;

describe.each(["udm-8.2", "selfhosted-10"] as const)("by login on %s", (profile) => {
  // The common row 17 revokes a key; a login has a row of its own. What an old console does after a lost create is the subject
  // of unifi-loose-console.test.ts.
  const elsewhere = profile === "udm-8.2" ? [5, 10, 17] : [17];
  const common = [...TRANSPORT_ROWS, ...CONTENT_ROWS].filter(
    ({ onlyOn, rows }) => onlyOn !== "dns/policies" && !rows.some((row) => elsewhere.includes(row)),
  );
  test.each([...SESSION_ROWS, ...common])("row $rows: $fault: $expected", async ({ run, ...options }) => {
    const world = await startWorld({ ...options, profile });
    try {
      await run(world);
      expect(loginsInTheWorstMinute(world)).toBeLessThanOrEqual(MAX_LOGINS_A_MINUTE);
    } finally {
      await world.close();
    }
  });
});
