// The same lives over real TLS: sockets that are reset, half answers, certificates and kept connections are no model here.

import { overTls } from "./lives/reach.ts";
import { proveUnifi } from "./lives/unifi-proof.ts";

/** For each API. `npm run test:unifi-sequences-tls` is the long run (docs/reliability.md). */
const COUNT = Number(process.env["UNIFI_TLS_SEQUENCES"] ?? "6");

proveUnifi({ api: "dns/policies", reach: overTls, count: COUNT, slowestLifeMs: 6_000 });
proveUnifi({ api: "static-dns", reach: overTls, count: COUNT, slowestLifeMs: 6_000 });
