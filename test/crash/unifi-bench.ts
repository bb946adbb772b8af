// One generated plan on one emulated console, with the real process and external-dns' loops before it: carried out in peace, or
// with a death at one write, after which whoever comes next has to bring it to its end.

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleepFor } from "node:timers/promises";
import { MEDIA_TYPE } from "#src/webhook/media-type.ts";
import { createExternalDns, type ExternalDns, type LoopResult } from "#test/fakes/external-dns/external-dns.ts";
import type { ServerCertificate } from "#test/fakes/unifi-console/certificate.ts";
import type { FaultAction } from "#test/fakes/unifi-console/faults.ts";
import type { SeenRequest } from "#test/fakes/unifi-console/request-log.ts";
import type { Operation } from "#test/fakes/unifi-console/routes.ts";
import { ManualTime } from "#test/fakes/unifi-console/time.ts";
import { startUnifiConsole, type UnifiConsole } from "#test/fakes/unifi-console/unifi-console.ts";
import { CommitJudge, type Way } from "#test/support/commit-judge.ts";
import { eventually } from "#test/support/eventually.ts";
import type { Random } from "#test/support/random.ts";
import { type Sidecar, startSidecar } from "#test/support/sidecar.ts";
import { endpointsOf, type Wish } from "#test/support/wishes.ts";
import type { CrashPlan } from "./unifi-plan.ts";

/** Where the process is when it dies: its request unread, carried out but unanswered, or just answered. */
export const MOMENTS = ["unread", "unanswered", "answered"] as const;
export type Moment = (typeof MOMENTS)[number];

export interface Cut {
  /** The how manieth write of the batch, from 1. */
  readonly write: number;
  readonly moment: Moment;
}

export interface Tally {
  kills: number;
  /** Writes that the console carried out after the death of who had asked for them. */
  lateWrites: number;
  /** Records that somebody made at a name whose text had outlived its data. */
  handMade: number;
  /** Texts without data that the next process took back, and that stayed where the journal died as well. */
  settledTexts: number;
  textsLeftWithoutJournal: number;
  loops: number;
}

export interface BenchOptions {
  readonly command: readonly [string, ...string[]];
  readonly certificate: ServerCertificate;
  readonly folder: string;
  readonly random: Random;
}

/** Flag of Node that lets a signal stand for half a minute; goes before the program. */
export const LEAPING_CLOCK = ["--import", new URL("../support/clock-jump.mjs", import.meta.url).href] as const;

const OWNER = "crash";
const WRITES: readonly Operation[] = ["create", "update", "delete"];
const SYNCS_TO_REST = 2;
/** Of the console's time, which stands still but for this. */
const LATE_MS = 1_000;
const LATE_SHARE = 0.5;
const HAND_MADE_SHARE = 0.5;
/** Longest life after an answer, beyond what its reading takes. */
const MAX_LIFE_MS = 3;

export async function startCrashBench(plan: CrashPlan, options: BenchOptions): Promise<CrashBench> {
  const bench = new CrashBench(plan, options, await startConsole(plan, options));
  await bench.startProcess();
  return bench;
}

interface StartedConsole {
  readonly unifi: UnifiConsole;
  readonly time: ManualTime;
  readonly answers: { listener: ((request: SeenRequest) => void) | undefined };
}

async function startConsole(plan: CrashPlan, { certificate, random }: BenchOptions): Promise<StartedConsole> {
  const time = new ManualTime();
  const answers: StartedConsole["answers"] = { listener: undefined };
  const unifi = await startUnifiConsole({
    profile: plan.api === "dns/policies" ? "udm-10.4" : "udm-9.4",
    switches: { v2Put: plan.v2Put, listOrder: random.pick(["insertion", "shuffled"]) },
    seed: plan.seed,
    time,
    certificate,
    onAnswered: (request) => answers.listener?.(request),
  });
  unifi.seed(...plan.foreign);
  return { unifi, time, answers };
}

export class CrashBench {
  readonly violations: string[] = [];
  readonly tally: Tally = {
    kills: 0,
    lateWrites: 0,
    handMade: 0,
    settledTexts: 0,
    textsLeftWithoutJournal: 0,
    loops: 0,
  };
  readonly judge: CommitJudge;
  readonly unifi: UnifiConsole;
  readonly #plan: CrashPlan;
  readonly #options: BenchOptions;
  readonly #time: ManualTime;
  readonly #answers: StartedConsole["answers"];
  #wished: readonly Wish[] = [];
  #where = "in peace";
  #process: Sidecar | undefined;
  #dns: ExternalDns | undefined;

