// The local store's folder on disk: held by one process, loaded once, replaced durably, read again only after doubt. Knows the
// files' bytes only through stored-generations.ts.

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { UnavailableError, UpstreamConflict, UpstreamUnavailable } from "#src/errors.ts";
import {
  codeOf,
  isMissing,
  prepareFolder,
  removeLeftovers,
  replaceFile,
  syncFolder,
  type WriteStage,
} from "#src/lib/atomic-file.ts";
import type { Logger } from "#src/lib/log.ts";
import { lockFile } from "./folder-lock.ts";
import { type Generations, type Loaded, loadNewest, reasonOf } from "./stored-generations.ts";

const FILE_NAME = "records.jsonl";
const PREVIOUS_NAME = "records.previous.jsonl";
const LOCK_NAME = "lock";
const SAVE = { upstream: "local", operation: "save" } as const;
/** A full disk takes changes away, not answers: what is stored is still loaded and served. */
const DISK_FULL: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT"]);

export interface RecordFolderOptions {
  readonly folder: string;
  readonly log: Logger;
  /** Unix milliseconds, for the name of a damaged file that is put aside. */
  nowMs(): number;
  /** Called after each stage of a write; tests stop the process between any two. */
  readonly onStage?: (stage: WriteStage) => void;
}

export interface RecordFolder {
  /**
   * Makes the folder, takes its lock until `close`, and loads. Throws UnavailableError, holding nothing, when the folder is
   * unwritable or used by another process, or when nothing intact is left of what was stored. Once loaded, it loads again.
   */
  load(): Promise<Loaded>;
  /**
   * Replaces the stored generation durably. Throws UpstreamUnavailable when the disk refuses and nothing was changed,
   * UpstreamConflict when the file is not known to be what we wrote or loaded last (load again).
   */
  save(content: Uint8Array): Promise<void>;
  /** Lets another process have the folder, as soon as a running save has ended; none begins from now on. */
  close(): void;
}

const NOTHING_STORED: Loaded = { file: { generation: 0, savedAtMs: 0, records: [] }, fallback: undefined };

/** Touches nothing before `load`. */
export function createRecordFolder(options: RecordFolderOptions): RecordFolder {
  return new DiskFolder(options);
}

class DiskFolder implements RecordFolder {
  readonly #options: RecordFolderOptions;
  readonly #files: Generations;
  /** Identity of the file that our memory is equal to; "" for none. */
  #known = "";
  #state: "new" | "open" | "closed" = "new";
  #isSaving = false;
  #unlock: () => void = () => undefined;

  constructor(options: RecordFolderOptions) {
    this.#options = options;
    this.#files = { current: join(options.folder, FILE_NAME), previous: join(options.folder, PREVIOUS_NAME) };
  }

  async load(): Promise<Loaded> {
    if (this.#state === "open") return this.#read();
    await this.#makeWritable();
    this.#refuseWhenClosed();
    this.#lock();
    try {
      const loaded = await this.#read();
      this.#refuseWhenClosed();
      this.#state = "open";
      return loaded;
    } catch (error) {
      this.#releaseLock();
      throw error;
    }
  }

  async save(content: Uint8Array): Promise<void> {
    if (this.#state !== "open") {
      throw new UpstreamUnavailable("local.closed", SAVE, "the record store is not open");
    }
    this.#isSaving = true;
    try {
      await this.#replace(content);
    } catch (error) {
      if (error instanceof UpstreamConflict) throw error;
      throw await this.#failure(error);
    } finally {
      this.#isSaving = false;
      this.#releaseWhenClosed();
    }
  }

  close(): void {
    this.#state = "closed";
    this.#releaseWhenClosed();
  }

  async #replace(content: Uint8Array): Promise<void> {
    const { current } = this.#files;
    await this.#refuseWhenChanged();
    await replaceFile(current, content, {
      previousName: PREVIOUS_NAME,
      ...(this.#options.onStage === undefined ? {} : { onStage: this.#options.onStage }),
    });
    this.#known = await identity(current);
  }

  /** A load that was overtaken by the stop would keep the lock, or go on without it. */
  #refuseWhenClosed(): void {
    if (this.#state === "closed") throw new UnavailableError("local.closed", "the record store was stopped");
  }

  /** Not before a running write has ended: the next process must not meet it. */
  #releaseWhenClosed(): void {
    if (this.#state === "closed" && !this.#isSaving) this.#releaseLock();
  }

  /** Once: a load that failed has given it back before the process stops. */
  #releaseLock(): void {
    this.#unlock();
    this.#unlock = () => undefined;
  }

