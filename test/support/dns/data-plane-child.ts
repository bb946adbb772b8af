// A data plane in a process of its own: what it costs is then its own too, and not that of the clients of a test.

import { wholeZone } from "#src/dns/zone-content.ts";
import { DEFAULT_VIEW } from "#src/domain/view-name.ts";
import { SYSTEM_CLOCK } from "#src/lib/clock.ts";
import { SILENT } from "#src/lib/log.ts";
import { createDataPlane } from "#src/server/data-plane.ts";
import { compileLines, type TestZone } from "./records.ts";

/** What the parent hears: once when it serves, then an answer to each question. */
export interface ChildReport {
  readonly port: number;
  readonly rssBytes: number;
  /** User and system time since the start, all threads. */
  readonly cpuMs: number;
  readonly counters: Readonly<Record<string, number>>;
}

const plane = createDataPlane({
  listen: [{ address: "127.0.0.1", port: 0 }],
  allowedNetworks: [],
  uncappedClients: [],
  interfaces: () => ({}),
  clock: SYSTEM_CLOCK,
  logger: SILENT,
});
const zones = JSON.parse(process.argv[2] ?? "[]") as readonly TestZone[];
await plane.start();
await plane.publish({
  view: DEFAULT_VIEW,
  changes: zones.map((zone) => wholeZone(compileLines(zone).content)),
  ready: true,
});
process.on("message", report);
// The parent went away, however it did.
process.on("disconnect", () => void plane.stop());
report();

function report(): void {
  const { user, system } = process.cpuUsage();
  const [bound] = plane.addresses();
  const told: ChildReport = {
    port: bound?.port ?? 0,
    rssBytes: process.memoryUsage().rss,
    cpuMs: (user + system) / 1_000,
    counters: plane.counters(),
  };
  process.send?.(told);
}
