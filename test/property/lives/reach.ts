// The two ways to a console and its store, with the time that goes with each: over TLS, where silence takes a little real time,
// and in memory, where nothing does.

import type { Clock } from "#src/lib/clock.ts";
import type { UnifiStore } from "#src/providers/unifi/unifi-store.ts";
import type { FaultAction } from "#test/fakes/unifi-console/faults.ts";
import { startMemoryConsole } from "#test/fakes/unifi-console/memory-port.ts";
import type { ManualTime } from "#test/fakes/unifi-console/time.ts";
import {
  startUnifiConsole,
  type UnifiConsole,
  type UnifiConsoleOptions,
} from "#test/fakes/unifi-console/unifi-console.ts";
import { createRandom } from "#test/support/random.ts";
import { createSimulatedClock } from "#test/support/simulated-clock.ts";
import { CALL_TIMEOUT_MS, consoleClock } from "#test/support/unifi-clock.ts";
import { storeFor } from "#test/support/unifi-console.ts";

export interface ReachableConsole {
  readonly console: UnifiConsole;
  readonly clock: Clock & { readonly time: ManualTime };
  /** Faults that need a time that runs by itself. */
  readonly slowKinds: readonly FaultAction["kind"][];
  /** A store as a new process has it. */
  openStore(): UnifiStore;
  live<T>(run: () => Promise<T>): Promise<T>;
  /**
   * Resolves when the console takes connections and nobody is impatient any more. A login goes on when its caller's time is over:
   * what it comes to, it comes to first.
   */
  calmDown(): Promise<void>;
}

export type Reach = (options: UnifiConsoleOptions, seed: number) => Promise<ReachableConsole>;

export const overTls: Reach = async (options) => {
  const clock = consoleClock();
  const console = await startUnifiConsole({ ...options, time: clock.time });
  return {
    console,
    clock,
    slowKinds: [],
    openStore: () => storeFor(console, { clock, callTimeoutMs: CALL_TIMEOUT_MS }),
    live: (run) => run(),
    calmDown: async () => {
      await clock.sleep(CALL_TIMEOUT_MS, new AbortController().signal);
      clock.beLenient();
      await clock.untilReachable(console.port);
    },
  };
};

/** The longest that a request is under way, there and back. */
const SLOWEST_WAY_MS = 40;

export const inMemory: Reach = async (options, seed) => {
  const clock = createSimulatedClock();
  const { console, connect } = await startMemoryConsole({ ...options, time: clock.time });
  const random = createRandom(seed);
  const travel = (): void => clock.time.advance(random.below(SLOWEST_WAY_MS) / 2);
  const connectSlowly = (): ReturnType<typeof connect> => {
    const { exchange, close } = connect();
    return {
      exchange: async (request, signal) => {
        travel();
        const exchanged = await exchange(request, signal);
        travel();
        return exchanged;
      },
      close,
    };
  };
  return {
    console,
    clock,
    slowKinds: ["delay", "drip", "bomb"],
    openStore: () =>
      storeFor(
        console,
        { clock, callTimeoutMs: CALL_TIMEOUT_MS },
        { connect: connectSlowly, random: () => random.next() },
      ),
    live: (run) => clock.simulate(run),
    calmDown: () => clock.simulate(() => clock.sleep(CALL_TIMEOUT_MS, new AbortController().signal)),
  };
};
