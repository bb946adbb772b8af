// Tells the log once when a claim is lost to another, and once when that is over. Keeps nothing: it is given what was and what is.

import { originText } from "#src/domain/record.ts";
import type { Logger } from "#src/lib/log.ts";
import type { Conflict } from "#src/sources/merge.ts";

export interface ConflictChange {
  /** Of the names that were merged again, before and after. */
  readonly before: readonly Conflict[];
  readonly after: readonly Conflict[];
}

/** A cluster that is read for the first time may bring hundreds at once; the status has them all. */
const MAX_LINES = 10;

/** `view`: "" for the view of everybody. One line for each loser at a name, however many values it loses there. */
export function logConflicts(log: Logger, view: string, { before, after }: ConflictChange): void {
  const [was, is] = [byIdentity(before), byIdentity(after)];
  const began = [...is].filter(([id]) => !was.has(id)).map(([, conflict]) => conflict);
  const ended = [...was].filter(([id]) => !is.has(id)).map(([, conflict]) => conflict);
  const where = view === "" ? {} : { view };
  for (const conflict of began.slice(0, MAX_LINES))
    log.warn({ ...where, ...fieldsOf(conflict) }, "name conflict began");
  for (const conflict of ended.slice(0, MAX_LINES))
    log.info({ ...where, ...fieldsOf(conflict) }, "name conflict ended");
  const untold = { began: Math.max(0, began.length - MAX_LINES), ended: Math.max(0, ended.length - MAX_LINES) };
  if (untold.began + untold.ended > 0) log.warn({ ...where, ...untold }, "more name conflicts than are told");
}

function byIdentity(conflicts: readonly Conflict[]): ReadonlyMap<string, Conflict> {
  return new Map(
    conflicts.map((conflict) => {
      const { code, name, winner, loser } = conflict;
      return [`${code} ${name} ${originText(winner)} ${originText(loser)}`, conflict];
    }),
  );
}

function fieldsOf({ code, name, winner, loser }: Conflict): object {
  return { code, name, winner: originText(winner), loser: originText(loser) };
}
