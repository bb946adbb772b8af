// The cluster's objects from a folder of YAML and JSON files, kept up to date. Knows no DNS; asks no Kubernetes API.

import { readdir } from "node:fs/promises";
import type { InventoryChange } from "#src/domain/cluster-object.ts";
import { UnavailableError } from "#src/errors.ts";
import { type Clock, SYSTEM_CLOCK } from "#src/lib/clock.ts";
import type { Lifecycle } from "#src/lib/lifecycle.ts";
import type { Logger } from "#src/lib/log.ts";
import { diffObjects, effectiveObjects, type FileProblem, type FileState, type KnownObject } from "./file-set.ts";
import { createFolderReader, type FolderReader } from "./folder-reader.ts";
import { errorText } from "./scan.ts";
import { type FolderWatch, watchFolders } from "./watch.ts";

export interface ManifestInventoryOptions {
  readonly folder: string;
  readonly log: Logger;
  /** Called with what changed, never with nothing; the first time before `start` resolves. */
  onChange(change: InventoryChange): void;
  /** Called after each look at the folder whose report differs from the one before. */
  onReport?(report: ManifestReport): void;
  readonly clock?: Clock;
}

export interface ManifestReport {
  readonly folder: string;
  /** Files that were read, good or bad. */
  readonly files: number;
  readonly objects: number;
  /** Sorted by path. */
  readonly problems: readonly FileProblem[];
}

export interface ManifestInventory extends Lifecycle {
  /** Reads everything once. Rejects with UnavailableError when the folder is missing or cannot be read. */
  start(): Promise<void>;
  report(): ManifestReport;
}

/** How often the folder is looked at although nothing told of a change: network file systems tell nothing. */
const POLL_MS = 2_000;
/** The same while some folder cannot be watched at all: a change must be seen within a second. */
const UNWATCHED_POLL_MS = 700;
/** Quiet time after an event before files are read: editors write in several steps, and a half-written file withdraws names. */
const SETTLE_MS = 100;
/** Longest wait for that quiet: a program that writes without pause must not keep changes away. */
const MAX_SETTLE_MS = 500;

/** Reads nothing before `start`. */
export function createManifestInventory(options: ManifestInventoryOptions): ManifestInventory {
  return new FolderInventory(options);
}

class FolderInventory implements ManifestInventory {
  readonly #options: ManifestInventoryOptions;
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  readonly #reader: FolderReader;
  /** What `onChange` has been told. */
  #told: ReadonlyMap<string, KnownObject> = new Map();
  #report: ManifestReport;
  #logged: ReadonlySet<string> = new Set();
  #watch: FolderWatch | undefined;
  #isWatchingAll = false;
  #events = 0;
  #wake: () => void = () => undefined;
  #running: Promise<void> | undefined;

  constructor(options: ManifestInventoryOptions) {
    this.#options = options;
    this.#reader = createFolderReader(options.folder);
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#report = { folder: options.folder, files: 0, objects: 0, problems: [] };
  }

  async start(): Promise<void> {
    await requireFolder(this.#options.folder);
    this.#watch = watchFolders(this.#options.folder, () => {
      this.#events += 1;
      this.#wake();
    });
    await this.#look();
    this.#running = this.#run(this.#abort.signal);
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#wake();
    await this.#running;
    this.#watch?.close();
  }

  report(): ManifestReport {
    return this.#report;
  }

  async #run(signal: AbortSignal): Promise<void> {
    let seen = 0;
    while (!signal.aborted) {
      if (this.#events === seen) await this.#pause(this.#isWatchingAll ? POLL_MS : UNWATCHED_POLL_MS, signal);
      if (this.#events !== seen) await this.#settle(signal);
      if (signal.aborted) return;
      seen = this.#events;
      try {
        await this.#look();
      } catch (error) {
        // A bug in whoever is told. What he has not taken is sent again at the next look.
        this.#options.log.error({ error, folder: this.#options.folder }, "manifest change was not taken");
      }
    }
  }

  /** Waits until no event has come for a moment. */
  async #settle(signal: AbortSignal): Promise<void> {
    const endMs = this.#clock.monotonicMs() + MAX_SETTLE_MS;
    let seen: number;
    do {
      seen = this.#events;
      await this.#clock.sleep(SETTLE_MS, signal).catch(ignoreAbort);
    } while (this.#events !== seen && !signal.aborted && this.#clock.monotonicMs() < endMs);
  }

  /** Sleeps, or less when an event comes. */
  async #pause(delayMs: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    await this.#clock.sleep(delayMs, AbortSignal.any([signal, woken.signal])).catch(ignoreAbort);
    this.#wake = () => undefined;
  }

  async #look(): Promise<void> {
    const view = await this.#reader.look();
    this.#isWatchingAll = this.#watch?.follow(view.folders) ?? false;
    if (view.isChanging) this.#events += 1;
    const { objects, duplicates } = effectiveObjects(view.files);
    const problems = [...view.problems, ...duplicates].toSorted(byPath);
    this.#setReport(
      { folder: this.#options.folder, files: view.files.size, objects: objects.size, problems },
      view.files,
    );
    const change = diffObjects(this.#told, objects);
    if (change.upserted.length + change.deleted.length === 0) return;
    this.#options.onChange(change);
    this.#told = objects;
  }

  #setReport(report: ManifestReport, files: ReadonlyMap<string, FileState>): void {
    const isSame = JSON.stringify(report) === JSON.stringify(this.#report);
    this.#logProblems(report.problems, files);
    if (isSame) return;
    this.#report = report;
    this.#options.onReport?.(report);
  }

  /** Each problem once for each content of its file, however often the folder is looked at. */
  #logProblems(problems: readonly FileProblem[], files: ReadonlyMap<string, FileState>): void {
    const logged = new Set<string>();
    for (const { path, problem, keepsLastGood } of problems) {
      const line = `${path} ${files.get(path)?.version ?? ""} ${problem}`;
      logged.add(line);
      if (this.#logged.has(line)) continue;
      this.#options.log.warn(
        { folder: this.#options.folder, file: path, problem, keepsLastGood },
        "manifest was refused",
      );
    }
    this.#logged = logged;
  }
}

async function requireFolder(folder: string): Promise<void> {
  try {
    await readdir(folder);
  } catch (error) {
    throw new UnavailableError(
      "manifests.unavailable",
      `the manifests folder "${folder}" cannot be read (${errorText(error)}); create it, allow this user to read it, or set another folder`,
      { cause: error },
    );
  }
}

function byPath(a: FileProblem, b: FileProblem): number {
  if (a.path === b.path) return 0;
  return a.path < b.path ? -1 : 1;
}

/** `sleep` rejects for one reason only: its signal, which the loop looks at itself. */
function ignoreAbort(): void {
  return;
}
