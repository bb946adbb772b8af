// The rows of the fault matrix that a UniFi console can cause, through engine, store and emulator on both APIs, in virtual time.
// Not here: 2 (start-up without a console) and 37's metric are the process's, in unifi-drop-in.test.ts; 15 and 16 (login limit,
// lost session, CSRF) cannot happen, because the store works with an API key and never logs in, which every row asserts; the
// flap detector of 35 does not exist; 39 (the console's name cannot be looked up) is in remembering-lookup.test.ts; 40 is
// test/crash/unifi-kill.test.ts and 41 to 44 are unifi-process.test.ts, both with real processes, as is unifi-outage.test.ts for 36.

import { describe, expect, test } from "vitest";
import { CONTENT_ROWS } from "./unifi-faults/content-rows.ts";
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
