// One ApplyChanges: list, plan, steps; a new list and plan while something is in doubt; a report that equals reality.

import { type Changes, isEmpty } from "#src/domain/changes.ts";
import { assertNever, UpstreamError, UpstreamPostponed } from "#src/errors.ts";
import type { RecordList, Step } from "#src/providers/provider.ts";
import type { Backend } from "#src/sync/backend.ts";
import type { Backups } from "#src/sync/backups.ts";
import type { DeletionBreaker, HeldDeletions } from "#src/sync/breaker.ts";
import { itemKey, type ReadItems, readChangeItems } from "#src/sync/change-items.ts";
import type { EngineOptions } from "#src/sync/engine-options.ts";
import type { FlapDetector, FlapFindings } from "#src/sync/flap-detector.ts";
import { withGrace } from "#src/sync/grace.ts";
import { planChanges, type Unit } from "#src/sync/plan.ts";
import type { Quarantine } from "#src/sync/quarantine.ts";
import { type RunResult, runPlan } from "#src/sync/run-plan.ts";
import { StateWatch } from "#src/sync/state-watch.ts";
import type { ApplyReport, ItemFailure } from "#src/sync/sync-engine.ts";

/** Lists and plans of one apply: the first, and two more where a write left the backend's state in doubt. */
const MAX_ATTEMPTS = 3;
/** No step begins with less time left: an answer must reach external-dns before its own deadline ends its process. */
const STEP_RESERVE_MS = 1_500;
/** For the data that follows its text, after the deadline or after the caller hung up: as long as a backend has for one call. */
const FINISH_MS = 3_000;

export interface ApplyTask {
  readonly changes: Changes;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/** What one engine keeps from batch to batch. */
export interface ApplyTools {
  readonly backend: Backend;
  readonly breaker: DeletionBreaker;
  readonly quarantine: Quarantine;
  readonly flaps: FlapDetector;
  readonly backups: Backups;
}

type AttemptResult = Pick<RunResult, "remaining" | "stoppedBy">;
const NOTHING_LEFT: AttemptResult = { remaining: 0, stoppedBy: undefined };

/** One ApplyChanges, from its first list to its report. */
export class Apply {
  readonly #options: EngineOptions;
  readonly #tools: ApplyTools;
  readonly #task: ApplyTask;
  readonly #failures = new Map<string, ItemFailure>();
  /** Keys of items of which something was written. */
  readonly #written = new Set<string>();
  #applied = 0;
  #isSettled = false;
  /** What the breaker holds back of this batch; examined once. */
  #held: { readonly deletions: HeldDeletions | undefined } | undefined;
  /** Over what somebody fights with us; examined once. */
  #flaps: FlapFindings | undefined;

  constructor(options: EngineOptions, tools: ApplyTools, task: ApplyTask) {
    this.#options = options;
    this.#tools = tools;
    this.#task = task;
  }

  async run(): Promise<ApplyReport> {
    if (isEmpty(this.#task.changes)) return this.#report(NOTHING_LEFT);
    let last: AttemptResult = NOTHING_LEFT;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      last = await this.#attempt(last.remaining);
      if (last.stoppedBy?.kind !== "error" || !mayHelp(last.stoppedBy.error)) break;
    }
    if (last.stoppedBy === undefined) {
      await this.#tools.backend.journal.end(new Set([...this.#failures.values()].map(({ name }) => name)));
    }
    return this.#report(last);
  }

  /** One list, one plan, its steps. The plan is made anew from what is really there, so nothing is done twice. */
  async #attempt(remainingBefore: number): Promise<AttemptResult> {
    try {
      return await this.#planAndRun(await this.#list());
    } catch (error) {
      // What earlier attempts did stays in the report.
      if (error instanceof UpstreamError) return { remaining: remainingBefore, stoppedBy: { kind: "error", error } };
      throw error;
    }
  }

  /** The first list is settled; in later ones, texts that this very batch has just claimed are no remains. */
  async #list(): Promise<RecordList> {
    const { backend } = this.#tools;
    const list = this.#isSettled ? await backend.list(this.#task.signal) : await backend.settledList(this.#task.signal);
    this.#isSettled = true;
    return list;
  }

  async #planAndRun(list: RecordList): Promise<AttemptResult> {
    const bounds = { rules: list.rules, scope: this.#options.scope };
    const read = this.#withoutHeld(list, readChangeItems(this.#task.changes, bounds, this.#options));
    const flaps = this.#examineFlaps(list, read);
    const plan = planChanges(list, this.#withoutRefused(read));
    this.#remember(plan.failures);
    if (this.#options.writes === "report") {
      this.#logPlanned(plan.units.flatMap((unit) => unit.parts.flatMap((part) => part.steps)));
      return NOTHING_LEFT;
    }
    if (plan.units.length > 0) await this.#tools.backups.beforeWrite(list);
    const result = await this.#carryOut(list, plan.units);
    this.#remember(result.failures);
    this.#quarantine(read, result.failures);
    if (result.stoppedBy === undefined) this.#noteReached(read, flaps);
    return result;
  }

  /** Whoever asked may be gone meanwhile: a name that was begun is finished all the same. */
  #carryOut(list: RecordList, units: readonly Unit[]): Promise<RunResult> {
    const { clock, store } = this.#options;
    return withGrace(this.#task.signal, { clock, graceMs: FINISH_MS }, (signal) =>
      runPlan(store, units, {
        signal,
        state: new StateWatch(list),
        mayBegin: () => this.#mayBegin(),
        isExclusive: (type, other) => list.rules.isExclusive(type, other),
        beforeBatch: (some) => this.#tools.backend.journal.renew(some),
        beforeSteps: (some) => this.#tools.backend.journal.begin(some),
        beforeGap: (part) => this.#tools.backend.journal.beginGap(part),
        onApplied: (step) => this.#noteApplied(step),
      }),
    );
  }

