// The writing half put together: external-dns' webhook, the engine, and the provider that keeps the records. Joins parts;
// decides nothing about records.

import type { Settings } from "#src/config/settings.ts";
import type { RecordSet } from "#src/domain/record.ts";
import { UpstreamError } from "#src/errors.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { Lifecycle } from "#src/lib/lifecycle.ts";
import type { Logger } from "#src/lib/log.ts";
import { createLocalStore, type LocalStatus, type LocalStore } from "#src/providers/local/local-store.ts";
import { createRecordFolder } from "#src/providers/local/record-folder.ts";
import { createScope } from "#src/sync/bounds.ts";
import { createSyncEngine, type EngineStatus, type OperatedEngine } from "#src/sync/engine.ts";
import type { SyncObserver } from "#src/sync/engine-options.ts";
import { createIntentFile } from "#src/sync/intent-file.ts";
import type { ApplyReport } from "#src/sync/sync-engine.ts";
import type { WebhookObserver } from "#src/webhook/observer.ts";
import { createWebhookServer, type WebhookServer } from "#src/webhook/server.ts";
import type { StoredFacts } from "./explain/facts.ts";

export interface WritingHalfOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observer: WebhookObserver & SyncObserver;
  /** Called with all stored record sets after the load and after every write. */
  readonly onCommit: (recordSets: readonly RecordSet[]) => void;
}

export interface WritingStatus {
  readonly addresses: ReturnType<WebhookServer["addresses"]>;
  readonly provider: string;
  readonly engine: EngineStatus;
  readonly store: LocalStatus;
  readonly lastApply: (ApplyReport & { readonly atMs: number }) | undefined;
}

export interface WritingHalf extends Lifecycle {
  /** For the operator: held deletions, plan. */
  readonly engine: OperatedEngine;
  /** Opens the webhook's port: external-dns waits only some seconds for it, so this comes before everything else. */
  listen(): Promise<void>;
  /** Loads what is stored. */
  start(): Promise<void>;
  status(): WritingStatus;
  /** What is stored, for an explanation; a store that cannot list says why. */
  stored(): Promise<StoredFacts>;
}

/** Failures of the last apply that /status shows; the log has all of them. */
const SHOWN_FAILURES = 20;
/** A person waits for an explanation. */
const LIST_TIMEOUT_MS = 5_000;

export function createWritingHalf(options: WritingHalfOptions): WritingHalf {
  return new JoinedWritingHalf(options);
}

class JoinedWritingHalf implements WritingHalf {
  readonly engine: OperatedEngine;
  readonly #store: LocalStore;
  readonly #webhook: WebhookServer;
  #lastApply: WritingStatus["lastApply"];

  constructor({ settings, clock, log, observer, onCommit }: WritingHalfOptions) {
    this.#store = createLocalStore({
      folder: createRecordFolder({ folder: settings.data.dir, log, nowMs: () => clock.nowMs() }),
      clock,
      onCommit,
    });
    const engine = createSyncEngine({
      intentLog: createIntentFile(settings.data.dir, this.#store.provider, log),
      store: this.#store,
      domainFilter: settings.domainFilter,
      scope: createScope({
        domainFilter: settings.domainFilter,
        protectedNames: new Set(settings.sync.protectedNames),
        defaultPolicy: settings.sync.policy,
        policies: settings.sync.domainPolicies,
      }),
      breaker: settings.sync.breaker,
      budgetMs: settings.sync.applyBudgetMs,
      unownedChanges: settings.sync.unownedChanges,
      writes: settings.sync.dryRun ? "report" : "carry-out",
      clock,
      log,
      observer: {
        listed: (provider, list) => observer.listed(provider, list),
        stepApplied: (provider, kind) => observer.stepApplied(provider, kind),
        applied: (provider, report) => {
          this.#lastApply = { ...report, failures: report.failures.slice(0, SHOWN_FAILURES), atMs: clock.nowMs() };
          observer.applied(provider, report);
        },
      },
    });
    this.engine = engine;
    const { addresses, port, credentials } = settings.webhook;
    this.#webhook = createWebhookServer({
      host: addresses.length > 1 ? "localhost" : (addresses[0] ?? "localhost"),
      port,
      credentials,
      engines: [
        { path: "/", engine },
        { path: `/${engine.provider}`, engine },
      ],
      budgetMs: settings.sync.applyBudgetMs,
      observer,
      log,
      clock,
    });
  }

  listen(): Promise<void> {
    return this.#webhook.start();
  }

  start(): Promise<void> {
    return this.#store.load();
  }

  /** The folder is given up last: until then a request may still be writing. */
  async stop(): Promise<void> {
    await this.#webhook.stop();
    this.#store.close();
  }

  status(): WritingStatus {
    return {
      addresses: this.#webhook.addresses(),
      provider: this.#store.provider,
      engine: this.engine.status(),
      store: this.#store.status(),
      lastApply: this.#lastApply,
    };
  }

  /** Past the engine and its lock: a list of the local store is a look at memory, and shows what is on disk. */
  async stored(): Promise<StoredFacts> {
    const { provider } = this.#store;
    try {
      const { records } = await this.#store.list(AbortSignal.timeout(LIST_TIMEOUT_MS));
      return { provider, records };
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      return { provider, records: [], problem: error.message };
    }
  }
}
