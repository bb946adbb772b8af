// Whether the process lives and whether it is ready. Asks functions it is given; never the console, the cloud or the cluster.

import type { Clock } from "#src/lib/clock.ts";
import type { Logger } from "#src/lib/log.ts";

export interface HealthOptions {
  /** Does the data plane still answer? Asked for at most LIVE_TIMEOUT_MS. */
  readonly isLive: () => Promise<boolean>;
  readonly readiness: () => Readiness;
  readonly log: Logger;
  readonly clock: Clock;
}

export interface Readiness {
  readonly isReady: boolean;
  /** Why not: "draining", "zone home.example.com has not synced". Empty when ready. */
  readonly reasons: readonly string[];
}

export interface Health {
  /** Several calls at once share one look. Never rejects. */
  checkLive(): Promise<boolean>;
  checkReady(): Readiness;
}

/** The kubelet's own default is 1 s; charts set up to 5 s. A thread that is silent for so long serves nobody. */
const LIVE_TIMEOUT_MS = 3_000;

/** Never asks longer than LIVE_TIMEOUT_MS: a probe that gets no answer would end a process that only waits. */
export function createHealth(options: HealthOptions): Health {
  let running: Promise<boolean> | undefined;
  return {
    checkLive: () => {
      running ??= askLive(options).finally(() => {
        running = undefined;
      });
      return running;
    },
    checkReady: () => {
      const { isReady, reasons } = options.readiness();
      return { isReady, reasons };
    },
  };
}

async function askLive({ isLive, log, clock }: HealthOptions): Promise<boolean> {
  const answered = new AbortController();
  const tooLate = clock.sleep(LIVE_TIMEOUT_MS, answered.signal).then(
    () => false,
    () => false,
  );
  try {
    const live = await Promise.race([isLive(), tooLate]);
    if (!live) log.warn({ timeoutMs: LIVE_TIMEOUT_MS }, "data plane did not answer");
    return live;
  } catch (error) {
    log.error({ err: error }, "liveness check failed");
    return false;
  } finally {
    answered.abort();
  }
}
