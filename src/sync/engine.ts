// The one engine behind every provider: under one lock a complete list, a pure plan, its steps inside the deadline, a new list
// and plan where anything was in doubt, and a report that equals reality.

import type { Changes } from "#src/domain/changes.ts";
import type { DomainFilterOptions } from "#src/domain/domain-filter.ts";
import type { Endpoint } from "#src/domain/endpoint.ts";
import { UpstreamError } from "#src/errors.ts";
import { createSerialQueue } from "#src/lib/serial-queue.ts";
import { adjustEndpoints } from "#src/sync/adjust.ts";
import { Apply, type ApplyTools } from "#src/sync/apply.ts";
import { Backend } from "#src/sync/backend.ts";
import { type Backup, Backups } from "#src/sync/backups.ts";
import { DeletionBreaker } from "#src/sync/breaker.ts";
import type { EngineOptions } from "#src/sync/engine-options.ts";
import { FlapDetector } from "#src/sync/flap-detector.ts";
import { type PlanPreview, previewPlan } from "#src/sync/preview.ts";
import { Quarantine } from "#src/sync/quarantine.ts";
import { planRestore, type Restoration } from "#src/sync/restore.ts";
import { runPlan } from "#src/sync/run-plan.ts";
import { StateWatch } from "#src/sync/state-watch.ts";
import { storedEndpoints } from "#src/sync/stored-endpoints.ts";
import type { ApplyReport, ApplyTiming, SyncEngine } from "#src/sync/sync-engine.ts";

/** A list this old still says what stands at a name when external-dns asks for adjusted endpoints. */
const ADJUST_LIST_AGE_MS = 60_000;

/** What an operator sees of an engine. */
export interface EngineStatus {
  readonly provider: string;
  /** Deletions that wait for approval. */
  readonly held: { readonly planHash: string; readonly going: number; readonly owned: number } | undefined;
  /** Items that the backend refused for good a short while ago. */
  readonly quarantined: number;
  /** Record sets left alone for a while because somebody else kept changing them back. */
  readonly contested: number;
  /** `atomic`: the backend needs no journal; `memory`: intents do not survive the process. */
  readonly journal: "atomic" | "durable" | "memory";
}

/** The engine as its operator handles it. */
export interface OperatedEngine extends SyncEngine {
  status(): EngineStatus;
  /** Releases the deletions that are held under this hash. False when nothing is held under it. */
  approve(planHash: string): boolean;
  /** Names of the backups that are kept, newest first. */
  backups(): Promise<readonly string[]>;
  /**
   * What a backup holds that stands there no more; `write` gives back what nobody has put anything in the place of. `undefined` when
   * there is no such backup. Throws UpstreamError.
   */
  restore(backup: string, mode: "show" | "write", signal: AbortSignal): Promise<Restoration | undefined>;
  /** What the last desired set would change now; `undefined` when external-dns has sent none yet. Throws UpstreamError. */
  preview(signal: AbortSignal): Promise<PlanPreview | undefined>;
}

/** Asks the store nothing before the first call. */
export function createSyncEngine(options: EngineOptions): OperatedEngine {
  return new Engine(options);
}

class Engine implements OperatedEngine {
  readonly provider: string;
  readonly domainFilter: DomainFilterOptions;
  readonly #options: EngineOptions;
  readonly #tools: ApplyTools;
  readonly #queue = createSerialQueue();
  #desired: { readonly endpoints: readonly Endpoint[]; readonly atMs: number } | undefined;

