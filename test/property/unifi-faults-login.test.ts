// Random lives by user name and password, on a console that checks what it is given and on one that checks nothing: sessions that
// are lost, logins that are limited, and no way to update in place to rely on. In memory and in virtual time.

import { inMemory } from "./lives/reach.ts";
import { proveUnifi } from "./lives/unifi-proof.ts";

/** Half of it for each, so that this file takes as long as each of the others. */
const COUNT = Math.ceil(Number(process.env["UNIFI_SEQUENCES"] ?? "100") / 2);

proveUnifi({ api: "static-dns by login", reach: inMemory, count: COUNT, slowestLifeMs: 500 });
proveUnifi({ api: "static-dns without checks by login", reach: inMemory, count: COUNT, slowestLifeMs: 500 });
