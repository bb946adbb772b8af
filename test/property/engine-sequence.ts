// One random life of an engine: sources change, hands edit, calls fail, the process dies between steps; every rule that must
// hold is checked after every step. Everything follows from the seed.

import { LOCAL_RULES } from "#src/providers/local/rules.ts";
import type { Step, StoredRecord } from "#src/providers/provider.ts";
import type { Intent, IntentLog } from "#src/sync/journal.ts";
import type { SyncEngine } from "#src/sync/sync-engine.ts";
import { type Endpoint, endpoint } from "#test/fakes/external-dns/endpoint.ts";
import { type Fate, MemoryStore } from "#test/fakes/memory-store.ts";
import { engineOver } from "#test/support/engine.ts";
import { syncOnce } from "#test/support/external-dns-in-process.ts";
import { createRandom, type Random } from "#test/support/random.ts";

/** Share of the calls to the store that go wrong while faults are on. */
export const SEQUENCE_FAULTS = 0.2;

const OWNER = "sequence";
const NAMES = Array.from({ length: 8 }, (_, index) => `n${index}.example.com`);
const EDITS = 30;
/** Virtual time from one loop to the next, and the longest that one call of the store takes. */
const LOOP_MS = 60_000;
const SLOWEST_CALL_MS = 900;
/** Longer than any quarantine: what was refused by chance must be asked for again. */
const REST_MS = 3 * 3_600_000;
/** Syncs that may be needed once faults have stopped. */
const SYNCS_TO_REST = 2;

export interface SequenceResult {
  readonly violations: readonly string[];
  readonly syncs: number;
  readonly writes: number;
  readonly faults: number;
}

export async function runSequence(seed: number): Promise<SequenceResult> {
  const sequence = new Sequence(createRandom(seed));
  await sequence.run();
  return sequence.result();
}

type Wanted = Map<string, { type: string; targets: string[]; ttlSeconds: number }>;

/** The process dies here: nothing after this point happens, and the next sync meets a new engine. */
class Killed extends Error {}

class Sequence {
  readonly #random: Random;
  readonly #store: MemoryStore;
  readonly #canUpdate: boolean;
  readonly #wanted: Wanted = new Map();
  readonly #violations: string[] = [];
  /** Values that were stored in full and are still wanted: none of them may ever be missing again. */
  readonly #settled = new Map<string, readonly string[]>();
  /** Names and types that answered when the sync began and are wanted throughout it. */
  #answering = new Set<string>();
  #foreign: StoredRecord[] = [];
  #engine: SyncEngine;
  #faultsOn = true;
  #faults = 0;
  #syncs = 0;
  #nowMs = 0;
  /** The journal's file: it outlives the process. */
  #intents: readonly Intent[] = [];

