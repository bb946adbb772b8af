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
  /** Everything there is, told or not. */
  readonly #objects = new Map<string, ClusterObject>();
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
    for (const key of gone.keys()) this.#objects.delete(key);
    for (const object of upserted) {
      const key = keyText(keyOf(object));
      this.#objects.set(key, object);
      this.#untoldDeletions?.delete(key);
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
    this.#try({ upserted: [...this.#objects.values()], deleted: [...(this.#untoldDeletions?.values() ?? [])] });
  }
}
