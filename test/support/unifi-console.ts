// An emulated console with a store over it that trusts its certificate, for tests.

import { SYSTEM_CLOCK } from "#src/lib/clock.ts";
import { SILENT } from "#src/lib/log.ts";
import type { SecretSupplier } from "#src/providers/unifi/access.ts";
import {
  createUnifiStore,
  type UnifiCredentials,
  type UnifiStore,
  type UnifiStoreOptions,
} from "#src/providers/unifi/unifi-store.ts";
import { PROFILES } from "#test/fakes/unifi-console/profiles.ts";
import {
  startUnifiConsole,
  type UnifiConsole,
  type UnifiConsoleOptions,
} from "#test/fakes/unifi-console/unifi-console.ts";

/** Long enough for a loaded machine, short enough for a test that waits for it. */
const CALL_TIMEOUT_MS = 3_000;

export interface StoreForOptions extends Partial<UnifiStoreOptions> {
  /** Short for the credentials of a key. */
  readonly apiKey?: SecretSupplier;
}

/** With the console's own key, or with its login where it takes no keys. */
export function storeFor(console: UnifiConsole, { apiKey, ...more }: StoreForOptions = {}): UnifiStore {
  const { url, caPem } = console;
  return createUnifiStore({
    url,
    credentials: apiKey === undefined ? credentialsOf(console) : { kind: "key", apiKey },
    site: "default",
    api: "auto",
    controller: "console",
    trust: { kind: "ca", pem: caPem },
    callTimeoutMs: CALL_TIMEOUT_MS,
    clock: SYSTEM_CLOCK,
    log: SILENT,
    ...more,
  });
}

export function loginOf({ username, password }: Pick<UnifiConsole, "username" | "password">): UnifiCredentials {
  return { kind: "login", username, password: () => password };
}

function credentialsOf(console: UnifiConsole): UnifiCredentials {
  return PROFILES[console.profile].apiKeys ? { kind: "key", apiKey: () => console.apiKey } : loginOf(console);
}

export interface ConsoleAndStore {
  readonly console: UnifiConsole;
  readonly store: UnifiStore;
  stop(): Promise<void>;
}

export async function startConsoleAndStore(
  options: UnifiConsoleOptions = {},
  more: StoreForOptions = {},
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
