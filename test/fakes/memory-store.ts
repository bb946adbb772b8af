// A record store in memory with the local rules, faults on demand and a log of every step: what the engine is tested against
// without a disk or a network.

import { RecordRefused, UpstreamUnavailable } from "#src/errors.ts";
import { LOCAL_RULES } from "#src/providers/local/rules.ts";
import type {
  BackendRules,
  RecordList,
  RecordStore,
  Step,
  StepOutcome,
  StoredRecord,
} from "#src/providers/provider.ts";

/** What happens to one write: as asked, refused, failed before or after it was carried out, or carried out some seconds later. */
export type Fate = "done" | "refused" | "lost" | "done-but-unanswered" | "late";

/** How much later a late write arrives. */
const LATE_MS = 10_000;

export interface MemoryStoreOptions {
  readonly rules?: BackendRules;
  readonly canUpdate?: boolean;
  /** True for a store with atomic batches. */
  readonly canBatch?: boolean;
  /** Decides the fate of each write; all are done by default. */
  fate?(step: Step, index: number): Fate;
  /** For late writes. */
  nowMs?(): number;
  /** True when a list fails. */
  listFails?(index: number): boolean;
}

export class MemoryStore implements RecordStore {
  readonly provider = "memory";
  readonly steps: Step[] = [];
  records: StoredRecord[] = [];
  lists = 0;
  #late: { readonly step: Step; readonly atMs: number }[] = [];
  writes = 0;
  readonly #options: MemoryStoreOptions;
  /** All steps or none; the fate of the whole is the fate of its first step that is not done. */
  readonly batch?: NonNullable<RecordStore["batch"]>;
  #nextId = 1;

  constructor(options: MemoryStoreOptions = {}) {
    this.#options = options;
    if (options.canBatch === true) this.batch = (steps) => this.#batch(steps);
  }

  /** Puts a record there as another hand would. */
  seed(name: string, type: string, target: string, more: Partial<StoredRecord> = {}): StoredRecord {
    const record = {
      id: this.#id(),
      name,
      type,
      target,
      ttlSeconds: undefined,
      enabled: true,
      ...more,
    } as StoredRecord;
    this.records.push(record);
    return record;
  }

  /** `name type target` of every record, sorted. */
  contents(): readonly string[] {
    return this.records.map((record) => `${record.name} ${record.type} ${record.target}`).sort();
  }

  /** Whether a late write is still to arrive at this name. */
  awaits(name: string): boolean {
    return this.#late.some(({ step }) => step.kind === "create" && step.record.name === name);
  }

  list(): Promise<RecordList> {
    this.lists += 1;
    this.#carryOutLate();
    if (this.#options.listFails?.(this.lists) === true) return Promise.reject(away("list"));
    return Promise.resolve({
      records: this.records.map((record) => ({ ...record })),
      rules: this.#options.rules ?? LOCAL_RULES,
      generation: String(this.writes),
    });
  }

  apply(step: Step): Promise<StepOutcome> {
    if (step.kind === "update" && this.#options.canUpdate === false) return Promise.resolve({ kind: "unsupported" });
    this.#carryOutLate();
    this.writes += 1;
    const fate = this.#options.fate?.(step, this.writes) ?? "done";
    if (fate === "refused") return Promise.reject(refused(step));
    if (fate === "late") this.#late.push({ step, atMs: this.#nowMs() + LATE_MS });
    if (fate === "lost" || fate === "late") return Promise.reject(away("apply"));
    const record = this.#carryOut(step);
    this.steps.push(step);
    if (fate === "done-but-unanswered") return Promise.reject(away("apply"));
    return Promise.resolve(record === undefined ? { kind: "done" } : { kind: "done", record });
  }

  #carryOutLate(): void {
    const due = this.#late.filter(({ atMs }) => atMs <= this.#nowMs());
    this.#late = this.#late.filter((late) => !due.includes(late));
    for (const { step } of due) if (!this.#isTaken(step)) this.#carryOut(step);
  }

  /** A backend refuses what cannot stand beside what is there by then; nobody waits for that answer any more. */
  #isTaken(step: Step): boolean {
    if (step.kind === "delete") return false;
    const { name, type } = step.kind === "create" ? step.record : step.to;
    const rules = this.#options.rules ?? LOCAL_RULES;
    return this.records.some((record) => record.name === name && rules.isExclusive(type, record.type));
  }

  #nowMs(): number {
    return this.#options.nowMs?.() ?? 0;
  }

  #batch(steps: readonly Step[]): Promise<void> {
    const before = this.records;
    try {
      for (const step of steps) this.#batchStep(step);
    } catch (error) {
      this.records = before;
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
    this.steps.push(...steps);
    return Promise.resolve();
  }

  #batchStep(step: Step): void {
    this.writes += 1;
    const fate = this.#options.fate?.(step, this.writes) ?? "done";
    if (fate === "refused") throw refused(step);
    if (fate === "lost" || fate === "late") throw away("batch");
    this.#carryOut(step);
  }

  #carryOut(step: Step): StoredRecord | undefined {
    if (step.kind === "delete") {
      this.records = this.records.filter((record) => record.id !== step.record.id);
      return undefined;
    }
    const wanted = step.kind === "create" ? step.record : step.to;
    const equal = this.records.find(
      (other) => other.name === wanted.name && other.type === wanted.type && other.target === wanted.target,
    );
    if (step.kind === "create" && equal !== undefined) return equal;
    const id = step.kind === "update" ? step.from.id : this.#id();
    const record: StoredRecord = { ...wanted, id, enabled: true };
    this.records = [...this.records.filter((other) => other.id !== id), record];
    return record;
  }

  #id(): string {
    this.#nextId += 1;
    return `id-${this.#nextId}`;
  }
}

function refused(step: Step): RecordRefused {
  const record = step.kind === "update" ? step.to : step.record;
  return new RecordRefused("memory.refused", record, "this store was told to refuse it");
}

function away(operation: string): UpstreamUnavailable {
  return new UpstreamUnavailable("memory.away", { upstream: "memory", operation }, "the store was told to be away");
}
