// One random life of an engine over an emulated console, through the real store and real TLS: sources change, hands edit,
// requests fail, the process dies, the console reboots or is upgraded. Every commit of the console is judged afterwards, so no
// state between two steps goes unseen. Time is virtual: the console's, the store's and the engine's are one.

import type { DomainName } from "#src/domain/name.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { RecordStore, StateRecord, Step } from "#src/providers/provider.ts";
import { refuseState } from "#src/providers/unifi/state-rules.ts";
import type { UnifiStore } from "#src/providers/unifi/unifi-store.ts";
import type { Intent, IntentLog } from "#src/sync/journal.ts";
import type { SyncEngine } from "#src/sync/sync-engine.ts";
import { type Endpoint, endpoint } from "#test/fakes/external-dns/endpoint.ts";
import type { ServerCertificate } from "#test/fakes/unifi-console/certificate.ts";
import type { Switches } from "#test/fakes/unifi-console/profiles.ts";
import type { Commit, FakeRecord, RecordFields } from "#test/fakes/unifi-console/records.ts";
import { startUnifiConsole, type UnifiConsole } from "#test/fakes/unifi-console/unifi-console.ts";
import { engineOver } from "#test/support/engine.ts";
import { syncOnce } from "#test/support/external-dns-in-process.ts";
import { createRandom, type Random } from "#test/support/random.ts";
import { CALL_TIMEOUT_MS, type ConsoleClock, consoleClock } from "#test/support/unifi-clock.ts";
import { storeFor } from "#test/support/unifi-console.ts";
import { type SequenceApi, type SequenceConsole, sequenceConsole } from "./unifi-sequence-consoles.ts";

/** Share of the requests to the console that go wrong while faults are on. */
export const SEQUENCE_FAULTS = 0.2;

const OWNER = "sequence";
const NAMES = Array.from({ length: 8 }, (_, index) => `n${index}.example.com`);
/** Free of foreign records, and few enough that aliases among them meet in loops. */
const LOOP_NAMES = NAMES.slice(0, 2);
const LOOP_TYPES = ["A", "CNAME", "CNAME"];
const TYPES = ["A", "A", "AAAA", "CNAME"];
const EDITS = 24;
/** Virtual time from one loop to the next, and the longest that one step takes. */
const LOOP_MS = 60_000;
const SLOWEST_STEP_MS = 900;
/** Longer than any quarantine: what was refused by chance must be asked for again. */
const REST_MS = 3 * 3_600_000;
/** Syncs that may be needed once faults have stopped. */
const SYNCS_TO_REST = 2;
/** Per step: the process dies; the console reboots. Per loop: the console is upgraded. */
const KILL_CHANCE = 0.04;
const REBOOT_CHANCE = 0.01;
const UPGRADE_CHANCE = 0.02;
/** Of one process four; of one that died meanwhile as many again. */
const MAX_LOGINS_A_MINUTE = 8;

export interface SequenceResult {
  readonly violations: readonly string[];
  readonly syncs: number;
  readonly requests: number;
  readonly writes: number;
  readonly commits: number;
  readonly reloads: number;
  readonly faults: number;
  readonly deaths: number;
  readonly reboots: number;
  readonly logins: number;
}

export interface SequenceOptions {
  readonly api: SequenceApi;
  /** Making one costs more than a whole loop. */
  readonly certificate: ServerCertificate;
}

/** Everything but the console's ids and the jitter of retries follows from the seed. */
export async function runUnifiSequence(seed: number, { api, certificate }: SequenceOptions): Promise<SequenceResult> {
  const random = createRandom(seed);
  const clock = consoleClock();
  // Some builds answer every PUT of the legacy API with an error.
  const v2Put: Switches["v2Put"] = random.pick(["ok", "ok", "already-exists", "405"]);
  const console = await startUnifiConsole({
    profile: sequenceConsole(api).profile,
    switches: { v2Put, listOrder: random.pick(["insertion", "shuffled"]) },
    seed,
    time: clock.time,
    certificate,
  });
  try {
    const sequence = new Sequence({ random, clock, console, api });
    await sequence.run(seed);
    return sequence.result();
  } finally {
    await console.stop();
  }
}

interface Setting {
  readonly random: Random;
  readonly clock: ConsoleClock;
  readonly console: UnifiConsole;
  readonly api: SequenceApi;
}

type Wanted = Map<string, { type: string; targets: string[]; ttlSeconds: number }>;

