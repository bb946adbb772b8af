// A store in memory with a fate for every write: the engine alone, with and without updates in place and atomic batches.

import { LOCAL_RULES } from "#src/providers/local/rules.ts";
import type { Step, StoredRecord } from "#src/providers/provider.ts";
import type { IntentLog } from "#src/sync/journal.ts";
import type { SyncEngine } from "#src/sync/sync-engine.ts";
import { type Fate, MemoryStore } from "#test/fakes/memory-store.ts";
import { engineOver } from "#test/support/engine.ts";
import type { Random } from "#test/support/random.ts";
import { FAULT_SHARE } from "./life.ts";
import { type HeldRecord, type HeldState, Killed, type World } from "./world.ts";

/** The longest that one call of the store takes. */
const SLOWEST_CALL_MS = 900;

type Kind = readonly [type: string, target: string, isEnabled: boolean];

const IN_THE_WAY: readonly Kind[] = [
  ["A", "198.51.100.7", true],
  ["CNAME", "hand.example.net", true],
  ["TXT", '"made by hand"', true],
];
/** External-dns is not shown what is switched off or of a type it does not know: it would ask for it for ever. */
const APART: readonly Kind[] = [
  ...IN_THE_WAY,
  ["A", "198.51.100.7", false],
  ["TXT", '"made by hand"', false],
  ["LOC", "52 22 23.000 N 4 53 32.000 E -2.00m", true],
];

export class EngineWorld implements World {
  readonly canUpdate: boolean;
  readonly #random: Random;
  readonly #store: MemoryStore;
  readonly #held = new WeakMap<StoredRecord, HeldRecord>();
  #states: HeldState[] = [];
  #isFaulty = true;
  #faults = 0;
  #nowMs = 0;

  constructor(random: Random) {
    const canBatch = random.chance(0.3);
    this.#random = random;
    this.canUpdate = canBatch || random.chance(0.7);
    this.#store = new MemoryStore({
      canUpdate: this.canUpdate,
      canBatch,
      nowMs: () => this.#nowMs,
      fate: (step) => this.#fate(step),
      listFails: () => this.#isFault(),
    });
  }

  counts(): Record<"faults" | "writes", number> {
    return { faults: this.#faults, writes: this.#store.writes };
  }

  records(): readonly HeldRecord[] {
    return this.#store.records.map((record) => this.#heldRecord(record));
  }

  newStates(): readonly HeldState[] {
    this.#look("when all was quiet");
    const states = this.#states;
    this.#states = [];
    return states;
  }

  awaits(name: string): boolean {
    return this.#store.awaits(name);
  }

  writes(): number {
    return this.#store.writes;
  }

  addApart(name: string): HeldRecord {
    return this.#add(name, this.#random.pick(APART));
  }

  addInTheWay(name: string): HeldRecord {
    return this.#add(name, this.#random.pick(IN_THE_WAY));
  }

  addByHand(name: string): HeldRecord {
    return this.#add(name, ["A", "198.51.100.8", true]);
  }

  startProcess(intentLog: IntentLog): SyncEngine {
    const clock = { nowMs: () => this.#nowMs, monotonicMs: () => this.#nowMs, sleep: () => Promise.resolve() };
    // The breaker asks a person; what it holds is tested apart.
    return engineOver(this.#store, { intentLog, clock, breaker: "off" });
  }

  live<T>(run: () => Promise<T>): Promise<T> {
    return run();
  }

  pass(durationMs: number): void {
    this.#nowMs += durationMs;
  }

  betweenLoops(): void {
    // Nothing but wishes and hands.
  }

  calmDown(): Promise<void> {
    this.#isFaulty = false;
    return Promise.resolve();
  }

  complaints(): readonly string[] {
    return [];
  }

  #fate(step: Step): Fate {
    this.#nowMs += this.#random.below(SLOWEST_CALL_MS);
    if (this.#store.batch === undefined) this.#look(`before write ${this.#store.writes}`);
    if (!this.#isFault()) return "done";
    const fate = this.#random.pick<Fate | "killed">(["refused", "lost", "late", "done-but-unanswered", "killed"]);
    // A delete that arrives late takes away what is wanted again by then; nothing but the next loop can mend that.
    if (fate === "late" && step.kind !== "create") return "lost";
    if (fate !== "killed") return fate;
    // A name without an update in place is gone for a moment between two steps; dying there is reported apart.
    if (step.kind === "delete" && step.record.type === "CNAME") return "done";
    throw new Killed();
  }

  #isFault(): boolean {
    if (!this.#isFaulty || !this.#random.chance(FAULT_SHARE)) return false;
    this.#faults += 1;
    return true;
  }

  #look(moment: string): void {
    const records = this.records();
    this.#states.push({ kind: "stored", moment, records, refusal: exclusiveNeighbours(records) });
  }

  #add(name: string, [type, target, enabled]: Kind): HeldRecord {
    return this.#heldRecord(this.#store.seed(name, type, target, { enabled }));
  }

  #heldRecord(record: StoredRecord): HeldRecord {
    const known = this.#held.get(record);
    if (known !== undefined) return known;
    const { id, name, type, target, ttlSeconds = 0 } = record;
    const held = { id, name, type, target, ttlSeconds, itself: record };
    this.#held.set(record, held);
    return held;
  }
}

function exclusiveNeighbours(records: readonly HeldRecord[]): string | undefined {
  const typesAt = new Map<string, string[]>();
  for (const { name, type } of records) {
    const types = typesAt.get(name);
    const other = types?.find((beside) => LOCAL_RULES.isExclusive(type, beside));
    if (other !== undefined) return `${type} beside ${other} at ${name}`;
    if (types === undefined) typesAt.set(name, [type]);
    else types.push(type);
  }
  return undefined;
}
