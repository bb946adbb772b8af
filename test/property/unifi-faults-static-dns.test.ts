// Random lives over the older API, and through upgrades to the official one, in memory and in virtual time. In a file of its own,
// so that both APIs take a core each.

import { inMemory } from "./lives/reach.ts";
import { proveUnifi } from "./lives/unifi-proof.ts";

const COUNT = Number(process.env["UNIFI_SEQUENCES"] ?? "100");

proveUnifi({ api: "static-dns", reach: inMemory, count: COUNT, slowestLifeMs: 500 });
