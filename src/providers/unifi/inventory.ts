// What the console held at the last list, with our own writes since, and which id belongs to a record: ids come and go with the
// API, may be empty, and some old records share one. Pure.

import type { StoredRecord } from "#src/providers/provider.ts";
import { isSafeId } from "./console-client.ts";
import type { WireRecord } from "./wire-record.ts";

export type Content = Pick<StoredRecord, "name" | "type" | "target">;

export type Located =
  | { readonly kind: "found"; readonly entry: Entry; readonly wireId: string }
  | { readonly kind: "gone" }
  /** It stands there but may not be changed. */
  | { readonly kind: "untouchable"; readonly reason: string };

export interface Entry {
  /** Its id is unique in the inventory even where the console's is not. */
  readonly stored: StoredRecord;
  /** `undefined` when no request could name this record alone. */
  readonly wireId: string | undefined;
  readonly isServed: boolean;
}

export class Inventory {
  readonly #byId = new Map<string, Entry>();
  /** By owner name: every step asks what stands at one name, and a console may hold ten thousand. */
  readonly #byName = new Map<string, Set<Entry>>();

  constructor(records: readonly WireRecord[]) {
    const uses = new Map<string, number>();
    for (const { wireId } of records) uses.set(wireId, (uses.get(wireId) ?? 0) + 1);
    for (const [index, record] of records.entries()) {
      const isUsable = isSafeId(record.wireId) && uses.get(record.wireId) === 1;
      this.#add(record, isUsable ? record.wireId : undefined, `unusable:${index}`);
    }
  }

  get records(): readonly StoredRecord[] {
    return [...this.#byId.values()].map((entry) => entry.stored);
  }

  /** Records that answer although nobody may touch them. */
  get servedUntouchables(): readonly StoredRecord[] {
    return [...this.#byId.values()].flatMap(({ stored, isServed }) => (isServed && !stored.enabled ? [stored] : []));
  }

  /** All records with this content. */
  equalTo(content: Content): readonly Entry[] {
    return this.#entriesAt(content.name).filter(({ stored }) => isEqual(stored, content));
  }

  /** True while this very record is listed, by its id. */
  has({ id }: StoredRecord): boolean {
    return this.#byId.has(id);
  }

  at(name: string): readonly StoredRecord[] {
    return this.#entriesAt(name).map(({ stored }) => stored);
  }

  /** The record that a step means: by its id while that still holds this content, else by the content alone. */
  locate(record: StoredRecord): Located {
    const known = this.#byId.get(record.id);
    const [entry] = known !== undefined && isEqual(known.stored, record) ? [known] : this.#preferred(record);
    if (entry === undefined) return { kind: "gone" };
    if (!entry.stored.enabled) {
      return { kind: "untouchable", reason: "it is switched off or the console's own, so it is left as it is" };
    }
    if (entry.wireId === undefined) {
      const reason =
        "the console lists it under an id that is empty or shared; delete it by hand on the console's page";
      return { kind: "untouchable", reason };
    }
    return { kind: "found", entry, wireId: entry.wireId };
  }

  /** Takes in what a write of ours has made. */
  put(record: WireRecord): StoredRecord {
    return this.#add(record, isSafeId(record.wireId) ? record.wireId : undefined, `unusable:${record.wireId}`).stored;
  }

  remove({ stored: { id } }: Entry): void {
    const entry = this.#byId.get(id);
    if (entry === undefined) return;
    this.#byId.delete(id);
    this.#byName.get(entry.stored.name)?.delete(entry);
  }

  #entriesAt(name: string): readonly Entry[] {
    return [...(this.#byName.get(name) ?? [])];
  }

  #preferred(content: Content): readonly Entry[] {
    return this.equalTo(content).toSorted((a, b) => rank(a) - rank(b));
  }

  #add(record: WireRecord, wireId: string | undefined, otherId: string): Entry {
    const { name, type, target, ttlSeconds, isServed, isOurs } = record;
    const id = wireId ?? otherId;
    const entry = { stored: { id, name, type, target, ttlSeconds, enabled: isServed && isOurs }, wireId, isServed };
    this.remove(entry);
    this.#byId.set(id, entry);
    const namesakes = this.#byName.get(name);
    if (namesakes === undefined) this.#byName.set(name, new Set([entry]));
    else namesakes.add(entry);
    return entry;
  }
}

/** Of several equal records the one that can be changed comes first. */
function rank({ stored, wireId }: Entry): number {
  return Number(!stored.enabled) + Number(wireId === undefined);
}

function isEqual(a: Content, b: Content): boolean {
  return a.name === b.name && a.type === b.type && a.target === b.target;
}
