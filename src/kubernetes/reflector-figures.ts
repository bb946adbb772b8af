// What a reflector tells of itself, for the status and the metrics.

import type { ApiFailure } from "./failure.ts";

export type ReflectorState = "listing" | "watching" | "failing" | "forbidden";

/** What a reflector tells of itself; counts go on over its successors. */
export interface ReflectorFigures {
  state: ReflectorState;
  /** Unix milliseconds; when `state` began. */
  sinceMs: number;
  hasListed: boolean;
  /** When it was last proven that we know everything: a list, an event or a bookmark. Unix milliseconds. */
  lastProofAtMs: number | undefined;
  /** Lists that were taken after the first one. */
  relists: number;
  /** Differences that no event had told; anything above 0 is a bug of ours or of the server. */
  drift: number;
  /** Why events, or items of lists, were not taken. */
  readonly dropped: Record<DropReason, number>;
  /** A list that lacks most objects is being confirmed. */
  isHeld: boolean;
  failure: ApiFailure | undefined;
}

export type DropReason = "duplicate" | "stale" | "disorder" | "malformed" | "unknown";

export function newFigures(nowMs: number): ReflectorFigures {
  return {
    state: "listing",
    sinceMs: nowMs,
    hasListed: false,
    lastProofAtMs: undefined,
    relists: 0,
    drift: 0,
    dropped: { duplicate: 0, stale: 0, disorder: 0, malformed: 0, unknown: 0 },
    isHeld: false,
    failure: undefined,
  };
}
