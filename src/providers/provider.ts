// The contract of a provider: a place where records are kept. Safety (plan, order, ownership, deadlines) lives once, in sync/;
// a provider only lists what is there and carries out one step.

import type { DomainName } from "#src/domain/name.ts";
import type { Parsed } from "#src/domain/parsed.ts";
import type { RecordType } from "#src/domain/record.ts";

/** One value of one name and type, as the backend holds it. */
export interface StoredRecord {
  /** The backend's id; a cache, never truth: it may be gone at the next list. */
  readonly id: string;
  readonly name: DomainName;
  /** A type we do not know is kept as the backend spells it: such a record is foreign and never touched. */
  readonly type: RecordType | (string & {});
  /** One value in canonical text (`domain/target.ts`); for unknown types as the backend shows it. */
  readonly target: string;
  /** Seconds; `undefined` when the backend keeps none. */
  readonly ttlSeconds: number | undefined;
  /** False for a record the backend keeps but does not answer: it is somebody's decision, so never touched. */
  readonly enabled: boolean;
}

export type DesiredRecord = Pick<StoredRecord, "name" | "target" | "ttlSeconds"> & { readonly type: RecordType };

/** The smallest change of a backend. `record` and `from` are records of the list that the plan was made from. */
export type Step =
  | { readonly kind: "create"; readonly record: DesiredRecord }
  | { readonly kind: "update"; readonly from: StoredRecord; readonly to: DesiredRecord }
  | { readonly kind: "delete"; readonly record: StoredRecord };

/** What the backend can hold: pure data and functions, dependent on the API that was detected. */
export interface BackendRules {
  /** Types it can hold at all; others are dropped in AdjustEndpoints (docs/decisions.md 2). */
  readonly types: ReadonlySet<RecordType>;
  /** Effective TTL for a wanted one (0 = not set); `undefined` when the backend keeps none. */
  effectiveTtlSeconds(wantedSeconds: number, type: RecordType): number | undefined;
  /** Canonical text of a target, or why this backend can never hold it. */
  canonicalTarget(type: RecordType, text: string): Parsed<string>;
  /** Why this name cannot be stored; `undefined` when it can. */
  refuseName(name: DomainName, type: RecordType): string | undefined;
  /**
   * True when values of the two types cannot stand at one name at the same time: CNAME beside an address, and CNAME beside
   * another CNAME. Symmetric.
   */
  isExclusive(type: string, other: string): boolean;
  /**
   * For a backend that would stop answering over some sets of records (two aliases of one name): looks at all that it holds
   * once, and then judges one change after the other. Absent when the backend takes care of itself.
   */
  watchState?(records: readonly StateRecord[]): StateView;
}

/** What a backend holds, kept up to date change by change. Asked before every step; costs what the change meets. */
export interface StateView {
  /** Why the backend would stop answering because of what arrives; `undefined` when all is well or was as bad before. */
  refuse(change: StateChange): StateProblem | undefined;
  /** Takes in a change that was carried out. */
  note(change: StateChange): void;
}

export interface StateChange {
  readonly leaving?: StateRecord;
  readonly arriving?: StateRecord;
}

/** What of a record matters to the state as a whole. */
export type StateRecord = Pick<StoredRecord, "name" | "type" | "target" | "enabled">;

export interface StateProblem {
  readonly name: string;
  readonly type: string;
  /** One sentence. */
  readonly reason: string;
}

export interface RecordList {
  /** Every record of the backend, ours and foreign. */
  readonly records: readonly StoredRecord[];
  readonly rules: BackendRules;
  /** Changes whenever the content may have changed; equal generation means equal content. */
  readonly generation: string;
}

/** `record` is what stands there now, after a create or an update. */
export type StepOutcome = { readonly kind: "done"; readonly record?: StoredRecord } | { readonly kind: "unsupported" };

/**
 * A provider. Contract, checked for every provider by test/contract:
 * - `list` is complete or it throws an UpstreamError; it never answers a failure with an empty or shorter list.
 * - `apply` carries out exactly one step and resolves only when it is durable. It throws RecordRefused (this record, for good)
 *   or an UpstreamError. "unsupported" (only for updates) asks the engine for create and delete instead.
 * - a create of what exists with the same value, and a delete of what is gone, are `done`; a create and an update name the
 *   record that stands there now.
 * - `batch`, where present, is atomic: all steps or none. It throws like `apply`.
 * - nothing but the step's own record is touched, whatever else stands at the name.
 * - calls never overlap: the engine serialises them. Every await ends soon after `signal` aborts.
 */
export interface RecordStore {
  /** Short stable name for logs and metrics: "local". */
  readonly provider: string;
  list(signal: AbortSignal): Promise<RecordList>;
  apply(step: Step, signal: AbortSignal): Promise<StepOutcome>;
  batch?(steps: readonly Step[], signal: AbortSignal): Promise<void>;
}
