// Where the two halves meet: record sets of every origin are merged, compiled zone by zone, and published when something that
// is answered has changed. Knows no socket and no object: it is given record sets and a function that publishes.

import { compileZone, type ZoneProblem } from "#src/dns/compile.ts";
import { nextSerial } from "#src/dns/serial.ts";
import { createSnapshot, type Snapshot } from "#src/dns/snapshot.ts";
import { TYPE } from "#src/dns/wire/registry.ts";
import { sameContent, type ZoneContent, type ZoneOptions } from "#src/dns/zone-content.ts";
import { isWildcard } from "#src/domain/name.ts";
import type { RecordSet } from "#src/domain/record.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { Logger } from "#src/lib/log.ts";
import { type Conflict, mergeRecordSets } from "#src/sources/merge.ts";
import { reverseRecordSets } from "#src/sources/reverse-records.ts";
import type { AnswersFacts } from "./explain/facts.ts";

/** A part that gives record sets. Negative answers wait until each one that is awaited has given its first. */
export type Contributor = "static" | "local" | "manifests";

export interface AnswersOptions {
  readonly zones: readonly ZoneOptions[];
  /** Contributors that must have spoken before a name is denied (docs/decisions.md 16). */
  readonly awaited: readonly Contributor[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Resolves when the data plane serves it. */
  publish(contents: readonly ZoneContent[], ready: boolean): Promise<void>;
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
  /** Replaces everything one contributor gives. Resolves when it, or something newer, is served. */
  contribute(from: Contributor, recordSets: readonly RecordSet[]): Promise<void>;
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

class ZoneAnswers implements Answers {
  readonly #options: AnswersOptions;
  readonly #contributions = new Map<Contributor, readonly RecordSet[]>();
  readonly #waitingFor: Set<Contributor>;
  #contents: readonly ZoneContent[] = [];
  /** Of `#contents`; made when first looked at. */
  #snapshot: Snapshot | undefined;
  #publishedReady: boolean | undefined;
  /** Derived from what is answered; nobody contributes it. */
  #reverse: readonly RecordSet[] = [];
  #conflicts: readonly Conflict[] = [];
  #problems: readonly ZoneProblem[] = [];
  /** The publication that runs, and the one that will follow it with everything that came meanwhile. */
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(options: AnswersOptions) {
    this.#options = options;
    this.#waitingFor = new Set(options.awaited);
  }

  contribute(from: Contributor, recordSets: readonly RecordSet[]): Promise<void> {
    this.#contributions.set(from, recordSets);
    this.#waitingFor.delete(from);
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
      zones: this.#contents.map(({ apex, serial, recordSets }) => ({
        apex,
        serial,
        names: new Set(recordSets.map((set) => set.name)).size,
        recordSets: recordSets.length,
      })),
      conflicts: this.#conflicts,
      problems: this.#problems,
      exampleName: this.#exampleName(),
    };
  }

  facts(): AnswersFacts {
    this.#snapshot ??= createSnapshot(this.#contents);
    return {
      snapshot: this.#snapshot,
      ready: this.#waitingFor.size === 0,
      waitingFor: [...this.#waitingFor],
      claims: [...this.#contributions.values(), this.#reverse].flat(),
      conflicts: this.#conflicts,
      zoneProblems: this.#problems,
    };
  }

  #exampleName(): string | undefined {
    const nameservers = new Set(this.#options.zones.flatMap((zone) => zone.nameservers.map(({ name }) => name)));
    return this.#contents
      .flatMap((content) => content.recordSets)
      .find((set) => set.type === TYPE.A && set.rdata.length > 0 && !nameservers.has(set.name) && !isWildcard(set.name))
      ?.name;
  }

  /** Compiles at once; what comes while a publication runs is taken together into the next one (docs/decisions.md 19). */
  #refresh(): Promise<void> {
    if (this.#running === undefined) {
      this.#running = this.#publish().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
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
    const merged = mergeRecordSets([...this.#contributions.values()].flat());
    this.#conflicts = merged.conflicts;
    this.#reverse = reverseRecordSets(
      merged.recordSets,
      this.#options.zones.map(({ apex }) => apex),
    );
    const recordSets = [...merged.recordSets, ...this.#reverse];
    const compiled = this.#options.zones.map((zone) => this.#compile(zone, recordSets));
    this.#problems = compiled.flatMap((zone) => zone.problems);
    const contents = compiled.map((zone) => zone.content);
    const ready = this.#waitingFor.size === 0;
    const isUnchanged = contents.every((content, index) => content === this.#contents[index]);
    if (isUnchanged && ready === this.#publishedReady) return;
    await this.#options.publish(contents, ready);
    this.#contents = contents;
    this.#snapshot = undefined;
    this.#publishedReady = ready;
    this.#options.log.info(
      {
        zones: contents.map(({ apex, serial, recordSets }) => ({ apex, serial, recordSets: recordSets.length })),
        ready,
      },
      "answers published",
    );
  }

  /** The content served now when nothing of it changes: same reference, same serial. */
  #compile(zone: ZoneOptions, recordSets: readonly RecordSet[]): ReturnType<typeof compileZone> {
    const previous = this.#contents.find((content) => content.apex === zone.apex);
    const serial = nextSerial(previous?.serial, this.#options.clock.nowMs() / 1_000);
    const { content, problems } = compileZone(zone, recordSets, serial);
    return { content: previous !== undefined && sameContent(previous, content) ? previous : content, problems };
  }
}
