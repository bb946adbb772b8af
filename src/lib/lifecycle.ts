// The shape of everything that runs: started in order, stopped in reverse.

export interface Lifecycle {
  /** Resolves when the part works. */
  start(): Promise<void>;
  /** Idempotent; resolves when nothing of the part runs any more. */
  stop(): Promise<void>;
}
