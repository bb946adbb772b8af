// The 90 seconds for which a console reboots, in real time, in the middle of a batch; test/integration has it shorter.

import { expect, test } from "vitest";
import { liveThroughOutage } from "../integration/unifi-outage/outage.ts";

const OUTAGE = { downMs: 90_000, emptyListsMs: 5_000, loopMs: 5_000 };

test.each([
  ["rebooted", "udm-10.4", "udm-10.4"],
  ["upgraded", "udm-9.4", "udm-10.4"],
] as const)(
  "a console %s under a batch, from %s to %s, costs no exit and no wrong write",
  async (_, profile, upgradeTo) => {
    const report = await liveThroughOutage({ profile, upgradeTo, ...OUTAGE });
    console.info(`from ${profile} to ${upgradeTo}`, report);
    expect(report.loopsDuringOutage).toBeGreaterThan(1);
  },
);
