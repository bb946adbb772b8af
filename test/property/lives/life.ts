// One random life of an engine: sources change, hands edit, requests fail, the process dies; then nothing fails any more, and
// all has to come to rest. Every state on the way is judged. Everything follows from the seed.

import type { Intent, IntentLog } from "#src/sync/journal.ts";
import type { SyncEngine } from "#src/sync/sync-engine.ts";
import { syncOnce } from "#test/support/external-dns-in-process.ts";
import type { Random } from "#test/support/random.ts";
import { Judge, type Moments } from "./judge.ts";
import { checkRest } from "./rest.ts";
import { LOOP_NAMES, NAMES, Wishes } from "./wishes.ts";
import { type HeldRecord, Killed, type World } from "./world.ts";

/** Share of the calls that go wrong while faults are on. */
export const FAULT_SHARE = 0.2;

const OWNER = "sequence";
const EDITS = 27;
const HAND_EDIT_SHARE = 0.1;
/** Names apart with a foreign record, and the share of the wanted ones that have one in the way. */
const NAMES_APART = 4;
const IN_THE_WAY_SHARE = 0.2;
/** Virtual time from one loop to the next. */
const LOOP_MS = 60_000;
/** Longer than any quarantine: what was refused by chance must be asked for again. */
const REST_MS = 3 * 3_600_000;
/** Syncs that may be needed once faults have stopped. */
const SYNCS_TO_REST = 2;

export interface LifeResult extends Moments {
  readonly violations: readonly string[];
  readonly syncs: number;
  readonly deaths: number;
}

export async function liveIn(world: World, random: Random): Promise<LifeResult> {
  const life = new Life(world, random);
  await life.run();
  return life.result();
}

class Life {
  readonly #world: World;
  readonly #random: Random;
  readonly #wishes: Wishes;
  readonly #judge: Judge;
  #engine: SyncEngine;
  #syncs = 0;
  #deaths = 0;
  /** The journal's file: it outlives the process. */
  #intents: readonly Intent[] = [];

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
    // Without an update in place a TTL can only change by taking the value away for a moment.
    this.#wishes = new Wishes(random, world.canUpdate ? [0, 60, 300] : [0]);
    this.#judge = new Judge(world);
    this.#engine = this.#startProcess();
  }

  result(): LifeResult {
    const { violations, moments } = this.#judge;
    return { violations, syncs: this.#syncs, deaths: this.#deaths, ...moments };
  }

  async run(): Promise<void> {
    this.#seedForeign();
    for (let edit = 0; edit < EDITS; edit += 1) {
      this.#judge.release(this.#wishes.edit());
      if (this.#random.chance(HAND_EDIT_SHARE)) this.#editByHand();
      this.#world.betweenLoops();
      await this.#sync();
    }
    await this.#comeToRest();
  }

  async #comeToRest(): Promise<void> {
    this.#wishes.untangle();
    for (const name of NAMES) this.#judge.release(name);
    await this.#world.calmDown();
    this.#world.pass(REST_MS);
    for (let sync = 0; sync < SYNCS_TO_REST; sync += 1) await this.#sync();
    const writes = this.#world.writes();
    const outcome = await this.#sync();
    if (this.#world.writes() !== writes) this.#judge.violate("the third sync wrote again");
    if (outcome !== "silent") this.#judge.violate(`the third sync was ${outcome}`);
    this.#world.pass(LOOP_MS);
    this.#judgeStates();
    const [records, { wanted }] = [this.#world.records(), this.#wishes];
    checkRest({ judge: this.#judge, wanted, records, intents: this.#intents });
    for (const complaint of this.#world.complaints()) this.#judge.violate(complaint);
  }

  /** Records of other hands: at names of their own, and at names that the sources will want. */
  #seedForeign(): void {
    for (let index = 0; index < NAMES_APART; index += 1) {
      this.#addForeign(() => this.#world.addApart(`hand${index}.example.com`));
    }
    for (const name of NAMES.slice(LOOP_NAMES.length)) {
      if (this.#random.chance(IN_THE_WAY_SHARE)) this.#addForeign(() => this.#world.addInTheWay(name));
    }
  }

  /** Somebody makes a record at a name that nobody uses: from then on it is theirs, whatever our remains there say. */
  #editByHand(): void {
    const name = this.#random.pick(NAMES);
    // Values of one name and type are one to external-dns: a value of ours that arrives beside it would claim it too.
    const isTaken = this.#wishes.wanted.has(name) || this.#world.awaits(name);
    if (isTaken || this.#world.records().some((record) => record.name === name)) return;
    this.#addForeign(() => this.#world.addByHand(name));
  }

  /** What was before is judged without it. */
  #addForeign(add: () => HeldRecord): void {
    this.#judgeStates();
    this.#judge.addForeign(add());
  }

  async #sync(): Promise<string> {
    const { wanted } = this.#wishes;
    this.#syncs += 1;
    this.#world.pass(LOOP_MS);
    this.#judgeStates();
    this.#judge.begin(`sync ${this.#syncs}`, wanted, this.#world.records());
    let outcome = "died";
    try {
      outcome = await this.#world.live(() => syncOnce(this.#engine, this.#wishes.endpoints(), OWNER));
    } catch (error) {
      if (!(error instanceof Killed)) this.#judge.violate(`external-dns would exit: ${String(error)}`);
      this.#deaths += 1;
      this.#engine = this.#startProcess();
    }
    this.#judgeStates();
    this.#judge.settle(wanted, this.#world.records());
    return outcome;
  }

  #judgeStates(): void {
    for (const state of this.#world.newStates()) this.#judge.judge(state);
  }

  #startProcess(): SyncEngine {
    const intentLog: IntentLog = {
      read: () => Promise.resolve(this.#intents),
      write: (intents) => {
        this.#intents = intents;
        return Promise.resolve();
      },
    };
    return this.#world.startProcess(intentLog);
  }
}