  constructor(plan: CrashPlan, options: BenchOptions, { unifi, time, answers }: StartedConsole) {
    this.#plan = plan;
    this.#options = options;
    this.#time = time;
    this.#answers = answers;
    this.unifi = unifi;
    this.judge = new CommitJudge({ txtPrefix: plan.txtPrefix, canUpdate: plan.v2Put === "ok" });
    this.#judgeCommits({ from: [], to: [] });
  }

  async startProcess(): Promise<void> {
    const { unifi } = this;
    this.#process = await startSidecar({
      command: this.#options.command,
      folder: this.#options.folder,
      env: {
        UNIFI_HOST: unifi.url,
        UNIFI_API_KEY: unifi.apiKey,
        UNIFI_TLS_PIN: unifi.fingerprint,
        DATA_DIR: this.#plan.hasDataFolder ? join(this.#options.folder, "data") : "/proc/zonegate",
      },
    });
    this.#dns = createExternalDns({
      url: this.#process.webhookUrl,
      ownerId: OWNER,
      txtPrefix: this.#plan.txtPrefix,
      source: () => endpointsOf(this.#wished),
    });
    const { outcome } = await this.#dns.negotiate();
    if (outcome !== "ready") this.#violate(`external-dns could not start: ${outcome}`);
  }

  async stop(): Promise<void> {
    this.#running().dns.close();
    await this.#running().process.kill9();
    await this.unifi.stop();
    await rm(this.#options.folder, { recursive: true, force: true });
  }

  /** From one state of the wishes to the other without a death. Returns the writes that it took. */
  async goInPeace(way: Way): Promise<number> {
    const { writes } = this.unifi.counters();
    await this.#comeToRest(way);
    this.#expectReached(way.to);
    return this.unifi.counters().writes - writes;
  }

  /** The way from `from` to `to` with a death, its end by the next process, and the way back in peace. */
  async goWithDeath(cut: Cut): Promise<void> {
    this.#where = `write ${cut.write} ${cut.moment}`;
    const way = { from: this.#plan.from, to: this.#plan.to };
    // What the way back has taught about updates in place would leave writes out.
    if (this.#plan.v2Put !== "ok") await this.#restart();
    const asked = await this.#dieAt(cut, way);
    const handMade = this.#makeByHand(way);
    await this.startProcess();
    await this.#expectNoOrphanShown();
    if (this.#options.random.chance(0.5)) this.#time.advance(LATE_MS);
    await this.#comeToRest(way);
    await this.#settleTexts();
    await this.#replay(asked);
    this.#expectReached(way.to);
    for (const name of handMade) this.unifi.hand({ kind: "remove", match: { name, type: "A" } });
    await this.goInPeace({ from: way.to, to: way.from });
  }

  async #restart(): Promise<void> {
    const { process, dns } = this.#running();
    dns.close();
    await process.kill9();
    await this.startProcess();
  }

  /** Returns the body that external-dns had sent. */
  async #dieAt({ write, moment }: Cut, way: Way): Promise<string> {
    const { process, dns } = this.#running();
    this.#wished = way.to;
    const writesBefore = this.unifi.counters().writes;
    const struck = moment === "answered" ? this.#untilAnswered(write) : this.#untilStruck(write, moment);
    const loop = dns.loop();
    const isStruck = await Promise.race([struck, loop.then(() => false)]);
    if (!isStruck && this.unifi.counters().writes - writesBefore < write)
      this.#violate("the write was never asked for");
    await process.kill9();
    this.tally.kills += 1;
    const result = await loop;
    dns.close();
    this.#answers.listener = undefined;
    this.unifi.faults.clear();
    this.#judgeCommits(way);
    if (result.outcome === "applied") this.#expectReached(way.to);
    return result.requests.find(({ method, path }) => method === "POST" && path === "/records")?.body ?? "";
  }

  /** The write stays without an answer, so the process waits at exactly this boundary. */
  #untilStruck(write: number, moment: Exclude<Moment, "answered">): Promise<boolean> {
    const isLate = moment === "unread" && this.#options.random.chance(LATE_SHARE);
    if (isLate) this.tally.lateWrites += 1;
    const action: FaultAction = isLate
      ? { kind: "late-write", delayMs: LATE_MS, reply: "silence" }
      : { kind: "silence", commit: moment === "unread" ? "none" : "first" };
    this.unifi.faults.plan([{ operation: WRITES, nth: write, times: 1, action }]);
    return eventually(`write ${write}`, () => this.unifi.faults.fired().length > 0).catch(() => false);
  }

  async #untilAnswered(write: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    let answered = 0;
    this.#answers.listener = ({ operation }) => {
      if (WRITES.includes(operation) && ++answered === write) resolve(true);
    };
    await promise;
    await sleepFor(this.#options.random.next() * MAX_LIFE_MS);
    return true;
  }

  /** Somebody takes a name that seems to be free, where a text of ours may still stand. */
  #makeByHand({ from, to }: Way): readonly string[] {
    if (!this.#plan.hasDataFolder || !this.#options.random.chance(HAND_MADE_SHARE)) return [];
    const taken = new Set([...to, ...this.unifi.records()].map(({ name }) => name));
    const names = [...new Set(from.map(({ name }) => name))].filter((name) => !taken.has(name));
    for (const name of names) this.unifi.hand({ kind: "create", record: { type: "A", name, data: "192.168.1.99" } });
    this.tally.handMade += names.length;
    return names;
  }

  /** Two loops of external-dns bring everything to rest, and a third has nothing to do. */
  async #comeToRest(way: Way): Promise<void> {
    this.#wished = way.to;
    for (let sync = 0; sync < SYNCS_TO_REST; sync += 1) {
      await this.#loop(way);
      this.#time.advance(LATE_MS);
    }
    const { writes } = this.unifi.counters();
    const { outcome } = await this.#loop(way);
    if (outcome !== "no changes") this.#violate(`the third loop ended with ${outcome}`);
    if (this.unifi.counters().writes !== writes) this.#violate("the third loop wrote");
  }

  async #loop(way: Way): Promise<LoopResult> {
    this.tally.loops += 1;
    const result = await this.#running().dns.loop();
    this.#judgeCommits(way);
    if (result.outcome === "exited") this.#violate(`external-dns ended: ${result.reason}`);
    if (result.outcome === "applied") this.#expectData(way.to);
    if (this.#plan.hasDataFolder) await this.#expectNoOrphanShown();
    return result;
  }

  /** The same changes once more: done already, and said so. */
  async #replay(body: string): Promise<void> {
    const { writes } = this.unifi.counters();
    const { status } = await fetch(`${this.#running().process.webhookUrl}/records`, {
      method: "POST",
      headers: { "content-type": MEDIA_TYPE },
      body,
    });
    if (status !== 204) this.#violate(`the same changes again were answered with ${status}`);
    if (this.unifi.counters().writes !== writes) this.#violate("the same changes again were written again");
  }

  async #expectNoOrphanShown(): Promise<void> {
    if (!this.#plan.hasDataFolder) return;
    // Alone before it was asked for: a write that was given up may still arrive between the list and the look at it.
    const alone = new Set(this.judge.orphans(this.unifi.records()));
    const shown = new Set((await this.#shown()).map(({ dnsName, recordType }) => `${dnsName} ${recordType}`));
    for (const orphan of this.judge.orphans(this.unifi.records())) {
      const isShown = alone.has(orphan) && shown.has(`${orphan.name} TXT`);
      if (isShown) this.#violate(`the text ${orphan.name} is shown without its data`);
    }
  }

  async #shown(): Promise<readonly { readonly dnsName: string; readonly recordType: string }[]> {
    const response = await fetch(`${this.#running().process.webhookUrl}/records`);
    return (await response.json()) as { dnsName: string; recordType: string }[];
  }

  /** Half a minute later no text is left that stands alone. */
  async #settleTexts(): Promise<void> {
    const orphans = this.judge.orphans(this.unifi.records());
    if (orphans.length === 0) return;
    if (!this.#plan.hasDataFolder) {
      this.tally.textsLeftWithoutJournal += orphans.length;
      for (const { name, type } of orphans) this.unifi.hand({ kind: "remove", match: { name, type } });
      return;
    }
    this.tally.settledTexts += orphans.length;
    process.kill(this.#running().process.pid, "SIGUSR2");
    await eventually("texts without data are taken back", async () => {
      await this.#shown();
      return this.judge.orphans(this.unifi.records()).length === 0;
    });
  }

  #expectReached(wishes: readonly Wish[]): void {
    this.#violate(...this.judge.differences(this.unifi.records(), wishes));
  }

  /** What 204 says; texts of another batch may still wait for their end. */
  #expectData(wishes: readonly Wish[]): void {
    const orphans = new Set(this.judge.orphans(this.unifi.records()));
    const rest = this.unifi.records().filter((record) => !orphans.has(record));
    this.#violate(...this.judge.differences(rest, wishes).map((what) => `after 204 ${what}`));
  }

  #violate(...found: readonly string[]): void {
    this.violations.push(...found.map((what) => `${this.#where}: ${what}`));
  }

  #judgeCommits(way: Way): void {
    this.#violate(...this.judge.judge(this.unifi.commits(), way));
  }

  #running(): { readonly process: Sidecar; readonly dns: ExternalDns } {
    if (this.#process === undefined || this.#dns === undefined) throw new Error("no process was started");
    return { process: this.#process, dns: this.#dns };
  }
}
