// 10,000 creates in one batch, which no call has time for: progress each time, and a heap that stays small.

import { expect, test } from "vitest";
import { createMany } from "#test/support/unifi-batch.ts";

const COUNT = 10_000;
const BUDGET_SECONDS = 12;

test.runIf(process.platform === "linux").each(["udm-10.4", "udm-9.4"] as const)(
  `${COUNT} creates with %s stop in time with progress`,
  async (profile) => {
    const report = await createMany(profile, { count: COUNT, calls: 5, budgetSeconds: BUDGET_SECONDS });
    console.info(`${COUNT} creates with ${profile}`, report);
    expect(report.records.at(-1)).toBeGreaterThan(0);
  },
);