  constructor(options: EngineOptions) {
    this.provider = options.store.provider;
    this.domainFilter = options.domainFilter.options;
    this.#options = options;
    const { clock, log, store, backups: folder } = options;
    this.#tools = {
      backend: new Backend(options),
      breaker: new DeletionBreaker(options.breaker, options.clock),
      quarantine: new Quarantine(options.clock),
      flaps: new FlapDetector(options.clock),
      backups: new Backups({ folder, provider: store.provider, clock, log }),
    };
  }

  async records(signal: AbortSignal): ReturnType<SyncEngine["records"]> {
    const list = await this.#queue.run(() => this.#tools.backend.settledList(signal), signal);
    return storedEndpoints(list.records);
  }

  async adjustEndpoints(
    ...[endpoints, signal]: Parameters<SyncEngine["adjustEndpoints"]>
  ): ReturnType<SyncEngine["adjustEndpoints"]> {
    const { backend } = this.#tools;
    const list =
      backend.recentList(ADJUST_LIST_AGE_MS) ?? (await this.#queue.run(() => backend.settledList(signal), signal));
    const storedNames = new Set(list.records.map((record) => record.name));
    const adjusted = adjustEndpoints(endpoints, { rules: list.rules, scope: this.#options.scope }, storedNames);
    for (const note of adjusted.notes) {
      this.#options.log.warn({ provider: this.provider, ...note }, "endpoint adjusted");
    }
    this.#desired = { endpoints: adjusted.endpoints, atMs: this.#options.clock.nowMs() };
    return adjusted.endpoints;
  }

  async applyChanges(changes: Changes, signal: AbortSignal, timing?: ApplyTiming): Promise<ApplyReport> {
    const deadlineMs = (timing?.arrivedAtMs ?? this.#options.clock.monotonicMs()) + this.#options.budgetMs;
    const report = await this.#reportFailures(() =>
      this.#queue.run(() => new Apply(this.#options, this.#tools, { changes, deadlineMs, signal }).run(), signal),
    );
    this.#options.observer.applied(this.provider, report);
    this.#log(report);
    return report;
  }

  status(): EngineStatus {
    const { breaker, quarantine, flaps, backend } = this.#tools;
    const { held } = breaker;
    return {
      provider: this.provider,
      held: held && { planHash: held.planHash, going: held.going, owned: held.owned },
      quarantined: quarantine.size,
      contested: flaps.held,
      journal: this.#options.store.batch !== undefined ? "atomic" : backend.journal.isDurable ? "durable" : "memory",
    };
  }

  approve(planHash: string): boolean {
    const isApproved = this.#tools.breaker.approve(planHash);
    if (isApproved) this.#options.log.warn({ provider: this.provider, planHash }, "deletions approved");
    return isApproved;
  }

  async preview(signal: AbortSignal): Promise<PlanPreview | undefined> {
    const desired = this.#desired;
    if (desired === undefined) return undefined;
    const list = await this.#queue.run(() => this.#tools.backend.list(signal), signal);
    return previewPlan(list, { rules: list.rules, scope: this.#options.scope }, desired);
  }

  async backups(): Promise<readonly string[]> {
    return (await this.#options.backups?.names()) ?? [];
  }

  async restore(...[name, mode, signal]: Parameters<OperatedEngine["restore"]>): Promise<Restoration | undefined> {
    const backup = await this.#options.backups?.read(name);
    if (backup === undefined) return undefined;
    return this.#queue.run(() => this.#restore(backup, mode, signal), signal);
  }

  async #restore(backup: Backup, mode: "show" | "write", signal: AbortSignal): Promise<Restoration> {
    const { store, scope, writes } = this.#options;
    const { backend, backups } = this.#tools;
    const list = await backend.settledList(signal);
    const { missing, units } = planRestore(backup, list, { rules: list.rules, scope });
    const shown = { takenAtMs: backup.takenAtMs, missing, written: 0, failures: [] };
    if (mode === "show" || units.length === 0) return shown;
    if (writes === "report") return { ...shown, interruption: "this is a dry run" };
    await backups.beforeWrite(list);
    const result = await runPlan(store, units, {
      signal,
      state: new StateWatch(list),
      mayBegin: () => !signal.aborted,
      isExclusive: (type, other) => list.rules.isExclusive(type, other),
      beforeBatch: (some) => backend.journal.renew(some),
      beforeSteps: (some) => backend.journal.begin(some),
      beforeGap: (part) => backend.journal.beginGap(part),
      onApplied: (step) => backend.noteWritten(step),
    });
    const { applied: written, failures, stoppedBy } = result;
    this.#options.log.warn({ provider: this.provider, written, failed: failures.length }, "backup restored");
    const interruption = stoppedBy?.kind === "error" ? stoppedBy.error.message : "no time was left";
    return { ...shown, written, failures, ...(stoppedBy === undefined ? {} : { interruption }) };
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
