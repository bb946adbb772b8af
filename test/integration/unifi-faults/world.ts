// One emulated console, the real store and engine over it, and external-dns' plan: what a row of the fault matrix plays in.

import type { UnifiStore, UnifiStoreOptions } from "#src/providers/unifi/unifi-store.ts";
import type { EngineOptions } from "#src/sync/engine-options.ts";
import type { ApplyReport } from "#src/sync/sync-engine.ts";
import { type Endpoint, endpoint } from "#test/fakes/external-dns/endpoint.ts";
import type { ProfileName } from "#test/fakes/unifi-console/profiles.ts";
import {
  startUnifiConsole,
  type UnifiConsole,
  type UnifiConsoleOptions,
} from "#test/fakes/unifi-console/unifi-console.ts";
import { engineOver } from "#test/support/engine.ts";
import { type SyncOutcome, syncOnce } from "#test/support/external-dns-in-process.ts";
import { CALL_TIMEOUT_MS, type ConsoleClock, consoleClock, PATIENT_MS } from "#test/support/unifi-clock.ts";
import { credentialsFor, storeFor } from "#test/support/unifi-console.ts";

const OWNER = "matrix";
const LOOP_MS = 60_000;

interface Writer {
  readonly engine: ReturnType<typeof engineOver>;
  readonly store: UnifiStore;
  /** One loop of external-dns, a minute after the last. `soft` is what the webhook answers 500 or 503 to. */
  sync(wanted: readonly Endpoint[]): Promise<SyncOutcome>;
}

export interface World extends Writer {
  readonly console: UnifiConsole;
  readonly clock: ConsoleClock;
  readonly reports: readonly ApplyReport[];
  /** Another process with the same settings. */
  another(trust?: UnifiStoreOptions["trust"]): Writer;
  /** Names, types and values that answer now, without registry texts; sorted. */
  answers(): readonly string[];
  /** Writes that the console carried out for us: "create www.example.com A 10.0.0.1", oldest first, without texts. */
  written(): readonly string[];
  /** Requests to write that have come in so far. */
  writes(): number;
  close(): Promise<void>;
}

export interface WorldOptions extends UnifiConsoleOptions {
  readonly profile: ProfileName;
  readonly access?: "admin" | "viewer";
}

export async function startWorld(options: WorldOptions): Promise<World> {
  const clock = consoleClock(PATIENT_MS);
  const console = await startUnifiConsole({ ...options, time: clock.time });
  const reports: ApplyReport[] = [];
  const observer: EngineOptions["observer"] = {
    listed() {},
    stepApplied() {},
    applied: (_provider, report) => void reports.push(report),
  };
  const stores: UnifiStore[] = [];
  const another = (trust: UnifiStoreOptions["trust"] = { kind: "ca", pem: console.caPem }): Writer => {
    const credentials = credentialsFor(console, options.access ?? "admin");
    const store = storeFor(console, { clock, callTimeoutMs: CALL_TIMEOUT_MS, trust, credentials });
    stores.push(store);
    const engine = engineOver(store, { clock, observer });
    const sync = (wanted: readonly Endpoint[]): Promise<SyncOutcome> => {
      clock.time.advance(LOOP_MS);
      return syncOnce(engine, wanted, OWNER);
    };
    return { engine, store, sync };
  };
  return {
    ...another(),
    console,
    clock,
    reports,
    another,
    answers: () =>
      console
        .records()
        .flatMap(({ name, type, data }) => (type === "TXT" ? [] : [`${name} ${type} ${data}`]))
        .sort(),
    written: () => writtenBy(console),
    writes: () => console.counters().writes,
    close: async () => {
      for (const store of stores) store.close();
      await console.stop();
    },
  };
}

export function want(name: string, type: string, ...targets: readonly string[]): Endpoint {
  return endpoint(name, type, [...targets], { labels: { resource: `ingress/default/${name}` } });
}

/** `count` names with one address each. */
export function wantMany(count: number): readonly Endpoint[] {
  return Array.from({ length: count }, (_, index) => want(`many${index}.example.com`, "A", `10.1.0.${index}`));
}

function writtenBy(console: UnifiConsole): readonly string[] {
  return console.commits().flatMap(({ by, before, after }) => {
    const record = after ?? before;
    if ((by !== "client" && by !== "late") || record === undefined || record.type === "TXT") return [];
    const kind = before === undefined ? "create" : after === undefined ? "delete" : "update";
    return [`${kind} ${record.name} ${record.type} ${record.data}`];
  });
}
