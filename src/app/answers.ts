// Where the two halves meet: claims of every contributor are merged and compiled name by name, and published when something that
// is answered has changed. Knows no socket and no object: it is given claims and a function that publishes.

import type { ZoneProblem } from "#src/dns/compile.ts";
import { nextSerial } from "#src/dns/serial.ts";
import { changeSnapshot, EMPTY_SNAPSHOT, type Snapshot } from "#src/dns/snapshot.ts";
import { TYPE } from "#src/dns/wire/registry.ts";
import type { RrSet } from "#src/dns/wire/rrset.ts";
import { createZoneBuilder, type ZoneBuilder } from "#src/dns/zone-builder.ts";
import type { ZoneChange, ZoneOptions } from "#src/dns/zone-content.ts";
import { type DomainName, isAtOrBelow, isWildcard } from "#src/domain/name.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { Logger } from "#src/lib/log.ts";
import type { Conflict } from "#src/sources/merge.ts";
import { type Claims, differingNames, NO_CLAIMS } from "./claims.ts";
import { logConflicts } from "./conflict-log.ts";
import type { AnswersFacts } from "./explain/facts.ts";
import { createMergedNames, type MergedNames } from "./merged-names.ts";

/** A part that claims names. Negative answers wait until each one that is awaited has spoken first. */
export type Contributor = "static" | "local" | "manifests" | "cluster" | "checkpoint";

export interface AnswersOptions {
  /** For the log; "" for the view of everybody. */
  readonly view: string;
  readonly zones: readonly ZoneOptions[];
  /** Contributors that must have spoken before a name is denied (docs/decisions.md 16). */
  readonly awaited: readonly Contributor[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Resolves when the data plane serves it. */
  publish(changes: readonly ZoneChange[], ready: boolean): Promise<void>;
}

export interface AnswersStatus {
  readonly ready: boolean;
  readonly waitingFor: readonly Contributor[];
  readonly zones: readonly {
    readonly apex: string;
    readonly serial: number;
    readonly names: number;
    readonly recordSets: number;
  }[];
  readonly conflicts: readonly Conflict[];
  readonly problems: readonly ZoneProblem[];
  /** Some name with an address, for "try this"; `undefined` when there is none. */
  readonly exampleName: string | undefined;
}

export interface Answers {
  /**
   * Takes in what one contributor claims from now on. `touched`: names whose claims may have changed since it spoke last; all
   * that differ when it does not say. Resolves when it, or something newer, is served.
   */
  contribute(from: Contributor, claims: Claims, touched?: Iterable<DomainName>): Promise<void>;
  /** The same before the contributor has spoken: what it has is answered, and it is waited for all the same. */
  contributePart(from: Contributor, claims: Claims, touched?: Iterable<DomainName>): Promise<void>;
  /** Stops waiting: names are denied from now on although some contributor has not spoken. */
  stopWaiting(): Promise<void>;
  status(): AnswersStatus;
  /** For an explanation. */
  facts(): AnswersFacts;
}

/** Publishes nothing before the first contribution. */
export function createAnswers(options: AnswersOptions): Answers {
  return new ZoneAnswers(options);
}

/** One zone on its way to the data plane. */
interface ServedZone {
  readonly builder: ZoneBuilder;
  /** Of what is served; `undefined` before anything is. */
  serial: number | undefined;
  /** Names that hold something else than what is served, with what is served. */
  readonly unserved: Map<DomainName, readonly RrSet[]>;
}

class ZoneAnswers implements Answers {
  readonly #options: AnswersOptions;
  readonly #contributions = new Map<Contributor, Claims>();
  readonly #waitingFor: Set<Contributor>;
  readonly #merged: MergedNames;
  readonly #zones: readonly ServedZone[];
  /** Names to merge again. */
  #touched = new Set<DomainName>();
  /** Of what is served; made when first looked at. */
  #snapshot: Snapshot | undefined;
  #publishedReady: boolean | undefined;
  /** The publication that runs, and the one that will follow it with everything that came meanwhile. */
  #running: Promise<void> | undefined;
  /** Whether the publication that runs has taken in what it will. */
  #isCompiled = false;
  #next: Promise<void> | undefined;