  constructor(random: Random) {
    this.#random = random;
    const canBatch = random.chance(0.3);
    this.#canUpdate = canBatch || random.chance(0.7);
    this.#store = new MemoryStore({
      canUpdate: this.#canUpdate,
      canBatch,
      nowMs: () => this.#nowMs,
      fate: (step) => this.#fate(step),
      listFails: () => this.#isFault(),
    });
    this.#engine = this.#newEngine();
  }

  result(): SequenceResult {
    return { violations: this.#violations, syncs: this.#syncs, writes: this.#store.writes, faults: this.#faults };
  }

  async run(): Promise<void> {
    this.#seedForeign();
    for (let edit = 0; edit < EDITS; edit += 1) {
      this.#editWanted();
      if (this.#random.chance(0.1)) this.#editByHand();
      await this.#sync();
    }
    this.#faultsOn = false;
    this.#nowMs += REST_MS;
    for (let sync = 0; sync < SYNCS_TO_REST; sync += 1) await this.#sync();
    this.#checkReached();
    const writes = this.#store.writes;
    const outcome = await this.#sync();
    if (this.#store.writes !== writes) this.#violate("the third sync wrote again");
    if (outcome !== "silent") this.#violate(`the third sync was ${outcome}`);
  }

  /** Records of other hands: at names of their own, and at names that the sources will want. */
  #seedForeign(): void {
    for (let index = 0; index < 6; index += 1) {
      const isApart = this.#random.chance(0.6);
      const name = isApart ? `hand${index}.example.com` : this.#random.pick(NAMES);
      if (this.#store.records.some((record) => record.name === name)) continue;
      // External-dns is not shown what is switched off or of a type it does not know: at a name it wants, it would ask for
      // ever and be refused for ever.
      const isEnabled = !isApart || this.#random.chance(0.7);
      const kinds: [string, string][] = [
        ["A", "198.51.100.7"],
        ["CNAME", "hand.example.net"],
        ["TXT", '"made by hand"'],
      ];
      if (isApart) kinds.push(["LOC", "52 22 23.000 N 4 53 32.000 E -2.00m"]);
      const kind = this.#random.pick(kinds);
      this.#store.seed(name, ...kind, { enabled: isEnabled });
    }
    this.#foreign = this.#store.records.map((record) => ({ ...record }));
  }

  #newEngine(): SyncEngine {
    const intentLog: IntentLog = {
      read: () => Promise.resolve(this.#intents),
      write: (intents) => {
        this.#intents = intents;
        return Promise.resolve();
      },
    };
    const clock = {
      nowMs: () => this.#nowMs,
      monotonicMs: () => this.#nowMs,
      sleep: () => Promise.resolve(),
    };
    // The breaker asks a person; what it holds is tested apart.
    return engineOver(this.#store, { intentLog, clock, breaker: "off" });
  }

  /** Somebody makes a record at a name that nobody uses: from then on it is theirs, whatever our remains there say. */
  #editByHand(): void {
    const name = this.#random.pick(NAMES);
    // Values of one name and type are one to external-dns: a value of ours that arrives beside it would claim it too.
    const isTaken =
      this.#wanted.has(name) || this.#store.awaits(name) || this.#store.records.some((record) => record.name === name);
    if (isTaken) return;
    const record = this.#store.seed(name, "A", "198.51.100.8");
    this.#foreign.push({ ...record });
  }

  #editWanted(): void {
    const name = this.#random.pick(NAMES);
    for (const key of this.#settled.keys()) if (key.startsWith(`${name} `)) this.#settled.delete(key);
    if (this.#random.chance(0.25)) {
      this.#wanted.delete(name);
      return;
    }
    const type = this.#random.pick(["A", "A", "AAAA", "CNAME"]);
    const count = type === "CNAME" ? 1 : 1 + this.#random.below(3);
    const targets = new Set(Array.from({ length: count }, () => this.#target(type)));
    // Without an update in place a TTL can only change by taking the value away for a moment.
    const ttlSeconds = this.#canUpdate ? this.#random.pick([0, 60, 300]) : 0;
    this.#wanted.set(name, { type, targets: [...targets], ttlSeconds });
  }

  #target(type: string): string {
    const number = 1 + this.#random.below(6);
    if (type === "A") return `192.0.2.${number}`;
    return type === "AAAA" ? `2001:db8::${number}` : `lb${number}.example.net`;
  }

  async #sync(): Promise<string> {
    this.#syncs += 1;
    this.#nowMs += LOOP_MS;
    this.#answering = this.#answeringThroughout();
    let outcome = "died";
    try {
      outcome = await syncOnce(this.#engine, this.#endpoints(), OWNER);
    } catch (error) {
      if (!(error instanceof Killed)) this.#violate(`external-dns would exit: ${String(error)}`);
      this.#engine = this.#newEngine();
    }
    this.#checkHoldings();
    this.#settle();
    return outcome;
  }

  #endpoints(): readonly Endpoint[] {
    return [...this.#wanted].map(([name, { type, targets, ttlSeconds }]) =>
      endpoint(name, type, targets, { recordTTL: ttlSeconds, labels: { resource: `ingress/default/${name}` } }),
    );
  }

  #fate(step: Step): Fate {
    this.#nowMs += this.#random.below(SLOWEST_CALL_MS);
    if (this.#store.batch === undefined) this.#checkHoldings();
    if (!this.#isFault()) return "done";
    const fate = this.#random.pick<Fate | "killed">(["refused", "lost", "late", "done-but-unanswered", "killed"]);
    // A delete that arrives late takes away what is wanted again by then; nothing but the next loop can mend that.
    if (fate === "late" && step.kind !== "create") return "lost";
    if (fate !== "killed") return fate;
    if (step.kind === "delete" && this.#isSwapOrFallback(step)) return "done";
    throw new Killed();
  }

  /** A name without an update in place is gone for a moment between two steps; dying there is reported apart. */
  #isSwapOrFallback(step: Extract<Step, { kind: "delete" }>): boolean {
    return step.record.type === "CNAME";
  }

  #isFault(): boolean {
    if (!this.#faultsOn || !this.#random.chance(SEQUENCE_FAULTS)) return false;
    this.#faults += 1;
    return true;
  }

  #answeringThroughout(): Set<string> {
    const keys = [...this.#wanted].map(([name, { type }]) => `${name} ${type}`);
    const isAlwaysUpdated = (key: string): boolean => this.#canUpdate || !key.endsWith(" CNAME");
    return new Set(keys.filter((key) => isAlwaysUpdated(key) && this.#valuesAt(key).length > 0));
  }

  #checkHoldings(): void {
    for (const record of this.#foreign) {
      const now = this.#store.records.find((other) => other.id === record.id);
      if (JSON.stringify(now) !== JSON.stringify(record))
        this.#violate(`foreign ${record.name} ${record.type} was touched`);
    }
    const seen = new Set<string>();
    for (const record of this.#store.records) {
      const key = `${record.name} ${record.type} ${record.target}`;
      if (seen.has(key)) this.#violate(`duplicate ${key}`);
      seen.add(key);
      const beside = this.#store.records.find(
        (other) => other !== record && other.name === record.name && LOCAL_RULES.isExclusive(record.type, other.type),
      );
      if (beside !== undefined) this.#violate(`${record.type} beside ${beside.type} at ${record.name}`);
    }
    for (const key of this.#answering) if (this.#valuesAt(key).length === 0) this.#violate(`${key} stopped answering`);
    for (const [key, targets] of this.#settled) {
      const values = this.#valuesAt(key);
      for (const target of targets) if (!values.includes(target)) this.#violate(`${key} ${target} was lost`);
    }
  }

  #settle(): void {
    for (const [name, { type, targets }] of this.#wanted) {
      const key = `${name} ${type}`;
      const values = this.#valuesAt(key);
      if (targets.every((target) => values.includes(target))) this.#settled.set(key, targets);
    }
  }

  /** Every wanted name that no foreign record stands at holds exactly what is wanted, and nothing else of ours is left. */
  #checkReached(): void {
    const obstructed = new Set<string>(this.#foreign.map((record) => record.name));
    const foreignIds = new Set(this.#foreign.map((record) => record.id));
    const ours = this.#store.records.filter(
      (record) => record.type !== "TXT" && !foreignIds.has(record.id) && !obstructed.has(record.name),
    );
    const held = ours.map((record) => `${record.name} ${record.type} ${record.target}`).sort();
    const wanted = [...this.#wanted]
      .filter(([name]) => !obstructed.has(name))
      .flatMap(([name, { type, targets }]) => targets.map((target) => `${name} ${type} ${target}`))
      .sort();
    if (JSON.stringify(held) !== JSON.stringify(wanted))
      this.#violate(`at rest it holds ${held.join(", ")} instead of ${wanted.join(", ")}`);
  }

  #valuesAt(key: string): readonly string[] {
    return this.#store.records
      .filter((record) => `${record.name} ${record.type}` === key)
      .map((record) => record.target);
  }

  #violate(what: string): void {
    if (this.#violations.length < 20) this.#violations.push(`sync ${this.#syncs}: ${what}`);
  }
}
