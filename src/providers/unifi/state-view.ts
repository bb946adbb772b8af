// What the console holds, indexed by alias, so that one more record is judged by what it meets and not by a walk over all of
// them. Agrees with state-rules.ts wherever the state was good before (test/property/unifi-state-view.test.ts).

import type { StateChange, StateProblem, StateRecord, StateView } from "#src/providers/provider.ts";
import { ALIAS_LOOP, problemOf, refuseRecord, TWO_ALIASES } from "./state-rules.ts";

export function watchState(records: readonly StateRecord[]): StateView {
  const aliases = new Aliases();
  for (const record of records) aliases.add(record);
  return {
    refuse: (change) => refuse(change, aliases),
    note: ({ leaving, arriving }) => {
      if (leaving !== undefined) aliases.remove(leaving);
      if (arriving !== undefined && !aliases.has(arriving)) aliases.add(arriving);
    },
  };
}

/** What leaves breaks nothing, and what was wrong before we began is not ours to answer for. */
function refuse({ leaving, arriving }: StateChange, aliases: Aliases): StateProblem | undefined {
  if (arriving === undefined || !arriving.enabled || isSame(leaving, arriving)) return undefined;
  const reason = refuseAlias(arriving, leaving, aliases) ?? refuseRecord(arriving);
  return reason === undefined ? undefined : problemOf(arriving, reason);
}

function refuseAlias(arriving: StateRecord, leaving: StateRecord | undefined, aliases: Aliases): string | undefined {
  if (!isAlias(arriving)) return undefined;
  const takesPlace = leaving !== undefined && isAlias(leaving) && keyOf(leaving) === keyOf(arriving);
  const others = aliases.targetsOf(keyOf(arriving)).filter((target) => target !== arriving.target.toLowerCase());
  if (others.length > 0 && !takesPlace) return TWO_ALIASES;
  return aliases.leads(arriving.target.toLowerCase(), keyOf(arriving), leaving) ? ALIAS_LOOP : undefined;
}

class Aliases {
  /** Lower-case targets by lower-case name; more than one only where a broken state was listed. */
  readonly #targets = new Map<string, string[]>();

  add(record: StateRecord): void {
    if (!isAlias(record)) return;
    const standing = this.#targets.get(keyOf(record));
    if (standing === undefined) this.#targets.set(keyOf(record), [record.target.toLowerCase()]);
    else standing.push(record.target.toLowerCase());
  }

  remove(record: StateRecord): void {
    if (!isAlias(record)) return;
    const standing = this.#targets.get(keyOf(record)) ?? [];
    const index = standing.indexOf(record.target.toLowerCase());
    if (index >= 0) standing.splice(index, 1);
    if (standing.length === 0) this.#targets.delete(keyOf(record));
  }

  has(record: StateRecord): boolean {
    return isAlias(record) && this.targetsOf(keyOf(record)).includes(record.target.toLowerCase());
  }

  targetsOf(name: string): readonly string[] {
    return this.#targets.get(name) ?? [];
  }

  /** True when the aliases lead from one name to the other once `without` is gone. */
  leads(from: string, to: string, without: StateRecord | undefined): boolean {
    const walked = new Set<string>();
    const open = [from];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (name === to) return true;
      if (walked.has(name)) continue;
      walked.add(name);
      const isCut = without !== undefined && isAlias(without) && keyOf(without) === name;
      const cut = isCut ? without.target.toLowerCase() : undefined;
      open.push(...this.targetsOf(name).filter((target) => target !== cut));
    }
    return false;
  }
}

function isAlias(record: StateRecord): boolean {
  return record.type === "CNAME" && record.enabled;
}

function keyOf({ name }: StateRecord): string {
  return name.toLowerCase();
}

function isSame(a: StateRecord | undefined, b: StateRecord): boolean {
  return a !== undefined && a.enabled && a.name === b.name && a.type === b.type && a.target === b.target;
}
