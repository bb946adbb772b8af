// The objects of one kind as the last list and the events since then have them. A pure state: told what came, it says what changed.

import type { ClusterObject } from "#src/domain/cluster-object.ts";
import { isNewer } from "./resource-version.ts";
import type { RawObject } from "./watch-event.ts";

/** The object as it is kept; `undefined` when it is none of ours. Throws for one that cannot be read. */
export type Transform = (raw: Readonly<Record<string, unknown>>) => ClusterObject | undefined;

export interface StoreChange {
  readonly upserted: readonly ClusterObject[];
  /** The last we knew of them. */
  readonly deleted: readonly ClusterObject[];
}

type EventOutcome =
  | "applied"
  /** Known already: sent twice. */
  | "duplicate"
  /** Older than what is known of this object, or about an earlier one of the same name. */
  | "stale"
  /** Comes too late to be trusted: what is known may lack something. */
  | "disorder";

/** A list that is not believed yet. */
export interface StagedList {
  add(object: RawObject): void;
  /** Objects of the store that the list lacks. */
  missing(): number;
}

export interface ObjectStore {
  readonly size: number;
  /** Versions that could not be read, so that the last good one stays. */
  readonly unreadable: number;
  /** Those that are ours. */
  objects(): Iterable<ClusterObject>;
  /** Where events go on; "" before the first list. */
  readonly position: string;
  /** An event from the stream; the change is appended to `into`. */
  apply(type: "changed" | "deleted", object: RawObject, into: ChangeCollector): EventOutcome;
  /** Moves the position on, never back. */
  advance(resourceVersion: string): void;
  stage(): StagedList;
  /** Takes a list as the truth at `resourceVersion`. */
  replace(list: StagedList, resourceVersion: string): ListOutcome;
  /** Objects are written in another version of the API from now on: each is read again from the next list. */
  forgetVersions(): void;
  clear(): StoreChange;
}

export interface ListOutcome {
  readonly change: StoreChange;
  /** Objects that events should have brought before the list did. */
  readonly missed: number;
  /** Uids that the list lacks: deleted since the position, unless an event was missed. */
  readonly vanished: readonly string[];
}

/** Net effect of several events: one entry for each name. */
export interface ChangeCollector {
  upsert(key: string, object: ClusterObject): void;
  remove(key: string, last: ClusterObject): void;
}

/** `onUnreadable`: told once of each version that could not be read. */
export function createObjectStore(transform: Transform, onUnreadable?: OnUnreadable): ObjectStore {
  return new TransformedObjects(transform, onUnreadable);
}

type OnUnreadable = (object: RawObject, error: unknown) => void;

export function createChangeCollector(): ChangeCollector & { readonly change: () => StoreChange } {
  const upserted = new Map<string, ClusterObject>();
  const deleted = new Map<string, ClusterObject>();
  return {
    upsert: (key, object) => {
      deleted.delete(key);
      upserted.set(key, object);
    },
    remove: (key, last) => {
      upserted.delete(key);
      deleted.set(key, last);
    },
    change: () => ({ upserted: [...upserted.values()], deleted: [...deleted.values()] }),
  };
}

interface Entry {
  readonly uid: string;
  readonly resourceVersion: string;
  /** `undefined`: not ours, or never readable. */
  readonly object: ClusterObject | undefined;
}

class TransformedObjects implements ObjectStore {
  readonly #transform: Transform;
  readonly #onUnreadable: OnUnreadable | undefined;
  #entries = new Map<string, Entry>();
  #position = "";
  #unreadable = 0;

  constructor(transform: Transform, onUnreadable: OnUnreadable | undefined) {
    this.#transform = transform;
    this.#onUnreadable = onUnreadable;
  }

  get size(): number {
    return this.#entries.size;
  }

  get unreadable(): number {
    return this.#unreadable;
  }

  get position(): string {
    return this.#position;
  }

