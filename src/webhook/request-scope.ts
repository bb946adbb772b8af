// The life of one request: its deadline, counted from arrival, and its end when the caller goes away. Knows no route.

import type { ServerResponse } from "node:http";
import { UpstreamUnavailable } from "#src/errors.ts";
import type { Clock } from "#src/lib/clock.ts";
import { EngineFailure } from "./problem.ts";

export interface RequestScopeOptions {
  /** For the error: the provider that did not finish. */
  readonly provider: string;
  readonly operation: string;
  /** Time for the whole request; then the signal aborts. */
  readonly budgetMs: number;
  readonly clock: Clock;
}

/** An engine that does not heed its signal is left behind after this: external-dns waits 15 s, of which 12 s are the budget. */
const ABORT_GRACE_MS = 1_500;

export class RequestScope {
  /** Monotonic milliseconds. */
  readonly arrivedAtMs: number;
  readonly #options: RequestScopeOptions;
  readonly #aborted = new AbortController();
  readonly #ended = new AbortController();
  readonly #leftBehind: Promise<never>;

  constructor(response: ServerResponse, options: RequestScopeOptions) {
    this.#options = options;
    this.arrivedAtMs = options.clock.monotonicMs();
    this.#leftBehind = this.#watch();
    // It may reject while the body is still on its way and nobody waits for it; `run` reads the signal then.
    this.#leftBehind.catch(() => undefined);
    response.once("close", () => {
      if (!response.writableFinished) this.#abort("request.caller_gone", "the caller closed the connection");
      this.#ended.abort();
    });
  }

  /**
   * Runs engine work under the deadline. Whatever it throws comes out as EngineFailure; work that goes on after its signal
   * is answered for with UpstreamUnavailable inside it.
   */
  async run<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    const { signal } = this.#aborted;
    try {
      signal.throwIfAborted();
      return await Promise.race([work(signal), this.#leftBehind]);
    } catch (error) {
      const isAbort = error instanceof Error && error.name === "AbortError" && signal.aborted;
      throw new EngineFailure(isAbort ? signal.reason : error);
    }
  }

  /** Rejects when the work should long have ended; stays pending when the request ended in time. */
  #watch(): Promise<never> {
    const { clock, budgetMs } = this.#options;
    return new Promise((_, reject) => {
      clock
        .sleep(budgetMs, this.#ended.signal)
        .then(() => {
          this.#abort("request.deadline", `not finished within ${budgetMs} ms`);
          return clock.sleep(ABORT_GRACE_MS, this.#ended.signal);
        })
        .then(
          () => reject(this.#aborted.signal.reason),
          () => undefined,
        );
    });
  }

  #abort(code: string, message: string): void {
    const { provider, operation } = this.#options;
    this.#aborted.abort(
      new UpstreamUnavailable(code, { upstream: provider, operation }, `${provider} ${operation}: ${message}`),
    );
  }
}
