// One request for an explanation: takes a picture of both halves, has it explained, and asks the cluster what only it knows.

import type { ReadingHalf } from "#src/app/reading-half.ts";
import type { DomainName } from "#src/domain/name.ts";
import { DEFAULT_VIEW } from "#src/domain/view-name.ts";
import type { Explanation } from "#src/ops/explanation.ts";
import { answeredAddresses, withAnnouncements } from "./announcements.ts";
import { explainName } from "./explain.ts";
import type { StoredFacts } from "./facts.ts";

export interface ExplainedHalves {
  /** `undefined`: the mode answers no DNS. */
  readonly reading: Pick<ReadingHalf, "facts" | "viewNames" | "announcements"> | undefined;
  /** `undefined`: the mode keeps no records. */
  readonly stored: StoredFacts | undefined;
}

/** `undefined`: there is no such view. */
export async function explainRequest(
  name: DomainName,
  view: string,
  { reading, stored }: ExplainedHalves,
): Promise<Explanation | undefined> {
  const facts = reading?.facts(view);
  if (facts === undefined && view !== DEFAULT_VIEW) return undefined;
  const otherViews = (reading?.viewNames ?? []).flatMap((other) => {
    const theirs = other === view ? undefined : reading?.facts(other);
    return theirs === undefined ? [] : [{ view: other, reading: theirs }];
  });
  const explanation = explainName(name, { reading: facts, view, otherViews, stored });
  const announcements = await reading?.announcements(view, answeredAddresses(explanation));
  return announcements === undefined ? explanation : withAnnouncements(explanation, announcements);
}
