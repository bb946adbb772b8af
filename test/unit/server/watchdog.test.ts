import { expect, onTestFinished, test } from "vitest";
import { watchForHang } from "#src/server/watchdog.ts";
import { ManualClock } from "#test/support/manual-clock.ts";

/** A thread that answers or not, watched for a while of virtual time. */
function watch(answers: (ping: number) => boolean) {
  const clock = new ManualClock();
  const stopping = new AbortController();
  const seen = { pings: 0, hangs: 0 };
  const thread: { current: unknown } = { current: "first" };
  const watching = watchForHang({
    clock,
    signal: stopping.signal,
    watched: () => thread.current,
    ping: async (timeoutMs) => {
      seen.pings += 1;
      if (answers(seen.pings)) return true;
      await clock.sleep(timeoutMs, stopping.signal).catch(() => undefined);
      return false;
    },
    onHang: () => {
      seen.hangs += 1;
    },
  });
  onTestFinished(() => stopping.abort(new Error("the test is over")));
  return { clock, seen, thread, stopping, watching };
}

test("a thread that answers is left alone", async () => {
  const { clock, seen } = watch(() => true);
  await clock.advance(120_000);
  expect(seen).toEqual({ pings: 60, hangs: 0 });
});

test("a thread that misses three pings in a row hangs, and that is told once", async () => {
  const { clock, seen } = watch(() => false);
  await clock.advance(20_000);
  expect(seen).toMatchObject({ pings: 3, hangs: 0 });
  await clock.advance(1_500);
  expect(seen.hangs).toBe(1);
  await clock.advance(60_000);
  expect(seen.hangs).toBe(1);
});

test("two misses and an answer are no hang", async () => {
  const { clock, seen } = watch((ping) => ping % 3 === 0);
  await clock.advance(120_000);
  expect(seen.hangs).toBe(0);
});

test("a thread that starts is not asked, however long it takes", async () => {
  const { clock, seen, thread } = watch(() => false);
  thread.current = undefined;
  await clock.advance(30_000);
  expect(seen).toEqual({ pings: 0, hangs: 0 });
});

test("a new thread does not inherit the misses of the one before, and may hang itself", async () => {
  const { clock, seen, thread } = watch(() => false);
  await clock.advance(15_000);
  thread.current = "second";
  await clock.advance(12_000);
  expect(seen.hangs).toBe(0);
  await clock.advance(20_000);
  expect(seen.hangs).toBe(1);
});

test("it ends when the data plane stops", async () => {
  const { stopping, watching } = watch(() => false);
  stopping.abort(new Error("stopping"));
  await expect(watching).resolves.toBeUndefined();
});
