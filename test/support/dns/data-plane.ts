// A data plane for tests: real thread, real sockets on 127.0.0.1, ports the system chooses; log lines are kept to look at.

import { onTestFinished } from "vitest";
import { wholeZone } from "#src/dns/zone-content.ts";
import { DEFAULT_VIEW } from "#src/domain/view-name.ts";
import { SYSTEM_CLOCK } from "#src/lib/clock.ts";
import { SILENT } from "#src/lib/log.ts";
import { createDataPlane, type DataPlane, type DataPlaneOptions } from "#src/server/data-plane.ts";
import type { ServerAddress } from "./clients.ts";
import { compileLines, type TestZone } from "./records.ts";

/** The worker of faulty-worker.ts, which breaks when it is asked certain names. */
export const FAULTY_WORKER = new URL("./faulty-worker.ts", import.meta.url);

export interface RunningDataPlane {
  readonly plane: DataPlane;
  readonly server: ServerAddress;
  /** Events at level warn and error. */
  readonly complaints: readonly string[];
}

export function newDataPlane(given: Partial<DataPlaneOptions> = {}): DataPlane {
  const plane = createDataPlane({
    listen: [{ address: "127.0.0.1", port: 0 }],
    allowedNetworks: [],
    uncappedClients: [],
    interfaces: () => ({}),
    clock: SYSTEM_CLOCK,
    logger: SILENT,
    ...given,
  });
  onTestFinished(() => plane.stop());
  return plane;
}

/** Serves `zones`; stopped when the test is over. */
export async function runDataPlane(
  zones: readonly TestZone[],
  given: Partial<DataPlaneOptions> = {},
): Promise<RunningDataPlane> {
  const complaints: string[] = [];
  const keep = (_fields: object, event: string): void => void complaints.push(event);
  const plane = newDataPlane({ logger: { ...SILENT, warn: keep, error: keep }, ...given });
  const published = publish(plane, zones);
  await plane.start();
  await published;
  const [server] = plane.addresses();
  if (server === undefined) throw new Error("nothing is bound");
  return { plane, server, complaints };
}

export async function publish(plane: DataPlane, zones: readonly TestZone[], view = DEFAULT_VIEW): Promise<void> {
  await plane.publish({
    view,
    changes: zones.map((zone) => wholeZone(compileLines(zone).content)),
    ready: true,
  });
}
