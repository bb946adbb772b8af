// Walks the folder and says which manifest files there are and in which version. Reads no content.

import type { BigIntStats, Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";

export interface FoundFile {
  /** Below the folder, with "/". */
  readonly path: string;
  readonly bytes: number;
  /** Changes whenever the content may have changed: device, inode, size, both times. */
  readonly version: string;
}

export interface FolderScan {
  /** Sorted by path. */
  readonly files: readonly FoundFile[];
  /** Folders walked, "" for the outermost, with an id that changes when another folder takes the path. */
  readonly folders: ReadonlyMap<string, string>;
  /** What could not be seen; what lies at or below it is unknown, not gone. */
  readonly failures: readonly { readonly path: string; readonly problem: string }[];
}

/** Entries seen in one walk: a folder set to "/" by mistake must not be walked for ever. */
const MAX_ENTRIES = 20_000;
/** Folders below folders; links that lead in circles are found before. */
const MAX_DEPTH = 16;

/** Walks `folder`, following links (a ConfigMap mount is made of them), leaving out hidden entries. Never throws. */
export async function scanFolder(folder: string): Promise<FolderScan> {
  const walk = new FolderWalk(folder);
  await walk.visit("", 0);
  return {
    files: walk.files.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    folders: walk.folders,
    failures: walk.failures,
  };
}

class FolderWalk {
  readonly files: FoundFile[] = [];
  readonly folders = new Map<string, string>();
  readonly failures: { path: string; problem: string }[] = [];
  readonly #root: string;
  readonly #seen = new Set<string>();
  #entries = 0;

  constructor(root: string) {
    this.#root = root;
  }

  async visit(path: string, depth: number): Promise<void> {
    const absolute = join(this.#root, path);
    try {
      const real = await realpath(absolute);
      if (this.#seen.has(real)) return;
      this.#seen.add(real);
      const { dev, ino } = await stat(absolute);
      const entries = await readdir(absolute, { withFileTypes: true });
      this.folders.set(path, `${dev}:${ino}`);
      for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) await this.#look(path, entry, depth);
    } catch (error) {
      if (path === "" || !isGone(error)) this.#fail(path, `the folder cannot be read: ${errorText(error)}`);
    }
  }

  async #look(parent: string, entry: Dirent, depth: number): Promise<void> {
    if (entry.name.startsWith(".")) return;
    this.#entries += 1;
    if (this.#entries === MAX_ENTRIES) this.#fail("", `the folder has more than ${MAX_ENTRIES} entries`);
    if (this.#entries >= MAX_ENTRIES) return;
    const path = parent === "" ? entry.name : `${parent}/${entry.name}`;
    if (!entry.isDirectory() && !entry.isSymbolicLink() && !isManifest(path)) return;
    try {
      const stats = await stat(join(this.#root, path), { bigint: true });
      if (stats.isDirectory()) await this.#descend(path, depth + 1);
      else if (stats.isFile() && isManifest(path)) this.files.push(foundFile(path, stats));
    } catch (error) {
      // A plain file that went between listing and looking is deleted; a link without its target may be a half-done swap.
      if (isGone(error) && !entry.isSymbolicLink()) return;
      this.#fail(path, `it cannot be read: ${errorText(error)}`);
    }
  }

  async #descend(path: string, depth: number): Promise<void> {
    if (depth > MAX_DEPTH) this.#fail(path, `the folder lies deeper than ${MAX_DEPTH} folders`);
    else await this.visit(path, depth);
  }

  #fail(path: string, problem: string): void {
    this.failures.push({ path, problem });
  }
}

function foundFile(path: string, stats: BigIntStats): FoundFile {
  return { path, bytes: Number(stats.size), version: versionOf(stats) };
}

/** The change time catches what keeps size and modification time (`cp -p`, `touch -r`). */
export function versionOf(stats: BigIntStats): string {
  return [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(":");
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isManifest(path: string): boolean {
  return /\.(?:ya?ml|json)$/.test(path);
}

function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
