// What a webhook needs that looks every record up by a list of its own before it deletes it, and changes by deleting and
// creating: computed from that algorithm, not measured. Every name has a data record and a registry text.

import { type Api, type CallCounts, listRequests } from "./count-calls.ts";

export interface ComputedCalls {
  readonly writes: number;
  readonly listRequests: number;
}

const RECORDS_PER_NAME = 2;

export function listPerDelete(phase: CallCounts["phase"], api: Api, names: number): ComputedCalls {
  const records = names * RECORDS_PER_NAME;
  switch (phase) {
    case "create":
      // One list for GET /records, while there is nothing yet; creates are sent blindly.
      return { writes: records, listRequests: 1 };
    case "change":
      // The plan's update names the data record and its text; each is looked up, deleted and created anew.
      return {
        writes: 2 * RECORDS_PER_NAME,
        listRequests: listRequests(api, records) + RECORDS_PER_NAME * listRequests(api, records),
      };
    default:
      return { writes: records, listRequests: listRequests(api, records) + listsWhileShrinking(api, records) };
  }
}

function listsWhileShrinking(api: Api, records: number): number {
  let requests = 0;
  for (let left = records; left > 0; left -= 1) requests += listRequests(api, left);
  return requests;
}
