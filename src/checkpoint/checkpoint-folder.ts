// Where the last good state lies between two lives of the process: two generations in one folder. A folder that cannot be
// written or read is a warning and never more: the service goes on without a memory.

import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { isMissing, prepareFolder, replaceFile } from "#src/lib/atomic-file.ts";
import type { Logger } from "#src/lib/log.ts";
import { type Checkpoint, type DecodedCheckpoint, decodeCheckpoint, encodeCheckpoint } from "./checkpoint-file.ts";

const FILE_NAME = "checkpoint.jsonl";
const PREVIOUS_NAME = "checkpoint.previous.jsonl";
/** 50,000 record sets are some 15 MB. */
const MAX_FILE_BYTES = 64 * 1_048_576;

export interface CheckpointFolderOptions {
  readonly folder: string;
  readonly log: Logger;
}

export interface CheckpointFolder {
  /** The newest intact generation; `undefined` when there is none. Never rejects. */
  load(): Promise<Checkpoint | undefined>;
  /** Replaces the stored generation durably; false when the disk refused, which has been logged. */
  save(checkpoint: Omit<Checkpoint, "generation">): Promise<boolean>;
}

/** Touches nothing before it is called. */
export function createCheckpointFolder({ folder, log }: CheckpointFolderOptions): CheckpointFolder {
  const current = join(folder, FILE_NAME);
  let generation = 0;
  let isPrepared = false;
  let lastRefusal: string | undefined;
  return { load, save };

  async function load(): Promise<Checkpoint | undefined> {
    const found: Checkpoint[] = [];
    for (const path of [current, join(folder, PREVIOUS_NAME)]) {
      const checkpoint = await read(path);
      if (checkpoint !== undefined) found.push(checkpoint);
    }
    const [newest] = found;
    generation = Math.max(0, ...found.map((checkpoint) => checkpoint.generation));
    return newest;
  }

  async function read(path: string): Promise<Checkpoint | undefined> {
    const decoded = await decodeFile(path);
    if (decoded === undefined) return undefined;
    if (decoded.kind === "intact") return decoded.checkpoint;
    const reason =
      decoded.kind === "newer" ? `written by a newer release (version ${decoded.version})` : decoded.reason;
    log.warn({ file: path, reason }, "checkpoint not used");
    return undefined;
  }

  async function decodeFile(path: string): Promise<DecodedCheckpoint | undefined> {
    try {
      return decodeCheckpoint(await readBounded(path));
    } catch (error) {
      return isMissing(error) ? undefined : { kind: "damaged", reason: reasonOf(error) };
    }
  }

  async function save(checkpoint: Omit<Checkpoint, "generation">): Promise<boolean> {
    try {
      if (!isPrepared) await prepareFolder(folder);
      isPrepared = true;
      const content = encodeCheckpoint({ ...checkpoint, generation: generation + 1 });
      await replaceFile(current, content, { previousName: PREVIOUS_NAME });
      generation += 1;
      lastRefusal = undefined;
      return true;
    } catch (error) {
      const reason = reasonOf(error);
      // The same refusal comes back with every change.
      if (reason !== lastRefusal) log.warn({ folder, reason }, "checkpoint not written");
      lastRefusal = reason;
      return false;
    }
  }
}

async function readBounded(path: string): Promise<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { size } = await file.stat();
    if (size > MAX_FILE_BYTES) throw new Error(`it is larger than ${MAX_FILE_BYTES} bytes`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
