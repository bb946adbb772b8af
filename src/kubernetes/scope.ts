// Waits that end: a signal of its own for each piece of work, and a limit of time that holds although whoever is waited for
// ignores the signal.

import type { Clock } from "#src/lib/clock.ts";
import { ApiFailure, type FailureKind } from "./failure.ts";

/** Runs with a scope that follows `parent` and is over, for whatever still hangs on it, when the run has ended. */
export async function scoped<T>(parent: AbortSignal, run: (scope: AbortController) => Promise<T>): Promise<T> {
  parent.throwIfAborted();
  const scope = new AbortController();
  const follow = (): void => scope.abort(parent.reason);
  parent.addEventListener("abort", follow, { once: true });
  try {
    return await run(scope);
  } finally {
    parent.removeEventListener("abort", follow);
    scope.abort(OVER);
  }
}

export interface Limit {
  readonly clock: Clock;
  readonly ms: number;
  /** Completes "… within 10 s". */
  readonly what: string;
  /** Of the failure; `broken` by default. */
  readonly kind?: FailureKind;
}

/** Rejects when the scope ends first; ends the scope when the limit passes first. */
export async function within<T>(limit: Limit, scope: AbortController, run: () => Promise<T>): Promise<T> {
  const inTime = new AbortController();
  limit.clock.sleep(limit.ms, inTime.signal).then(
    () => scope.abort(new ApiFailure(limit.kind ?? "broken", `${limit.what} within ${limit.ms / 1_000} s`)),
    () => undefined,
  );
  try {
    return await unlessAborted(scope.signal, run());
  } finally {
    inTime.abort(OVER);
  }
}

/** The same promise, or a rejection as soon as the signal aborts. */
export function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(reasonOf(signal));
    if (signal.aborted) {
      work.catch(() => undefined);
      stop();
      return;
    }
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

const OVER = new Error("this request is over");

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
}