  *objects(): Iterable<ClusterObject> {
    for (const { object } of this.#entries.values()) if (object !== undefined) yield object;
  }

  apply(type: "changed" | "deleted", object: RawObject, into: ChangeCollector): EventOutcome {
    const outcome = type === "changed" ? this.#change(object, into) : this.#delete(object, into);
    this.advance(object.resourceVersion);
    return outcome;
  }

  advance(resourceVersion: string): void {
    if (isNewer(resourceVersion, this.#position) !== false) this.#position = resourceVersion;
  }

  stage(): Staged {
    return new Staged(this.#entries, (object, known) => this.#entryOf(object, known));
  }

  replace(list: StagedList, resourceVersion: string): ListOutcome {
    if (!(list instanceof Staged)) throw new Error("a list that this store did not stage");
    const collector = createChangeCollector();
    const vanished: string[] = [];
    let missed = 0;
    for (const [key, entry] of this.#entries) {
      if (list.entries.has(key)) continue;
      vanished.push(entry.uid);
      if (entry.object !== undefined) collector.remove(key, entry.object);
    }
    for (const [key, entry] of list.entries) {
      const known = this.#entries.get(key);
      if (entry === known) continue;
      if (isNewer(entry.resourceVersion, this.#position) === false) missed += 1;
      tell(collector, key, { known, entry });
    }
    this.#entries = list.entries;
    this.#position = resourceVersion;
    return { change: collector.change(), missed, vanished };
  }

  forgetVersions(): void {
    for (const [key, entry] of this.#entries) this.#entries.set(key, { ...entry, resourceVersion: "" });
    this.#position = "";
  }

  clear(): StoreChange {
    return this.replace(new Staged(new Map(), (object) => this.#entryOf(object, undefined)), "").change;
  }

  #change(object: RawObject, into: ChangeCollector): EventOutcome {
    const key = keyOf(object);
    const known = this.#entries.get(key);
    if (known?.uid === object.uid && known.resourceVersion === object.resourceVersion) return "duplicate";
    if (known !== undefined && isNewer(object.resourceVersion, known.resourceVersion) === false) return "stale";
    // Newer than what is known, and yet the stream has been further: in between something else may have got lost.
    if (isNewer(object.resourceVersion, this.#position) === false) return "disorder";
    const entry = this.#entryOf(object, known);
    this.#entries.set(key, entry);
    tell(into, key, { known, entry });
    return "applied";
  }

  #delete(object: RawObject, into: ChangeCollector): EventOutcome {
    const key = keyOf(object);
    const known = this.#entries.get(key);
    if (known === undefined) return "duplicate";
    // A uid never comes back: its end is final, whenever it is told.
    if (known.uid !== object.uid) return "stale";
    this.#entries.delete(key);
    if (known.object !== undefined) into.remove(key, known.object);
    return "applied";
  }

  #entryOf(object: RawObject, known: Entry | undefined): Entry {
    const { uid, resourceVersion } = object;
    if (known?.uid === uid && known.resourceVersion === resourceVersion) return known;
    try {
      return { uid, resourceVersion, object: this.#transform(object.raw) };
    } catch (error) {
      this.#unreadable += 1;
      this.#onUnreadable?.(object, error);
      return { uid, resourceVersion, object: known?.uid === uid ? known.object : undefined };
    }
  }
}

class Staged implements StagedList {
  readonly entries = new Map<string, Entry>();
  readonly #known: ReadonlyMap<string, Entry>;
  readonly #read: (object: RawObject, known: Entry | undefined) => Entry;

  constructor(known: ReadonlyMap<string, Entry>, read: (object: RawObject, known: Entry | undefined) => Entry) {
    this.#known = known;
    this.#read = read;
  }

  /** Read on arrival, so that no list is ever whole in memory as it came. */
  add(object: RawObject): void {
    const key = keyOf(object);
    this.entries.set(key, this.#read(object, this.#known.get(key)));
  }

  missing(): number {
    let missing = 0;
    for (const key of this.#known.keys()) if (!this.entries.has(key)) missing += 1;
    return missing;
  }
}

function tell(
  into: ChangeCollector,
  key: string,
  { known, entry }: { readonly known: Entry | undefined; readonly entry: Entry },
): void {
  if (entry.object !== undefined && entry.object !== known?.object) into.upsert(key, entry.object);
  else if (entry.object === undefined && known?.object !== undefined) into.remove(key, known.object);
}

/** Kubernetes names hold no slash. */
function keyOf({ namespace, name }: RawObject): string {
  return [namespace, name].join("/");
}
