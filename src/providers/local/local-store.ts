// The provider `local`: records kept on this machine's disk and served by our own DNS half. A write is acknowledged only when
// it is durable, and only then seen by anybody.

import type { RecordSet } from "#src/domain/record.ts";
import { RecordRefused, UnavailableError, UpstreamConflict, UpstreamUnavailable } from "#src/errors.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { RecordList, RecordStore, Step, StepOutcome, StoredRecord } from "#src/providers/provider.ts";
import { localRecordSets } from "./local-records.ts";
import { encodeRecordFile, isReadable, type LocalRecord, MAX_FILE_BYTES } from "./record-file.ts";
import type { RecordFolder } from "./record-folder.ts";
import { LOCAL_RULES } from "./rules.ts";

export interface LocalStoreOptions {
  readonly folder: RecordFolder;
  readonly clock: Clock;
  /** Called with all record sets after the load and after every write, when the write is on disk. */
  onCommit(recordSets: readonly RecordSet[]): void;
  /** The most one file may hold; a larger one is not read at the next start. */
  readonly maxFileBytes?: number;
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
  /** Lets another process have the folder. What was acknowledged is on disk already; every later write throws. */
  close(): void;
}

/** Touches no disk before `load`. */
export function createLocalStore(options: LocalStoreOptions): LocalStore {
  return new DiskStore(options);
}

class DiskStore implements LocalStore {
  readonly provider = "local";
  readonly #options: LocalStoreOptions;
  #records: ReadonlyMap<string, LocalRecord> = new Map();
  #isLoaded = false;
  /** False after a write of unknown end, until the folder has been read again. */
  #isCurrent = true;
  #reloading: Promise<void> | undefined;
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
      this.#isCurrent = true;
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
    if (!this.#isCurrent) await this.#reload();
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
    if (!this.#isCurrent) await this.#reload();
    const records = new Map(this.#records);
    for (const step of steps) carryOut(step, records);
    if (isSame(records, this.#records)) return;
    const file = {
      generation: this.#status.generation + 1,
      savedAtMs: this.#options.clock.nowMs(),
      records: [...records.values()].sort(byNameAndType),
    };
    const content = encodeRecordFile(file);
    if (content.length > (this.#options.maxFileBytes ?? MAX_FILE_BYTES)) refuseGrowth(steps);
    try {
      await this.#options.folder.save(content);
    } catch (error) {
      if (error instanceof UpstreamConflict) this.#isCurrent = false;
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

  close(): void {
    this.#options.folder.close();
  }

  /**
   * What is on disk now is the truth; until it can be read there is no list and no write. One reading at a time: a second one
   * could end after the next write and take its records out of memory.
   */
  #reload(): Promise<void> {
    this.#reloading ??= this.#loadAgain().finally(() => {
      this.#reloading = undefined;
    });
    return this.#reloading;
  }

  async #loadAgain(): Promise<void> {
    try {
      await this.load();
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      const where = { upstream: "local", operation: "load" };
      throw new UpstreamUnavailable(error.code, where, error.message, { cause: error });
    }
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
  if (!isReadable(record)) throw new RecordRefused("local.unreadable-record", record, "it could not be read back");
  records.set(idOf(record), record);
}

/** Refused as a record, so that the engine narrows the batch down to those that have no room. */
function refuseGrowth(steps: readonly Step[]): void {
  for (const step of steps) {
    if (step.kind === "delete") continue;
    const record = step.kind === "create" ? step.record : step.to;
    throw new RecordRefused("local.full", record, "the stored records have reached their largest size");
  }
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
