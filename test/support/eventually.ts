// Waits for what real sockets and processes do in their own time: polls, with a deadline that only a failure meets.

const POLL_INTERVAL_MS = 10;
const DEADLINE_MS = 10_000;
/** A process reads and strips two hundred files before it says anything, on two cores that others use too. */
export const START_DEADLINE_MS = 60_000;

/** Resolves with the first value that is neither `undefined` nor false; fails with `what` after the deadline. */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  withinMs = DEADLINE_MS,
): Promise<T> {
  const deadlineMs = performance.now() + withinMs;
  while (performance.now() < deadlineMs) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
  }
  throw new Error(`not seen in ${withinMs} ms: ${what}`);
}
