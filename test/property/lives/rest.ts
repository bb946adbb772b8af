// What has to be true once nothing fails any more: everything wanted is there, nothing else of ours is, and nobody remembers an
// open question.

import type { Intent } from "#src/sync/journal.ts";
import type { Judge } from "./judge.ts";
import type { Wish } from "./wishes.ts";
import type { HeldRecord } from "./world.ts";

export interface Rest {
  readonly judge: Judge;
  readonly wanted: ReadonlyMap<string, Wish>;
  readonly records: readonly HeldRecord[];
  readonly intents: readonly Intent[];
}

/** Every wanted name that no foreign record stands at holds exactly what is wanted; every record of ours has its text. */
export function checkRest({ judge, wanted, records, intents }: Rest): void {
  const obstructed = new Set(records.filter((record) => judge.isForeign(record)).map(({ name }) => name));
  const ours = records.filter((record) => !judge.isForeign(record));
  const data = ours.filter(({ type }) => type !== "TXT");
  compare(judge, "data", {
    held: data
      .filter(({ name }) => !obstructed.has(name))
      .map(
        ({ name, type, target, ttlSeconds }) => `${name} ${type} ${target} ${shownTtl(wanted.get(name), ttlSeconds)}`,
      ),
    wanted: [...wanted]
      .filter(([name]) => !obstructed.has(name))
      .flatMap(([name, { type, targets, ttlSeconds }]) =>
        targets.map((target) => `${name} ${type} ${target} ${ttlSeconds}`),
      ),
  });
  compare(judge, "ownership texts", {
    held: ours.filter(({ type }) => type === "TXT").map(({ name }) => name),
    wanted: [...new Set(data.map(({ name, type }) => `${type.toLowerCase()}-${name}`))],
  });
  for (const { textName } of intents) judge.violate(`at rest the journal still asks about ${textName}`);
}

/** A wish without a TTL is content with any. */
function shownTtl(wish: Wish | undefined, ttlSeconds: number): number {
  return wish?.ttlSeconds === 0 ? 0 : ttlSeconds;
}

function compare(judge: Judge, what: string, sides: Record<"held" | "wanted", readonly string[]>): void {
  const [held, wanted] = [sides.held.toSorted().join(", "), sides.wanted.toSorted().join(", ")];
  if (held !== wanted) judge.violate(`at rest its ${what} are ${held} instead of ${wanted}`);
}
