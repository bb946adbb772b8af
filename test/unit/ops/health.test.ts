import { expect, test } from "vitest";
import { SILENT } from "#src/lib/log.ts";
import { createHealth } from "#src/ops/health.ts";
import { ManualClock } from "#test/support/manual-clock.ts";

const READY = { isReady: true, reasons: [] };

function healthWith(isLive: () => Promise<boolean>, clock = new ManualClock()) {
  return createHealth({ isLive, readiness: () => READY, log: SILENT, clock });
}

test.each([[true], [false]])("a data plane that says %s is believed", async (live) => {
  expect(await healthWith(async () => live).checkLive()).toBe(live);
});

test("a data plane that is silent for three seconds is dead", async () => {
  const clock = new ManualClock();
  const checked = healthWith(() => new Promise(() => undefined), clock).checkLive();
  await clock.advance(3_000);
  expect(await checked).toBe(false);
});

test("a check that fails is a no", async () => {
  const failing = async (): Promise<boolean> => {
    throw new Error("no channel");
  };
  expect(await healthWith(failing).checkLive()).toBe(false);
});

test("probes at the same time share one look, the next one looks again", async () => {
  let looks = 0;
  const health = healthWith(async () => {
    looks += 1;
    return true;
  });
  await Promise.all([health.checkLive(), health.checkLive(), health.checkLive()]);
  expect(looks).toBe(1);
  await health.checkLive();
  expect(looks).toBe(2);
});
