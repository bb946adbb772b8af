// One emulated console, the real store and engine over it, and external-dns' plan: what a row of the fault matrix plays in.

import { type Logger, SILENT } from "#src/lib/log.ts";
import type { SecretSupplier } from "#src/providers/unifi/access.ts";
import type { UnifiStore, UnifiStoreOptions } from "#src/providers/unifi/unifi-store.ts";
import type { EngineOptions } from "#src/sync/engine-options.ts";
import type { ApplyReport, SyncEngine } from "#src/sync/sync-engine.ts";
import { type Endpoint, endpoint } from "#test/fakes/external-dns/endpoint.ts";
import type { ProfileName } from "#test/fakes/unifi-console/profiles.ts";
import {
  startUnifiConsole,
  type UnifiConsole,
  type UnifiConsoleOptions,
} from "#test/fakes/unifi-console/unifi-console.ts";
import { engineOver } from "#test/support/engine.ts";
import { type SyncOutcome, syncOnce } from "#test/support/external-dns-in-process.ts";
import { CALL_TIMEOUT_MS, type ConsoleClock, consoleClock } from "#test/support/unifi-clock.ts";
import { credentialsFor, storeFor } from "#test/support/unifi-console.ts";

const OWNER = "matrix";
const LOOP_MS = 60_000;

interface LogLine {
  readonly level: "warn" | "error";
  readonly msg: string;
  readonly [field: string]: unknown;
}

interface Writer {
  readonly engine: ReturnType<typeof engineOver>;
  readonly store: UnifiStore;
  /**
   * One loop of external-dns, a minute after the last. `soft` is what the webhook answers 500 or 503 to. `signal`: external-dns
   * hangs up while its changes are carried out.
   */
  sync(wanted: readonly Endpoint[], afterMs?: number, signal?: AbortSignal): Promise<SyncOutcome>;
}

export interface World extends Writer {
  readonly console: UnifiConsole;
  readonly clock: ConsoleClock;
  readonly reports: readonly ApplyReport[];
  /** Lines of level warn and error, oldest first. */
  readonly alarms: readonly LogLine[];
  /** What the API key was asked for: "current" before each call, "fresh" after it was refused. */
  readonly keyNeeds: readonly ("current" | "fresh")[];
  /** Kinds of the requests since the last call of this, in their order: "list", "create". */
  operations(): readonly string[];
  /** Does something when so many more steps have been carried out. */
  whenSteps(count: number, run: () => void): void;
  /** Virtual milliseconds that something took. */
  timed(run: () => Promise<unknown>): Promise<number>;
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
  const clock = consoleClock();
  // Only where a row says so a call stays unanswered; everything else may take its time on a busy machine.
  clock.beLenient();
  const console = await startUnifiConsole({ ...options, time: clock.time });
  const reports: ApplyReport[] = [];
  const stores: UnifiStore[] = [];
  const alarms: LogLine[] = [];
  const keyNeeds: ("current" | "fresh")[] = [];
  const note = (level: LogLine["level"]) => (fields: object, msg: string) =>
    void alarms.push({ ...fields, level, msg });
  const log: Logger = { ...SILENT, warn: note("warn"), error: note("error") };
  const noted =
    (supplier: SecretSupplier): SecretSupplier =>
    (need) => {
      keyNeeds.push(need);
      return supplier(need);
    };
  let seenRequests = 0;
  let steps = 0;
  let awaited: { readonly steps: number; readonly run: () => void } | undefined;
  const observer: EngineOptions["observer"] = {
    listed() {},
    stepApplied: () => {
      steps += 1;
      if (steps === awaited?.steps) awaited.run();
    },
    applied: (_provider, report) => void reports.push(report),
  };
  const another = (trust: UnifiStoreOptions["trust"] = { kind: "ca", pem: console.caPem }): Writer => {
    const given = credentialsFor(console, options.access ?? "admin");
    const credentials = given.kind === "key" ? { ...given, apiKey: noted(given.apiKey) } : given;
    const store = storeFor(console, { clock, callTimeoutMs: CALL_TIMEOUT_MS, trust, credentials, log });
    stores.push(store);
    const engine = engineOver(store, { clock, observer, log });
    const sync: Writer["sync"] = (wanted, afterMs = LOOP_MS, signal) => {
      clock.time.advance(afterMs);
      return syncOnce(signal === undefined ? engine : hangingUp(engine, signal), wanted, OWNER);
    };
    return { engine, store, sync };
  };
  return {
    ...another(),
    console,
    clock,
    reports,
    alarms,
    keyNeeds,
    operations: () => {
      const requests = console.requests().slice(seenRequests);
      seenRequests += requests.length;
      return requests.map(({ operation }) => operation);
    },
    whenSteps: (count, run) => {
      awaited = { steps: steps + count, run };
    },
    timed: async (run) => {
      const startedAtMs = clock.nowMs();
      await run();
      return clock.nowMs() - startedAtMs;
    },
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

function hangingUp(engine: Writer["engine"], signal: AbortSignal): SyncEngine {
  return {
    provider: engine.provider,
    domainFilter: engine.domainFilter,
    records: (until) => engine.records(until),
    adjustEndpoints: (endpoints, until) => engine.adjustEndpoints(endpoints, until),
    applyChanges: (changes) => engine.applyChanges(changes, signal),
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
