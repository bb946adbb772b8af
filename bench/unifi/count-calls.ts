// Counts what a console is asked for while names come, one changes and all go: through external-dns' plan, engine and store
// over the emulator, in virtual time. Prints nothing.

import { type Endpoint, endpoint } from "#test/fakes/external-dns/endpoint.ts";
import { startUnifiConsole, type UnifiConsole } from "#test/fakes/unifi-console/unifi-console.ts";
import { engineOver } from "#test/support/engine.ts";
import { syncOnce } from "#test/support/external-dns-in-process.ts";
import { CALL_TIMEOUT_MS, consoleClock } from "#test/support/unifi-clock.ts";
import { storeFor } from "#test/support/unifi-console.ts";

export type Api = "dns/policies" | "static-dns";

export interface CallCounts {
  readonly phase: "create" | "change" | "delete";
  /** Loops of external-dns until nothing was left to do, without the silent one that shows it. */
  readonly loops: number;
  /** Requests that write: creates, updates, deletes. */
  readonly writes: number;
  /** Requests that list; a list of dns/policies takes one for each 200 records. */
  readonly listRequests: number;
  /** Records in the console afterwards. */
  readonly records: number;
  /** Virtual milliseconds that the writes took. */
  readonly writingMs: number;
}

export interface CountOptions {
  readonly api: Api;
  readonly names: number;
  /** Virtual time that one write takes. */
  readonly writeMs: number;
}

const OWNER = "count";
const LOOP_MS = 60_000;
/** No phase of ours needs as many. */
const MAX_LOOPS = 1_000;

/** Each name has one address and its registry text. Throws when a phase does not come to rest. */
export async function countCalls({ api, names, writeMs }: CountOptions): Promise<readonly CallCounts[]> {
  const clock = consoleClock();
  clock.beLenient();
  const console = await startUnifiConsole({
    profile: api === "dns/policies" ? "udm-10.4" : "udm-9.4",
    time: clock.time,
  });
  const store = storeFor(console, { clock, callTimeoutMs: CALL_TIMEOUT_MS });
  const timed: typeof store = {
    provider: store.provider,
    status: () => store.status(),
    close: () => store.close(),
    list: (signal) => store.list(signal),
    apply: async (step, signal) => {
      const outcome = await store.apply(step, signal);
      clock.time.advance(writeMs);
      return outcome;
    },
  };
  const engine = engineOver(timed, { clock, breaker: "off" });
  const sync = (wanted: readonly Endpoint[]): ReturnType<typeof syncOnce> => {
    clock.time.advance(LOOP_MS);
    return syncOnce(engine, wanted, OWNER);
  };
  const all = Array.from({ length: names }, (_, index) => wanted(index, `10.0.${index >> 8}.${index & 255}`));
  const [first, ...others] = all;
  const changed = first === undefined ? [] : [wanted(0, "10.9.9.9"), ...others];
  try {
    // The first list finds out which API the console has.
    await sync([]);
    const results: CallCounts[] = [];
    for (const [phase, target] of [
      ["create", all],
      ["change", changed],
      ["delete", []],
    ] as const) {
      results.push(await countPhase(phase, { console, writeMs, sync: () => sync(target) }));
    }
    return results;
  } finally {
    store.close();
    await console.stop();
  }
}

function wanted(index: number, address: string): Endpoint {
  const name = `app${index}.example.com`;
  return endpoint(name, "A", [address], { labels: { resource: `ingress/default/app${index}` } });
}

interface Phase {
  readonly console: UnifiConsole;
  readonly writeMs: number;
  readonly sync: () => ReturnType<typeof syncOnce>;
}

async function countPhase(phase: CallCounts["phase"], { console, writeMs, sync }: Phase): Promise<CallCounts> {
  const before = console.counters();
  for (let loops = 1; loops <= MAX_LOOPS; loops += 1) {
    const outcome = await sync();
    const after = console.counters();
    if (outcome !== "applied") continue;
    const writes = after.writes - before.writes;
    const listRequests = (after.byOperation.list ?? 0) - (before.byOperation.list ?? 0);
    return { phase, loops, writes, listRequests, records: console.records().length, writingMs: writes * writeMs };
  }
  throw new Error(`${phase}: not at rest after ${MAX_LOOPS} loops`);
}

/** Requests to list so many records once. */
export function listRequests(api: Api, records: number): number {
  return api === "static-dns" ? 1 : Math.max(1, Math.ceil(records / PAGE_LIMIT));
}

/** The largest page of dns/policies. */
const PAGE_LIMIT = 200;
