// The system clock: sleeps that end in time or with the signal, and leave no timer behind.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { SYSTEM_CLOCK } from "#src/lib/clock.ts";

const PATIENT = new AbortController().signal;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
});

afterEach(() => {
  vi.useRealTimers();
});

test("nowMs is the wall clock in Unix milliseconds", () => {
  expect(SYSTEM_CLOCK.nowMs()).toBe(1_700_000_000_000);
  vi.advanceTimersByTime(1_500);
  expect(SYSTEM_CLOCK.nowMs()).toBe(1_700_000_001_500);
});

test("monotonicMs survives a jump of the wall clock", () => {
  const before = SYSTEM_CLOCK.monotonicMs();
  vi.setSystemTime(0);
  vi.advanceTimersByTime(250);
  expect(SYSTEM_CLOCK.nowMs()).toBe(250);
  expect(SYSTEM_CLOCK.monotonicMs() - before).toBeCloseTo(250);
});

describe("sleep", () => {
  test("ends after its delay and not before", async () => {
    const ended = vi.fn<() => void>();
    const sleep = SYSTEM_CLOCK.sleep(1_000, PATIENT).then(ended);
    await vi.advanceTimersByTimeAsync(999);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await sleep;
    expect(ended).toHaveBeenCalledOnce();
  });

  test("rejects with the signal's reason when it aborts first, and leaves no timer", async () => {
    const controller = new AbortController();
    const sleep = SYSTEM_CLOCK.sleep(1_000, controller.signal);
    const reason = new Error("stopping");
    controller.abort(reason);
    await expect(sleep).rejects.toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("rejects at once when the signal was aborted before, and sets no timer", async () => {
    const sleep = SYSTEM_CLOCK.sleep(1_000, AbortSignal.abort(new Error("too late")));
    expect(vi.getTimerCount()).toBe(0);
    await expect(sleep).rejects.toThrow("too late");
  });

  test("rejects with an error that says a reason which is none", async () => {
    await expect(SYSTEM_CLOCK.sleep(1_000, AbortSignal.abort("stopping"))).rejects.toThrow(new Error("stopping"));
  });

  test("that has ended no longer listens to the signal", async () => {
    const controller = new AbortController();
    const removed = vi.spyOn(controller.signal, "removeEventListener");
    const sleep = SYSTEM_CLOCK.sleep(10, controller.signal);
    await vi.advanceTimersByTimeAsync(10);
    await sleep;
    expect(removed).toHaveBeenCalledOnce();
  });
});
