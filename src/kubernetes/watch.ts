// One watch: a connection whose lines are handed on as they come, until the server ends it or it fails.

import type { Clock } from "#src/lib/clock.ts";
import { readLines } from "./body.ts";
import type { ApiClient } from "./client.ts";
import { ApiFailure } from "./failure.ts";
import { scoped } from "./scope.ts";
import { createWatchGuard, type WatchGuard } from "./watch-guard.ts";

export interface WatchOptions {
  readonly client: ApiClient;
  /** Of the collection, without query. */
  readonly path: string;
  readonly resourceVersion: string;
  /** What the server is asked to end the watch after. */
  readonly timeoutSeconds: number;
  readonly clock: Clock;
  /** The server has accepted. */
  onOpen(): void;
  /** Whole lines that came together. What it throws ends the watch. */
  onLines(lines: readonly string[], guard: WatchGuard): void;
}

/** Secrets of a megabyte are the most that etcd holds; four times that is no object any more. */
const MAX_LINE_BYTES = 4 * 1_024 * 1_024;
/** A server that ends its watches sooner than this is failing; opening them again at once would be a hot loop. */
const SHORTEST_LIFE_MS = 5_000;

/** Resolves when the server has ended the watch in good order. Rejects with ApiFailure, or with the signal's reason. */
export function watchObjects(options: WatchOptions, signal: AbortSignal): Promise<void> {
  const { client, path, resourceVersion, timeoutSeconds, clock } = options;
  const query = new URLSearchParams({
    watch: "1",
    allowWatchBookmarks: "true",
    resourceVersion,
    timeoutSeconds: String(timeoutSeconds),
  });
  return scoped(signal, async (scope) => {
    const { body } = await client.open(`${path}?${query.toString()}`, scope);
    const openedMs = clock.monotonicMs();
    options.onOpen();
    const guard = createWatchGuard(scope, clock, timeoutSeconds * 1_000);
    try {
      for await (const lines of readLines(body, scope.signal, MAX_LINE_BYTES)) options.onLines(lines, guard);
    } finally {
      guard.stop();
    }
    if (clock.monotonicMs() - openedMs < SHORTEST_LIFE_MS) throw new ApiFailure("broken", "the watch ended at once");
  });
}
