// Small schemas that the answers of the ops listener are built from.

import * as z from "zod";

/** A list that its producer may keep read-only. */
export function list<Item extends z.ZodType>(item: Item) {
  return z.array(item).readonly();
}

/** A point in time. */
export function unixMs() {
  return z.number().nonnegative().meta({ description: "Unix milliseconds." });
}
