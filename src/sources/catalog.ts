// Keeps the objects that matter and the record sets each of them gives; a change recomputes only what it touches. State
// without I/O: time is a parameter, and the caller asks again when a hold ends.

import {
  type ClusterObject,
  type InventoryChange,
  isSameObject,
  keyOf,
  keyText,
  type ObjectKey,
} from "#src/domain/cluster-object.ts";
import type { DomainName } from "#src/domain/name.ts";
import type { RecordSet } from "#src/domain/record.ts";
import { SharedValues } from "#src/domain/shared-values.ts";
import { DEFAULT_SOURCE_NAMES } from "#src/domain/source-name.ts";
import { expectedAt, problemsConcerning } from "./concerned-names.ts";
import { DEFAULT_STATUS_HOLD_MS, type HeldResult, holdAddresses } from "./held-addresses.ts";
import { createLookupTable, type LookupTable } from "./lookup-table.ts";
import { createNameBudget, type NameBudget } from "./name-budget.ts";
import { sourcesNamed } from "./registry.ts";
import {
  ANY_NAME,
  type Resource,
  rejected,
  type Source,
  type SourceOptions,
  type SourceProblem,
  type SourceResult,
} from "./source.ts";

export interface CatalogOptions {
  readonly sourceOptions: SourceOptions;
  /** Any clock that does not go back; its unit is milliseconds. */
  readonly nowMs: () => number;
  /** How long addresses outlive their status; 0 switches the hold off. */
  readonly statusHoldMs?: number;
  /** Names of all objects together; names beyond are refused, older ones stay (facts: reliability T25). */
  readonly maxNames?: number;
  /** A source threw; the catalog goes on. */
  readonly onBug?: (error: unknown, object: ObjectKey) => void;
  /** The kinds that give names; those that the registry has on by default. */
  readonly sources?: readonly Source[];
}

export interface Catalog {
  /** Takes a change in. Objects of kinds that no source reads are ignored. */
  apply(change: InventoryChange): void;
  /** Names that have a claim. */
  names(): Iterable<DomainName>;
  readonly nameCount: number;
  has(name: DomainName): boolean;
  /** Names that lost their last claim in the last change, with what was claimed there. */
  withdrawn(): ReadonlyMap<DomainName, readonly RecordSet[]>;
  /** What objects claim at a name, unmerged. */
  at(name: DomainName): readonly RecordSet[];
  /** Names whose claims may have changed since this was last asked. */
  takeTouched(): ReadonlySet<DomainName>;
  /** Every object's record sets, unmerged. */
  recordSets(): readonly RecordSet[];
  /** Why names are absent. The same array as before when nothing changed. */
  problems(): readonly SourceProblem[];
  /**
   * Those that concern one name: they name it, or they are about an object as a whole that names it. With them why objects
   * are silent that might have been meant to give it.
   */
  problemsAbout(name: DomainName): readonly SourceProblem[];
  /** Of a kind that gives names. */
  objects(resource: Resource): readonly ClusterObject[];
  /** When `expire` is due, by the clock of the options; `undefined` while nothing is held. */
  nextExpiryMs(): number | undefined;
  /** Lets go of held addresses whose time is over. */
  expire(): void;
}

/** Names of all objects: 50,000 record sets stay well within the memory of the smallest container we promise. */
const DEFAULT_MAX_NAMES = 50_000;

/** Of one object: more than its names can have, and an end to what a megabyte of broken rules would tell. */
const MAX_PROBLEMS = 300;

/** Empty until the first `apply`. */
export function createCatalog(options: CatalogOptions): Catalog {
  return new ObjectCatalog(options);
}

const NO_PROBLEMS: readonly SourceProblem[] = [];

interface Entry {
  object: ClusterObject;
  readonly source: Source;
  references: readonly Referrers[];
  result: HeldResult | undefined;
  /** Its source threw the last time: the same object is tried again when it is told again. */
  hasFailed: boolean;
}

/** Objects that refer to one object, or to all of its kind. */
interface Referrers {
  /** Of the key that they refer to. */
  readonly text: string;
  readonly ids: Set<string>;
}

class ObjectCatalog implements Catalog {
  readonly #options: CatalogOptions;
  readonly #sources: ReadonlyMap<string, Source>;
  readonly #entries = new Map<string, Entry>();
  readonly #lookups: LookupTable;
  /** From the text of a referenced key to the objects that refer to it. */
  readonly #referrers = new Map<string, Referrers>();
  readonly #budget: NameBudget;
  /** Objects with an address on hold. */
  readonly #held = new Set<string>();
  /** Objects to compute again. */
  readonly #dirty = new Set<string>();
  readonly #targets = new SharedValues<readonly string[]>();
  #touched = new Set<DomainName>();
  /** Claims that the last change took away or replaced. */
  #lost = new Map<DomainName, readonly RecordSet[]>();
  #problems: readonly SourceProblem[] | undefined;

