// One deadline for a piece of work with everything that belongs to it.

import type { Clock } from "#src/lib/clock.ts";

export interface Deadline {
  /** Aborts at the end, or with the caller's own signal. */
  readonly signal: AbortSignal;
  /** By the monotonic clock. */
  readonly endsAtMs: number;
}

/** Ends the timer of work that is over; one for all, because a reason of its own costs each a stack trace. */
const DONE = new Error("the work is over");

/** Resolves as `run` does; `run` has to end soon after its signal aborts. */
export async function withDeadline<T>(
  { clock, timeoutMs }: { readonly clock: Clock; readonly timeoutMs: number },
  signal: AbortSignal,
  run: (deadline: Deadline) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const done = new AbortController();
  const timer = clock.sleep(timeoutMs, done.signal).then(
    () => late.abort(),
    () => undefined,
  );
  try {
    const endsAtMs = clock.monotonicMs() + timeoutMs;
    return await run({ signal: AbortSignal.any([signal, late.signal]), endsAtMs });
  } finally {
    done.abort(DONE);
    await timer;
  }
}

/** The promise, or `undefined` when the signal comes first; the promise's own failure is then nobody's. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve(undefined);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
