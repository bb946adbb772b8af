// One virtual time for an emulated console and everything that talks to it over real sockets: waiting for a retry moves it on,
// and only a call that nobody answers waits for real, a little.

import { connect } from "node:net";
import type { Clock } from "#src/lib/clock.ts";
import { SYSTEM_CLOCK } from "#src/lib/clock.ts";
import { ManualTime } from "#test/fakes/unifi-console/time.ts";
import { eventually } from "./eventually.ts";

/** Of one call; told from a pause by its length, which no pause has. */
export const CALL_TIMEOUT_MS = 3_000;
/** Real time for a call that may stay unanswered, and for one that should not, on a loaded machine. */
const IMPATIENT_MS = 300;
const LENIENT_MS = 20_000;

export interface ConsoleClock extends Clock {
  readonly time: ManualTime;
  /** From now on every call is answered: waits long before it believes otherwise. */
  beLenient(): void;
  /** From now on a call may stay unanswered: waits for it a little only, as at the start. */
  beImpatient(): void;
  /** Resolves when the console takes connections again after a reboot. */
  untilReachable(port: number): Promise<unknown>;
}

export function consoleClock(): ConsoleClock {
  const time = new ManualTime();
  let patienceMs = IMPATIENT_MS;
  return {
    time,
    nowMs: () => time.nowMs(),
    monotonicMs: () => time.nowMs(),
    sleep: async (delayMs, signal) => {
      if (delayMs === CALL_TIMEOUT_MS) await SYSTEM_CLOCK.sleep(patienceMs, signal);
      time.advance(delayMs);
    },
    beLenient: () => {
      patienceMs = LENIENT_MS;
    },
    beImpatient: () => {
      patienceMs = IMPATIENT_MS;
    },
    untilReachable: (port) =>
      eventually("the console takes connections", () => {
        // A port that is taken for a moment is tried again by the console after some of its time.
        time.advance(1_000);
        return isReachable(port);
      }),
  };
}

function isReachable(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
