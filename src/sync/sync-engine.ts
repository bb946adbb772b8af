// What the writing half offers to its edges: the four things external-dns asks for, and a report that equals reality.

import type { Changes } from "#src/domain/changes.ts";
import type { DomainFilterOptions } from "#src/domain/domain-filter.ts";
import type { Endpoint } from "#src/domain/endpoint.ts";

/** Why one item of a batch did not reach its target state. */
export interface ItemFailure {
  readonly name: string;
  readonly type: string;
  /** Stable code: "endpoint.unowned", "target.invalid", "store.unavailable", … */
  readonly code: string;
  readonly reason: string;
  /** True when the same item may succeed later without a change. */
  readonly retryable: boolean;
}

/** What one ApplyChanges did. */
export interface ApplyReport {
  /**
   * `reached`: the target state is there. `refused`: something was refused for good. `retry`: what is missing may succeed
   * later (backend away, deadline). `retry` wins over `refused`, so that external-dns asks again.
   */
  readonly outcome: "reached" | "refused" | "retry";
  /** Steps carried out. */
  readonly applied: number;
  /** Steps that were planned but not carried out. */
  readonly remaining: number;
  readonly failures: readonly ItemFailure[];
  /** What ended the work early for the whole batch: backend away, rights gone, deadline. */
  readonly interruption?: { readonly code: string; readonly reason: string };
}

export interface ApplyTiming {
  /** Monotonic milliseconds at which the request arrived; its deadline counts from there. Absent: from the call. */
  readonly arrivedAtMs: number;
}

export interface SyncEngine {
  /** Name of the provider behind it, for paths, logs and metrics: "local". */
  readonly provider: string;
  /** The filter as external-dns wants it in negotiation. Needs no backend. */
  readonly domainFilter: DomainFilterOptions;
  /** Every record the backend holds, one endpoint per name and type. Throws UpstreamError; never a shortened list. */
  records(signal: AbortSignal): Promise<readonly Endpoint[]>;
  /** The endpoints in the backend's canonical form, so that the next plan is empty. */
  adjustEndpoints(endpoints: readonly Endpoint[], signal: AbortSignal): Promise<readonly Endpoint[]>;
  /** Carries the changes out under one lock. Throws only for bugs; failures stand in the report. */
  applyChanges(changes: Changes, signal: AbortSignal, timing?: ApplyTiming): Promise<ApplyReport>;
}
