// One ApplyChanges: list, plan, steps; a new list and plan while something is in doubt; a report that equals reality.

import { type Changes, isEmpty } from "#src/domain/changes.ts";
import { assertNever, UpstreamError } from "#src/errors.ts";
import type { RecordList, Step } from "#src/providers/provider.ts";
import { itemKey, type ReadItems, readChangeItems } from "#src/sync/change-items.ts";
import type { EngineOptions } from "#src/sync/engine-options.ts";
import { planChanges } from "#src/sync/plan.ts";
import { type RunResult, runPlan } from "#src/sync/run-plan.ts";
import type { ApplyReport, ItemFailure } from "#src/sync/sync-engine.ts";

/** Lists and plans of one apply: the first, and two more where a write left the backend's state in doubt. */
const MAX_ATTEMPTS = 3;
/** No step begins with less time left: an answer must reach external-dns before its own deadline ends its process. */
const STEP_RESERVE_MS = 1_500;

export interface ApplyTask {
  readonly changes: Changes;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  list(): Promise<RecordList>;
}

type AttemptResult = Pick<RunResult, "remaining" | "stoppedBy">;
const NOTHING_LEFT: AttemptResult = { remaining: 0, stoppedBy: undefined };

/** One ApplyChanges, from its first list to its report. */
export class Apply {
  readonly #options: EngineOptions;
  readonly #task: ApplyTask;
  readonly #failures = new Map<string, ItemFailure>();
  #applied = 0;

  constructor(options: EngineOptions, task: ApplyTask) {
    this.#options = options;
    this.#task = task;
  }

  async run(): Promise<ApplyReport> {
    if (isEmpty(this.#task.changes)) return this.#report(NOTHING_LEFT);
    let last: AttemptResult = NOTHING_LEFT;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      last = await this.#attempt(last.remaining);
      if (last.stoppedBy?.kind !== "error" || !last.stoppedBy.error.retryable) break;
    }
    return this.#report(last);
  }

  /** One list, one plan, its steps. The plan is made anew from what is really there, so nothing is done twice. */
  async #attempt(remainingBefore: number): Promise<AttemptResult> {
    try {
      return await this.#planAndRun(await this.#task.list());
    } catch (error) {
      // What earlier attempts did stays in the report.
      if (error instanceof UpstreamError) return { remaining: remainingBefore, stoppedBy: { kind: "error", error } };
      throw error;
    }
  }

  async #planAndRun(list: RecordList): Promise<AttemptResult> {
    const read = readChangeItems(this.#task.changes, list.rules, this.#options);
    const plan = planChanges(list, this.#withoutRefused(read));
    this.#remember(plan.failures);
    if (this.#options.writes === "report") {
      this.#logPlanned(plan.units.flatMap((unit) => unit.parts.flatMap((part) => part.steps)));
      return NOTHING_LEFT;
    }
    const result = await runPlan(this.#options.store, plan.units, {
      signal: this.#task.signal,
      mayBegin: () => this.#mayBegin(),
      isExclusive: (type, other) => list.rules.isExclusive(type, other),
      onApplied: (step) => this.#noteApplied(step),
    });
    this.#remember(result.failures);
    return result;
  }

  /** At least one step per request, so that even a slow backend makes progress. */
  #mayBegin(): boolean {
    if (this.#task.signal.aborted) return false;
    return this.#applied === 0 || this.#task.deadlineMs - this.#options.clock.monotonicMs() > STEP_RESERVE_MS;
  }

  #withoutRefused(read: ReadItems): ReadItems {
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

  #noteApplied(step: Step): void {
    this.#applied += 1;
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

  #report({ remaining, stoppedBy }: AttemptResult): ApplyReport {
    const failures = [...this.#failures.values()];
    const base = { applied: this.#applied, remaining, failures };
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
    return { ...base, outcome: failures.length === 0 ? "reached" : "refused" };
  }
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
