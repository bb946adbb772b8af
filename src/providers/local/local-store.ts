// The provider `local`: records kept on this machine's disk and served by our own DNS half. A write is acknowledged only when
// it is durable, and only then seen by anybody.

import type { RecordSet } from "#src/domain/record.ts";
import { UpstreamConflict, UpstreamUnavailable } from "#src/errors.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { RecordList, RecordStore, Step, StepOutcome, StoredRecord } from "#src/providers/provider.ts";
import { localRecordSets } from "./local-records.ts";
import type { LocalRecord } from "./record-file.ts";
import type { RecordFolder } from "./record-folder.ts";
import { LOCAL_RULES } from "./rules.ts";

export interface LocalStoreOptions {
  readonly folder: RecordFolder;
  readonly clock: Clock;
  /** Called with all record sets after the load and after every write, when the write is on disk. */
  onCommit(recordSets: readonly RecordSet[]): void;
}

export interface LocalStatus {
  readonly generation: number;
  readonly records: number;
  /** Unix milliseconds of the last write; 0 when nothing was ever written. */
  readonly savedAtMs: number;
  /** Why the newest stored generation could not be used at the start; `undefined` when it was. */
  readonly fallback: string | undefined;
}

export interface LocalStore extends RecordStore {
  /** Loads what is stored. Throws UnavailableError with what to do. Until then `list` waits and a write throws. */
  load(): Promise<void>;
  status(): LocalStatus;
}

export function createLocalStore(options: LocalStoreOptions): LocalStore {
  return new DiskStore(options);
}

class DiskStore implements LocalStore {
  readonly provider = "local";
  readonly #options: LocalStoreOptions;
  #records: ReadonlyMap<string, LocalRecord> = new Map();
  #isLoaded = false;
  /** Resolves when the first load has ended, well or badly. */
  readonly #firstLoad = Promise.withResolvers<void>();
  #status: LocalStatus = { generation: 0, records: 0, savedAtMs: 0, fallback: undefined };

  constructor(options: LocalStoreOptions) {
    this.#options = options;
  }

  async load(): Promise<void> {
    try {
      const { file, fallback } = await this.#options.folder.load();
      this.#isLoaded = true;
      this.#commit(new Map(file.records.map((record) => [idOf(record), record])), { ...file, fallback });
    } finally {
      this.#firstLoad.resolve();
    }
  }

  status(): LocalStatus {
    return this.#status;
  }

  async list(signal: AbortSignal): Promise<RecordList> {
    if (!this.#isLoaded) await this.#waitForLoad(signal);
    // An empty list would be an order to create everything anew.
    if (!this.#isLoaded) throw notLoaded();
    const records = [...this.#records].map(([id, record]) => storedRecord(id, record));
    return { records, rules: LOCAL_RULES, generation: String(this.#status.generation) };
  }

  async apply(step: Step): Promise<StepOutcome> {
    await this.batch([step]);
    if (step.kind === "delete") return { kind: "done" };
    const record = step.kind === "create" ? step.record : step.to;
    return { kind: "done", record: storedRecord(idOf(record), record) };
  }

  /** All steps in one durable write; nothing is seen of any when it fails. */
  async batch(steps: readonly Step[]): Promise<void> {
    if (!this.#isLoaded) throw notLoaded();
    const records = new Map(this.#records);
    for (const step of steps) carryOut(step, records);
    if (isSame(records, this.#records)) return;
    const file = {
      generation: this.#status.generation + 1,
      savedAtMs: this.#options.clock.nowMs(),
      records: [...records.values()].sort(byNameAndType),
    };
    try {
      await this.#options.folder.save(file);
    } catch (error) {
      // Somebody else wrote: go on from what is on disk, so that the engine's next list shows it.
      if (error instanceof UpstreamConflict) await this.load();
      throw error;
    }
    this.#commit(records, { ...file, fallback: this.#status.fallback });
  }

  /** An external-dns that starts together with us asks before the files are read; sent away, it comes back a minute later. */
  async #waitForLoad(signal: AbortSignal): Promise<void> {
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    const giveUp = (): void => resolve();
    signal.addEventListener("abort", giveUp, { once: true });
    if (!signal.aborted) await Promise.race([this.#firstLoad.promise, aborted]);
    signal.removeEventListener("abort", giveUp);
  }

  #commit(records: ReadonlyMap<string, LocalRecord>, status: Omit<LocalStatus, "records">): void {
    const { generation, savedAtMs, fallback } = status;
    this.#records = records;
    this.#status = { generation, savedAtMs, fallback, records: records.size };
    this.#options.onCommit(localRecordSets(records.values()));
  }
}

function notLoaded(): UpstreamUnavailable {
  const where = { upstream: "local", operation: "list" };
  return new UpstreamUnavailable("local.loading", where, "the stored records are still being read");
}

function carryOut(step: Step, records: Map<string, LocalRecord>): void {
  if (step.kind === "delete") records.delete(step.record.id);
  if (step.kind === "update") records.delete(step.from.id);
  if (step.kind === "delete") return;
  const { name, type, target, ttlSeconds } = step.kind === "create" ? step.record : step.to;
  const record: LocalRecord = { name, type, target, ttlSeconds };
  records.set(idOf(record), record);
}

/** A value stands once at its name and type, so the three together are the id. */
function idOf(record: Pick<LocalRecord, "name" | "type" | "target">): string {
  return `${record.name} ${record.type} ${record.target}`;
}

function storedRecord(id: string, record: LocalRecord): StoredRecord {
  return { id, ...record, enabled: true };
}

function isSame(a: ReadonlyMap<string, LocalRecord>, b: ReadonlyMap<string, LocalRecord>): boolean {
  if (a.size !== b.size) return false;
  for (const [id, record] of a) {
    const other = b.get(id);
    if (other === undefined || other.ttlSeconds !== record.ttlSeconds) return false;
  }
  return true;
}

function byNameAndType(a: LocalRecord, b: LocalRecord): number {
  const [left, right] = [idOf(a), idOf(b)];
  return left < right ? -1 : Number(left > right);
}
