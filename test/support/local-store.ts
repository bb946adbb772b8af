// The local store over a real folder, as the composition root joins it, and what it tells while it runs.

import type { RecordSet } from "#src/domain/record.ts";
import { SYSTEM_CLOCK } from "#src/lib/clock.ts";
import { type Logger, SILENT } from "#src/lib/log.ts";
import { createLocalStore, type LocalStore, type LocalStoreOptions } from "#src/providers/local/local-store.ts";
import { createRecordFolder, type RecordFolderOptions } from "#src/providers/local/record-folder.ts";
import type { Step } from "#src/providers/provider.ts";
import { unbounded } from "#test/support/engine.ts";

/** The time that `nowMs` of an opened folder tells. */
const FOLDER_TIME_MS = 1_000;

export interface OpenedStore {
  readonly store: LocalStore;
  /** Record sets of every commit, the load's first. */
  readonly commits: (readonly RecordSet[])[];
  /** Warnings and errors that were logged. */
  readonly logged: string[];
}

type MoreOptions = Partial<RecordFolderOptions> & Pick<LocalStoreOptions, "maxFileBytes">;

/** A store that holds its folder until `store.close()`. */
export async function openStore(folder: string, more: MoreOptions = {}): Promise<OpenedStore> {
  const opened = newStore(folder, more);
  await opened.store.load();
  return opened;
}

/** A store that has not loaded yet. */
export function newStore(folder: string, { maxFileBytes, ...more }: MoreOptions = {}): OpenedStore {
  const commits: (readonly RecordSet[])[] = [];
  const logged: string[] = [];
  const note = (_fields: object, event: string): void => void logged.push(event);
  const log: Logger = { ...SILENT, warn: note, error: note };
  const store = createLocalStore({
    folder: createRecordFolder({ folder, log, nowMs: () => FOLDER_TIME_MS, ...more }),
    clock: SYSTEM_CLOCK,
    onCommit: (sets) => commits.push(sets),
    ...(maxFileBytes === undefined ? {} : { maxFileBytes }),
  });
  return { store, commits, logged };
}

/** What a start on this folder would find: one line a record, sorted. */
export async function storedIn(folder: string): Promise<readonly string[]> {
  const { store } = await openStore(folder);
  try {
    return await recordsOf(store);
  } finally {
    store.close();
  }
}

/** One line a record, sorted; a TTL only where one is stored. */
export async function recordsOf(store: LocalStore): Promise<readonly string[]> {
  const { records } = await store.list(unbounded());
  return records
    .map(({ name, type, target, ttlSeconds }) =>
      [name, type, target, ...(ttlSeconds === undefined ? [] : [ttlSeconds])].join(" "),
    )
    .sort();
}

export function create(name: string, target: string, type = "A"): Step {
  return { kind: "create", record: { name, type, target, ttlSeconds: undefined } } as Step;
}
