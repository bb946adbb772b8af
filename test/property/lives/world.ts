// What a life is lived in: a place that holds records, processes that write there, time, and what goes wrong with them.

import type { IntentLog } from "#src/sync/journal.ts";
import type { SyncEngine } from "#src/sync/sync-engine.ts";

/** One record as its holder shows it to nobody: with everything that is not ours to change. */
export interface HeldRecord {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly target: string;
  readonly ttlSeconds: number;
  /** The holder's own object: whoever changes a record makes a new one. */
  readonly itself: object;
}

/** What was held, or what a DNS server loaded, at one moment. */
export interface HeldState {
  readonly kind: "stored" | "loaded";
  /** For messages: "commit 12". */
  readonly moment: string;
  readonly records: readonly HeldRecord[];
  /** Why no server could answer from it. */
  readonly refusal: string | undefined;
}

export interface World {
  /** Without a doubt about updates in place. */
  readonly canUpdate: boolean;
  records(): readonly HeldRecord[];
  /** States that came to be since the last call, in their order. */
  newStates(): readonly HeldState[];
  /** True while a lost write to this name may still arrive. */
  awaits(name: string): boolean;
  /** Requests to write so far. */
  writes(): number;
  /** Records of other hands: one that external-dns never asks about, one where it may want a name, one made now. */
  addApart(name: string): HeldRecord;
  addInTheWay(name: string): HeldRecord;
  addByHand(name: string): HeldRecord;
  /** The process before it is gone. */
  startProcess(intentLog: IntentLog): SyncEngine;
  /** Runs one loop of external-dns, in whichever time this is. */
  live<T>(run: () => Promise<T>): Promise<T>;
  pass(durationMs: number): void;
  /** What may happen between two loops. */
  betweenLoops(): void;
  /** From now on nothing goes wrong any more; resolves when all is reachable. */
  calmDown(): Promise<void>;
  /** What else went wrong in a life that is over. */
  complaints(): readonly string[];
}

/** The process dies here: nothing after this point happens, and the next sync meets a new one. */
export class Killed extends Error {}
