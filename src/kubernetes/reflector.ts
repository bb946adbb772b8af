// Keeps the objects of one kind equal to the server's: list, watch, and again after every failure, until its signal aborts. Serves
// what it had as long as it has nothing better (facts: reliability §2.3).

import type { Clock } from "#src/lib/clock.ts";
import type { Logger } from "#src/lib/log.ts";
import { createBackoff } from "./backoff.ts";
import type { ApiClient } from "./client.ts";
import { createDriftCheck, type DriftCheck } from "./drift-check.ts";
import { ApiFailure, asFailure, type FailureKind, failureOf } from "./failure.ts";
import { type CompleteList, completed, listObjects } from "./list.ts";
import {
  type ChangeCollector,
  createChangeCollector,
  type ListOutcome,
  type ObjectStore,
  type StoreChange,
} from "./object-store.ts";
import { IMMEDIATE_EVERY_MS, nextStep, waitMs } from "./outcome-table.ts";
import type { ReflectorFigures, ReflectorState } from "./reflector-figures.ts";
import { isNewer } from "./resource-version.ts";
import { collectionPath, type ServedResource } from "./served-resource.ts";
import { watchObjects } from "./watch.ts";
import { parseWatchEvent, type WatchEvent } from "./watch-event.ts";
import type { WatchGuard } from "./watch-guard.ts";

export interface ReflectorOptions {
  readonly client: ApiClient;
  readonly resource: ServedResource;
  /** `undefined`: all of them. */
  readonly namespace: string | undefined;
  /** Outlives the reflector: its successor goes on with what is there. */
  readonly store: ObjectStore;
  readonly figures: ReflectorFigures;
  readonly clock: Clock;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly log: Logger;
  /** Rejects with an `other-cluster` failure when somebody else answers. */
  verifyCluster(signal: AbortSignal): Promise<void>;
  /** What changed; never nothing. */
  onChange(change: StoreChange): void;
  /** The state is another, or a list was taken. */
  onState(): void;
}

/** A list that would drop more than half, and five or more, is read twice more before it is believed. */
const SHRINK_SHARE = 0.5;
const SHRINK_OBJECTS = 5;
const CONFIRM_AFTER_MS = [2_000, 10_000] as const;
/** How often everything is listed although nothing failed, give or take 20 %. */
const RELIST_MS = 30 * 60_000;
const RELIST_SPREAD = 0.2;
/** A list that was only due and failed: the watch is worth more, and the list is asked for again this much later. */
const RELIST_AGAIN_MS = 60_000;
/** A watch lasts so long, or up to twice that by chance: not all of them end together. client-go's figure. */
const SHORTEST_WATCH_SECONDS = 300;

type Step = "list" | "watch";

