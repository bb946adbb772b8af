// An emulated console with a store over it that trusts its certificate, for tests.

import { SYSTEM_CLOCK } from "#src/lib/clock.ts";
import { SILENT } from "#src/lib/log.ts";
import {
  createUnifiStore,
  type UnifiStore,
  type UnifiStoreFooting,
  type UnifiStoreOptions,
} from "#src/providers/unifi/unifi-store.ts";
import {
  startUnifiConsole,
  type UnifiConsole,
  type UnifiConsoleOptions,
} from "#test/fakes/unifi-console/unifi-console.ts";

/** Long enough for a loaded machine, short enough for a test that waits for it. */
const CALL_TIMEOUT_MS = 3_000;

export function storeFor(
  { url, apiKey, caPem, profile }: UnifiConsole,
  more: Partial<UnifiStoreOptions> = {},
  footing?: UnifiStoreFooting,
): UnifiStore {
  const options: UnifiStoreOptions = {
    url,
    apiKey: () => apiKey,
    site: "default",
    api: "auto",
    controller: profile === "selfhosted-10" ? "self-hosted" : "console",
    trust: { kind: "ca", pem: caPem },
    callTimeoutMs: CALL_TIMEOUT_MS,
    clock: SYSTEM_CLOCK,
    log: SILENT,
    ...more,
  };
  return createUnifiStore(options, footing);
}

export interface ConsoleAndStore {
  readonly console: UnifiConsole;
  readonly store: UnifiStore;
  stop(): Promise<void>;
}

export async function startConsoleAndStore(
  options: UnifiConsoleOptions = {},
  more: Partial<UnifiStoreOptions> = {},
): Promise<ConsoleAndStore> {
  const console = await startUnifiConsole(options);
  const store = storeFor(console, more);
  return {
    console,
    store,
    stop: async () => {
      store.close();
      await console.stop();
    },
  };
}
