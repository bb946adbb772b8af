// Runs asynchronous work one after the other, in the order it was asked for.

export interface SerialQueue {
  /**
   * Runs `work` when everything asked for before has settled. Rejects with the signal's reason, at once, when the signal
   * aborts while waiting; work that has begun is not interrupted here (it has the signal itself).
   */
  run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** Work that fails does not keep back what waits behind it. */
export function createSerialQueue(): SerialQueue {
  let tail: Promise<unknown> = Promise.resolve();
  return {
    run: (work, signal) => {
      const turn = waitUnlessAborted(tail, signal);
      const result = turn.then(work);
      const before = tail;
      // The next one waits for us and, when we gave up waiting, for those before us. The results are let go: kept in the
      // tail, each would hold all earlier ones.
      tail = Promise.allSettled([before, result]).then(() => undefined);
      return result;
    },
  };
}

/** Resolves when `previous` has settled; rejects as soon as the signal aborts. */
function waitUnlessAborted(previous: Promise<unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void =>
      reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
    if (signal.aborted) {
      giveUp();
      return;
    }
    signal.addEventListener("abort", giveUp, { once: true });
    const proceed = (): void => {
      signal.removeEventListener("abort", giveUp);
      resolve();
    };
    previous.then(proceed, proceed);
  });
}
