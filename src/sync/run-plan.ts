// Carries the units of a plan out, one step after the other or in atomic batches where the backend has them, and stops at a
// step boundary. One refused record never stops the rest; one doubt about the backend's state stops everything.

import { isRecordType } from "#src/domain/record.ts";
import { RecordRefused, UpstreamError } from "#src/errors.ts";
import type { RecordStore, Step, StepOutcome, StoredRecord } from "#src/providers/provider.ts";
import { itemKey } from "#src/sync/change-items.ts";
import { type Part, stepCount, type Unit } from "#src/sync/plan.ts";
import type { StateWatch } from "#src/sync/state-watch.ts";
import type { ItemFailure } from "#src/sync/sync-engine.ts";

export interface RunOptions {
  readonly signal: AbortSignal;
  /** False when there is not enough time left to begin another step. */
  mayBegin(): boolean;
  /** What the backend holds with all its records, before the first step. */
  readonly state: StateWatch;
  /** True for types that cannot stand at one name together, not even for the moment between two steps. */
  isExclusive(type: string, other: string): boolean;
  /** Called before these units are carried out in one atomic batch. */
  beforeBatch(units: readonly Unit[]): Promise<void>;
  /** Called before these units are carried out step by step, where the process may die between two of them. */
  beforeSteps(units: readonly Unit[]): Promise<void>;
  /** Called before the data of this part is taken away to come back otherwise: its text stands alone meanwhile. */
  beforeGap(part: Part): Promise<void>;
  /** Called after each step that changed the backend. */
  onApplied(step: Step): void;
}

export interface RunResult {
  readonly applied: number;
  readonly remaining: number;
  readonly failures: readonly ItemFailure[];
  /** `error`: the backend's state is in doubt or its rights are gone; `deadline`: no time left; both leave units undone. */
  readonly stoppedBy:
    | { readonly kind: "error"; readonly error: UpstreamError }
    | { readonly kind: "deadline" }
    | undefined;
}

/**
 * Carries out as much as time and backend allow; `remaining` steps were not reached. Throws only for bugs: what the backend
 * refuses stands in `failures`, and what it fails at in `stoppedBy`.
 */
export async function runPlan(store: RecordStore, units: readonly Unit[], options: RunOptions): Promise<RunResult> {
  const run = new PlanRun(store, options);
  const total = stepCount(units);
  try {
    if (store.batch === undefined) await run.stepwise(units);
    else await run.batched(units);
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return { ...run.result(total), stoppedBy: error.reason };
  }
  return { ...run.result(total), stoppedBy: undefined };
}

/** `always`: leaving this write out would leave something worse behind than running late. */
type Urgency = "in-time" | "always";
type Done = Extract<StepOutcome, { readonly kind: "done" }>;

/** What became of a part. */
interface PartResult {
  /** What depends on it may go on: nothing was refused, or the new type stands where the old one is gone. */
  readonly isSettled: boolean;
  /** Records that it created or changed. */
  readonly made: readonly StoredRecord[];
}

/** Left out because of what it requires. */
const NOT_RUN: PartResult = { isSettled: false, made: [] };

type StopReason = NonNullable<RunResult["stoppedBy"]>;

/** Leaves all loops at once; never seen outside this file. */
class Stop extends Error {
  readonly reason: StopReason;

  constructor(reason: StopReason) {
    super(reason.kind);
    this.reason = reason;
  }
}

class PlanRun {
  readonly #store: RecordStore;
  readonly #options: RunOptions;
  readonly #failures = new Map<string, ItemFailure>();
  #applied = 0;
  #settled = 0;

  constructor(store: RecordStore, options: RunOptions) {
    this.#store = store;
    this.#options = options;
  }

