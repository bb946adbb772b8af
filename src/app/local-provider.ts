// The provider `local` put together: a folder, and an answer to whoever asks what is in it.

import { UpstreamError } from "#src/errors.ts";
import { createLocalStore } from "#src/providers/local/local-store.ts";
import { createRecordFolder } from "#src/providers/local/record-folder.ts";
import { createIntentFile } from "#src/sync/intent-file.ts";
import type { ProviderFactory, ProviderOptions } from "./provider.ts";

/** A person waits for an explanation. */
const LIST_TIMEOUT_MS = 5_000;

export function prepareLocalProvider({ settings, clock, log }: ProviderOptions): ProviderFactory {
  return ({ onCommit }) => {
    const folder = createRecordFolder({ folder: settings.data.dir, log, nowMs: () => clock.nowMs() });
    const store = createLocalStore({ folder, clock, onCommit });
    const { provider } = store;
    return {
      store,
      intentLog: createIntentFile(settings.data.dir, provider, log),
      start: () => store.load(),
      stop: () => Promise.resolve(store.close()),
      status: () => ({ store: store.status() }),
      /** Past the engine and its lock: a list of this store is a look at memory, and shows what is on disk. */
      stored: async () => {
        try {
          const { records } = await store.list(AbortSignal.timeout(LIST_TIMEOUT_MS));
          return { provider, records };
        } catch (error) {
          if (!(error instanceof UpstreamError)) throw error;
          return { provider, records: [], problem: error.message };
        }
      },
    };
  };
}
