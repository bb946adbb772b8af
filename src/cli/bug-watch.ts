// Bugs that surface where nobody waits for them: told and counted, each with the end it deserves. Knows nothing of what runs.

import type { Logger } from "#src/lib/log.ts";

export interface BugWatchOptions {
  readonly log: Pick<Logger, "error">;
  /** Counts one. */
  readonly bugCaught: () => void;
  /** Ends the process: what was thrown may have left anything half done. */
  readonly end: () => void;
}

/**
 * From here on a rejected promise that nobody waits for costs that one piece of work, and DNS goes on serving; an error that was
 * thrown and not caught ends the process, for whoever started it to start it again. Node by itself ends it for both, in silence
 * to whoever reads the log.
 */
export function watchForBugs({ log, bugCaught, end }: BugWatchOptions): void {
  process.on("unhandledRejection", (error) => {
    bugCaught();
    log.error({ err: error }, "promise rejected that nobody waited for");
  });
  process.on("uncaughtException", (error) => {
    bugCaught();
    log.error({ err: error }, "ended by a bug");
    end();
  });
}
