// What an engine is given: its store, its limits, and the functions it may not find by itself (time, logging, metrics).

import type { DomainFilter } from "#src/domain/domain-filter.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { Logger } from "#src/lib/log.ts";
import type { RecordList, RecordStore, Step } from "#src/providers/provider.ts";
import type { BackupFolder } from "#src/sync/backups.ts";
import type { Scope } from "#src/sync/bounds.ts";
import type { BreakerMode } from "#src/sync/breaker.ts";
import type { ReadOptions } from "#src/sync/change-items.ts";
import type { IntentLog } from "#src/sync/journal.ts";
import type { ApplyReport } from "#src/sync/sync-engine.ts";

export interface EngineOptions extends ReadOptions {
  readonly store: RecordStore;
  /** Sent to external-dns in negotiation; `scope` enforces it. */
  readonly domainFilter: DomainFilter;
  readonly scope: Scope;
  readonly breaker: BreakerMode;
  /** Where ownership intents survive the process; without one they live in memory. */
  readonly intentLog?: IntentLog;
  /** Where copies of the backend are kept before we write to it; without it there are none. */
  readonly backups?: BackupFolder;
  /** Time for one apply, from the arrival of its request; waiting for the lock and listing included. */
  readonly budgetMs: number;
  /** `report` plans and logs but writes nothing. */
  readonly writes: "carry-out" | "report";
  readonly clock: Clock;
  readonly log: Logger;
  readonly observer: SyncObserver;
}

/** What the operator's metrics want to know. */
export interface SyncObserver {
  listed(provider: string, list: RecordList): void;
  stepApplied(provider: string, kind: Step["kind"]): void;
  applied(provider: string, report: ApplyReport): void;
}
