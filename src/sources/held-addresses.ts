// Addresses that vanished from an object's status and are answered a little longer: a controller that restarts empties the
// status of every Ingress at once, and the LAN must not notice (facts: reliability D8). Pure: time comes with each call.

import { type ClusterObject, keyOf } from "#src/domain/cluster-object.ts";
import type { DomainName } from "#src/domain/name.ts";
import type { RecordSet } from "#src/domain/record.ts";
import type { SourceProblem, SourceResult } from "./source.ts";

/** How long addresses outlive the status they came from, by default: longer than a rollout of a controller takes. */
export const DEFAULT_STATUS_HOLD_MS = 600_000;

/** The record sets of one object with what is held for it. */
export interface HeldResult extends SourceResult {
  /** When the hold of a name ends, in the caller's milliseconds. Empty: nothing is held. */
  readonly heldUntilMs: ReadonlyMap<DomainName, number>;
}

export interface HoldTime {
  readonly nowMs: number;
  readonly holdMs: number;
}

const NOTHING_HELD: ReadonlyMap<DomainName, number> = new Map();

/** Puts the previous addresses of a name in the place of an empty set until its hold ends. */
export function holdAddresses(
  fresh: SourceResult,
  previous: HeldResult | undefined,
  { object, nowMs, holdMs }: HoldTime & { readonly object: ClusterObject },
): HeldResult {
  if (previous === undefined || fresh.whenLost === "drop" || !fresh.recordSets.some(isAddressless)) {
    return { ...fresh, heldUntilMs: NOTHING_HELD };
  }
  // Two parts of an object may claim one name: what the other one says has not been lost.
  const said = new Set(fresh.recordSets.map(claimText));
  const recordSets: RecordSet[] = [];
  const problems: SourceProblem[] = [];
  const heldUntilMs = new Map<DomainName, number>();
  for (const set of fresh.recordSets) {
    const untilMs = previous.heldUntilMs.get(set.name) ?? nowMs + holdMs;
    const last = previous.recordSets.filter(
      (old) => old.name === set.name && !isAddressless(old) && !said.has(claimText(old)),
    );
    if (!isAddressless(set) || last.length === 0 || untilMs <= nowMs) {
      recordSets.push(set);
      continue;
    }
    recordSets.push(...last);
    heldUntilMs.set(set.name, untilMs);
    const reason = `${set.name} has lost its addresses; the last ones are answered for ${Math.round(holdMs / 1000)} s more at most`;
    problems.push({ code: "address.held", object: keyOf(object), hostname: set.name, reason });
  }
  return { recordSets, problems: [...fresh.problems, ...problems], heldUntilMs };
}

function isAddressless(set: RecordSet): boolean {
  return set.targets.length === 0;
}

function claimText({ name, type, targets }: RecordSet): string {
  return JSON.stringify([name, type, targets]);
}