  constructor(options: AnswersOptions) {
    this.#options = options;
    this.#waitingFor = new Set(options.awaited);
    this.#merged = createMergedNames({
      claimsAt: (name) => this.#claimsAt(name),
      apexes: options.zones.map(({ apex }) => apex),
      conflictsMerged: (change) => logConflicts(options.log, options.view, change),
    });
    this.#zones = options.zones.map((zone) => ({
      builder: createZoneBuilder(zone),
      serial: undefined,
      unserved: new Map(),
    }));
  }

  contribute(from: Contributor, claims: Claims, touched?: Iterable<DomainName>): Promise<void> {
    this.#waitingFor.delete(from);
    return this.contributePart(from, claims, touched);
  }

  contributePart(from: Contributor, claims: Claims, touched?: Iterable<DomainName>): Promise<void> {
    const before = this.#contributions.get(from) ?? NO_CLAIMS;
    for (const name of touched ?? differingNames(before, claims)) this.#touched.add(name);
    this.#contributions.set(from, claims);
    return this.#refresh();
  }

  stopWaiting(): Promise<void> {
    this.#waitingFor.clear();
    return this.#refresh();
  }

  status(): AnswersStatus {
    return {
      ready: this.#waitingFor.size === 0,
      waitingFor: [...this.#waitingFor],
      zones: this.#zones.flatMap(({ builder, serial }) =>
        serial === undefined ? [] : [{ apex: builder.apex, serial, ...builder.counts() }],
      ),
      conflicts: this.#merged.conflicts(),
      problems: this.#zoneProblems(),
      exampleName: this.#exampleName(),
    };
  }

  facts(): AnswersFacts {
    this.#snapshot ??= this.#servedSnapshot();
    return {
      snapshot: this.#snapshot,
      ready: this.#waitingFor.size === 0,
      waitingFor: [...this.#waitingFor],
      claimsAt: (name) => [...this.#claimsAt(name), ...optional(this.#merged.reverseAt(name))],
      conflicts: this.#merged.conflicts(),
      zoneProblems: this.#zoneProblems(),
    };
  }

  #claimsAt(name: DomainName): ReturnType<Claims["at"]> {
    return [...this.#contributions.values()].flatMap((claims) => claims.at(name));
  }

  #zoneProblems(): readonly ZoneProblem[] {
    return this.#zones.flatMap(({ builder }) => builder.problems());
  }

  #exampleName(): string | undefined {
    const nameservers = new Set(this.#options.zones.flatMap((zone) => zone.nameservers.map(({ name }) => name)));
    for (const { builder } of this.#zones) {
      const name = builder.firstName(
        (set) => set.type === TYPE.A && set.rdata.length > 0 && !nameservers.has(set.name) && !isWildcard(set.name),
      );
      if (name !== undefined) return name;
    }
    return undefined;
  }

  /**
   * Compiles at once, when the caller has said everything: what two contributors say in one breath, one letting go of what the other
   * takes over, is one publication. What comes while one runs is taken together into the next (docs/decisions.md 19).
   */
  #refresh(): Promise<void> {
    if (this.#running === undefined) {
      this.#isCompiled = false;
      this.#running = Promise.resolve()
        .then(() => this.#publish())
        .finally(() => {
          this.#running = undefined;
        });
      return this.#running;
    }
    if (!this.#isCompiled) return this.#running;
    this.#next ??= this.#running.then(
      () => this.#follow(),
      () => this.#follow(),
    );
    return this.#next;
  }

  #follow(): Promise<void> {
    this.#next = undefined;
    return this.#refresh();
  }

  async #publish(): Promise<void> {
    this.#isCompiled = true;
    this.#compileTouched();
    const ready = this.#waitingFor.size === 0;
    const changing = this.#zones.filter(({ serial, unserved }) => serial === undefined || unserved.size > 0);
    if (changing.length === 0 && ready === this.#publishedReady) return;
    const changes = changing.map((zone) => this.#changeOf(zone));
    await this.#options.publish(changes, ready);
    for (const [index, zone] of changing.entries()) {
      zone.serial = changes[index]?.serial;
      zone.unserved.clear();
    }
    this.#snapshot = undefined;
    this.#publishedReady = ready;
    const zones = changes.map(({ apex, serial, names }) => ({ apex, serial, changedNames: names.length }));
    this.#options.log.info({ zones, ready }, "answers published");
  }

  #compileTouched(): void {
    const touched = this.#touched;
    this.#touched = new Set();
    for (const name of this.#merged.update(touched)) {
      const zone = this.#zoneOf(name);
      if (zone === undefined) continue;
      const changed = zone.builder.update([name], (at) => this.#merged.recordSetsAt(at));
      for (const [at, served] of changed) if (!zone.unserved.has(at)) zone.unserved.set(at, served);
    }
  }

  /** Of what the data plane has said that it serves, not of what it may serve in a moment. */
  #servedSnapshot(): Snapshot {
    let snapshot = EMPTY_SNAPSHOT;
    for (const { builder, serial, unserved } of this.#zones) {
      if (serial === undefined) continue;
      const whole = builder.change(serial);
      snapshot = changeSnapshot(snapshot, [whole]);
      snapshot = changeSnapshot(snapshot, [{ ...whole, extent: "some", names: [...unserved] }]);
    }
    return snapshot;
  }

  /** The zone with the longest apex at or above the name. */
  #zoneOf(name: DomainName): ServedZone | undefined {
    let best: ServedZone | undefined;
    for (const zone of this.#zones) {
      const { apex } = zone.builder;
      if (isAtOrBelow(name, apex) && (best === undefined || apex.length > best.builder.apex.length)) best = zone;
    }
    return best;
  }

  #changeOf({ builder, serial, unserved }: ServedZone): ZoneChange {
    const next = nextSerial(serial, this.#options.clock.nowMs() / 1_000);
    return builder.change(next, serial === undefined ? undefined : unserved.keys());
  }
}

function optional<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value];
}