/** The process dies here: nothing after this point happens, and the next sync meets a new store and engine. */
class Killed extends Error {}

class Sequence {
  readonly #random: Random;
  readonly #clock: ConsoleClock;
  readonly #console: UnifiConsole;
  readonly #kind: SequenceConsole;
  readonly #wanted: Wanted = new Map();
  readonly #violations: string[] = [];
  /** Values that were stored in full and are still wanted: none of them may ever be missing again. */
  readonly #settled = new Map<string, readonly string[]>();
  /** Names and types that answered when the sync began and are wanted throughout it. */
  #answering = new Set<string>();
  /** What the console held after the last commit that was judged. */
  readonly #held = new Map<string, FakeRecord>();
  readonly #foreign = new Map<string, string>();
  #judgedCommits = 0;
  #store: UnifiStore;
  #engine: SyncEngine;
  #isFaulty = true;
  #counts = { syncs: 0, deaths: 0, reboots: 0, faults: 0, logins: 0 };
  /** The journal's file: it outlives the process. */
  #intents: readonly Intent[] = [];

  constructor({ random, clock, console, api }: Setting) {
    this.#random = random;
    this.#clock = clock;
    this.#console = console;
    this.#kind = sequenceConsole(api);
    [this.#store, this.#engine] = this.#startProcess();
  }

  result(): SequenceResult {
    const { requests, writes, reloads } = this.#console.counters();
    const commits = this.#judgedCommits;
    return { violations: this.#violations, ...this.#counts, requests, writes, reloads, commits };
  }

  async run(seed: number): Promise<void> {
    try {
      this.#seedForeign();
      this.#console.faults.random({ seed, rate: SEQUENCE_FAULTS, kinds: this.#kind.kinds });
      for (let edit = 0; edit < EDITS; edit += 1) {
        this.#editWanted();
        if (this.#random.chance(0.1)) this.#editByHand();
        if (this.#kind.isByKey && !this.#kind.canUpdate && this.#random.chance(UPGRADE_CHANCE))
          this.#console.upgrade("udm-10.4");
        await this.#sync();
      }
      await this.#comeToRest();
    } finally {
      this.#store.close();
    }
  }

  async #comeToRest(): Promise<void> {
    this.#counts.faults = this.#console.faults.fired().length;
    this.#console.faults.clear();
    this.#isFaulty = false;
    this.#clock.beLenient();
    this.#untangleAliases();
    this.#clock.time.advance(REST_MS);
    await this.#clock.untilReachable(this.#console.port);
    for (let sync = 0; sync < SYNCS_TO_REST; sync += 1) await this.#sync();
    this.#checkReached();
    const { writes } = this.#console.counters();
    const outcome = await this.#sync();
    if (this.#console.counters().writes !== writes) this.#violate("the third sync wrote again");
    if (outcome !== "silent") this.#violate(`the third sync was ${outcome}`);
    this.#judgeLogins();
    this.#console.settle();
    for (const { number, starts, reasons } of this.#console.reloads()) {
      if (!starts) this.#violate(`reload ${number} did not come up: ${reasons.join(", ")}`);
    }
  }

  /** Records of other hands: at names of their own, and at names that the sources will want. */
  #seedForeign(): void {
    // What external-dns is not shown may not stand at a name it wants: it would ask for ever and be refused for ever.
    const apart: readonly Omit<RecordFields, "name">[] = [
      { type: "A", data: "198.51.100.7", enabled: false },
      { type: "A", data: "198.51.100.7", origin: "SYSTEM_DEFINED" },
      { type: "CNAME", data: "hand.example.net", origin: "DERIVED" },
      { type: "CNAME", data: "hand.example.net", ttlSeconds: 77 },
      { type: "TXT", data: '"made by hand"' },
      { type: "NS", data: "10.0.0.53" },
      { type: "A", data: "198.51.100.9", oddity: "unknown-type" },
    ];
    for (let index = 0; index < 4; index += 1) {
      this.#addForeign({ ...this.#random.pick(apart), name: `hand${index}.example.com` });
    }
    for (const name of NAMES.slice(LOOP_NAMES.length).filter(() => this.#random.chance(0.2))) {
      const data = this.#random.pick(["198.51.100.7", "hand.example.net"]);
      this.#addForeign({ type: data.endsWith("net") ? "CNAME" : "A", name, data });
    }
  }

  #addForeign(fields: RecordFields): void {
    for (const record of this.#console.seed(fields)) this.#foreign.set(record.objectId, JSON.stringify(record));
  }

  #startProcess(): [UnifiStore, SyncEngine] {
    const intentLog: IntentLog = {
      read: () => Promise.resolve(this.#intents),
      write: (intents) => {
        this.#intents = intents;
        return Promise.resolve();
      },
    };
    const clock: Clock = this.#clock;
    const store = storeFor(this.#console, { clock, callTimeoutMs: CALL_TIMEOUT_MS });
    const mortal: RecordStore = {
      provider: store.provider,
      list: (signal) => store.list(signal),
      apply: (step, signal) => this.#dangerously(step, () => store.apply(step, signal)),
    };
    return [store, engineOver(mortal, { intentLog, clock })];
  }

  /** Between any two steps time passes, the console may reboot, and the process may die before or after the step. */
  async #dangerously<T>(step: Step, apply: () => Promise<T>): Promise<T> {
    this.#clock.time.advance(this.#random.below(SLOWEST_STEP_MS));
    if (!this.#isFaulty) return apply();
    if (this.#random.chance(REBOOT_CHANCE)) {
      this.#counts.reboots += 1;
      await this.#console.reboot();
    }
    const mayDie = !isAliasRemoval(step);
    if (mayDie && this.#random.chance(KILL_CHANCE / 2)) throw new Killed();
    const result = await apply();
    if (mayDie && this.#random.chance(KILL_CHANCE / 2)) throw new Killed();
    return result;
  }

  /** Somebody makes a record at a name that nobody uses: from then on it is theirs, whatever our remains there say. */
  #editByHand(): void {
    const name = this.#random.pick(NAMES);
    if (this.#wanted.has(name) || this.#console.records().some((record) => record.name === name)) return;
    this.#addForeign({ type: "A", name, data: "198.51.100.8" });
  }

  #editWanted(): void {
    const name = this.#random.pick(NAMES);
    for (const key of this.#settled.keys()) if (key.startsWith(`${name} `)) this.#settled.delete(key);
    if (this.#random.chance(0.25)) {
      this.#wanted.delete(name);
      return;
    }
    const type = this.#random.pick(LOOP_NAMES.includes(name) ? LOOP_TYPES : TYPES);
    const count = type === "CNAME" ? 1 : 1 + this.#random.below(3);
    const targets = new Set(Array.from({ length: count }, () => this.#target(type, name)));
    // Without an update in place a TTL can only change by taking the value away for a moment.
    const ttlSeconds = this.#kind.canUpdate ? this.#random.pick([0, 60, 300]) : 0;
    this.#wanted.set(name, { type, targets: [...targets], ttlSeconds });
  }

  /** Many an alias leads to one of our names, so that loops are wanted. */
  #target(type: string, name: string): string {
    const number = 1 + this.#random.below(6);
    if (type === "A") return `192.0.2.${number}`;
    if (type === "AAAA") return `2001:db8::${number}`;
    return this.#random.chance(0.6)
      ? this.#random.pick(LOOP_NAMES.filter((other) => other !== name))
      : `lb${number}.example.net`;
  }

  /** A wish for a loop is refused for as long as it is wished; what comes to rest must be possible. */
  #untangleAliases(): void {
    for (const [name, wish] of this.#wanted) {
      if (wish.type !== "CNAME") continue;
      this.#wanted.set(name, { ...wish, targets: wish.targets.map(outsideTarget) });
    }
    this.#settled.clear();
  }

  async #sync(): Promise<string> {
    this.#counts.syncs += 1;
    this.#clock.time.advance(LOOP_MS);
    this.#judgeCommits();
    this.#answering = this.#answeringThroughout();
    let outcome = "died";
    try {
      outcome = await syncOnce(this.#engine, this.#endpoints(), OWNER);
    } catch (error) {
      if (!(error instanceof Killed)) this.#violate(`external-dns would exit: ${String(error)}`);
      this.#counts.deaths += 1;
      this.#store.close();
      [this.#store, this.#engine] = this.#startProcess();
    }
    this.#judgeCommits();
    this.#settle();
    return outcome;
  }

  #endpoints(): readonly Endpoint[] {
    return [...this.#wanted].map(([name, { type, targets, ttlSeconds }]) =>
      endpoint(name, type, targets, { recordTTL: ttlSeconds, labels: { resource: `ingress/default/${name}` } }),
    );
  }

  #answeringThroughout(): Set<string> {
    const keys = [...this.#wanted].map(([name, { type }]) => `${name} ${type}`);
    const isAlwaysUpdated = (key: string): boolean => this.#kind.canUpdate || !key.endsWith(" CNAME");
    return new Set(keys.filter((key) => isAlwaysUpdated(key) && this.#valuesAt(key).length > 0));
  }

  #judgeLogins(): void {
    const atMs = this.#console.requests().flatMap(({ operation, atMs: at }) => (operation === "login" ? [at] : []));
    this.#counts.logins = atMs.length;
    const worst = Math.max(0, ...atMs.map((from) => atMs.filter((at) => at >= from && at < from + 60_000).length));
    if (worst > MAX_LOGINS_A_MINUTE) this.#violate(`${worst} logins within a minute`);
  }

  #judgeCommits(): void {
    for (const commit of this.#console.commits().slice(this.#judgedCommits)) this.#judge(commit);
    for (const [objectId, text] of this.#foreign) {
      if (JSON.stringify(this.#held.get(objectId)) !== text) this.#violate(`foreign ${text} was touched`);
    }
  }

  #judge({ before, after, number }: Commit): void {
    this.#judgedCommits = number;
    if (before !== undefined) this.#held.delete(before.objectId);
    if (after !== undefined) this.#held.set(after.objectId, after);
    const problem = refuseState([...this.#held.values()].map(toStateRecord));
    if (problem !== undefined) this.#violate(`commit ${number} made a refused state: ${problem.reason}`);
    const seen = new Set<string>();
    for (const record of this.#held.values()) {
      const key = `${record.name} ${record.type} ${record.data}`;
      if (seen.has(key)) this.#violate(`commit ${number} made a duplicate of ${key}`);
      seen.add(key);
    }
    for (const key of this.#answering) {
      if (this.#valuesAt(key).length === 0) this.#violate(`commit ${number}: ${key} stopped answering`);
    }
    for (const [key, targets] of this.#settled) {
      const values = this.#valuesAt(key);
      for (const target of targets) {
        if (!values.includes(target)) this.#violate(`commit ${number}: ${key} ${target} was lost`);
      }
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
    const foreign = this.#console.records().filter(({ objectId }) => this.#foreign.has(objectId));
    const obstructed = new Set(foreign.map(({ name }) => name));
    const held = this.#console
      .records()
      .filter(({ objectId, type, name }) => type !== "TXT" && !this.#foreign.has(objectId) && !obstructed.has(name))
      .map(({ name, type, data, ttlSeconds }) => `${name} ${type} ${data} ${this.#shownTtl(name, ttlSeconds)}`)
      .sort();
    const wanted = [...this.#wanted]
      .filter(([name]) => !obstructed.has(name))
      .flatMap(([name, { type, targets, ttlSeconds }]) => targets.map((to) => `${name} ${type} ${to} ${ttlSeconds}`))
      .sort();
    if (JSON.stringify(held) !== JSON.stringify(wanted))
      this.#violate(`at rest it holds ${held.join(", ")} instead of ${wanted.join(", ")}`);
  }

  /** A wish without a TTL is content with any. */
  #shownTtl(name: string, ttlSeconds: number): number {
    return this.#wanted.get(name)?.ttlSeconds === 0 ? 0 : ttlSeconds;
  }

  #valuesAt(key: string): readonly string[] {
    return [...this.#held.values()].filter(({ name, type }) => `${name} ${type}` === key).map(({ data }) => data);
  }

  #violate(what: string): void {
    if (this.#violations.length < 20) this.#violations.push(`sync ${this.#counts.syncs}: ${what}`);
  }
}

/** A name without an update in place is gone for a moment between two steps; dying there is reported apart. */
function isAliasRemoval(step: Step): boolean {
  return step.kind === "delete" && step.record.type === "CNAME";
}

function outsideTarget(target: string): string {
  return target.endsWith(".example.com") ? "lb1.example.net" : target;
}

/** No sequence makes MX or SRV, whose target is more than their `data`. */
function toStateRecord({ name, type, data, enabled, oddity }: FakeRecord): StateRecord {
  const shown = type === "NS" ? "FORWARD_DOMAIN" : type;
  // The emulator keeps names as text; ours are canonical already.
  return { name: name as DomainName, type: shown, target: data, enabled: enabled && oddity === undefined };
}
