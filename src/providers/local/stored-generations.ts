// Reading the two stored generations: the newest intact one, loudly when it is not the newest, and never an older one where the
// newest may be whole. Writes nothing but the new name of a damaged file.

import { constants } from "node:fs";
import { open, rename } from "node:fs/promises";
import { UnavailableError } from "#src/errors.ts";
import { isMissing } from "#src/lib/atomic-file.ts";
import type { Logger } from "#src/lib/log.ts";
import { decodeRecordFile, MAX_FILE_BYTES, type RecordFile } from "./record-file.ts";

/** `fallback` says why the newest generation could not be used. */
export interface Loaded {
  readonly file: RecordFile;
  readonly fallback: string | undefined;
}

export interface Generations {
  readonly current: string;
  readonly previous: string;
}

type Found = { readonly kind: "missing" } | ReturnType<typeof decodeRecordFile>;

/**
 * The newest intact generation; `undefined` when there is neither. Throws UnavailableError with what to do when nothing intact is
 * left, when a file cannot be read, and when it is of a newer format.
 */
export async function loadNewest(
  { current, previous }: Generations,
  options: { readonly log: Logger; nowMs(): number },
): Promise<Loaded | undefined> {
  const newest = await read(current);
  if (newest.kind === "intact") return { file: newest.file, fallback: undefined };
  const older = await read(previous);
  if (newest.kind === "missing" && older.kind === "missing") return undefined;
  if (older.kind !== "intact") throw nothingIntact({ current, previous }, describe(newest), describe(older));
  const fallback = `${current} is ${describe(newest)}; the generation before it is used`;
  if (newest.kind === "damaged") await putAside(current, options);
  options.log.error(
    { file: current, reason: describe(newest), generation: older.file.generation, records: older.file.records.length },
    "stored records were damaged, previous generation loaded",
  );
  return { file: older.file, fallback };
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
      `${path} cannot be read (${reasonOf(error)}): check its owner and rights, and the disk`,
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

async function putAside(path: string, options: { readonly log: Logger; nowMs(): number }): Promise<void> {
  const aside = `${path}.damaged-${options.nowMs()}`;
  await rename(path, aside);
  options.log.error({ file: aside }, "damaged record file put aside");
}

function nothingIntact({ current, previous }: Generations, newest: string, older: string): UnavailableError {
  return new UnavailableError(
    "local.nothing-intact",
    `no stored generation can be used: ${current} is ${newest}, ${previous} is ${older}. ` +
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

/** What the system said. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
