// Notes which ownership texts are about to stand without their data: written before it on create, removed after it on delete,
// kept where an update takes the data away for a moment. A crash then must leave no text that would later make a hand-made record
// look owned (docs/decisions.md 4). Backends with atomic batches need no journal.

import type { DomainName } from "#src/domain/name.ts";
import { RecordRefused } from "#src/errors.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { Logger } from "#src/lib/log.ts";
import type { RecordList, RecordStore, StoredRecord } from "#src/providers/provider.ts";
import type { Part, Unit } from "#src/sync/plan.ts";

/** One text that is right only while its data stands there. */
export interface Intent {
  readonly textName: DomainName;
  /** Canonical text. */
  readonly text: string;
  readonly ownedName: DomainName;
  /** The types of the data that it stands for. */
  readonly types: readonly string[];
  /** The values that it stands for, as `type target`. */
  readonly values: readonly string[];
}

/** What settling did: texts removed, and texts that are still there and must not be shown. */
export interface Settled {
  readonly removed: number;
  readonly hidden: ReadonlySet<StoredRecord>;
}

/** A write whose answer was lost may still be carried out: so long nothing is concluded from what is missing. */
const SETTLE_AFTER_MS = 30_000;

const NOTHING_TO_SETTLE: Settled = { removed: 0, hidden: new Set() };

/** Where intents survive the process. Both calls throw the system's error, or an UpstreamError about it. */
export interface IntentLog {
  read(): Promise<readonly Intent[]>;
  /** Resolves when it is durable. */
  write(intents: readonly Intent[]): Promise<void>;
}

export class OwnershipJournal {
  readonly #intentLog: IntentLog | undefined;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** When each pending text was noted last, by this process's clock. */
  readonly #notedAtMs = new Map<string, number>();
  #pending: readonly Intent[] = [];
  /** Those of `#pending` that the batch under way noted. */
  #batch: readonly Intent[] = [];
  #isRead = false;
  #isDurable: boolean;

  constructor(intentLog: IntentLog | undefined, { clock, log }: { readonly clock: Clock; readonly log: Logger }) {
    this.#intentLog = intentLog;
    this.#clock = clock;
    this.#log = log;
    this.#isDurable = intentLog !== undefined;
  }

  /** False when intents live only as long as the process: there is no log, or it cannot be read or written. */
  get isDurable(): boolean {
    return this.#isDurable;
  }

  /** Notes the texts of these units before the first of them is written. */
  async begin(units: readonly Unit[]): Promise<void> {
    await this.renew(units);
    const intents = units.flatMap(intentsOf);
    if (intents.length === 0) return;
    await this.#add(intents);
  }

  /**
   * Before the data of this part is taken away to come back otherwise, where the backend has no update in place: notes the texts
   * that stand alone meanwhile.
   */
  async beginGap({ items, standing }: Part): Promise<void> {
    const [ownedName] = items.map(({ name }) => name);
    if (ownedName === undefined || standing.length === 0) return;
    const intents = standing.map(({ record, values }): Intent => {
      const types = [...new Set(values.map((value) => value.slice(0, value.indexOf(" "))))];
      return { textName: record.name, text: record.target, ownedName, types, values };
    });
    await this.#add(intents);
  }

