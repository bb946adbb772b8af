// Replaces a file so that a crash at any instant leaves either the old or the new content, never a mixture, and keeps the
// content before it under a second name. Knows nothing of what is inside.

import { constants } from "node:fs";
import { link, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

/** Owner only: what is stored may tell an outsider the layout of a network. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
/** What link(2) answers where there are no hard links (FAT, SMB, some FUSE) or none to this file (protected_hardlinks). */
const LINK_UNSUPPORTED: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/** Where a write stands; tests stop the process between any two of them. */
export type WriteStage = "opened" | "written" | "synced" | "kept" | "renamed" | "folder-synced";

export interface ReplaceOptions {
  /** File name, in the same folder, that gets the content before this write. */
  readonly previousName: string;
  /** Called after each stage. */
  readonly onStage?: (stage: WriteStage) => void;
  /** Makes a hard link; tests put one here that fails as file systems without them do. */
  readonly link?: (existing: string, name: string) => Promise<void>;
}

/**
 * Writes `content` to `path` durably: temporary file, fsync, keep the old content, rename, fsync of the folder. Resolves only
 * when all of it is on disk. Throws the system's error (ENOSPC, EROFS, EACCES …) with the old content still in place, unless it
 * is the folder's fsync that failed: then the new content is in place but may not outlive a power cut.
 */
export async function replaceFile(path: string, content: Uint8Array, options: ReplaceOptions): Promise<void> {
  const folder = dirname(path);
  const temporary = temporaryName(path);
  try {
    await writeDurably(temporary, content, options);
    await keepPrevious(path, join(folder, options.previousName), options.link ?? link);
    options.onStage?.("kept");
    await rename(temporary, path);
    options.onStage?.("renamed");
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder);
  options.onStage?.("folder-synced");
}

/** Writes a file that nobody has to read in its older state: whole or not at all, and durable. Throws the system's error. */
export async function writeNewFile(path: string, content: Uint8Array): Promise<void> {
  const temporary = temporaryName(path);
  try {
    await writeDurably(temporary, content, {});
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Removes what a process that died inside replaceFile left beside `path`. Only for the one writer of the folder. */
export async function removeLeftovers(path: string, options: Pick<ReplaceOptions, "previousName">): Promise<void> {
  for (const left of [temporaryName(path), temporaryName(join(dirname(path), options.previousName))]) {
    await rm(left, { force: true });
  }
}

/** Makes the names in the folder as durable as the files' content; throws the system's error. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the folder, durably, and proves that a file can be written there; throws the system's error when it cannot. */
export async function prepareFolder(folder: string): Promise<void> {
  const topmost = await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  if (topmost !== undefined) await syncParents(resolve(folder), resolve(topmost));
  const probe = join(folder, ".write-probe");
  try {
    await writeDurably(probe, new Uint8Array(1), {});
  } finally {
    await rm(probe, { force: true });
  }
}

async function writeDurably(
  path: string,
  content: Uint8Array,
  options: Pick<ReplaceOptions, "onStage">,
): Promise<void> {
  // O_NOFOLLOW: a symlink planted under this name must not send the write elsewhere.
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
  const file = await open(path, flags, FILE_MODE);
  try {
    options.onStage?.("opened");
    await file.writeFile(content);
    options.onStage?.("written");
    await file.sync();
    options.onStage?.("synced");
  } finally {
    await file.close();
  }
}

/** A hard link, then a rename: `path` itself never goes missing. Nothing to keep when `path` does not exist yet. */
async function keepPrevious(
  path: string,
  previous: string,
  makeLink: NonNullable<ReplaceOptions["link"]>,
): Promise<void> {
  const staged = temporaryName(previous);
  await rm(staged, { force: true });
  try {
    await linkOrCopy(path, staged, makeLink);
    await rename(staged, previous);
  } catch (error) {
    if (!isMissing(error)) throw error;
  } finally {
    // rename(2) does nothing when both names are one file already: so it is after a write that stopped at "kept".
    await rm(staged, { force: true });
  }
}

async function linkOrCopy(path: string, copy: string, makeLink: NonNullable<ReplaceOptions["link"]>): Promise<void> {
  try {
    await makeLink(path, copy);
  } catch (error) {
    if (!LINK_UNSUPPORTED.has(codeOf(error))) throw error;
    await writeDurably(copy, await readWithoutFollowing(path), {});
  }
}

async function readWithoutFollowing(path: string): Promise<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Every folder that holds a new one, from the deepest up to the one that was there before. */
async function syncParents(folder: string, topmost: string): Promise<void> {
  const parent = dirname(folder);
  await syncFolder(parent);
  if (folder !== topmost && parent !== folder) await syncParents(parent, topmost);
}

function temporaryName(path: string): string {
  return `${path}.new`;
}

/** True for "no such file or folder". */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === "ENOENT";
}

/** The system's name of an error, as "ENOSPC"; "" for any other error. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
