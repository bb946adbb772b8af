// Whether another view answers the name, and otherwise than this one: who is told nothing may be looking from the wrong place.

import type { DomainName } from "#src/domain/name.ts";
import type { ExplainedAnswer, Explanation } from "#src/ops/explanation.ts";

type Hint = Explanation["hints"][number];

export interface ViewAnswers {
  /** "" for the view of everybody. */
  readonly view: string;
  readonly answers: readonly ExplainedAnswer[];
}

export function viewHints(name: DomainName, here: ViewAnswers, others: readonly ViewAnswers[]): readonly Hint[] {
  const ours = dataOf(here);
  return others.flatMap(({ view, answers }): readonly Hint[] => {
    const theirs = dataOf({ view, answers });
    if (theirs.length === 0 || theirs.join() === ours.join()) return [];
    const who = view === "" ? "The view of everybody" : `View ${view}`;
    const ask = view === "" ? name : `${name}@${view}`;
    const what = `${theirs.join(", ")}: zonegate explain ${ask}`;
    return ours.length === 0
      ? [{ code: "view.only", text: `${who} answers what is not answered here, with ${what}` }]
      : [{ code: "view.differs", text: `${who} answers otherwise, with ${what}` }];
  });
}

/** TTLs may differ. */
function dataOf({ answers }: ViewAnswers): readonly string[] {
  const values = answers
    .filter(({ result }) => result === "data")
    .flatMap(({ records }) => records.map(({ type, value }) => `${type} ${value}`));
  return [...new Set(values)].sort();
}
