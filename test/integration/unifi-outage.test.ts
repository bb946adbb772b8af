// An outage of seconds; test/slow has the 90 seconds of a real reboot.

import { expect, test } from "vitest";
import { liveThroughOutage } from "./unifi-outage/outage.ts";

/** Beside the outage itself: a process that starts and some loops on a busy machine. */
const TIMEOUT_MS = 60_000;
const OUTAGE = { downMs: 3_000, emptyListsMs: 1_000, loopMs: 250 };

test.each([
  ["rebooted", "udm-9.4", "udm-9.4"],
  ["rebooted", "udm-10.4", "udm-10.4"],
  ["upgraded", "udm-9.4", "udm-10.4"],
] as const)(
  "a console %s under a batch, from %s to %s, costs no exit and no wrong write",
  async (_, profile, upgradeTo) => {
    const report = await liveThroughOutage({ profile, upgradeTo, ...OUTAGE });
    console.info(`from ${profile} to ${upgradeTo}`, report);
    expect(report.loopsDuringOutage).toBeGreaterThan(1);
  },
  TIMEOUT_MS,
);
