// One virtual time for a console in memory and everything above it: it moves when nothing else can happen, straight to what
// falls due next, so that a time-out of seconds takes no time and comes in its right order.

import type { Clock } from "#src/lib/clock.ts";
import { ManualTime } from "#test/fakes/unifi-console/time.ts";

export interface SimulatedClock extends Clock {
  readonly time: ManualTime;
  /** What `run` comes to, which may wait for nothing but this time. */
  simulate<T>(run: () => Promise<T>): Promise<T>;
}

export function createSimulatedClock(): SimulatedClock {
  const time = new ManualTime();
  return {
    time,
    nowMs: () => time.nowMs(),
    monotonicMs: () => time.nowMs(),
    sleep: (delayMs, signal) => sleep(time, delayMs, signal),
    simulate: (run) => simulate(time, run),
  };
}

function sleep(time: ManualTime, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      callOff();
      reject(asError(signal.reason));
    };
    const callOff = time.after(delayMs, () => {
      signal.removeEventListener("abort", stop);
      resolve();
    });
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

async function simulate<T>(time: ManualTime, run: () => Promise<T>): Promise<T> {
  const state = { isOver: false };
  const result = run().finally(() => {
    state.isOver = true;
  });
  // Seen below; until then it must not count as unhandled.
  result.catch(() => undefined);
  for (await turn(); !state.isOver; await turn()) {
    if (!time.advanceToNext()) throw new Error("it waits for something that is not in this time");
  }
  return result;
}

/** Comes after everything that needs no more than a promise. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
