// What `npm run bench:unifi` prints must follow decision 6: as many writes as records differ, and lists by their age alone.

import { describe, expect, test } from "vitest";
import { type Api, countCalls, listRequests } from "../../../bench/unifi/count-calls.ts";

const NAMES = 120;
/** Of a console's records: an address and its registry text for each name. */
const RECORDS = 2 * NAMES;
/** One for GET /records, one at the start of the apply. */
const LISTS_OF_A_LOOP = 2;
/** Older lists are read anew before a write. */
const MAX_LIST_AGE_MS = 5_000;
const APIS: readonly Api[] = ["dns/policies", "static-dns"];

describe.each(APIS)("%s", (api) => {
  test("writes what differs, once, and lists twice in a loop when writes take no time", async () => {
    const counts = await countCalls({ api, names: NAMES, writeMs: 0 });
    const full = LISTS_OF_A_LOOP * listRequests(api, RECORDS);
    expect(counts).toMatchObject([
      { phase: "create", loops: 1, writes: RECORDS, listRequests: LISTS_OF_A_LOOP, records: RECORDS },
      { phase: "change", loops: 1, writes: 1, listRequests: full, records: RECORDS },
      { phase: "delete", loops: 1, writes: RECORDS, listRequests: full, records: 0 },
    ]);
  });

  test("writes what differs, once, over many loops too, and lists once more for each five seconds of writing", async () => {
    const [created] = await countCalls({ api, names: NAMES, writeMs: 100 });
    if (created === undefined) throw new Error("nothing was counted");
    expect(created.loops).toBeGreaterThan(1);
    expect(created.writes).toBe(RECORDS);
    const lists = LISTS_OF_A_LOOP * created.loops + Math.floor(created.writingMs / MAX_LIST_AGE_MS);
    expect(created.listRequests).toBeLessThanOrEqual(lists * listRequests(api, RECORDS));
  });
});
