// Notices that the data plane thread hangs: one that never returns from its work answers nothing, holds its sockets, and does
// not end by itself. Knows nothing of threads or of what is done about it.

import type { Clock } from "#src/lib/clock.ts";

/** A turn of the thread's event loop takes at most some tens of milliseconds, on a small board under load some seconds. */
const PONG_TIMEOUT_MS = 5_000;
/** One miss may be ours: a control plane that was busy or suspended sees the pong too late. */
const MISSES_TO_HANG = 3;
const PING_INTERVAL_MS = 2_000;

export interface WatchdogOptions {
  readonly clock: Clock;
  /** Watches until it aborts. */
  readonly signal: AbortSignal;
  /** Which thread serves now, by any value that is its own; `undefined` while one starts, which may take its time. */
  watched(): unknown;
  ping(timeoutMs: number): Promise<boolean>;
  /** Told once per thread, after three pings in a row without an answer: within some 20 s. */
  onHang(missedPings: number): void;
}

/** Resolves when the signal aborts; never rejects. */
export async function watchForHang(options: WatchdogOptions): Promise<void> {
  const { clock, signal } = options;
  let thread: unknown;
  let misses = 0;
  while (!signal.aborted) {
    await clock.sleep(PING_INTERVAL_MS, signal).catch(() => undefined);
    if (thread !== options.watched()) misses = 0;
    thread = options.watched();
    if (thread === undefined || signal.aborted) continue;
    const answered = await options.ping(PONG_TIMEOUT_MS);
    misses = answered || thread !== options.watched() ? 0 : misses + 1;
    if (misses === MISSES_TO_HANG) options.onHang(misses);
  }
}
