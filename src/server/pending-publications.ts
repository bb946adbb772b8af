// Publications that the DNS thread has not answered yet. One that threads die of is given up, so that the next thread serves what
// was good before it.

import type { ControlMessage } from "./protocol.ts";

type Publication = Extract<ControlMessage, { kind: "publish" }>;

/** One death may be a coincidence. */
const MAX_DEATHS = 2;

export class PendingPublications {
  #waiting: readonly Publication[] = [];
  /** Threads that ended while the oldest of them was waiting. */
  #deaths = 0;

  /** In the order of their epochs. */
  get waiting(): readonly Publication[] {
    return this.#waiting;
  }

  add(publication: Publication): void {
    this.#waiting = [...this.#waiting, publication];
  }

  /** Everything up to this epoch is served; returns it. */
  takeUpTo(epoch: number): readonly Publication[] {
    const taken = this.#waiting.filter((publication) => publication.epoch <= epoch);
    this.#keep((publication) => publication.epoch > epoch);
    return taken;
  }

  drop(epoch: number): void {
    this.#keep((publication) => publication.epoch !== epoch);
  }

  /** A thread ended. Returns the publications that are given up: the next thread would die of one of them too. */
  noteDeath(): readonly Publication[] {
    if (this.#waiting.length === 0) return [];
    this.#deaths += 1;
    if (this.#deaths < MAX_DEATHS) return [];
    const givenUp = this.#waiting;
    this.#keep(() => false);
    return givenUp;
  }

  /** A new thread also says that it serves what the one before did: only news of what is waiting starts the count anew. */
  #keep(isKept: (publication: Publication) => boolean): void {
    const kept = this.#waiting.filter(isKept);
    if (kept.length < this.#waiting.length) this.#deaths = 0;
    this.#waiting = kept;
  }
}
