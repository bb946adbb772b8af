// The real store over an emulated console, on either of its APIs: reached over TLS or in memory, with the gateway's dnsmasq as a
// judge. Every commit and every reload is a state of its own.

import type { RecordStore, Step } from "#src/providers/provider.ts";
import type { UnifiStore } from "#src/providers/unifi/unifi-store.ts";
import type { IntentLog } from "#src/sync/journal.ts";
import type { SyncEngine } from "#src/sync/sync-engine.ts";
import type { FakeRecord, RecordFields } from "#test/fakes/unifi-console/records.ts";
import type { UnifiConsole } from "#test/fakes/unifi-console/unifi-console.ts";
import { engineOver } from "#test/support/engine.ts";
import type { Random } from "#test/support/random.ts";
import { FAULT_SHARE } from "./life.ts";
import type { ReachableConsole } from "./reach.ts";
import { type SequenceApi, type SequenceConsole, sequenceConsole } from "./unifi-consoles.ts";
import { UnifiStates } from "./unifi-states.ts";
import { type HeldRecord, type HeldState, Killed, type World } from "./world.ts";

/** The longest that one step takes beside its requests. */
const SLOWEST_STEP_MS = 900;
/** Per step: the process dies; the console reboots. Per loop: the console is upgraded. */
const KILL_CHANCE = 0.04;
const REBOOT_CHANCE = 0.01;
const UPGRADE_CHANCE = 0.02;
/** Of one process four; of one that died meanwhile as many again. */
const MAX_LOGINS_A_MINUTE = 8;
const MINUTE_MS = 60_000;

/** What external-dns is not shown may not stand at a name it wants: it would ask for ever and be refused for ever. */
const APART: readonly Omit<RecordFields, "name">[] = [
  { type: "A", data: "198.51.100.7", enabled: false },
  { type: "A", data: "198.51.100.7", origin: "SYSTEM_DEFINED" },
  { type: "CNAME", data: "hand.example.net", origin: "DERIVED" },
  { type: "CNAME", data: "hand.example.net", ttlSeconds: 77 },
  { type: "TXT", data: '"made by hand"' },
  { type: "NS", data: "10.0.0.53" },
  { type: "A", data: "198.51.100.9", oddity: "unknown-type" },
];
const IN_THE_WAY: readonly Omit<RecordFields, "name">[] = [
  { type: "A", data: "198.51.100.7" },
  { type: "CNAME", data: "hand.example.net" },
];

export interface UnifiWorldParts {
  readonly reachable: ReachableConsole;
  readonly api: SequenceApi;
  readonly random: Random;
  readonly seed: number;
}

export class UnifiWorld implements World {
  readonly canUpdate: boolean;
  readonly #kind: SequenceConsole;
  readonly #random: Random;
  readonly #reachable: ReachableConsole;
  readonly #console: UnifiConsole;
  readonly #states: UnifiStates;
  #store: UnifiStore | undefined;
  #isFaulty = true;
  #reboots = 0;
  #faults = 0;

  constructor({ reachable, api, random, seed }: UnifiWorldParts) {
    const { console } = reachable;
    this.#kind = sequenceConsole(api);
    this.canUpdate = this.#kind.canUpdate;
    this.#random = random;
    this.#reachable = reachable;
    this.#console = console;
    this.#states = new UnifiStates(console);
    const kinds = [...this.#kind.kinds, ...reachable.slowKinds];
    console.faults.random({ seed, rate: FAULT_SHARE, kinds });
  }

  counts(): Record<"requests" | "commits" | "reloads" | "faults" | "reboots" | "logins", number> {
    const { requests, reloads } = this.#console.counters();
    const [commits, faults, reboots] = [this.#console.commits().length, this.#faults, this.#reboots];
    return { requests, commits, reloads, faults, reboots, logins: this.#loginTimes().length };
  }

  close(): void {
    this.#store?.close();
  }

  records(): readonly HeldRecord[] {
    return this.#console.records().map((record) => this.#states.held(record));
  }

  newStates(): readonly HeldState[] {
    return this.#states.next();
  }

  /** The console says in time what it did. */
  awaits(): boolean {
    return false;
  }

  writes(): number {
    return this.#console.counters().writes;
  }

  addApart(name: string): HeldRecord {
    return this.#add({ ...this.#random.pick(APART), name });
  }

  addInTheWay(name: string): HeldRecord {
    return this.#add({ ...this.#random.pick(IN_THE_WAY), name });
  }

  addByHand(name: string): HeldRecord {
    return this.#add({ type: "A", name, data: "198.51.100.8" });
  }

  startProcess(intentLog: IntentLog): SyncEngine {
    this.#store?.close();
    const store = this.#reachable.openStore();
    this.#store = store;
    const mortal: RecordStore = {
      provider: store.provider,
      list: (signal) => store.list(signal),
      apply: (step, signal) => this.#dangerously(step, () => store.apply(step, signal)),
    };
    // The breaker asks a person; what it holds is tested apart.
    return engineOver(mortal, { intentLog, clock: this.#reachable.clock, breaker: "off" });
  }

  live<T>(run: () => Promise<T>): Promise<T> {
    return this.#reachable.live(run);
  }

  pass(durationMs: number): void {
    this.#reachable.clock.time.advance(durationMs);
  }

  betweenLoops(): void {
    if (this.#kind.isByKey && !this.canUpdate && this.#random.chance(UPGRADE_CHANCE)) this.#console.upgrade("udm-10.4");
  }

  async calmDown(): Promise<void> {
    this.#faults = this.#console.faults.fired().length;
    this.#console.faults.clear();
    this.#isFaulty = false;
    await this.#reachable.calmDown();
  }

  /** Too many lock the account out, for everybody. */
  complaints(): readonly string[] {
    const atMs = this.#loginTimes();
    const worst = Math.max(0, ...atMs.map((from) => atMs.filter((at) => at >= from && at < from + MINUTE_MS).length));
    return worst > MAX_LOGINS_A_MINUTE ? [`${worst} logins within a minute`] : [];
  }

  #loginTimes(): readonly number[] {
    return this.#console.requests().flatMap(({ operation, atMs }) => (operation === "login" ? [atMs] : []));
  }

  /** Between any two steps time passes, the console may reboot, and the process may die before or after the step. */
  async #dangerously<T>(step: Step, apply: () => Promise<T>): Promise<T> {
    this.pass(this.#random.below(SLOWEST_STEP_MS));
    if (!this.#isFaulty) return apply();
    if (this.#random.chance(REBOOT_CHANCE)) {
      this.#reboots += 1;
      await this.#console.reboot();
    }
    // A name without an update in place is gone for a moment between two steps; dying there is reported apart.
    const mayDie = !(step.kind === "delete" && step.record.type === "CNAME");
    if (mayDie && this.#random.chance(KILL_CHANCE / 2)) throw new Killed();
    const result = await apply();
    if (mayDie && this.#random.chance(KILL_CHANCE / 2)) throw new Killed();
    return result;
  }

  #add(fields: RecordFields): HeldRecord {
    const [record] = this.#console.seed(fields);
    if (record === undefined) throw new Error("the console took no record");
    return this.#states.held(record satisfies FakeRecord);
  }
}
