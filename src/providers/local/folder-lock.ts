// One process per data folder. The lock is the kernel's advisory lock on a file, taken through SQLite because Node has no call
// for it: it cannot go stale after kill -9, needs no pid, holds across containers of one host, and works where a socket cannot
// be bound (FAT, SMB, desktop mounts). SQLite stores nothing: the file stays empty.

import { closeSync, lstatSync, openSync, truncateSync } from "node:fs";
import { getBuiltinModule } from "node:process";
import { codeOf } from "#src/lib/atomic-file.ts";

const FILE_MODE = 0o600;
/** SQLITE_BUSY: somebody holds the lock. */
const BUSY = 5;
/** SQLite's extended codes carry the plain one in their low byte. */
const PLAIN_CODE_MASK = 0xff;

export type LockOutcome =
  | { readonly kind: "held"; readonly release: () => void }
  | { readonly kind: "taken" }
  /** This place has no locks. */
  | { readonly kind: "unsupported"; readonly reason: string };

/** Takes the lock at once or says that another process, or another caller in this one, has it. Never throws, never waits. */
export function lockFile(path: string): LockOutcome {
  try {
    ensureEmptyFile(path);
    // A Node may be built without SQLite.
    const sqlite = getBuiltinModule("node:sqlite");
    if (sqlite === undefined) return { kind: "unsupported", reason: "this Node has no SQLite" };
    return takeLock(new sqlite.DatabaseSync(path));
  } catch (error) {
    return { kind: "unsupported", reason: error instanceof Error ? error.message : String(error) };
  }
}

interface Database {
  exec(sql: string): void;
  close(): void;
}

function takeLock(database: Database): LockOutcome {
  try {
    // The open transaction is the lock; its journal in memory leaves no second file.
    database.exec("PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE");
    return { kind: "held", release: () => database.close() };
  } catch (error) {
    database.close();
    if (isBusy(error)) return { kind: "taken" };
    throw error;
  }
}

/** The lock file is not opened when it is there: closing any descriptor of a file drops this process's locks on it. */
function ensureEmptyFile(path: string): void {
  try {
    closeSync(openSync(path, "wx", FILE_MODE));
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    const found = lstatSync(path);
    if (!found.isFile()) throw new Error(`${path} is not a plain file`, { cause: error });
    if (found.size > 0) truncateSync(path);
  }
}

function isBusy(error: unknown): boolean {
  return (
    error instanceof Error &&
    "errcode" in error &&
    typeof error.errcode === "number" &&
    (error.errcode & PLAIN_CODE_MASK) === BUSY
  );
}
