// The gateway's dnsmasq: some seconds after a commit it is loaded anew, together with whatever was committed meanwhile,
// and answers nothing for a moment. Facts: unifi.md 1.1.6 "effect of write", 4.3.

import { judgeConfiguration, renderConfiguration, type Verdict } from "./dnsmasq-model.ts";
import type { FakeRecord } from "./records.ts";
import type { ConsoleTime } from "./time.ts";

/** One reload: what dnsmasq was given, and whether it came up again. */
export interface RenderedState extends Verdict {
  readonly number: number;
  readonly atMs: number;
  readonly records: readonly FakeRecord[];
  /** The text of the configuration, for `dnsmasq --test`. */
  readonly configuration: string;
}

export interface GatewayTiming {
  /** From the first commit that is not yet loaded to the reload. */
  readonly reloadDelayMs: number;
  /** How long the DNS port drops queries at each reload. */
  readonly reloadGapMs: number;
}

export const DEFAULT_TIMING: GatewayTiming = { reloadDelayMs: 4_000, reloadGapMs: 1_500 };

export class Gateway {
  readonly #time: ConsoleTime;
  readonly #timing: GatewayTiming;
  readonly #records: () => readonly FakeRecord[];
  #cancelReload: (() => void) | undefined;
  #reloads: RenderedState[] = [];
  #gapUntilMs = 0;
  #downSinceMs: number | undefined;
  #outageMs = 0;

  constructor(records: () => readonly FakeRecord[], time: ConsoleTime, timing: GatewayTiming) {
    this.#records = records;
    this.#time = time;
    this.#timing = timing;
  }

  committed(): void {
    this.#cancelReload ??= this.#time.after(this.#timing.reloadDelayMs, () => this.reload());
  }

  /** Loads what is stored now, if a reload is due; the newest state in any case. */
  settle(): RenderedState | undefined {
    if (this.#cancelReload !== undefined) this.reload();
    return this.#reloads.at(-1);
  }

  reload(): void {
    this.#cancelReload?.();
    this.#cancelReload = undefined;
    const nowMs = this.#time.nowMs();
    const records = this.#records();
    const verdict = judgeConfiguration(records);
    const state = { number: this.#reloads.length + 1, atMs: nowMs, records, ...verdict };
    this.#reloads.push({ ...state, configuration: renderConfiguration(records) });
    this.#countOutage(nowMs, verdict.starts);
  }

  /** The gateway is gone, with what waited to be loaded; `reload` is its start. */
  powerOff(): void {
    this.#cancelReload?.();
    this.#cancelReload = undefined;
    this.#downSinceMs ??= this.#time.nowMs();
  }

  get reloads(): readonly RenderedState[] {
    return this.#reloads;
  }

  /** False during the gap of a reload, without power, and from a refused configuration to the next good one. */
  get isAnswering(): boolean {
    return this.#downSinceMs === undefined && this.#time.nowMs() >= this.#gapUntilMs;
  }

  /** The LAN's time without DNS so far. */
  get outageMs(): number {
    return this.#outageMs + (this.#downSinceMs === undefined ? 0 : this.#time.nowMs() - this.#downSinceMs);
  }

  get loadedRecords(): readonly FakeRecord[] {
    return this.#reloads.at(-1)?.records ?? [];
  }

  clear(): void {
    this.#cancelReload?.();
    this.#cancelReload = undefined;
    this.#reloads = [];
    this.#gapUntilMs = 0;
    this.#downSinceMs = undefined;
    this.#outageMs = 0;
  }

  #countOutage(nowMs: number, starts: boolean): void {
    if (this.#downSinceMs !== undefined && starts) {
      this.#outageMs += nowMs - this.#downSinceMs;
      this.#downSinceMs = undefined;
    }
    if (!starts) {
      this.#downSinceMs ??= nowMs;
      return;
    }
    this.#outageMs += this.#timing.reloadGapMs;
    this.#gapUntilMs = nowMs + this.#timing.reloadGapMs;
  }
}