  async #makeWritable(): Promise<void> {
    const { folder, log } = this.#options;
    try {
      await prepareFolder(folder);
    } catch (error) {
      if (DISK_FULL.has(codeOf(error))) {
        log.error({ folder, reason: reasonOf(error) }, "data folder found full, changes will be refused");
        return;
      }
      throw new UnavailableError(
        "local.folder-unwritable",
        `the data folder ${folder} cannot be written (${reasonOf(error)}): make it writable for this user or set DATA_DIR to one that is`,
        { cause: error },
      );
    }
  }

  #lock(): void {
    const { folder, log } = this.#options;
    const outcome = lockFile(join(folder, LOCK_NAME));
    if (outcome.kind === "held") this.#unlock = outcome.release;
    if (outcome.kind === "unsupported") {
      log.warn({ folder, reason: outcome.reason }, "data folder not locked, keep other processes away from it");
    }
    if (outcome.kind === "taken") {
      throw new UnavailableError(
        "local.in-use",
        `the data folder ${folder} is in use by another Zonegate process: stop that one, or set DATA_DIR to a folder of its own`,
      );
    }
  }

  /** The sync makes durable what a process that died between its rename and its own sync has left: we are about to build on it. */
  async #read(): Promise<Loaded> {
    const { current } = this.#files;
    try {
      await removeLeftovers(current, { previousName: PREVIOUS_NAME });
      await syncFolder(this.#options.folder);
      // Taken before the file is read, so that a replacement in between is noticed by the next save.
      const found = await identity(current);
      const loaded = (await loadNewest(this.#files, this.#options)) ?? this.#nothingStored();
      this.#known = loaded.fallback === undefined ? found : "";
      return loaded;
    } catch (error) {
      if (error instanceof UnavailableError) throw error;
      throw new UnavailableError(
        "local.unreadable",
        `the data folder ${this.#options.folder} cannot be read (${reasonOf(error)}): check its owner and rights, and the disk`,
        { cause: error },
      );
    }
  }

  /** Nothing is an honest answer at the start only: later it would take every stored name away. */
  #nothingStored(): Loaded {
    if (this.#state === "new") return NOTHING_STORED;
    throw new UnavailableError(
      "local.vanished",
      `the record files are gone from ${this.#options.folder}: put them back, or restart to begin without any record`,
    );
  }

  async #refuseWhenChanged(): Promise<void> {
    const { current } = this.#files;
    const found = await identity(current);
    if (found === this.#known) return;
    if (found === "") {
      // Our memory is the best copy there is; the write that follows stores all of it.
      this.#options.log.error({ file: current }, "record file was gone and is written again");
      return;
    }
    throw new UpstreamConflict(
      "local.changed-on-disk",
      SAVE,
      `${current} was changed by another process: two services must not share one DATA_DIR`,
    );
  }

  /** A write that failed after its rename stands there, but may not outlive a power cut. */
  async #failure(error: unknown): Promise<UpstreamConflict | UpstreamUnavailable> {
    const { folder } = this.#options;
    if (await this.#isUnchanged()) {
      const reason = `records could not be stored in ${folder}: ${reasonOf(error)}; nothing was changed`;
      return new UpstreamUnavailable("local.unwritable", SAVE, reason, { cause: error });
    }
    const reason = `it is not known whether records were stored in ${folder} (${reasonOf(error)}); the folder is read again`;
    return new UpstreamConflict("local.in-doubt", SAVE, reason, { cause: error });
  }

  async #isUnchanged(): Promise<boolean> {
    try {
      const found = await identity(this.#files.current);
      return found === this.#known || found === "";
    } catch {
      return false;
    }
  }
}

/** Changes with every replacement of the file; "" when there is none. */
async function identity(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  } catch (error) {
    if (isMissing(error)) return "";
    throw error;
  }
}
