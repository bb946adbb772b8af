// Sleeps until the next held address is to be let go; a change may bring that forward.

import type { Clock } from "#src/lib/clock.ts";

export interface HoldTimer {
  /** Something may be due at another time than before. */
  look(): void;
}

/** `nextMs`: by the monotonic clock; `undefined` while nothing is held. Ends with the signal. */
export function createHoldTimer(options: {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  nextMs(): number | undefined;
  expire(): void;
}): HoldTimer {
  const { clock, signal } = options;
  let sleeping: AbortController | undefined;
  return { look };

  function look(): void {
    sleeping?.abort(new Error("looked at anew"));
    sleeping = undefined;
    const next = options.nextMs();
    if (next === undefined || signal.aborted) return;
    sleeping = new AbortController();
    void expireAt(next, AbortSignal.any([signal, sleeping.signal]));
  }

  async function expireAt(atMs: number, until: AbortSignal): Promise<void> {
    try {
      await clock.sleep(Math.max(0, atMs - clock.monotonicMs()), until);
    } catch {
      // Looked at anew, or the process stops.
      return;
    }
    try {
      options.expire();
    } finally {
      look();
    }
  }
}
