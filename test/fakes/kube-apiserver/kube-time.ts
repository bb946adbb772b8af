// The API server's time: real, or a test's.

import type { Clock } from "#src/lib/clock.ts";

export interface KubeTime {
  /** Unix milliseconds. */
  nowMs(): number;
  /** Runs something later; the function returned calls it off. */
  after(delayMs: number, run: () => void): () => void;
}

export const REAL_TIME: KubeTime = {
  nowMs: () => Date.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** The same clock that the code under test sleeps on. */
export function timeOfClock(clock: Clock): KubeTime {
  return {
    nowMs: () => clock.nowMs(),
    after: (delayMs, run) => {
      const canceled = new AbortController();
      clock.sleep(delayMs, canceled.signal).then(run, () => undefined);
      return () => canceled.abort();
    },
  };
}