  /** Before these units are written: a text noted earlier stands for what is written at its name from now on as well. */
  async renew(units: readonly Unit[]): Promise<void> {
    const written = new Map(units.map((unit) => [unit.name, unit.parts.flatMap(writtenValues)]));
    const renewed = this.#pending.map((intent) => withValues(intent, written.get(intent.ownedName) ?? []));
    if (renewed.some((intent, index) => intent !== this.#pending[index])) await this.#note(renewed);
  }

  /**
   * The batch is through: what it noted is done, but for names where something failed. Those, and what earlier batches left,
   * are looked at with the next list.
   */
  async end(failedNames: ReadonlySet<string>): Promise<void> {
    const done = this.#batch.filter(
      ({ textName, ownedName }) => !failedNames.has(textName) && !failedNames.has(ownedName),
    );
    const doneTexts = new Set(done.map(textKey));
    this.#batch = [];
    if (done.length > 0) await this.#note(this.#pending.filter((intent) => !doneTexts.has(textKey(intent))));
  }

  /**
   * Takes back the texts that stand without their data, when the writes that would bring the data can no longer arrive. Until
   * then, and when the backend refuses to give one up, such a text is named in the result: nobody may be shown it. Throws
   * what the store throws when it is away; the intents stay then.
   */
  async settle(store: RecordStore, list: RecordList, signal: AbortSignal): Promise<Settled> {
    await this.#readOnce();
    this.#batch = [];
    if (this.#pending.length === 0) return NOTHING_TO_SETTLE;
    const kept = new Set<Intent>();
    const hidden = new Set<StoredRecord>();
    let removed = 0;
    for (const intent of this.#pending) {
      const isOpen = this.#isOpen(intent);
      if (isOpen) kept.add(intent);
      for (const record of orphansOf(intent, list)) {
        if (!isOpen && (await this.#remove(store, record, signal))) {
          removed += 1;
          continue;
        }
        hidden.add(record);
        kept.add(intent);
      }
    }
    if (kept.size < this.#pending.length) await this.#note([...kept]);
    return { removed, hidden };
  }

  #isOpen(intent: Intent): boolean {
    return this.#clock.monotonicMs() - (this.#notedAtMs.get(textKey(intent)) ?? 0) < SETTLE_AFTER_MS;
  }

  async #remove(store: RecordStore, record: StoredRecord, signal: AbortSignal): Promise<boolean> {
    try {
      await store.apply({ kind: "delete", record }, signal);
      return true;
    } catch (error) {
      if (!(error instanceof RecordRefused)) throw error;
      this.#log.warn({ name: record.name, reason: error.message }, "ownership text without data not removed");
      return false;
    }
  }

  /** A log that cannot be read is asked again with the next list; until then nothing is written over what it may hold. */
  async #readOnce(): Promise<void> {
    if (this.#isRead) return;
    try {
      const left = (await this.#intentLog?.read()) ?? [];
      this.#noteTimes(left);
      this.#pending = united([...left, ...this.#pending]);
      this.#isRead = true;
      this.#isDurable = this.#intentLog !== undefined;
    } catch (error) {
      this.#isDurable = false;
      this.#log.warn({ reason: reasonOf(error) }, "intent journal not read");
    }
  }

  async #add(intents: readonly Intent[]): Promise<void> {
    this.#batch = [...this.#batch, ...intents];
    this.#noteTimes(intents);
    await this.#note(united([...this.#pending, ...intents]));
  }

  #noteTimes(intents: readonly Intent[]): void {
    for (const intent of intents) this.#notedAtMs.set(textKey(intent), this.#clock.monotonicMs());
  }

  /** A log that cannot be written is a warning: records may be changed without it (docs/decisions.md 39). */
  async #note(intents: readonly Intent[]): Promise<void> {
    this.#pending = intents;
    const texts = new Set(intents.map(textKey));
    for (const text of this.#notedAtMs.keys()) if (!texts.has(text)) this.#notedAtMs.delete(text);
    if (this.#intentLog === undefined || !this.#isRead) return;
    try {
      await this.#intentLog.write(intents);
      this.#isDurable = true;
    } catch (error) {
      this.#isDurable = false;
      this.#log.warn({ reason: reasonOf(error) }, "intent journal not written");
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** One intent for each text: noted twice, it is right while any of the values stands there. */
function united(intents: readonly Intent[]): readonly Intent[] {
  const byText = Map.groupBy(intents, textKey);
  return [...byText.values()].flatMap(([first, ...rest]) => {
    if (first === undefined) return [];
    const all = [first, ...rest];
    const types = [...new Set(all.flatMap((intent) => intent.types))];
    return [{ ...first, types, values: [...new Set(all.flatMap(({ values }) => values))] }];
  });
}

/** Those of its types; the same intent when it stands for all of them already. */
function withValues(intent: Intent, values: readonly string[]): Intent {
  const own = values.filter((value) => intent.types.some((type) => value.startsWith(`${type} `)));
  const all = new Set([...intent.values, ...own]);
  return all.size === intent.values.length ? intent : { ...intent, values: [...all] };
}

function writtenValues(part: Part): readonly string[] {
  if (part.role !== "data") return [];
  return part.items.flatMap((item) => item.wanted.map((target) => `${item.type} ${target}`));
}

function textKey({ textName, text }: Intent): string {
  return `${textName} ${text}`;
}

function intentsOf(unit: Unit): readonly Intent[] {
  return unit.parts.flatMap((part) => {
    const types = [...new Set(part.stoodFor.map(({ type }) => type))];
    return part.steps.flatMap((step) => {
      const isAtRisk =
        (part.role === "claim" && step.kind === "create") || (part.role === "release" && step.kind === "delete");
      if (!isAtRisk) return [];
      const { name: textName, target: text } = step.record;
      return [{ textName, text, ownedName: unit.name, types, values: valuesBehind(part) }];
    });
  });
}

/** A claim stands for what is to come, a release for what is to go. */
function valuesBehind(part: Part): readonly string[] {
  return part.stoodFor.flatMap((item) =>
    (part.role === "claim" ? item.wanted : item.named).map((target) => `${item.type} ${target}`),
  );
}

/** The stored text, when not one of the values it was claimed for stands at the owned name. */
function orphansOf(intent: Intent, list: RecordList): readonly StoredRecord[] {
  const hasData = list.records.some(
    (record) => record.name === intent.ownedName && intent.values.includes(`${record.type} ${record.target}`),
  );
  if (hasData) return [];
  return list.records.filter(
    (record) => record.type === "TXT" && record.name === intent.textName && record.target === intent.text,
  );
}
