// An emulated console with a store over it that trusts its certificate, for tests.

import { SYSTEM_CLOCK } from "#src/lib/clock.ts";
import { SILENT } from "#src/lib/log.ts";
import type { SecretSupplier } from "#src/providers/unifi/access.ts";
import {
  createUnifiStore,
  type UnifiCredentials,
  type UnifiStore,
  type UnifiStoreFooting,
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

/** As an administrator, unless `more` says otherwise. */
export function storeFor(
  console: UnifiConsole,
  { apiKey, ...more }: StoreForOptions = {},
  footing?: UnifiStoreFooting,
): UnifiStore {
  const { url, caPem } = console;
  const options: UnifiStoreOptions = {
    url,
    credentials: apiKey === undefined ? credentialsFor(console, "admin") : { kind: "key", apiKey },
    site: "default",
    api: "auto",
    controller: "console",
    trust: { kind: "ca", pem: caPem },
    callTimeoutMs: CALL_TIMEOUT_MS,
    clock: SYSTEM_CLOCK,
    log: SILENT,
    ...more,
  };
  return createUnifiStore(options, footing);
}

/** With the console's own key, or with its login where it takes no keys. */
export function credentialsFor(console: UnifiConsole, role: "admin" | "viewer"): UnifiCredentials {
  const isAdmin = role === "admin";
  if (PROFILES[console.profile].apiKeys) {
    const key = isAdmin ? console.apiKey : console.viewerKey;
    return { kind: "key", apiKey: () => key };
  }
  const { username, password } = isAdmin ? console : console.viewer;
  return { kind: "login", username, password: () => password };
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
