// What the writing half needs of a provider besides its store: a life, a status, and what an explanation may show.

import type { Settings } from "#src/config/settings.ts";
import type { RecordSet } from "#src/domain/record.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { Lifecycle } from "#src/lib/lifecycle.ts";
import type { Logger } from "#src/lib/log.ts";
import type { LocalStatus } from "#src/providers/local/local-store.ts";
import type { RecordStore, StoredRecord } from "#src/providers/provider.ts";
import type { UnifiStatus } from "#src/providers/unifi/unifi-store.ts";
import type { BackupFolder } from "#src/sync/backups.ts";
import type { IntentLog } from "#src/sync/journal.ts";
import type { StoredFacts } from "./explain/facts.ts";

/** What is known before anything runs. */
export interface ProviderOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What a provider tells while it runs. */
export interface ProviderEvents {
  /** All stored record sets, after the load and after every write; only of a provider whose records this process answers. */
  readonly onCommit: (recordSets: readonly RecordSet[]) => void;
  /** The file of a secret could not be read again; `setting` is its path, `unifi.apiKey`. */
  readonly secretUnread: (setting: string) => void;
}

export interface LastList {
  readonly records: readonly StoredRecord[];
  /** Unix milliseconds. */
  readonly atMs: number;
}

export interface ProviderStatus {
  /** Of the provider `local`. */
  readonly store?: LocalStatus;
  /** Of the provider `unifi`. */
  readonly console?: UnifiStatus & { readonly url: string };
}

export interface Provider extends Lifecycle {
  readonly store: RecordStore;
  /** `undefined`: intents live in memory. */
  readonly intentLog: IntentLog | undefined;
  /** Where copies of the backend are kept; `undefined` where it keeps its own generations, or there is no folder. */
  readonly backups?: BackupFolder | undefined;
  status(): ProviderStatus;
  /** What is stored, for an explanation. `last` is the engine's last complete list. */
  stored(last: LastList | undefined): Promise<StoredFacts>;
}

/** Makes the provider; called once. */
export type ProviderFactory = (events: ProviderEvents) => Provider;
