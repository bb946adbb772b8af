import { expect, test } from "vitest";
import { withGrace } from "#src/sync/grace.ts";
import { ManualClock } from "#test/support/manual-clock.ts";

const GRACE_MS = 2_000;

test("what was begun goes on for a while after its caller is gone, and no longer", async () => {
  const clock = new ManualClock();
  const caller = new AbortController();
  const seen: boolean[] = [];
  await withGrace(caller.signal, { clock, graceMs: GRACE_MS }, async (finishing) => {
    await clock.advance(GRACE_MS);
    seen.push(finishing.aborted);
    caller.abort(new Error("gone"));
    await clock.advance(GRACE_MS - 100);
    seen.push(finishing.aborted);
    await clock.advance(100);
    seen.push(finishing.aborted);
    expect(finishing.reason).toMatchObject({ message: "gone" });
  });
  expect(seen).toEqual([false, false, true]);
});

test("the time of a caller that was gone before counts from the start", async () => {
  const clock = new ManualClock();
  await withGrace(AbortSignal.abort(), { clock, graceMs: GRACE_MS }, async (finishing) => {
    expect(finishing.aborted).toBe(false);
    await clock.advance(GRACE_MS);
    expect(finishing.aborted).toBe(true);
  });
});
