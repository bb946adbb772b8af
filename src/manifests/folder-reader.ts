// Reads the files of a folder that changed since the last look and keeps the last good content of each.

import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type FileProblem, type FileState, type KnownObject, knownObject } from "./file-set.ts";
import { parseManifest } from "./parse.ts";
import { errorText, type FolderScan, type FoundFile, scanFolder, versionOf } from "./scan.ts";

interface FolderView {
  /** Every file read, by path; lives on and changes with the next look. */
  readonly files: ReadonlyMap<string, FileState>;
  /** Folders to watch (`FolderScan`). */
  readonly folders: ReadonlyMap<string, string>;
  readonly problems: readonly FileProblem[];
  /** True when a file changed while it was read: look again soon. */
  readonly isChanging: boolean;
}

export interface FolderReader {
  /** Never throws; calls do not overlap. */
  look(): Promise<FolderView>;
}

/** Octets of one file; a manifest larger than etcd's limit for an object (1.5 MiB) is a list, and 4 MiB hold thousands. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;
/** Files and octets in all: parsed objects take about ten times their text, and the smallest container has 256 MiB. */
const MAX_FILES = 2_000;
const MAX_TOTAL_BYTES = 16 * 1024 * 1024;

/** Knows nothing of the folder before its first look. */
export function createFolderReader(folder: string): FolderReader {
  return new ManifestReader(folder);
}

class ManifestReader implements FolderReader {
  readonly #folder: string;
  readonly #files = new Map<string, FileState>();
  #isChanging = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async look(): Promise<FolderView> {
    const scan = await scanFolder(this.#folder);
    this.#isChanging = false;
    this.#withdraw(scan);
    const refused = await this.#readFiles(scan.files);
    const broken = [...this.#files].flatMap(([path, state]) => problemOf(path, state));
    const unseen = scan.failures.map((failure) => ({ ...failure, keepsLastGood: this.#hasObjectsBelow(failure.path) }));
    const problems = [...unseen, ...refused, ...broken];
    return { files: this.#files, folders: scan.folders, problems, isChanging: this.#isChanging };
  }

  /** Forgets files that are certainly gone. */
  #withdraw(scan: FolderScan): void {
    const present = new Set(scan.files.map((file) => file.path));
    for (const path of this.#files.keys()) {
      const isUnknown = scan.failures.some((failure) => isAtOrBelow(path, failure.path));
      if (!present.has(path) && !isUnknown) this.#files.delete(path);
    }
  }

  /** Reads what changed, files known before first, so that a limit never pushes them out; returns those refused. */
  async #readFiles(found: readonly FoundFile[]): Promise<readonly FileProblem[]> {
    const refused: FileProblem[] = [];
    const isKnown = (file: FoundFile): boolean => this.#files.has(file.path);
    let count = 0;
    let totalBytes = 0;
    for (const file of [...found.filter(isKnown), ...found.filter((each) => !isKnown(each))]) {
      count += 1;
      totalBytes += Math.min(file.bytes, MAX_FILE_BYTES);
      if (count > MAX_FILES || totalBytes > MAX_TOTAL_BYTES) {
        const problem = `not read: the folder holds more than ${MAX_FILES} files or ${MAX_TOTAL_BYTES} octets`;
        refused.push({ path: file.path, problem, keepsLastGood: isKnown(file) });
        continue;
      }
      if (this.#files.get(file.path)?.version !== file.version) await this.#readOne(file);
    }
    return refused;
  }

  async #readOne(file: FoundFile): Promise<void> {
    const previous = this.#files.get(file.path);
    const content = await readManifest(join(this.#folder, file.path), file);
    if (content.kind === "changing") {
      // Somebody is writing: what was known stays, and the next look reads it again.
      this.#isChanging = true;
      return;
    }
    const objects = content.kind === "objects" ? content.objects : (previous?.objects ?? []);
    const problem = content.kind === "objects" ? undefined : content.problem;
    // What could not be read is tried again at each look; what was read and is wrong, only when it changed.
    const version = content.kind === "unreadable" ? "" : file.version;
    this.#files.set(file.path, { version, objects, problem });
  }

  #hasObjectsBelow(path: string): boolean {
    return [...this.#files].some(([file, state]) => isAtOrBelow(file, path) && state.objects.length > 0);
  }
}

type ManifestContent =
  | { readonly kind: "objects"; readonly objects: readonly KnownObject[] }
  | { readonly kind: "broken"; readonly problem: string }
  | { readonly kind: "unreadable"; readonly problem: string }
  | { readonly kind: "changing" };

async function readManifest(absolute: string, file: FoundFile): Promise<ManifestContent> {
  if (file.bytes > MAX_FILE_BYTES) return { kind: "broken", problem: `it is larger than ${MAX_FILE_BYTES} octets` };
  try {
    const text = await readFile(absolute, "utf8");
    if (versionOf(await stat(absolute, { bigint: true })) !== file.version) return { kind: "changing" };
    const objects = parseManifest(file.path, text);
    if (!objects.ok) return { kind: "broken", problem: objects.problem };
    return { kind: "objects", objects: objects.value.map(knownObject) };
  } catch (error) {
    return { kind: "unreadable", problem: `it cannot be read: ${errorText(error)}` };
  }
}

function problemOf(path: string, state: FileState): readonly FileProblem[] {
  return state.problem === undefined ? [] : [{ path, problem: state.problem, keepsLastGood: state.objects.length > 0 }];
}

function isAtOrBelow(path: string, folder: string): boolean {
  return folder === "" || path === folder || path.startsWith(`${folder}/`);
}