export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #backoff: ReturnType<typeof createBackoff>;
  #isRunning = false;
  #relistAtMs = 0;
  /** The next list is only due: nothing is wrong. */
  #isDue = false;
  #hurriedAtMs = Number.NEGATIVE_INFINITY;
  /** Failures without an event or a bookmark in between. */
  #inARow: { readonly kind: FailureKind; readonly count: number } | undefined;
  /** Watches are numbered: what an earlier one still brings is left alone. */
  #generation = 0;
  /** After a periodic list: the version before it, and what is to be seen from there on. */
  #drift: { readonly from: string; readonly check: DriftCheck } | undefined;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#backoff = createBackoff(options.clock, options.random);
  }

  /**
   * Ends with "missing" when the server does not know the resource (any more), or with "stopped" after the signal. Rejects only
   * when it runs already.
   */
  async run(signal: AbortSignal): Promise<"missing" | "stopped"> {
    if (this.#isRunning) throw new Error("this reflector runs already");
    this.#isRunning = true;
    let step: Step = "list";
    while (!signal.aborted) {
      try {
        step = step === "list" ? await this.#list(signal) : await this.#watch(signal);
      } catch (error) {
        if (signal.aborted) break;
        const next = await this.#recover(asFailure(error), signal);
        if (next === "discover") {
          this.#isRunning = false;
          return "missing";
        }
        step = this.#stepAfter(step, next);
      }
    }
    this.#isRunning = false;
    return "stopped";
  }

  #stepAfter(failed: Step, next: "list" | "same"): Step {
    if (failed === "watch" || !this.#isDue) return next === "list" ? "list" : failed;
    this.#isDue = false;
    this.#relistAtMs = this.#options.clock.monotonicMs() + RELIST_AGAIN_MS;
    return "watch";
  }

  /** Waits as the table says; then tells what comes next. */
  async #recover(failure: ApiFailure, signal: AbortSignal): Promise<ReturnType<typeof nextStep>> {
    const { clock } = this.#options;
    const count = this.#inARow?.kind === failure.kind ? this.#inARow.count + 1 : 1;
    this.#inARow = { kind: failure.kind, count };
    this.#noteFailure(failure);
    // What a list before this watch has is complete without the evidence.
    const isOnlyEvidence = this.#drift !== undefined && failure.kind === "expired";
    this.#drift = undefined;
    const mayHurry = clock.monotonicMs() - this.#hurriedAtMs >= IMMEDIATE_EVERY_MS;
    const delayMs = waitMs(failure, { mayHurry, nextBackoff: this.#backoff.next });
    if (delayMs === 0) this.#hurriedAtMs = clock.monotonicMs();
    // Rejects when we are stopped, which the loop sees.
    else await clock.sleep(delayMs, signal).catch(() => undefined);
    return isOnlyEvidence ? "same" : nextStep(failure, count);
  }

  async #list(signal: AbortSignal): Promise<Step> {
    const { store, figures } = this.#options;
    const list = await this.#believableList(signal);
    await this.#options.verifyCluster(signal);
    const isPeriodic = this.#isDue;
    this.#isDue = false;
    const from = store.position;
    const { change, missed, vanished } = store.replace(list.staged, list.resourceVersion);
    if (isPeriodic) this.#lookForDrift(from, { missed, vanished });
    if (figures.hasListed) figures.relists += 1;
    figures.dropped.malformed += list.unusable;
    figures.hasListed = true;
    figures.isHeld = false;
    this.#relistAtMs = this.#options.clock.monotonicMs() + this.#spread(RELIST_MS, RELIST_SPREAD);
    this.#proven();
    this.#tell(change);
    this.#options.onState();
    return "watch";
  }

  /** A list that lacks most of what we have looks like a server that lost its memory: it has to say so three times. */
  async #believableList(signal: AbortSignal): Promise<CompleteList> {
    const { client, resource, namespace, store, figures, clock, log } = this.#options;
    let list = await listObjects({ client, resource, namespace }, store, signal);
    for (const delayMs of CONFIRM_AFTER_MS) {
      const missing = list.staged.missing();
      if (missing < SHRINK_OBJECTS || missing <= store.size * SHRINK_SHARE) break;
      figures.isHeld = true;
      log.warn({ kind: resource.kind, namespace, missing, of: store.size }, "shrunken list not believed yet");
      this.#options.onState();
      await clock.sleep(delayMs, signal);
      list = await listObjects({ client, resource, namespace }, store, signal);
    }
    return list;
  }

  async #watch(signal: AbortSignal): Promise<Step> {
    const { client, resource, namespace, store, clock } = this.#options;
    const leftMs = this.#relistAtMs - clock.monotonicMs();
    if (leftMs <= 0) {
      this.#isDue = true;
      return "list";
    }
    // Also after a watch that ended in good order: so does one whose address is moved to another cluster.
    await this.#options.verifyCluster(signal);
    this.#generation += 1;
    const generation = this.#generation;
    const longest = SHORTEST_WATCH_SECONDS * (1 + this.#options.random());
    await watchObjects(
      {
        client,
        path: collectionPath(resource, namespace),
        resourceVersion: this.#drift?.from ?? store.position,
        timeoutSeconds: Math.max(1, Math.ceil(Math.min(longest, leftMs / 1_000))),
        clock,
        onOpen: () => this.#setState("watching", undefined),
        onLines: (lines, guard) => {
          if (generation === this.#generation && !signal.aborted) this.#take(lines, guard);
        },
      },
      signal,
    );
    this.#drift = undefined;
    return "watch";
  }

  /** One change for what came together; what came before a bad line is true all the same. */
  #take(lines: readonly string[], guard: WatchGuard): void {
    const collector = createChangeCollector();
    try {
      for (const line of lines) this.#takeEvent(parseWatchEvent(line), collector, guard);
    } finally {
      this.#tell(collector.change());
    }
  }

  #takeEvent(event: WatchEvent, collector: ChangeCollector, guard: WatchGuard): void {
    const { store, figures, resource, log } = this.#options;
    switch (event.type) {
      case "error":
        throw failureOf(event.status);
      case "unknown":
        figures.dropped.unknown += 1;
        log.warn({ kind: resource.kind, event: event.name }, "unknown event skipped");
        return;
      case "bookmark":
        guard.sawBookmark();
        store.advance(event.resourceVersion);
        this.#settleDrift(event.resourceVersion);
        break;
      case "changed":
      case "deleted":
        guard.sawEvent();
        this.#takeObject(event, collector);
        this.#settleDrift(event.object.resourceVersion);
    }
    this.#inARow = undefined;
    this.#proven();
  }

  #takeObject(event: Extract<WatchEvent, { type: "changed" | "deleted" }>, collector: ChangeCollector): void {
    const { store, figures, resource } = this.#options;
    const { object } = event;
    if (this.#drift?.check.isEvidence(object.resourceVersion) === true) {
      if (event.type === "deleted") this.#drift.check.sawDeleted(object.uid);
      return;
    }
    const outcome = store.apply(event.type, { ...object, raw: completed(object.raw, resource) }, collector);
    if (outcome === "applied") return;
    if (outcome === "disorder") throw new ApiFailure("disorder", "an event came after newer ones");
    figures.dropped[outcome] += 1;
  }

  /** Nothing failed since the last list, so events must have told of every difference. */
  #lookForDrift(from: string, { missed, vanished }: Pick<ListOutcome, "missed" | "vanished">): void {
    const listVersion = this.#options.store.position;
    this.#noteDrift(missed);
    if (vanished.length === 0) return;
    const check = createDriftCheck(listVersion, vanished);
    if (from === listVersion) this.#noteDrift(vanished.length);
    else if (isNewer(listVersion, from) === true) this.#drift = { from, check };
  }

  #settleDrift(resourceVersion: string): void {
    const drift = this.#drift?.check.drift(resourceVersion);
    if (drift === undefined) return;
    this.#drift = undefined;
    this.#noteDrift(drift);
  }

  #noteDrift(objects: number): void {
    if (objects === 0) return;
    const { figures, resource, log } = this.#options;
    figures.drift += objects;
    log.error({ kind: resource.kind, objects }, "objects had drifted from the server");
  }

  #noteFailure(failure: ApiFailure): void {
    const { figures, resource, namespace, log } = this.#options;
    if (failure.kind === "malformed" || failure.kind === "disorder") figures.dropped[failure.kind] += 1;
    const isNews = figures.failure?.code !== failure.code;
    this.#setState(failure.kind === "forbidden" ? "forbidden" : "failing", failure);
    // An outage is one line when it begins, not one for each try.
    const fields = { kind: resource.kind, namespace, code: failure.code, reason: failure.message };
    if (isNews) log.warn(fields, "watch interrupted");
    else log.debug(fields, "watch interrupted again");
  }

  #setState(state: ReflectorState, failure: ApiFailure | undefined): void {
    const { figures, clock, resource, namespace, log } = this.#options;
    const isOther = figures.state !== state;
    if (isOther && figures.failure !== undefined && failure === undefined) {
      log.info({ kind: resource.kind, namespace, afterMs: clock.nowMs() - figures.sinceMs }, "watch goes on");
    }
    if (isOther) figures.sinceMs = clock.nowMs();
    figures.state = state;
    figures.failure = failure;
    this.#options.onState();
  }

  #proven(): void {
    this.#options.figures.lastProofAtMs = this.#options.clock.nowMs();
  }

  #tell(change: StoreChange): void {
    if (change.upserted.length + change.deleted.length > 0) this.#options.onChange(change);
  }

  #spread(aroundMs: number, share: number): number {
    return aroundMs * (1 - share + 2 * share * this.#options.random());
  }
}
