// One kind of one cluster: found by discovery, kept by one reflector or one for each namespace, parked while the server has no
// such kind.

import type { Clock } from "#src/lib/clock.ts";
import type { Logger } from "#src/lib/log.ts";
import { createBackoff } from "./backoff.ts";
import type { ApiClient } from "./client.ts";
import { discover } from "./discovery.ts";
import { type ApiFailure, asFailure } from "./failure.ts";
import { createObjectStore, type ObjectStore, type StoreChange, type Transform } from "./object-store.ts";
import { Reflector } from "./reflector.ts";
import { newFigures, type ReflectorFigures } from "./reflector-figures.ts";
import { scoped } from "./scope.ts";
import { apiVersionOf, isSameServed, type ServedResource, type WantedResource } from "./served-resource.ts";
import type { RawObject } from "./watch-event.ts";

export interface KindWatchOptions {
  readonly client: ApiClient;
  readonly wanted: WantedResource;
  /** Empty: all of them. */
  readonly namespaces: readonly string[];
  readonly transform: Transform;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly verifyCluster: (signal: AbortSignal) => Promise<void>;
  readonly onChange: (change: StoreChange) => void;
  readonly onState: () => void;
}

/** Where the kind as a whole stands; while it is `served`, its reflectors say more. */
export type Presence = "asking" | "served" | "parked" | "failing";

/** One namespace's share, or all of the kind. */
export interface Share {
  readonly namespace: string | undefined;
  readonly store: ObjectStore;
  readonly figures: ReflectorFigures;
}

/** How often the server is asked again for a kind that it has not, give or take 20 %: at most 72 s late. */
const REPROBE_MS = 60_000;
const REPROBE_SPREAD = 0.2;
/** Objects of a kind that is gone are given up when so many answers in a row said so: a server that starts has few kinds. */
const ABSENCES_BEFORE_CLEARING = 3;

export class KindWatch {
  readonly #options: KindWatchOptions;
  readonly #backoff: ReturnType<typeof createBackoff>;
  readonly shares: readonly Share[];
  presence: Presence = "asking";
  /** Unix milliseconds. */
  presentSinceMs: number;
  failure: ApiFailure | undefined;
  served: ServedResource | undefined;
  #absences = 0;

  constructor(options: KindWatchOptions) {
    this.#options = options;
    this.#backoff = createBackoff(options.clock, options.random);
    this.presentSinceMs = options.clock.nowMs();
    const namespaces = options.namespaces.length === 0 ? [undefined] : options.namespaces;
    this.shares = namespaces.map((namespace) => ({
      namespace,
      store: createObjectStore(options.transform, (object, error) => this.#warnUnreadable(object, error)),
      figures: newFigures(options.clock.nowMs()),
    }));
  }

  /** So many answers in a row said that the server has no such kind that it is believed. */
  get isGone(): boolean {
    return this.#absences >= ABSENCES_BEFORE_CLEARING;
  }

  /** Resolves after the signal; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#round(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#failed(asFailure(error));
        await this.#sleep(this.#backoff.next(), signal);
      }
    }
  }

  async #round(signal: AbortSignal): Promise<void> {
    const served = await discover(this.#options.client, this.#options.wanted, signal);
    if (served === undefined) {
      this.#park();
      await this.#sleep(REPROBE_MS * (1 - REPROBE_SPREAD + 2 * REPROBE_SPREAD * this.#options.random()), signal);
      return;
    }
    const last = this.served;
    if (last !== undefined && !isSameServed(last, served)) this.#switchTo(served, last);
    this.served = served;
    this.#absences = 0;
    this.#become("served", undefined);
    await this.#reflect(served, signal);
    // The server denies what discovery just told, as it does for a moment when a kind comes or goes.
    if (!signal.aborted) await this.#sleep(this.#backoff.next(), signal);
  }

  /** Until one of them finds the kind missing: then all of them have to look anew. */
  async #reflect(resource: ServedResource, signal: AbortSignal): Promise<void> {
    const { client, clock, random, log, verifyCluster, onChange, onState } = this.#options;
    // One object that lives in no namespace is not to be listed once for each.
    const shares = resource.isNamespaced ? this.shares : this.shares.slice(0, 1);
    await scoped(signal, async (scope) => {
      const runs = shares.map(async ({ namespace, store, figures }) => {
        const options = { client, resource, namespace, store, figures, clock, random, log };
        await new Reflector({ ...options, verifyCluster, onChange, onState }).run(scope.signal);
        scope.abort(new Error("the kind is missing"));
      });
      await Promise.all(runs);
    });
  }

  #switchTo(served: ServedResource, last: ServedResource): void {
    const { kind } = served;
    this.#options.log.info({ kind, from: apiVersionOf(last), to: apiVersionOf(served) }, "version of kind switched");
    for (const { store } of this.shares) store.forgetVersions();
  }

  #park(): void {
    const { wanted, log } = this.#options;
    if (this.presence !== "parked") log.info({ group: wanted.group, kind: wanted.kind }, "kind is not served");
    this.#absences += 1;
    this.#become("parked", undefined);
    if (this.#absences !== ABSENCES_BEFORE_CLEARING) return;
    for (const { store } of this.shares) {
      const change = store.clear();
      if (change.deleted.length === 0) continue;
      log.warn({ kind: wanted.kind, objects: change.deleted.length }, "objects of a kind that is gone given up");
      this.#options.onChange(change);
    }
  }

  #failed(failure: ApiFailure): void {
    if (this.failure?.code !== failure.code) {
      const { kind } = this.#options.wanted;
      this.#options.log.warn({ kind, code: failure.code, reason: failure.message }, "kind could not be looked for");
    }
    this.#become("failing", failure);
  }

  #become(presence: Presence, failure: ApiFailure | undefined): void {
    if (presence !== this.presence) this.presentSinceMs = this.#options.clock.nowMs();
    this.presence = presence;
    this.failure = failure;
    this.#options.onState();
  }

  /** Only this line names the object: the figures count. */
  #warnUnreadable({ namespace, name }: RawObject, error: unknown): void {
    const { wanted, log } = this.#options;
    const reason = asFailure(error).message;
    log.warn({ kind: wanted.kind, namespace, name, reason }, "object not readable; its last good version stays");
  }

  /** Ends early when we are stopped, which the loop sees. */
  #sleep(delayMs: number, signal: AbortSignal): Promise<void> {
    return this.#options.clock.sleep(delayMs, signal).catch(() => undefined);
  }
}
