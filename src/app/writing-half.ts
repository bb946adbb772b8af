// The writing half put together: external-dns' webhook, the engine, and the provider that keeps the records. Joins parts;
// decides nothing about records.

import type { Settings } from "#src/config/settings.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { Lifecycle } from "#src/lib/lifecycle.ts";
import type { Logger } from "#src/lib/log.ts";
import { createScope } from "#src/sync/bounds.ts";
import { createSyncEngine, type EngineStatus, type OperatedEngine } from "#src/sync/engine.ts";
import type { SyncObserver } from "#src/sync/engine-options.ts";
import type { ApplyReport } from "#src/sync/sync-engine.ts";
import type { WebhookObserver } from "#src/webhook/observer.ts";
import { createWebhookServer, type WebhookServer } from "#src/webhook/server.ts";
import type { StoredFacts } from "./explain/facts.ts";
import type { LastList, Provider, ProviderStatus } from "./provider.ts";

export interface WritingHalfOptions {
  readonly settings: Settings;
  readonly provider: Provider;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observer: WebhookObserver & SyncObserver;
}

export interface WritingStatus extends ProviderStatus {
  readonly addresses: ReturnType<WebhookServer["addresses"]>;
  readonly provider: string;
  readonly engine: EngineStatus;
  /** The last complete list of the backend. */
  readonly lastList: { readonly records: number; readonly atMs: number } | undefined;
  readonly lastApply: (ApplyReport & { readonly atMs: number }) | undefined;
}

export interface WritingHalf extends Lifecycle {
  /** For the operator: held deletions, plan. */
  readonly engine: OperatedEngine;
  /** Opens the webhook's port: external-dns waits only some seconds for it, so this comes before everything else. */
  listen(): Promise<void>;
  /** Starts the provider. */
  start(): Promise<void>;
  status(): WritingStatus;
  /** What is stored, for an explanation; a store that cannot list says why. */
  stored(): Promise<StoredFacts>;
}

/** Failures of the last apply that /status shows; the log has all of them. */
const SHOWN_FAILURES = 20;

export function createWritingHalf(options: WritingHalfOptions): WritingHalf {
  return new JoinedWritingHalf(options);
}

class JoinedWritingHalf implements WritingHalf {
  readonly engine: OperatedEngine;
  readonly #provider: Provider;
  readonly #webhook: WebhookServer;
  #lastList: LastList | undefined;
  #lastApply: WritingStatus["lastApply"];

  constructor({ settings, provider, clock, log, observer }: WritingHalfOptions) {
    this.#provider = provider;
    const { intentLog, backups } = provider;
    const engine = createSyncEngine({
      ...(intentLog === undefined ? {} : { intentLog }),
      ...(backups === undefined ? {} : { backups }),
      store: provider.store,
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
        listed: (name, list) => {
          this.#lastList = { records: list.records, atMs: clock.nowMs() };
          observer.listed(name, list);
        },
        stepApplied: (name, kind) => observer.stepApplied(name, kind),
        applied: (name, report) => {
          this.#lastApply = { ...report, failures: report.failures.slice(0, SHOWN_FAILURES), atMs: clock.nowMs() };
          observer.applied(name, report);
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
    return this.#provider.start();
  }

  /** The provider is given up last: until then a request may still be writing. */
  async stop(): Promise<void> {
    await this.#webhook.stop();
    await this.#provider.stop();
  }

  status(): WritingStatus {
    const last = this.#lastList;
    return {
      ...this.#provider.status(),
      addresses: this.#webhook.addresses(),
      provider: this.#provider.store.provider,
      engine: this.engine.status(),
      lastList: last && { records: last.records.length, atMs: last.atMs },
      lastApply: this.#lastApply,
    };
  }

  stored(): Promise<StoredFacts> {
    return this.#provider.stored(this.#lastList);
  }
}
