// An engine over any store with plain options, for tests.

import { SYSTEM_CLOCK } from "#src/lib/clock.ts";
import { SILENT } from "#src/lib/log.ts";
import type { RecordStore } from "#src/providers/provider.ts";
import { createSyncEngine } from "#src/sync/engine.ts";
import type { EngineOptions } from "#src/sync/engine-options.ts";
import type { SyncEngine } from "#src/sync/sync-engine.ts";

export function engineOver(store: RecordStore, more: Partial<EngineOptions> = {}): SyncEngine {
  return createSyncEngine({
    store,
    domainFilter: { include: [], exclude: [], regexInclude: "", regexExclude: "" },
    budgetMs: 12_000,
    unownedChanges: "refuse",
    writes: "carry-out",
    clock: SYSTEM_CLOCK,
    log: SILENT,
    observer: { listed() {}, stepApplied() {}, applied() {} },
    ...more,
  });
}

/** A signal that never aborts. */
export function unbounded(): AbortSignal {
  return new AbortController().signal;
}
