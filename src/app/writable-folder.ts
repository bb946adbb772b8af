// Whether the data folder can be used, found out before anything depends on it. For providers that can do without.

import { codeOf, prepareFolder } from "#src/lib/atomic-file.ts";
import type { Clock } from "#src/lib/clock.ts";

/** A folder on a dead mount never answers, and external-dns waits some seconds only for our port. */
const LOOK_TIMEOUT_MS = 1_000;

/** Makes the folder where it is missing. `problem` says why it cannot be written to; never rejects. */
export async function findFolder(path: string, clock: Clock): Promise<{ readonly problem: string | undefined }> {
  const looked = new AbortController();
  const tooLate = clock.sleep(LOOK_TIMEOUT_MS, looked.signal).then(
    () => `did not answer within ${LOOK_TIMEOUT_MS} ms`,
    () => undefined,
  );
  const problem = await Promise.race([problemOf(path), tooLate]);
  looked.abort();
  return { problem };
}

async function problemOf(path: string): Promise<string | undefined> {
  try {
    await prepareFolder(path);
    return undefined;
  } catch (error) {
    return codeOf(error) || String(error);
  }
}
