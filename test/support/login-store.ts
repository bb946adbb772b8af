// A store that logs in at an emulated console, with a clock that tests move on, for tests of sessions.

import { onTestFinished } from "vitest";
import { SYSTEM_CLOCK } from "#src/lib/clock.ts";
import type { UnifiStore } from "#src/providers/unifi/unifi-store.ts";
import {
  startUnifiConsole,
  type UnifiConsole,
  type UnifiConsoleOptions,
} from "#test/fakes/unifi-console/unifi-console.ts";
import { unbounded } from "./engine.ts";
import { name } from "./parsed.ts";
import { type StoreForOptions, storeFor } from "./unifi-console.ts";

export interface Over {
  readonly console: UnifiConsole;
  readonly store: UnifiStore;
  /** Moves the store's clock; the console's own stays. */
  readonly later: (byMs: number) => void;
}

/** Stopped with the test. */
export async function startLoginStore(options: UnifiConsoleOptions = {}, more: StoreForOptions = {}): Promise<Over> {
  let aheadMs = 0;
  const clock = { ...SYSTEM_CLOCK, monotonicMs: () => SYSTEM_CLOCK.monotonicMs() + aheadMs };
  // The tests count logins themselves.
  const switches = { loginsPerWindow: 1_000, ...options.switches };
  const console = await startUnifiConsole({ profile: "udm-8.2", ...options, switches });
  const store = storeFor(console, { clock, ...more });
  onTestFinished(async () => {
    store.close();
    await console.stop();
  });
  return {
    console,
    store,
    later: (byMs) => {
      aheadMs += byMs;
    },
  };
}

export function createRecord(store: UnifiStore, label: string): Promise<unknown> {
  const record = {
    name: name(`${label}.example.com`),
    type: "A",
    target: "10.0.0.1",
    ttlSeconds: undefined,
  } as const;
  return store.apply({ kind: "create", record }, unbounded());
}

/** What it rejects with; `undefined` when it does not. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

export function loginsOf(console: UnifiConsole): number {
  return console.requests().filter(({ operation }) => operation === "login").length;
}