  /** Deletions that wait for approval stay out; everything else goes on meanwhile. */
  #withoutHeld(list: RecordList, read: ReadItems): ReadItems {
    this.#held ??= { deletions: this.#tools.breaker.examine(list, read.items) };
    const held = new Set(this.#held.deletions?.items.map(itemKey));
    return held.size === 0 ? read : { ...read, items: read.items.filter((item) => !held.has(itemKey(item))) };
  }

  #examineFlaps(list: RecordList, read: ReadItems): FlapFindings {
    if (this.#flaps !== undefined) return this.#flaps;
    const flaps = this.#tools.flaps.examine(list, read.items);
    for (const failure of flaps.newlyHeld) {
      this.#options.log.warn({ provider: this.#options.store.provider, ...failure }, "record left alone");
    }
    this.#remember(flaps.failures);
    this.#flaps = flaps;
    return flaps;
  }

  #noteReached(read: ReadItems, flaps: FlapFindings): void {
    for (const item of read.items) {
      const key = itemKey(item);
      if (this.#written.has(key) && !this.#failures.has(key)) this.#tools.flaps.noteReached(item, flaps);
    }
  }

  /** At least one step per request, so that even a slow backend makes progress. */
  #mayBegin(): boolean {
    if (this.#task.signal.aborted) return false;
    return this.#applied === 0 || this.#task.deadlineMs - this.#options.clock.monotonicMs() > STEP_RESERVE_MS;
  }

  #withoutRefused(read: ReadItems): ReadItems {
    this.#remember(read.items.flatMap((item) => this.#tools.quarantine.failureOf(item) ?? []));
    const refused = read.items.filter((item) => this.#failures.has(itemKey(item)));
    if (refused.length === 0) return read;
    return {
      ...read,
      items: read.items.filter((item) => !refused.includes(item)),
      failed: [...read.failed, ...refused],
    };
  }

  #remember(failures: readonly ItemFailure[]): void {
    for (const failure of failures) {
      if (!this.#failures.has(itemKey(failure))) this.#failures.set(itemKey(failure), failure);
    }
  }

  #quarantine(read: ReadItems, failures: readonly ItemFailure[]): void {
    for (const failure of failures) {
      const item = read.items.find((candidate) => itemKey(candidate) === itemKey(failure));
      if (item !== undefined) this.#tools.quarantine.add(item, failure);
    }
  }

  #noteApplied(step: Step): void {
    this.#applied += 1;
    this.#written.add(itemKey(step.kind === "update" ? step.to : step.record));
    this.#tools.backend.noteWritten(step);
    this.#options.observer.stepApplied(this.#options.store.provider, step.kind);
    this.#options.log.info({ provider: this.#options.store.provider, ...stepFields(step) }, "record changed");
  }

  #logPlanned(steps: readonly Step[]): void {
    for (const step of steps) {
      this.#options.log.info(
        { provider: this.#options.store.provider, ...stepFields(step) },
        "record change planned, not made",
      );
    }
  }

  #heldCount(): number {
    return this.#held?.deletions?.items.length ?? 0;
  }

  #report({ remaining, stoppedBy }: AttemptResult): ApplyReport {
    const failures = [...this.#failures.values()];
    const base = { applied: this.#applied, remaining: remaining + this.#heldCount(), failures };
    if (stoppedBy?.kind === "deadline") {
      return {
        ...base,
        outcome: "retry",
        interruption: { code: "apply.deadline", reason: `${remaining} steps are left for the next loop` },
      };
    }
    if (stoppedBy?.kind === "error") {
      const { error } = stoppedBy;
      return {
        ...base,
        outcome: error.retryable ? "retry" : "refused",
        interruption: { code: error.code, reason: error.message },
      };
    }
    const held = this.#held?.deletions;
    if (held !== undefined) {
      const reason =
        `${held.going} of ${held.owned} owned record sets would be deleted, which is held until somebody approves it: ` +
        `zonegate approve ${held.planHash}`;
      return { ...base, outcome: "retry", interruption: { code: "breaker.held", reason } };
    }
    if (failures.some(({ retryable }) => retryable)) return { ...base, outcome: "retry" };
    return { ...base, outcome: failures.length === 0 ? "reached" : "refused" };
  }
}

/** Whether a new list and plan at once may go further. */
function mayHelp(error: UpstreamError): boolean {
  return error.retryable && !(error instanceof UpstreamPostponed);
}

function stepFields(step: Step): object {
  switch (step.kind) {
    case "create":
      return { op: step.kind, name: step.record.name, type: step.record.type, new: step.record.target };
    case "update":
      return { op: step.kind, name: step.to.name, type: step.to.type, old: step.from.target, new: step.to.target };
    case "delete":
      return { op: step.kind, name: step.record.name, type: step.record.type, old: step.record.target };
    default:
      return assertNever(step);
  }
}
