// An engine over any store with plain options, for tests.

import type { DomainFilter } from "#src/domain/domain-filter.ts";
import { SYSTEM_CLOCK } from "#src/lib/clock.ts";
import { SILENT } from "#src/lib/log.ts";
import type { RecordStore } from "#src/providers/provider.ts";
import { createScope, type Scope, type ScopeOptions } from "#src/sync/bounds.ts";
import { createSyncEngine, type OperatedEngine } from "#src/sync/engine.ts";
import type { EngineOptions } from "#src/sync/engine-options.ts";

const EVERY_NAME: DomainFilter = {
  options: { include: [], exclude: [], regexInclude: "", regexExclude: "" },
  matches: () => true,
};

/** A scope without limits but those given. */
export function scopeOf(some: Partial<ScopeOptions>): Scope {
  return createScope({
    domainFilter: EVERY_NAME,
    protectedNames: new Set(),
    defaultPolicy: "sync",
    policies: [],
    ...some,
  });
}

export function engineOver(store: RecordStore, more: Partial<EngineOptions> = {}): OperatedEngine {
  return createSyncEngine({
    store,
    domainFilter: EVERY_NAME,
    scope: scopeOf({}),
    breaker: "approve",
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
