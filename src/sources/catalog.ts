// Keeps the objects that matter and the record sets each of them gives; a change recomputes only what it touches. State
// without I/O: time is a parameter, and the caller asks again when a hold ends.

import {
  type ClusterObject,
  type InventoryChange,
  keyOf,
  keyText,
  type ObjectKey,
} from "#src/domain/cluster-object.ts";
import type { DomainName } from "#src/domain/name.ts";
import type { RecordSet } from "#src/domain/record.ts";
import { DEFAULT_SOURCE_NAMES } from "#src/domain/source-name.ts";
import { expectedAt, problemsConcerning } from "./concerned-names.ts";
import { DEFAULT_STATUS_HOLD_MS, type HeldResult, holdAddresses } from "./held-addresses.ts";
import { createLookupTable, type LookupTable } from "./lookup-table.ts";
import { createNameBudget, type NameBudget } from "./name-budget.ts";
import { sourcesNamed } from "./registry.ts";
import {
  ANY_NAME,
  type Reference,
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

/** Empty until the first `apply`. */
export function createCatalog(options: CatalogOptions): Catalog {
  return new ObjectCatalog(options);
}

interface Entry {
  readonly object: ClusterObject;
  readonly source: Source;
  readonly references: readonly Reference[];
  result: HeldResult | undefined;
}

class ObjectCatalog implements Catalog {
  readonly #options: CatalogOptions;
  readonly #sources: ReadonlyMap<string, Source>;
  readonly #entries = new Map<string, Entry>();
  readonly #lookups: LookupTable;
  /** From the text of a referenced key to the objects that refer to it. */
  readonly #referrers = new Map<string, Set<string>>();
  readonly #budget: NameBudget;
  /** Objects with an address on hold. */
  readonly #held = new Set<string>();
  /** From a name to the objects that claim it. */
  readonly #claimants = new Map<DomainName, Set<string>>();
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
    const dirty = new Set<string>();
    for (const key of change.deleted) this.#delete(key, dirty);
    for (const object of change.upserted) this.#upsert(object, dirty);
    for (const id of dirty) this.#recompute(id);
    for (const id of this.#budget.takeRetries()) this.#recompute(id);
  }

  names(): Iterable<DomainName> {
    return this.#claimants.keys();
  }

  get nameCount(): number {
    return this.#claimants.size;
  }

  has(name: DomainName): boolean {
    return this.#claimants.has(name);
  }

  withdrawn(): ReadonlyMap<DomainName, readonly RecordSet[]> {
    return new Map([...this.#lost].filter(([name]) => !this.#claimants.has(name)));
  }

  at(name: DomainName): readonly RecordSet[] {
    return [...(this.#claimants.get(name) ?? [])].flatMap((id) =>
      (this.#entries.get(id)?.result?.recordSets ?? []).filter((set) => set.name === name),
    );
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

  #upsert(object: ClusterObject, dirty: Set<string>): void {
    const key = keyOf(object);
    const id = keyText(key);
    if (this.#lookups.put(object)) this.#touchReferrers(key, dirty);
    const source = this.#sources.get(resourceText(key));
    if (source === undefined) return;
    const previous = this.#entries.get(id);
    if (previous !== undefined) this.#unlink(id, previous);
    const references = source.references(object, this.#options.sourceOptions);
    // An object that was deleted and made again under the same name is another one: nothing of the old one is held for it.
    const result = previous?.object.metadata.uid === object.metadata.uid ? previous?.result : undefined;
    this.#entries.set(id, { object, source, references, result });
    for (const reference of references) this.#link(id, reference);
    dirty.add(id);
  }

  #delete(key: ObjectKey, dirty: Set<string>): void {
    const id = keyText(key);
    if (this.#lookups.delete(key)) this.#touchReferrers(key, dirty);
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#unlink(id, entry);
    this.#entries.delete(id);
    this.#budget.release(id);
    this.#held.delete(id);
    dirty.delete(id);
    this.#claimed(id, entry.result, undefined);
  }

  #touchReferrers(key: ObjectKey, dirty: Set<string>): void {
    const anywhere = { ...key, namespace: ANY_NAME, name: ANY_NAME };
    for (const reference of [key, { ...key, name: ANY_NAME }, anywhere]) {
      for (const id of this.#referrers.get(keyText(reference)) ?? []) dirty.add(id);
    }
  }

  #recompute(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    const fresh = this.#recordsOf(entry);
    const admitted = this.#budget.admit(id, keyOf(entry.object), fresh);
    const result = holdAddresses(admitted, entry.result, {
      object: entry.object,
      nowMs: this.#options.nowMs(),
      holdMs: this.#options.statusHoldMs ?? DEFAULT_STATUS_HOLD_MS,
    });
    const isSame = entry.result !== undefined && contentText(entry.result) === contentText(result);
    if (!isSame) this.#claimed(id, entry.result, result);
    entry.result = result;
    if (result.heldUntilMs.size > 0) this.#held.add(id);
    else this.#held.delete(id);
  }

  /** A source that throws is a bug, and costs its object the change at most: what is known of it stays. */
  #recordsOf({ object, source, result }: Entry): SourceResult {
    try {
      return source.toRecords(object, { options: this.#options.sourceOptions, lookup: this.#lookups });
    } catch (error) {
      this.#options.onBug?.(error, keyOf(object));
      const reason = "reading it failed by a fault of Zonegate; what was known of it before is answered";
      const failed = rejected(object, "object.failed", reason);
      return { ...failed, recordSets: result?.recordSets ?? [] };
    }
  }

  /** An object claims other names than before, or says something else of them. */
  #claimed(id: string, before: HeldResult | undefined, after: HeldResult | undefined): void {
    this.#problems = undefined;
    for (const set of before?.recordSets ?? []) {
      const { name } = set;
      this.#touched.add(name);
      this.#lost.set(name, [...(this.#lost.get(name) ?? []), set]);
      const claimants = this.#claimants.get(name);
      claimants?.delete(id);
      if (claimants?.size === 0) this.#claimants.delete(name);
    }
    for (const { name } of after?.recordSets ?? []) {
      this.#touched.add(name);
      this.#claimants.set(name, (this.#claimants.get(name) ?? new Set()).add(id));
    }
  }

  #link(id: string, reference: Reference): void {
    const text = keyText(reference);
    const referrers = this.#referrers.get(text) ?? new Set();
    this.#referrers.set(text, referrers.add(id));
  }

  #unlink(id: string, entry: Entry): void {
    for (const reference of entry.references) {
      const text = keyText(reference);
      const referrers = this.#referrers.get(text);
      referrers?.delete(id);
      if (referrers?.size === 0) this.#referrers.delete(text);
    }
  }
}

function isSameResource(a: Resource, b: Resource): boolean {
  return a.group === b.group && a.kind === b.kind;
}

function resourceText(resource: Resource): string {
  return `${resource.group}/${resource.kind}`;
}

function contentText({ recordSets, problems }: HeldResult): string {
  return JSON.stringify([recordSets, problems]);
}
