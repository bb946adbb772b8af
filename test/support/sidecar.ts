// The real process as a sidecar of external-dns: with a console's environment, so without DNS.

import { z } from "zod";
import { type SpawnedZonegate, spawnZonegate, type ZonegateOptions } from "./zonegate-process.ts";

export interface Sidecar extends SpawnedZonegate {
  /** `http://127.0.0.1:<port>`, as external-dns is told it. */
  readonly webhookUrl: string;
  readonly opsUrl: string;
  readonly webhookPorts: readonly number[];
  readonly opsPorts: readonly number[];
  /** Path of the ops port as text. */
  get(path: string): Promise<{ readonly status: number; readonly text: string }>;
  status(): Promise<SidecarStatus>;
}

type SidecarStatus = z.infer<typeof STATUS>;
const STATUS = z.looseObject({
  mode: z.string(),
  reason: z.string(),
  webhook: z.looseObject({
    provider: z.string(),
    console: z.looseObject({ url: z.string() }),
    engine: z.looseObject({ journal: z.string() }),
  }),
});

const LISTENERS = z.array(z.object({ host: z.string(), port: z.int() })).min(1);
const STARTED = z.looseObject({ dns: z.array(z.unknown()).length(0), webhook: LISTENERS, ops: LISTENERS });

/** Starts it and waits until it says so; ended with the running test. */
export async function startSidecar(options: ZonegateOptions): Promise<Sidecar> {
  const zonegate = await spawnZonegate(options);
  const { webhook, ops } = STARTED.parse(await zonegate.event("started"));
  const opsUrl = `http://127.0.0.1:${ops[0]!.port}`;
  const get: Sidecar["get"] = async (path) => {
    const response = await fetch(opsUrl + path);
    return { status: response.status, text: await response.text() };
  };
  return {
    ...zonegate,
    webhookUrl: `http://127.0.0.1:${webhook[0]!.port}`,
    opsUrl,
    webhookPorts: webhook.map(({ port }) => port),
    opsPorts: ops.map(({ port }) => port),
    get,
    status: async () => STATUS.parse(JSON.parse((await get("/status")).text)),
  };
}
