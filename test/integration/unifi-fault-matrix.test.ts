// The rows of the fault matrix that a UniFi console can cause, through engine, store and emulator on both APIs, in virtual time.
// Elsewhere: 2 (start-up) and the metrics of 17 and 37 in unifi-drop-in.test.ts, the memory of 28 in unifi-large-answer.test.ts, 39
// (the console's name) in remembering-lookup.test.ts, 40 (kill) in test/crash/unifi-kill.test.ts, 41 to 44 with real processes in
// unifi-process.test.ts, as 36 in unifi-outage.test.ts, 49 (malformed bodies) the webhook's, 82 (a new key) in secret-file.test.ts
// and unifi-drop-in.test.ts. 15 and 16 (log-in) are rows of a login; with a key nobody logs in, which every row asserts.

import { describe, expect, test } from "vitest";
import { BATCH_ROWS } from "./unifi-faults/batch-rows.ts";
import { LIST_ROWS } from "./unifi-faults/list-rows.ts";
import { REFUSED_ROWS } from "./unifi-faults/refused-rows.ts";
import { loginsInTheWorstMinute, SESSION_ROWS } from "./unifi-faults/session-rows.ts";
import { TRANSPORT_ROWS } from "./unifi-faults/transport-rows.ts";
import { startWorld } from "./unifi-faults/world.ts";
import { WRITER_ROWS } from "./unifi-faults/writer-rows.ts";

const ROWS = [...TRANSPORT_ROWS, ...REFUSED_ROWS, ...LIST_ROWS, ...WRITER_ROWS, ...BATCH_ROWS];

const APIS = [
  { api: "dns/policies", profile: "udm-10.4" },
  { api: "static-dns", profile: "udm-9.4" },
] as const;

describe.each(APIS)("$api", ({ api, profile }) => {
  const rows = ROWS.filter(({ onlyOn }) => (onlyOn ?? api) === api);
  test.each(rows)("row $rows: $fault: $expected", async ({ run, leavesDuplicates = false, ...options }) => {
    const world = await startWorld({ ...options, profile });
    try {
      await run(world);
      world.console.settle();
      expect(world.console.reloads().filter(({ starts }) => !starts)).toEqual([]);
      const values = world.console.records().map(({ name, type, data }) => `${name} ${type} ${data}`);
      expect(new Set(values).size === values.length || leavesDuplicates).toBe(true);
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
  const elsewhere = profile === "udm-8.2" ? [5, 9, 10, 17] : [17];
  const common = ROWS.filter(
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