  result(total: number): Pick<RunResult, "applied" | "remaining" | "failures"> {
    return { applied: this.#applied, remaining: total - this.#settled, failures: [...this.#failures.values()] };
  }

  /** All units in one atomic batch; when the backend refuses a record in it, halves, down to the unit that holds it. */
  async batched(units: readonly Unit[]): Promise<void> {
    const [first] = units;
    if (first === undefined) return;
    const steps = units.flatMap((unit) => unit.parts.flatMap((part) => part.steps));
    await this.#options.beforeBatch(units);
    try {
      await this.#guarded(async () => this.#store.batch?.(steps, this.#options.signal), "in-time");
      this.#settled += steps.length;
      for (const step of steps) this.#count(step);
    } catch (error) {
      if (!(error instanceof RecordRefused)) throw error;
      if (units.length === 1) {
        await this.stepwise([first]);
        return;
      }
      const middle = Math.ceil(units.length / 2);
      await this.batched(units.slice(0, middle));
      await this.batched(units.slice(middle));
    }
  }

  async stepwise(units: readonly Unit[]): Promise<void> {
    await this.#options.beforeSteps(units);
    for (const unit of units) await this.#unit(unit);
  }

  async #unit(unit: Unit): Promise<void> {
    const results = new Map<number, PartResult>();
    for (const [position, part] of unit.parts.entries()) {
      const isReady = part.requires.every((required) => results.get(required)?.isSettled === true);
      const followsClaim = part.requires.some((required) => unit.parts[required]?.role === "claim");
      results.set(position, isReady ? await this.#part(part, followsClaim ? "always" : "in-time") : NOT_RUN);
      this.#settled += part.steps.length;
    }
    await this.#takeBackClaims(unit, results);
  }

  /**
   * The steps of one part. Values of one name and type do not depend on each other: a refused one does not keep the others
   * away. A swap, once begun, is not left half-way: when not one value of the new type was taken, the old type comes back.
   * `urgency` is that of the first step: data whose text has just been written follows it, or the text was written in vain.
   */
  async #part(part: Part, urgency: Urgency): Promise<PartResult> {
    const made: StoredRecord[] = [];
    const removed: StoredRecord[] = [];
    let refusals = 0;
    const later = (): Urgency => (part.isSwap && removed.length > 0 ? "always" : "in-time");
    for (const [index, step] of part.steps.entries()) {
      try {
        made.push(...recordsOf(await this.#step(step, part, index === 0 ? urgency : later())));
        if (step.kind === "delete") removed.push(step.record);
      } catch (error) {
        if (!(error instanceof RecordRefused)) throw error;
        for (const item of part.items) this.#fail(item, error);
        refusals += 1;
        // What stands there still is in the way of everything that follows.
        if (part.isSwap && step.kind === "delete") break;
      }
    }
    if (refusals === 0) return { isSettled: true, made };
    if (part.isSwap && made.length === 0) await this.#restore(removed);
    return { isSettled: part.isSwap && made.length > 0, made };
  }

  /** One step, or its two halves where the backend cannot update in place. */
  async #step(step: Step, part: Part, urgency: Urgency): Promise<readonly Done[]> {
    const outcome = await this.#apply(step, urgency);
    if (outcome.kind === "done") return [outcome];
    if (step.kind !== "update") throw new Error(`${this.#store.provider} does not support a ${step.kind}`);
    const create: Step = { kind: "create", record: step.to };
    const remove: Step = { kind: "delete", record: step.from };
    // The same value with another TTL, or an alias, cannot stand there twice: it must go before it comes back.
    const cannotOverlap =
      step.from.target === step.to.target || this.#options.isExclusive(step.to.type, step.from.type);
    if (!cannotOverlap) return [await this.#applyDone(create), await this.#applyDone(remove)];
    await this.#options.beforeGap(part);
    await this.#applyDone(remove);
    try {
      return [await this.#applyDone(create)];
    } catch (error) {
      if (error instanceof RecordRefused) await this.#restore([step.from]);
      throw error;
    }
  }

  /** A step that follows another one and must not be left out for lack of time. */
  async #applyDone(step: Step): Promise<Done> {
    const outcome = await this.#apply(step, "always");
    if (outcome.kind === "unsupported") throw new Error(`${this.#store.provider} does not support a ${step.kind}`);
    return outcome;
  }

  async #apply(step: Step, urgency: Urgency): Promise<StepOutcome> {
    this.#options.state.check(step);
    const outcome = await this.#guarded(() => this.#store.apply(step, this.#options.signal), urgency);
    if (outcome.kind === "done") this.#count(step);
    return outcome;
  }

  /** The only place where a write begins. */
  async #guarded<T>(write: () => Promise<T>, urgency: Urgency): Promise<T> {
    if (urgency === "in-time" && !this.#options.mayBegin()) throw new Stop({ kind: "deadline" });
    try {
      return await write();
    } catch (error) {
      if (error instanceof UpstreamError) throw new Stop({ kind: "error", error });
      throw error;
    }
  }

  async #restore(records: readonly StoredRecord[]): Promise<void> {
    for (const { name, type, target, ttlSeconds } of records) {
      if (isRecordType(type)) await this.#undo({ kind: "create", record: { name, type, target, ttlSeconds } });
    }
  }

  /** Takes a step back. A backend that refuses even that is reported beside the first refusal; there is nothing better to do. */
  async #undo(step: Extract<Step, { readonly kind: "create" | "delete" }>): Promise<void> {
    try {
      await this.#applyDone(step);
    } catch (error) {
      if (!(error instanceof RecordRefused)) throw error;
      const { name, type } = step.record;
      const reason = `what was done before the refusal could not be undone: ${error.message}`;
      this.#failures.set(`undo ${itemKey(step.record)}`, {
        name,
        type,
        code: "undo.refused",
        reason,
        retryable: false,
      });
    }
  }

  /** An ownership text of which no data came to be would make a later hand-made record look owned. */
  async #takeBackClaims(unit: Unit, results: ReadonlyMap<number, PartResult>): Promise<void> {
    for (const [position, part] of unit.parts.entries()) {
      if (part.role !== "claim") continue;
      const served = unit.parts.flatMap((other, index) =>
        other.requires.includes(position) ? [results.get(index)] : [],
      );
      const isInVain =
        served.length > 0 && served.every((result) => result?.isSettled !== true && result?.made.length === 0);
      if (!isInVain) continue;
      for (const record of results.get(position)?.made ?? []) await this.#undo({ kind: "delete", record });
    }
  }

  #count(step: Step): void {
    this.#options.state.note(step);
    this.#applied += 1;
    this.#options.onApplied(step);
  }

  #fail(item: { readonly name: string; readonly type: string }, error: RecordRefused): void {
    const { name, type } = item;
    this.#failures.set(itemKey(item), { name, type, code: error.code, reason: error.message, retryable: false });
  }
}

function recordsOf(outcomes: readonly Done[]): readonly StoredRecord[] {
  return outcomes.flatMap((outcome) => (outcome.record === undefined ? [] : [outcome.record]));
}
