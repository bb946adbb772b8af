// Calls to a console for 1,000 creates, one change among 1,000, and 1,000 deletes, beside what a list for every delete takes.

import { parseArgs } from "node:util";
import { readCount } from "./arguments.ts";
import { table } from "./figures.ts";
import { type Api, countCalls } from "./unifi/count-calls.ts";
import { listPerDelete } from "./unifi/list-per-delete.ts";

const MAX_NAMES = 5_000;
const MAX_WRITE_MS = 1_000;
const USAGE = `usage: npm run bench:unifi -- [--names 1…${MAX_NAMES}] [--write-ms 0…${MAX_WRITE_MS}]`;
const APIS: readonly Api[] = ["dns/policies", "static-dns"];

const { values } = parseArgs({
  options: {
    names: { type: "string", default: "1000" },
    "write-ms": { type: "string", default: "20" },
  },
});
const names = readCount(values.names, { min: 1, max: MAX_NAMES, usage: USAGE });
const writeMs = readCount(values["write-ms"], { min: 0, max: MAX_WRITE_MS, usage: USAGE });

console.log(
  `${names} names, each an address and its registry text; a write takes ${writeMs} ms of virtual time, a loop at most 12 s.\n` +
    "Zonegate is counted at the emulated console; a list per delete is computed from that algorithm, without its failures.\n",
);
const rows: string[][] = [];
for (const api of APIS) {
  for (const { phase, loops, writes, listRequests } of await countCalls({ api, names, writeMs })) {
    const other = listPerDelete(phase, api, names);
    const count = phase === "change" ? 1 : names;
    const figures = [writes, listRequests, writes + listRequests, loops];
    const others = [other.writes, other.listRequests, other.writes + other.listRequests];
    rows.push([`${api}: ${phase} ${count}`, ...[...figures, ...others].map(String)]);
  }
}
console.log(
  table(["", "writes", "list requests", "calls", "loops", "per delete: writes", "list requests", "calls"], rows),
);
