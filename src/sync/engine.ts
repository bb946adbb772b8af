// The one engine behind every provider: under one lock a complete list, a pure plan, its steps inside the deadline, a new list
// and plan where anything was in doubt, and a report that equals reality.

import type { Changes } from "#src/domain/changes.ts";
import type { DomainFilterOptions } from "#src/domain/domain-filter.ts";
import { UpstreamError } from "#src/errors.ts";
import { createSerialQueue } from "#src/lib/serial-queue.ts";
import type { RecordList } from "#src/providers/provider.ts";
import { adjustEndpoints } from "#src/sync/adjust.ts";
import { Apply } from "#src/sync/apply.ts";
import type { EngineOptions } from "#src/sync/engine-options.ts";
import { storedEndpoints } from "#src/sync/stored-endpoints.ts";
import type { ApplyReport, SyncEngine } from "#src/sync/sync-engine.ts";

/** A list this old still says what stands at a name when external-dns asks for adjusted endpoints. */
const ADJUST_LIST_AGE_MS = 60_000;

export function createSyncEngine(options: EngineOptions): SyncEngine {
  return new Engine(options);
}

class Engine implements SyncEngine {
  readonly provider: string;
  readonly domainFilter: DomainFilterOptions;
  readonly #options: EngineOptions;
  readonly #queue = createSerialQueue();
  #lastList: { readonly list: RecordList; readonly atMs: number } | undefined;

  constructor(options: EngineOptions) {
    this.provider = options.store.provider;
    this.domainFilter = options.domainFilter;
    this.#options = options;
  }

  async records(signal: AbortSignal): ReturnType<SyncEngine["records"]> {
    const list = await this.#queue.run(() => this.#list(signal), signal);
    return storedEndpoints(list.records);
  }

  async adjustEndpoints(
    ...[endpoints, signal]: Parameters<SyncEngine["adjustEndpoints"]>
  ): ReturnType<SyncEngine["adjustEndpoints"]> {
    const list = this.#recentList() ?? (await this.#queue.run(() => this.#list(signal), signal));
    const storedNames = new Set(list.records.map((record) => record.name));
    const adjusted = adjustEndpoints(endpoints, list.rules, storedNames);
    for (const note of adjusted.notes)
      this.#options.log.warn({ provider: this.provider, ...note }, "endpoint adjusted");
    return adjusted.endpoints;
  }

  async applyChanges(changes: Changes, signal: AbortSignal): Promise<ApplyReport> {
    const deadlineMs = this.#options.clock.monotonicMs() + this.#options.budgetMs;
    const report = await this.#reportFailures(() =>
      this.#queue.run(
        () => new Apply(this.#options, { changes, deadlineMs, signal, list: () => this.#list(signal) }).run(),
        signal,
      ),
    );
    this.#options.observer.applied(this.provider, report);
    this.#log(report);
    return report;
  }

  async #list(signal: AbortSignal): Promise<RecordList> {
    const list = await this.#options.store.list(signal);
    this.#lastList = { list, atMs: this.#options.clock.monotonicMs() };
    this.#options.observer.listed(this.provider, list);
    return list;
  }

  #recentList(): RecordList | undefined {
    const last = this.#lastList;
    if (last === undefined || this.#options.clock.monotonicMs() - last.atMs > ADJUST_LIST_AGE_MS) return undefined;
    return last.list;
  }

  /** A backend that is away, or a caller that gave up waiting for the lock, is a report like any other. */
  async #reportFailures(apply: () => Promise<ApplyReport>): Promise<ApplyReport> {
    const nothing = { applied: 0, remaining: 0, failures: [] };
    try {
      return await apply();
    } catch (error) {
      if (error instanceof UpstreamError) {
        const outcome = error.retryable ? "retry" : "refused";
        return { ...nothing, outcome, interruption: { code: error.code, reason: error.message } };
      }
      if (isAbort(error)) {
        return {
          ...nothing,
          outcome: "retry",
          interruption: { code: "apply.deadline", reason: "no time was left to begin" },
        };
      }
      throw error;
    }
  }

  #log(report: ApplyReport): void {
    const { outcome, applied, remaining, failures, interruption } = report;
    const fields = { provider: this.provider, outcome, applied, remaining, failed: failures.length, ...interruption };
    if (outcome === "reached") this.#options.log.info(fields, "changes applied");
    else this.#options.log.warn(fields, "changes not fully applied");
    for (const failure of failures)
      this.#options.log.warn({ provider: this.provider, ...failure }, "record not applied");
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || error.name === "TimeoutError");
}
