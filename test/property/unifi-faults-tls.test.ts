// The same lives over real TLS: sockets that are reset, half answers, certificates and kept connections are no model here.

import { overTls } from "./lives/reach.ts";
import { SEQUENCE_APIS } from "./lives/unifi-consoles.ts";
import { proveUnifi } from "./lives/unifi-proof.ts";

/** For each API and way in. `npm run test:unifi-sequences-tls` is the long run (docs/reliability.md). */
const COUNT = Number(process.env["UNIFI_TLS_SEQUENCES"] ?? "6");

for (const api of SEQUENCE_APIS) proveUnifi({ api, reach: overTls, count: COUNT, slowestLifeMs: 6_000 });
