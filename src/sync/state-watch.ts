// Looks ahead: no step may bring the backend, with everything that is in it, into a state in which it would stop answering.

import { RecordRefused } from "#src/errors.ts";
import type { RecordList, StateChange, StateView, Step } from "#src/providers/provider.ts";

export class StateWatch {
  readonly #view: StateView | undefined;

  constructor(list: RecordList) {
    this.#view = list.rules.watchState?.(list.records);
  }

  /** Throws RecordRefused when the step would break the backend. */
  check(step: Step): void {
    const problem = this.#view?.refuse(changeOf(step));
    if (problem === undefined) return;
    const record = step.kind === "update" ? step.to : step.record;
    throw new RecordRefused("state.refused", record, `it would stop the backend from answering: ${problem.reason}`);
  }

  /** Takes a step in that was carried out. */
  note(step: Step): void {
    this.#view?.note(changeOf(step));
  }
}

function changeOf(step: Step): StateChange {
  if (step.kind === "delete") return { leaving: step.record };
  const { name, type, target } = step.kind === "create" ? step.record : step.to;
  const arriving = { name, type, target, enabled: true };
  return step.kind === "create" ? { arriving } : { leaving: step.from, arriving };
}
