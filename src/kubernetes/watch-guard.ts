// Ends a watch that has gone silent although its connection stands: proxies may acknowledge what nobody reads any more.

import type { Clock } from "#src/lib/clock.ts";
import { ApiFailure } from "./failure.ts";

export interface WatchGuard {
  /** An event came. */
  sawEvent(): void;
  /** A bookmark came: from the second one on, this server is known to send them about once a minute. */
  sawBookmark(): void;
  stop(): void;
}

/** Past the time the server was asked to end the watch at. */
const GRACE_MS = 15_000;
/** Three bookmarks that did not come. */
const IDLE_MS = 180_000;
const BOOKMARKS_BEFORE_IDLE = 2;

/** Aborts `scope` when the server outlives `timeoutMs`, or is silent for too long. */
export function createWatchGuard(scope: AbortController, clock: Clock, timeoutMs: number): WatchGuard {
  const hardMs = clock.monotonicMs() + timeoutMs + GRACE_MS;
  let lastMs = clock.monotonicMs();
  let bookmarks = 0;
  let timer = new AbortController();

  const deadlineMs = (): number => (bookmarks < BOOKMARKS_BEFORE_IDLE ? hardMs : Math.min(hardMs, lastMs + IDLE_MS));
  const run = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const leftMs = deadlineMs() - clock.monotonicMs();
      if (leftMs <= 0) {
        scope.abort(new ApiFailure("broken", "the watch went silent"));
        return;
      }
      // Rejects when the watch is over, or when a shorter deadline begins to hold.
      await clock.sleep(leftMs, signal).catch(() => undefined);
    }
  };
  void run(timer.signal);
  return {
    sawEvent: () => {
      lastMs = clock.monotonicMs();
    },
    sawBookmark: () => {
      lastMs = clock.monotonicMs();
      bookmarks += 1;
      if (bookmarks !== BOOKMARKS_BEFORE_IDLE) return;
      timer.abort();
      timer = new AbortController();
      void run(timer.signal);
    },
    stop: () => timer.abort(),
  };
}
