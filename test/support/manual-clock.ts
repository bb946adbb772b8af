// A clock that tests turn by hand.

import type { Clock } from "#src/lib/clock.ts";

interface Sleeper {
  readonly wakeAtMs: number;
  wake(): void;
}

export class ManualClock implements Clock {
  #nowMs = 0;
  readonly #sleepers = new Set<Sleeper>();

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  sleep(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const sleeper = { wakeAtMs: this.#nowMs + delayMs, wake: resolve };
      this.#sleepers.add(sleeper);
      signal.addEventListener("abort", () => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason as Error);
      });
    });
  }

  /** Moves the time on in small steps and lets whatever slept until then run, each time. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#nowMs + byMs;
    while (this.#nowMs < endMs) {
      this.#nowMs = Math.min(this.#nowMs + STEP_MS, endMs);
      this.#wakeDue();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #wakeDue(): void {
    for (const sleeper of this.#sleepers) {
      if (sleeper.wakeAtMs > this.#nowMs) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
  }
}

const STEP_MS = 100;
