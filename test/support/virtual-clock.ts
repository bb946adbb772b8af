// A clock that only moves when it is told to, at once and without waking anybody: for code that reads time and never sleeps.

import type { Clock } from "#src/lib/clock.ts";

export interface VirtualClock extends Clock {
  advance(byMs: number): void;
}

export function createVirtualClock(): VirtualClock {
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: () => Promise.reject(new Error("nobody may sleep on a virtual clock")),
    advance: (byMs) => {
      nowMs += byMs;
    },
  };
}
