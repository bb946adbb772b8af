// Lets what was begun end: a signal that follows another one some time later.

import type { Clock } from "#src/lib/clock.ts";

/** Runs `work` with a signal that aborts `graceMs` after the given one, for the same reason. */
export async function withGrace<T>(
  signal: AbortSignal,
  { clock, graceMs }: { readonly clock: Clock; readonly graceMs: number },
  work: (finishing: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const ended = new AbortController();
  const follow = (): void => {
    clock.sleep(graceMs, ended.signal).then(
      () => late.abort(signal.reason),
      () => undefined,
    );
  };
  if (signal.aborted) follow();
  else signal.addEventListener("abort", follow, { once: true });
  try {
    return await work(late.signal);
  } finally {
    signal.removeEventListener("abort", follow);
    ended.abort();
  }
}
