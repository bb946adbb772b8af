// Replaces a file so that a crash at any instant leaves either the old or the new content, never a mixture, and keeps the
// content before it under a second name. Knows nothing of what is inside.

import { constants } from "node:fs";
import { link, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Owner only: what is stored may tell an outsider the layout of a network. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** Where a write stands; tests stop the process between any two of them. */
export type WriteStage = "opened" | "written" | "synced" | "kept" | "renamed" | "folder-synced";

export interface ReplaceOptions {
  /** File name, in the same folder, that gets the content before this write. */
  readonly previousName: string;
  /** Called after each stage. */
  readonly onStage?: (stage: WriteStage) => void;
}

/**
 * Writes `content` to `path` durably: temporary file, fsync, keep the old content, rename, fsync of the folder. Resolves only
 * when all of it is on disk. Throws the system's error (ENOSPC, EROFS, EACCES …) with the old content still in place, unless it
 * is the folder's fsync that failed: then the new content is in place but may not outlive a power cut.
 */
export async function replaceFile(path: string, content: Uint8Array, options: ReplaceOptions): Promise<void> {
  const folder = dirname(path);
  const temporary = `${path}.new`;
  try {
    await writeDurably(temporary, content, options);
    await keepPrevious(path, join(folder, options.previousName));
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

/** Makes the folder and proves that a file can be written there; throws the system's error when it cannot. */
export async function prepareFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
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
async function keepPrevious(path: string, previous: string): Promise<void> {
  const staged = `${previous}.new`;
  await rm(staged, { force: true });
  try {
    await link(path, staged);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  try {
    await rename(staged, previous);
  } finally {
    // rename(2) does nothing when both names are one file already: so it is after a write that stopped at "kept".
    await rm(staged, { force: true });
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** True for "no such file or folder". */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
