// Looks ahead: no step may bring the backend, with everything that is in it, into a state in which it would stop answering.

import { RecordRefused } from "#src/errors.ts";
import type { BackendRules, RecordList, StateProblem, StateRecord, Step } from "#src/providers/provider.ts";

export class StateWatch {
  readonly #refuseState: BackendRules["refuseState"];
  /** By `name type target`; what the backend holds as far as we know. */
  readonly #records = new Map<string, StateRecord>();
  /** What was wrong before we began is not ours to answer for. */
  readonly #known: StateProblem | undefined;

  constructor(list: RecordList) {
    this.#refuseState = list.rules.refuseState?.bind(list.rules);
    if (this.#refuseState === undefined) return;
    for (const record of list.records) this.#records.set(keyOf(record), record);
    this.#known = this.#refuseState([...this.#records.values()]);
  }

  /** Throws RecordRefused when the step would break the backend. */
  check(step: Step): void {
    if (this.#refuseState === undefined) return;
    const problem = this.#refuseState([...carriedOut(step, this.#records).values()]);
    if (problem === undefined || isSame(problem, this.#known)) return;
    const record = step.kind === "update" ? step.to : step.record;
    throw new RecordRefused("state.refused", record, `it would stop the backend from answering: ${problem.reason}`);
  }

  /** Takes a step in that was carried out. */
  note(step: Step): void {
    if (this.#refuseState === undefined) return;
    const after = carriedOut(step, this.#records);
    this.#records.clear();
    for (const [key, record] of after) this.#records.set(key, record);
  }
}

function carriedOut(step: Step, records: ReadonlyMap<string, StateRecord>): ReadonlyMap<string, StateRecord> {
  const after = new Map(records);
  if (step.kind === "delete") after.delete(keyOf(step.record));
  if (step.kind === "update") after.delete(keyOf(step.from));
  if (step.kind === "delete") return after;
  const { name, type, target } = step.kind === "create" ? step.record : step.to;
  after.set(keyOf({ name, type, target }), { name, type, target, enabled: true });
  return after;
}

function keyOf({ name, type, target }: Pick<StateRecord, "name" | "type" | "target">): string {
  return `${name} ${type} ${target}`;
}

function isSame(a: StateProblem, b: StateProblem | undefined): boolean {
  return b !== undefined && a.name === b.name && a.type === b.type && a.reason === b.reason;
}
