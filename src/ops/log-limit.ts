// Holds back an event kind that repeats too fast, and tells how many lines that were. Knows nothing of how lines are printed.

import type { Clock } from "#src/lib/clock.ts";

export interface SuppressedEvent {
  readonly event: string;
  readonly lines: number;
}

/** Lines of one kind in one window (facts: reliability T24). */
const MAX_LINES_PER_WINDOW = 10;
const WINDOW_MS = 1_000;
/** Event names are literals in the code, some hundred; more means that somebody builds them from input. */
const MAX_KINDS = 1_000;

/**
 * Never held back: one line for each record that we changed, or would have changed in a dry run. They are the audit trail, and
 * our own writing sets their pace, not whoever sends us packets or requests.
 */
const UNLIMITED_EVENTS: ReadonlySet<string> = new Set(["record changed", "record change planned, not made"]);

interface Window {
  readonly startedAtMs: number;
  readonly event: string;
  lines: number;
}

export class LogLimit {
  readonly #clock: Clock;
  readonly #windows = new Map<string, Window>();
  #nextSweepMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts a line of this kind; false when it is one too many. */
  admits(kind: string, event: string): boolean {
    if (UNLIMITED_EVENTS.has(event)) return true;
    const nowMs = this.#clock.monotonicMs();
    const known = this.#windows.get(kind);
    if (known === undefined || nowMs - known.startedAtMs >= WINDOW_MS) {
      if (known === undefined && this.#windows.size >= MAX_KINDS) return false;
      this.#windows.set(kind, { startedAtMs: nowMs, event, lines: 1 });
      return true;
    }
    known.lines += 1;
    return known.lines <= MAX_LINES_PER_WINDOW;
  }

  /** Kinds whose window is over and that lost lines in it; each is told once. Cheap to call at every line. */
  takeSuppressed(): readonly SuppressedEvent[] {
    const nowMs = this.#clock.monotonicMs();
    return nowMs < this.#nextSweepMs ? [] : this.#sweep(nowMs);
  }

  /** The same at the end of the process, whatever the time. */
  takeAllSuppressed(): readonly SuppressedEvent[] {
    return this.#sweep(Number.POSITIVE_INFINITY);
  }

  #sweep(nowMs: number): readonly SuppressedEvent[] {
    this.#nextSweepMs = nowMs + WINDOW_MS;
    const over = [...this.#windows].filter(([, window]) => nowMs - window.startedAtMs >= WINDOW_MS);
    for (const [kind] of over) this.#windows.delete(kind);
    return over
      .map(([, { event, lines }]) => ({ event, lines: lines - MAX_LINES_PER_WINDOW }))
      .filter(({ lines }) => lines > 0);
  }
}
