// The local store's folder on disk: loading the newest intact generation, loudly when it is not the newest one, and replacing
// it durably. Knows the file's bytes only through record-file.ts.

import { constants } from "node:fs";
import { open, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { UnavailableError, UpstreamConflict, UpstreamUnavailable } from "#src/errors.ts";
import { isMissing, prepareFolder, replaceFile, type WriteStage } from "#src/lib/atomic-file.ts";
import type { Logger } from "#src/lib/log.ts";
import { decodeRecordFile, encodeRecordFile, type RecordFile } from "./record-file.ts";

const FILE_NAME = "records.jsonl";
const PREVIOUS_NAME = "records.previous.jsonl";
/** Far above any home or edge site (about 300,000 records), far below what would hurt to read. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const STORE = { upstream: "local" } as const;

export interface RecordFolderOptions {
  readonly folder: string;
  readonly log: Logger;
  /** Unix milliseconds, for the name of a damaged file that is put aside. */
  nowMs(): number;
  /** Called after each stage of a write; tests stop the process between any two. */
  readonly onStage?: (stage: WriteStage) => void;
}

/** What was found at the start: `fallback` says why the newest generation could not be used. */
export interface Loaded {
  readonly file: RecordFile;
  readonly fallback: string | undefined;
}

export interface RecordFolder {
  /** Makes the folder and loads. Throws UnavailableError when it is unwritable, or when nothing intact is left of what was stored. */
  load(): Promise<Loaded>;
  /**
   * Replaces the stored generation durably. Throws UpstreamConflict when the file is not the one we wrote or loaded last
   * (a second process uses the folder; load again), UpstreamUnavailable when the disk refuses.
   */
  save(file: RecordFile): Promise<void>;
}

const EMPTY: RecordFile = { generation: 0, savedAtMs: 0, records: [] };

type Found = { readonly kind: "missing" } | ReturnType<typeof decodeRecordFile>;

export function createRecordFolder(options: RecordFolderOptions): RecordFolder {
  const current = join(options.folder, FILE_NAME);
  const previous = join(options.folder, PREVIOUS_NAME);
  /** Identity of the file that our memory is equal to; "" for none. */
  let known = "";

  const load = async (): Promise<Loaded> => {
    await prepare(options.folder);
    const newest = await read(current);
    if (newest.kind === "intact") {
      known = await identity(current);
      return { file: newest.file, fallback: undefined };
    }
    const older = await read(previous);
    if (newest.kind === "missing" && older.kind === "missing") {
      known = "";
      return { file: EMPTY, fallback: undefined };
    }
    if (older.kind !== "intact") throw nothingIntact(options.folder, describe(newest), describe(older));
    const fallback = `${current} is ${describe(newest)}; the generation before it is used`;
    if (newest.kind === "damaged") await putAside(current, options);
    known = await identity(current);
    options.log.error(
      { file: current, generation: older.file.generation, records: older.file.records.length },
      "stored records were damaged, previous generation loaded",
    );
    return { file: older.file, fallback };
  };

  const save = async (file: RecordFile): Promise<void> => {
    try {
      if ((await identity(current)) !== known) {
        throw new UpstreamConflict(
          "local.changed-on-disk",
          { ...STORE, operation: "save" },
          `${current} was changed by another process: two services must not share one DATA_DIR`,
        );
      }
      await replaceFile(current, encodeRecordFile(file), {
        previousName: PREVIOUS_NAME,
        ...(options.onStage === undefined ? {} : { onStage: options.onStage }),
      });
      known = await identity(current);
    } catch (error) {
      if (error instanceof UpstreamConflict) throw error;
      throw new UpstreamUnavailable(
        "local.unwritable",
        { ...STORE, operation: "save" },
        `records could not be stored in ${options.folder}: ${reasonOf(error)}; nothing was changed`,
        { cause: error },
      );
    }
  };

  return { load, save };
}

async function prepare(folder: string): Promise<void> {
  try {
    await prepareFolder(folder);
  } catch (error) {
    throw new UnavailableError(
      "local.folder-unwritable",
      `the data folder ${folder} cannot be written (${reasonOf(error)}): make it writable for this user or set DATA_DIR to one that is`,
      { cause: error },
    );
  }
}

async function read(path: string): Promise<Found> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const { size } = await file.stat();
      if (size > MAX_FILE_BYTES) return { kind: "damaged", reason: `it is larger than ${MAX_FILE_BYTES} bytes` };
      return decodeOrRefuse(path, await file.readFile());
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error)) return { kind: "missing" };
    if (error instanceof UnavailableError) throw error;
    // Unreadable is not damaged: the content may be whole, so nothing older may take its place.
    throw new UnavailableError(
      "local.unreadable",
      `${path} cannot be read (${reasonOf(error)}): check its owner and rights`,
      { cause: error },
    );
  }
}

function decodeOrRefuse(path: string, bytes: Uint8Array): ReturnType<typeof decodeRecordFile> {
  const decoded = decodeRecordFile(bytes);
  if (decoded.kind === "newer") {
    throw new UnavailableError(
      "local.newer-format",
      `${path} was written by a newer Zonegate (format version ${decoded.version}): start that release, or set DATA_DIR to another folder`,
    );
  }
  return decoded;
}

async function putAside(path: string, options: RecordFolderOptions): Promise<void> {
  const aside = `${path}.damaged-${options.nowMs()}`;
  await rename(path, aside);
  options.log.error({ file: aside }, "damaged record file put aside");
}

function nothingIntact(folder: string, newest: string, older: string): UnavailableError {
  return new UnavailableError(
    "local.nothing-intact",
    `no stored generation in ${folder} can be used: ${FILE_NAME} is ${newest}, ${PREVIOUS_NAME} is ${older}. ` +
      "Put a backup in place of the first, or move both away to start without any record",
  );
}

function describe(found: Found): string {
  switch (found.kind) {
    case "missing":
      return "missing";
    case "damaged":
      return `damaged (${found.reason})`;
    case "newer":
      return `of format version ${found.version}`;
    case "intact":
      return "intact";
    default:
      return found satisfies never;
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

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
