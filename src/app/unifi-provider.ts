// The provider `unifi` put together: the console's store, its key or password that may be replaced while we run, a journal where
// there is a folder for it, and a reminder as long as the console's certificate is not verified.

import { readApiKey } from "#src/config/console-kinds.ts";
import { readSecretText } from "#src/config/kinds.ts";
import type { UnifiCredentials } from "#src/config/unifi.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { Lifecycle } from "#src/lib/lifecycle.ts";
import type { Logger } from "#src/lib/log.ts";
import { createSecretFile, type SecretFile } from "#src/lib/secret-file.ts";
import type { SecretSupplier } from "#src/providers/unifi/access.ts";
import { createUnifiStore, type UnifiStoreOptions } from "#src/providers/unifi/unifi-store.ts";
import { createBackupFiles } from "#src/sync/backup-files.ts";
import { createIntentFile } from "#src/sync/intent-file.ts";
import type { ProviderEvents, ProviderFactory, ProviderOptions } from "./provider.ts";
import { findFolder } from "./writable-folder.ts";

/** A console answers within a second; four such calls fit into the budget of an apply. */
const CALL_TIMEOUT_MS = 3_000;
/** Seldom enough to be read, often enough not to be forgotten (facts: reliability T16). */
const REMINDER_INTERVAL_MS = 3_600_000;

export async function prepareUnifiProvider({ settings, clock, log }: ProviderOptions): Promise<ProviderFactory> {
  const { unifi, data } = settings;
  if (unifi === undefined) throw new Error("the provider unifi was chosen without its settings");
  const folder = await findFolder(data.dir, clock);
  if (folder.problem !== undefined) {
    log.warn(
      { folder: data.dir, reason: folder.problem },
      "no journal on disk: unfinished changes are settled from lists",
    );
  }
  const { url, site, api, controller, trust, credentials } = unifi;
  return (events) => {
    const secret = watchSecret(credentials, { clock, log, secretUnread: events.secretUnread });
    const reminder = trust.kind === "skip" ? createReminder(url, { clock, log }) : undefined;
    const store = createUnifiStore({
      url,
      site,
      api,
      controller,
      trust,
      callTimeoutMs: CALL_TIMEOUT_MS,
      credentials: suppliedBy(credentials, secret),
      clock,
      log,
    });
    const { provider } = store;
    return {
      store,
      intentLog: folder.problem === undefined ? createIntentFile(data.dir, provider, log) : undefined,
      backups: folder.problem === undefined ? createBackupFiles(data.dir, provider) : undefined,
      start: async () => {
        await secret?.start();
        await reminder?.start();
      },
      stop: async () => {
        await reminder?.stop();
        await secret?.stop();
        store.close();
      },
      status: () => ({ console: { url, ...store.status() } }),
      /** The engine's list: whoever asks for an explanation causes no request, and waits for none. */
      stored: (last) => {
        const problem = last === undefined ? "the console has not been listed yet" : store.status().failure?.message;
        return Promise.resolve({
          provider,
          records: last?.records ?? [],
          ...(problem === undefined ? {} : { problem }),
        });
      },
    };
  };
}

function suppliedBy(credentials: UnifiCredentials, watched: SecretFile | undefined): UnifiStoreOptions["credentials"] {
  const { secret } = openedBy(credentials);
  const supply: SecretSupplier = (need) =>
    watched === undefined ? secret : need === "fresh" ? watched.refresh() : watched.current();
  return credentials.kind === "key"
    ? { kind: "key", apiKey: supply }
    : { kind: "login", username: credentials.username, password: supply };
}

/** The secret of either kind, the setting it comes from, and what a file may hold for it. */
function openedBy(credentials: UnifiCredentials) {
  return credentials.kind === "key"
    ? ({ secret: credentials.apiKey, setting: "unifi.apiKey", read: readApiKey } as const)
    : ({ secret: credentials.password, setting: "unifi.password", read: readSecretText } as const);
}

/** `undefined` where the secret does not stand in a file of its own: then only a restart brings another. */
function watchSecret(
  credentials: UnifiCredentials,
  { clock, log, secretUnread }: Pick<ProviderEvents, "secretUnread"> & { readonly clock: Clock; readonly log: Logger },
): SecretFile | undefined {
  const { file } = credentials;
  if (file === undefined) return undefined;
  const { secret: initial, setting, read } = openedBy(credentials);
  let toldReason: string | undefined;
  return createSecretFile({
    path: file,
    initial,
    parse: (text) => {
      const secret = read(text);
      return secret.ok ? secret.value : undefined;
    },
    clock,
    changed: () => {
      toldReason = undefined;
      log.info({ setting, file }, "secret replaced");
    },
    failed: (reason) => {
      secretUnread(setting);
      if (reason !== toldReason) log.warn({ setting, file, reason }, "secret not read again");
      toldReason = reason;
    },
  });
}

function createReminder(url: string, { clock, log }: { readonly clock: Clock; readonly log: Logger }): Lifecycle {
  const stopping = new AbortController();
  const remind = async (): Promise<void> => {
    for (;;) {
      try {
        await clock.sleep(REMINDER_INTERVAL_MS, stopping.signal);
      } catch {
        // The process stops.
        return;
      }
      log.warn(
        { provider: "unifi", url, setting: "unifi.tls.skipVerify" },
        "certificate verification still switched off",
      );
    }
  };
  return {
    start: () => {
      void remind();
      return Promise.resolve();
    },
    stop: () => {
      stopping.abort(new Error("stopping"));
      return Promise.resolve();
    },
  };
}
