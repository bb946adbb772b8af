// Hands changes to somebody who may fail: what he did not take is told anew, whole, until he does.

import {
  type ClusterObject,
  type InventoryChange,
  keyOf,
  keyText,
  type ObjectKey,
} from "#src/domain/cluster-object.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { Logger } from "#src/lib/log.ts";
import { createBackoff } from "./backoff.ts";
import type { StoreChange } from "./object-store.ts";

export interface ChangeFeedOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly onChange: (change: InventoryChange) => void;
  /** Everything there is, told or not. */
  readonly objects: () => Iterable<ClusterObject>;
}

export interface ChangeFeed {
  /** Returns after it was told, or put aside; never throws. */
  tell(change: StoreChange): void;
  /** How often a change was not taken. */
  failures(): number;
}

export function createChangeFeed(options: ChangeFeedOptions): ChangeFeed {
  return new RepeatingFeed(options);
}

class RepeatingFeed implements ChangeFeed {
  readonly #options: ChangeFeedOptions;
  readonly #backoff: ReturnType<typeof createBackoff>;
  /** While something was not taken: what is gone since. Then everything is told anew. */
  #untoldDeletions: Map<string, ObjectKey> | undefined;
  #failures = 0;

  constructor(options: ChangeFeedOptions) {
    this.#options = options;
    this.#backoff = createBackoff(options.clock, options.random);
  }

  failures(): number {
    return this.#failures;
  }

  tell({ upserted, deleted }: StoreChange): void {
    const gone = new Map(deleted.map((object) => [keyText(keyOf(object)), keyOf(object)]));
    if (this.#untoldDeletions !== undefined) {
      for (const object of upserted) this.#untoldDeletions.delete(keyText(keyOf(object)));
    }
    if (this.#untoldDeletions === undefined) this.#try({ upserted, deleted: [...gone.values()] });
    else for (const [key, objectKey] of gone) this.#untoldDeletions.set(key, objectKey);
  }

  #try(change: InventoryChange): void {
    try {
      this.#options.onChange(change);
      this.#untoldDeletions = undefined;
    } catch (error) {
      this.#failures += 1;
      this.#untoldDeletions = new Map(change.deleted.map((key) => [keyText(key), key]));
      this.#options.log.error({ err: error }, "cluster change was not taken");
      void this.#repeat();
    }
  }

  async #repeat(): Promise<void> {
    const { clock, signal } = this.#options;
    await clock.sleep(this.#backoff.next(), signal).catch(() => undefined);
    if (signal.aborted) return;
    this.#try({ upserted: [...this.#options.objects()], deleted: [...(this.#untoldDeletions?.values() ?? [])] });
  }
}
