// Random lives over the official API, in memory and in virtual time. `npm run test:unifi-sequences` is the long run
// (docs/reliability.md).

import { inMemory } from "./lives/reach.ts";
import { proveUnifi } from "./lives/unifi-proof.ts";

const COUNT = Number(process.env["UNIFI_SEQUENCES"] ?? "100");

proveUnifi({ api: "dns/policies", reach: inMemory, count: COUNT, slowestLifeMs: 500 });
