// The provider `unifi` put together: the console's store, its key that may be replaced while we run, a journal where there is
// a folder for it, and a reminder as long as the console's certificate is not verified.

import { readApiKey } from "#src/config/console-kinds.ts";
import type { UnifiSettings } from "#src/config/unifi.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { Lifecycle } from "#src/lib/lifecycle.ts";
import type { Logger } from "#src/lib/log.ts";
import { createSecretFile, type SecretFile } from "#src/lib/secret-file.ts";
import { createUnifiStore } from "#src/providers/unifi/unifi-store.ts";
import { createBackupFiles } from "#src/sync/backup-files.ts";
import { createIntentFile } from "#src/sync/intent-file.ts";
import type { ProviderEvents, ProviderFactory, ProviderOptions } from "./provider.ts";
import { findFolder } from "./writable-folder.ts";

/** A console answers within a second; four such calls fit into the budget of an apply. */
const CALL_TIMEOUT_MS = 3_000;
/** Seldom enough to be read, often enough not to be forgotten (facts: reliability T16). */
const REMINDER_INTERVAL_MS = 3_600_000;
const KEY_SETTING = "unifi.apiKey";

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
  const { url, site, api, controller, trust } = unifi;
  return (events) => {
    const key = watchKey(unifi, { clock, log, secretUnread: events.secretUnread });
    const reminder = trust.kind === "skip" ? createReminder(url, { clock, log }) : undefined;
    const store = createUnifiStore({
      url,
      site,
      api,
      controller,
      trust,
      callTimeoutMs: CALL_TIMEOUT_MS,
      apiKey: (need) => (key === undefined ? unifi.apiKey : need === "fresh" ? key.refresh() : key.current()),
      clock,
      log,
    });
    const { provider } = store;
    return {
      store,
      intentLog: folder.problem === undefined ? createIntentFile(data.dir, provider, log) : undefined,
      backups: folder.problem === undefined ? createBackupFiles(data.dir, provider) : undefined,
      start: async () => {
        await key?.start();
        await reminder?.start();
      },
      stop: async () => {
        await reminder?.stop();
        await key?.stop();
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

/** `undefined` where the key does not stand in a file of its own: then only a restart brings another. */
function watchKey(
  { apiKey, apiKeyFile }: UnifiSettings,
  { clock, log, secretUnread }: Pick<ProviderEvents, "secretUnread"> & { readonly clock: Clock; readonly log: Logger },
): SecretFile | undefined {
  if (apiKeyFile === undefined) return undefined;
  let toldReason: string | undefined;
  return createSecretFile({
    path: apiKeyFile,
    initial: apiKey,
    parse: (text) => {
      const key = readApiKey(text);
      return key.ok ? key.value : undefined;
    },
    clock,
    changed: () => {
      toldReason = undefined;
      log.info({ setting: KEY_SETTING, file: apiKeyFile }, "secret replaced");
    },
    failed: (reason) => {
      secretUnread(KEY_SETTING);
      if (reason !== toldReason) log.warn({ setting: KEY_SETTING, file: apiKeyFile, reason }, "secret not read again");
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
