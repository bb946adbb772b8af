// What a reflector does after each kind of failure (facts: reliability §2.3, 4), as a table.

import { assertNever } from "#src/errors.ts";
import type { ApiFailure, FailureKind } from "./failure.ts";

interface Outcome {
  /** `same`: what failed is tried again; a watch goes on where it was. */
  readonly next: "list" | "same" | "discover";
  /** `once`: at once, unless that was done a moment ago; then like `backoff`. */
  readonly wait: "backoff" | "asked" | "once" | "long" | "none";
}

const OUTCOMES: Readonly<Record<FailureKind, Outcome>> = {
  expired: { next: "list", wait: "once" },
  future: { next: "list", wait: "once" },
  busy: { next: "same", wait: "asked" },
  // The client has tried fresh credentials already.
  unauthorized: { next: "same", wait: "backoff" },
  forbidden: { next: "same", wait: "long" },
  missing: { next: "discover", wait: "none" },
  server: { next: "same", wait: "backoff" },
  broken: { next: "same", wait: "backoff" },
  malformed: { next: "list", wait: "backoff" },
  disorder: { next: "list", wait: "backoff" },
  credentials: { next: "same", wait: "backoff" },
  "other-cluster": { next: "list", wait: "long" },
};

/** Rights and clusters change by a person's hand. */
const LONG_WAIT_MS = 30_000;
/** A server that asks for more is asked again all the same. */
const MAX_ASKED_WAIT_MS = 60_000;
/** Errors of the server in a row at one place of the stream before everything is listed again. */
const MAX_SERVER_ERRORS = 3;

/** Between two of them an immediate try again is one too many: nothing may turn round without a pause. */
export const IMMEDIATE_EVERY_MS = 10_000;

/** `mayHurry`: the last immediate try is long enough ago. */
export function waitMs(
  failure: ApiFailure,
  { mayHurry, nextBackoff }: { readonly mayHurry: boolean; readonly nextBackoff: () => number },
): number {
  const { wait } = OUTCOMES[failure.kind];
  switch (wait) {
    case "none":
      return 0;
    case "long":
      return LONG_WAIT_MS;
    case "once":
      return mayHurry ? 0 : nextBackoff();
    case "asked":
      return failure.retryAfterMs === undefined || failure.retryAfterMs === 0
        ? nextBackoff()
        : Math.min(failure.retryAfterMs, MAX_ASKED_WAIT_MS);
    case "backoff":
      return nextBackoff();
    default:
      return assertNever(wait);
  }
}

/** `inARow`: failures of this kind without an event or a bookmark in between, this one included. */
export function nextStep(failure: ApiFailure, inARow: number): Outcome["next"] {
  const { next } = OUTCOMES[failure.kind];
  return failure.kind === "server" && inARow >= MAX_SERVER_ERRORS ? "list" : next;
}
