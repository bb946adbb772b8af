// The store as the engine trusts it: lists that were doubted and believed, writes that are counted, and ownership texts
// without data taken back before anybody sees them.

import type { Clock } from "#src/lib/clock.ts";
import type { RecordList, Step } from "#src/providers/provider.ts";
import type { EngineOptions } from "#src/sync/engine-options.ts";
import { OwnershipJournal } from "#src/sync/journal.ts";
import { ListGuard } from "#src/sync/list-guard.ts";

export class Backend {
  readonly journal: OwnershipJournal;
  readonly #options: EngineOptions;
  readonly #clock: Clock;
  readonly #guard: ListGuard;
  #last: { readonly list: RecordList; readonly atMs: number } | undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#guard = new ListGuard(options.store.provider, options.clock);
    this.journal = new OwnershipJournal(options.intentLog, options);
  }

  /** A complete list without the remains of an interrupted batch. Throws UpstreamError. */
  async settledList(signal: AbortSignal): Promise<RecordList> {
    const list = await this.list(signal);
    if (this.#options.writes === "report") return list;
    const { removed, hidden } = await this.journal.settle(this.#options.store, list, signal);
    if (removed === 0 && hidden.size === 0) return list;
    this.#guard.noteWritten(-removed);
    const isHidden = new Set([...hidden].map((record) => record.id));
    const fresh = removed > 0 ? await this.list(signal) : list;
    return { ...fresh, records: fresh.records.filter((record) => !isHidden.has(record.id)) };
  }

  /** A complete list as it is. Throws UpstreamError. */
  async list(signal: AbortSignal): Promise<RecordList> {
    const list = this.#guard.accept(await this.#options.store.list(signal));
    this.#last = { list, atMs: this.#clock.monotonicMs() };
    this.#options.observer.listed(this.#options.store.provider, list);
    return list;
  }

  /** The last list, when it is not older than this. */
  recentList(maxAgeMs: number): RecordList | undefined {
    const last = this.#last;
    return last !== undefined && this.#clock.monotonicMs() - last.atMs <= maxAgeMs ? last.list : undefined;
  }

  noteWritten(step: Step): void {
    if (step.kind !== "update") this.#guard.noteWritten(step.kind === "create" ? 1 : -1);
  }
}
