// Notes which ownership texts are about to be written before their data, so that a crash between the two leaves no text that
// would later make a hand-made record look owned (docs/decisions.md 4). Backends with atomic batches need none.

import type { DomainName } from "#src/domain/name.ts";
import type { Logger } from "#src/lib/log.ts";
import type { RecordList, RecordStore, StoredRecord } from "#src/providers/provider.ts";
import type { Part, Unit } from "#src/sync/plan.ts";

/** One text that is claimed for data which is not there yet. */
export interface Intent {
  readonly textName: DomainName;
  /** Canonical text. */
  readonly text: string;
  readonly ownedName: DomainName;
  /** The values that the text is claimed for, as `type target`. */
  readonly values: readonly string[];
}

/** Where intents survive the process. */
export interface IntentLog {
  read(): Promise<readonly Intent[]>;
  /** Resolves when it is durable. */
  write(intents: readonly Intent[]): Promise<void>;
}

export class OwnershipJournal {
  readonly #intentLog: IntentLog | undefined;
  readonly #log: Logger;
  #pending: readonly Intent[] = [];
  #isRead = false;
  #isDurable: boolean;

  constructor(intentLog: IntentLog | undefined, log: Logger) {
    this.#intentLog = intentLog;
    this.#log = log;
    this.#isDurable = intentLog !== undefined;
  }

  /** False when intents live only as long as the process: there is no log, or it could not be written. */
  get isDurable(): boolean {
    return this.#isDurable;
  }

  /** Notes the claims of these units before the first of them is written. */
  async begin(units: readonly Unit[]): Promise<void> {
    const intents = units.flatMap(intentsOf);
    if (intents.length === 0) return;
    await this.#note([...this.#pending, ...intents]);
  }

  /** Everything that was noted has its data, or was taken back. */
  async end(): Promise<void> {
    if (this.#pending.length > 0) await this.#note([]);
  }

  /**
   * Takes back the texts whose data never came to be. True when something was deleted, so that the list is out of date.
   * Throws what the store throws; the intents stay then.
   */
  async settle(store: RecordStore, list: RecordList, signal: AbortSignal): Promise<boolean> {
    await this.#readOnce();
    if (this.#pending.length === 0) return false;
    const orphans = this.#pending.flatMap((intent) => orphanOf(intent, list));
    for (const record of orphans) await store.apply({ kind: "delete", record }, signal);
    await this.#note([]);
    return orphans.length > 0;
  }

  async #readOnce(): Promise<void> {
    if (this.#isRead) return;
    this.#pending = [...((await this.#intentLog?.read()) ?? []), ...this.#pending];
    this.#isRead = true;
  }

  /** A log that cannot be written is a warning: records may be changed without it (docs/decisions.md 39). */
  async #note(intents: readonly Intent[]): Promise<void> {
    this.#pending = intents;
    if (this.#intentLog === undefined) return;
    try {
      await this.#intentLog.write(intents);
      this.#isDurable = true;
    } catch (error) {
      this.#isDurable = false;
      this.#log.warn({ reason: error instanceof Error ? error.message : String(error) }, "intent journal not written");
    }
  }
}

function intentsOf(unit: Unit): readonly Intent[] {
  return unit.parts.flatMap((part, position) => {
    if (part.role !== "claim") return [];
    const values = unit.parts.filter((other) => other.requires.includes(position)).flatMap(wantedValues);
    return part.steps.flatMap((step) =>
      step.kind === "create"
        ? [{ textName: step.record.name, text: step.record.target, ownedName: unit.name, values }]
        : [],
    );
  });
}

function wantedValues(part: Part): readonly string[] {
  return part.items.flatMap((item) => item.wanted.map((target) => `${item.type} ${target}`));
}

/** The stored text, when not one of the values it was claimed for stands at the owned name. */
function orphanOf(intent: Intent, list: RecordList): readonly StoredRecord[] {
  const hasData = list.records.some(
    (record) => record.name === intent.ownedName && intent.values.includes(`${record.type} ${record.target}`),
  );
  if (hasData) return [];
  return list.records.filter(
    (record) => record.type === "TXT" && record.name === intent.textName && record.target === intent.text,
  );
}
