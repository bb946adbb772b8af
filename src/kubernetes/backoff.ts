// How long to wait after a failure: longer after each, until it has been quiet for a while. client-go's figures.

import type { Clock } from "#src/lib/clock.ts";

export interface Backoff {
  /** Milliseconds to wait now. */
  readonly next: () => number;
}

const FIRST_MS = 800;
const LONGEST_MS = 30_000;
/** After this long without a failure the next one counts as the first. */
const HEALTHY_MS = 120_000;

/** Waits 0.8 s to 30 s, doubling, and up to as much again by chance, so that many watchers do not come back at once. */
export function createBackoff(clock: Clock, random: () => number): Backoff {
  let delayMs = FIRST_MS;
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    next: () => {
      const nowMs = clock.monotonicMs();
      if (nowMs - lastMs > HEALTHY_MS) delayMs = FIRST_MS;
      const waitMs = delayMs * (1 + random());
      delayMs = Math.min(delayMs * 2, LONGEST_MS);
      lastMs = nowMs + waitMs;
      return waitMs;
    },
  };
}