  constructor(options: CatalogOptions) {
    this.#options = options;
    const sources = options.sources ?? sourcesNamed(DEFAULT_SOURCE_NAMES);
    this.#sources = new Map(sources.map((source) => [resourceText(source.resource), source]));
    this.#lookups = createLookupTable(sources.flatMap((source) => source.lookups));
    this.#budget = createNameBudget(options.maxNames ?? DEFAULT_MAX_NAMES);
  }

  apply(change: InventoryChange): void {
    this.#lost = new Map();
    for (const key of change.deleted) this.#delete(key);
    for (const object of change.upserted) this.#upsert(object);
    for (const id of this.#dirty) this.#recompute(id);
    for (const id of this.#budget.takeRetries()) this.#recompute(id);
  }

  names(): Iterable<DomainName> {
    return this.#budget.names();
  }

  get nameCount(): number {
    return this.#budget.size;
  }

  has(name: DomainName): boolean {
    return this.#budget.has(name);
  }

  withdrawn(): ReadonlyMap<DomainName, readonly RecordSet[]> {
    return new Map([...this.#lost].filter(([name]) => !this.#budget.has(name)));
  }

  at(name: DomainName): readonly RecordSet[] {
    return this.#budget
      .claimants(name)
      .flatMap((id) => (this.#entries.get(id)?.result?.recordSets ?? []).filter((set) => set.name === name));
  }

  takeTouched(): ReadonlySet<DomainName> {
    const touched = this.#touched;
    this.#touched = new Set();
    return touched;
  }

  recordSets(): readonly RecordSet[] {
    return [...this.#entries.values()].flatMap((entry) => entry.result?.recordSets ?? []);
  }

  problems(): readonly SourceProblem[] {
    this.#problems ??= [...this.#entries.values()].flatMap((entry) => entry.result?.problems ?? []);
    return this.#problems;
  }

  problemsAbout(name: DomainName): readonly SourceProblem[] {
    const options = this.#options.sourceOptions;
    const isExpected = expectedAt(name, options.zones);
    return [...this.#entries.values()].flatMap(({ object, source, result }) => {
      const problems = result?.problems ?? [];
      const isSilent = problems.length + (result?.recordSets.length ?? 0) === 0;
      if (isSilent) return isExpected(object) ? (source.whyNothing?.(object) ?? []) : [];
      return problems.length === 0 ? [] : problemsConcerning(name, problems, { object, options });
    });
  }

  objects(resource: Resource): readonly ClusterObject[] {
    const entries = [...this.#entries.values()];
    return entries.filter(({ source }) => isSameResource(source.resource, resource)).map(({ object }) => object);
  }

  nextExpiryMs(): number | undefined {
    const ends = [...this.#held].flatMap((id) => this.#holdEnds(id));
    return ends.length === 0 ? undefined : ends.reduce((a, b) => Math.min(a, b));
  }

  expire(): void {
    const nowMs = this.#options.nowMs();
    for (const id of this.#held) {
      if (this.#holdEnds(id).some((untilMs) => untilMs <= nowMs)) this.#recompute(id);
    }
  }

  #holdEnds(id: string): readonly number[] {
    return [...(this.#entries.get(id)?.result?.heldUntilMs.values() ?? [])];
  }

  #upsert(object: ClusterObject): void {
    const key = keyOf(object);
    if (this.#lookups.put(object)) this.#touchReferrers(key);
    const source = this.#sources.get(resourceText(key));
    if (source === undefined) return;
    const id = keyText(key);
    const previous = this.#entries.get(id);
    if (previous === undefined) this.#insert(id, object, source);
    else if (previous.object.metadata.uid === object.metadata.uid) this.#replace(id, previous, object);
    else {
      // Deleted and made again under the same name: nothing of the old one is held for it.
      this.#remove(id, previous);
      this.#insert(id, object, source);
    }
  }

  #insert(id: string, object: ClusterObject, source: Source): void {
    this.#entries.set(id, {
      object,
      source,
      references: this.#link(id, object, source),
      result: undefined,
      hasFailed: false,
    });
    this.#dirty.add(id);
  }

  /** Most updates change what nobody reads: a counter in the status of a Gateway, a lease. */
  #replace(id: string, entry: Entry, object: ClusterObject): void {
    if (!entry.hasFailed && isSameObject(entry.object, object)) return;
    this.#unlink(id, entry);
    entry.references = this.#link(id, object, entry.source);
    entry.object = object;
    this.#dirty.add(id);
  }

  #delete(key: ObjectKey): void {
    if (this.#lookups.delete(key)) this.#touchReferrers(key);
    const id = keyText(key);
    const entry = this.#entries.get(id);
    if (entry !== undefined) this.#remove(id, entry);
  }

  #remove(id: string, entry: Entry): void {
    this.#unlink(id, entry);
    this.#entries.delete(id);
    this.#held.delete(id);
    this.#dirty.delete(id);
    this.#budget.release(id, namesOf(entry.result));
    this.#noteChange(entry.result, undefined);
  }

  #touchReferrers(key: ObjectKey): void {
    const anywhere = { ...key, namespace: ANY_NAME, name: ANY_NAME };
    for (const reference of [key, { ...key, name: ANY_NAME }, anywhere]) {
      for (const id of this.#referrers.get(keyText(reference))?.ids ?? []) this.#dirty.add(id);
    }
  }

  #recompute(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return void this.#dirty.delete(id);
    const all = this.#recordsOf(entry);
    const fresh = { ...all, problems: all.problems.slice(0, MAX_PROBLEMS) };
    const admitted = this.#budget.admit(id, fresh, { object: keyOf(entry.object), before: namesOf(entry.result) });
    const result = holdAddresses(admitted, entry.result, {
      object: entry.object,
      nowMs: this.#options.nowMs(),
      holdMs: this.#options.statusHoldMs ?? DEFAULT_STATUS_HOLD_MS,
    });
    const isSame = entry.result !== undefined && contentText(entry.result) === contentText(result);
    if (!isSame) this.#noteChange(entry.result, result);
    entry.result = this.#compacted(result);
    if (result.heldUntilMs.size > 0) this.#held.add(id);
    else this.#held.delete(id);
    this.#dirty.delete(id);
  }

  /** The same in arrays that are no longer than what they hold, of which equal ones are one. */
  #compacted({ recordSets, problems, heldUntilMs }: HeldResult): HeldResult {
    return {
      recordSets: recordSets.map((set) => ({
        ...set,
        targets: this.#targets.share(JSON.stringify(set.targets), [...set.targets]),
      })),
      problems: problems.length === 0 ? NO_PROBLEMS : [...problems],
      heldUntilMs,
    };
  }

  /** A source that throws is a bug, and costs its object the change at most: what is known of it stays. */
  #recordsOf(entry: Entry): SourceResult {
    const { object, source, result } = entry;
    entry.hasFailed = false;
    try {
      return source.toRecords(object, { options: this.#options.sourceOptions, lookup: this.#lookups });
    } catch (error) {
      entry.hasFailed = true;
      this.#options.onBug?.(error, keyOf(object));
      const reason = "reading it failed by a fault of Zonegate; what was known of it before is answered";
      const failed = rejected(object, "object.failed", reason);
      return { ...failed, recordSets: result?.recordSets ?? [] };
    }
  }

  /** An object claims other names than before, or says something else of them. */
  #noteChange(before: HeldResult | undefined, after: HeldResult | undefined): void {
    this.#problems = undefined;
    for (const set of before?.recordSets ?? []) {
      this.#touched.add(set.name);
      this.#lost.set(set.name, [...(this.#lost.get(set.name) ?? []), set]);
    }
    for (const name of namesOf(after)) this.#touched.add(name);
  }

  #link(id: string, object: ClusterObject, source: Source): readonly Referrers[] {
    return source.references(object, this.#options.sourceOptions).map((reference) => {
      const text = keyText(reference);
      const referrers = this.#referrers.get(text) ?? { text, ids: new Set() };
      referrers.ids.add(id);
      this.#referrers.set(text, referrers);
      return referrers;
    });
  }

  #unlink(id: string, entry: Entry): void {
    for (const { text, ids } of entry.references) {
      ids.delete(id);
      if (ids.size === 0) this.#referrers.delete(text);
    }
  }
}

function isSameResource(a: Resource, b: Resource): boolean {
  return a.group === b.group && a.kind === b.kind;
}

/** Those that an object claims, some of them more than once. */
function namesOf(result: HeldResult | undefined): readonly DomainName[] {
  return result === undefined ? [] : result.recordSets.map(({ name }) => name);
}

function resourceText(resource: Resource): string {
  return `${resource.group}/${resource.kind}`;
}

function contentText({ recordSets, problems }: HeldResult): string {
  return JSON.stringify([recordSets, problems]);
}
