// The emulator's own clock: real, faster than real, or turned by hand, so that a reboot of 90 s need not take 90 s.

export interface ConsoleTime {
  /** Milliseconds since 1970, as the console believes. */
  nowMs(): number;
  /** Runs something later; the function returned calls it off. */
  after(delayMs: number, run: () => void): () => void;
}

/** `scale` 0.01 lets a delay of 4 s pass in 40 ms; 1 is real time. */
export function createScaledTime(scale: number): ConsoleTime {
  const startedAtMs = Date.now();
  const origin = performance.now();
  return {
    nowMs: () => startedAtMs + Math.floor((performance.now() - origin) / scale),
    after: (delayMs, run) => {
      const timer = setTimeout(run, delayMs * scale);
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}

interface Alarm {
  readonly atMs: number;
  readonly run: () => void;
}

/** Stands still until a test moves it. */
export class ManualTime implements ConsoleTime {
  #nowMs = Date.UTC(2026, 0, 1);
  readonly #alarms = new Set<Alarm>();

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const alarm = { atMs: this.#nowMs + delayMs, run };
    this.#alarms.add(alarm);
    return () => void this.#alarms.delete(alarm);
  }

  /** Runs what falls due on the way, in order, each at its own time. */
  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs;
    for (let next = this.#nextDue(endMs); next !== undefined; next = this.#nextDue(endMs)) this.#ring(next);
    this.#nowMs = endMs;
  }

  /** Goes to the moment when something falls due next, and runs it; false when nothing is waited for. */
  advanceToNext(): boolean {
    const next = this.#nextDue(Number.POSITIVE_INFINITY);
    if (next === undefined) return false;
    this.#ring(next);
    return true;
  }

  #ring(alarm: Alarm): void {
    this.#alarms.delete(alarm);
    this.#nowMs = Math.max(this.#nowMs, alarm.atMs);
    alarm.run();
  }

  /** Of those due at the same time, the one that was set first. */
  #nextDue(endMs: number): Alarm | undefined {
    let next: Alarm | undefined;
    for (const alarm of this.#alarms) {
      if (alarm.atMs <= endMs && (next === undefined || alarm.atMs < next.atMs)) next = alarm;
    }
    return next;
  }
}
