// How many different names all objects together may claim: beyond the limit new names are refused and old ones stay, so
// that a runaway generator of objects cannot push the household's names out (facts: reliability T25).

import type { ObjectKey } from "#src/domain/cluster-object.ts";
import type { DomainName } from "#src/domain/name.ts";
import type { SourceProblem, SourceResult } from "./source.ts";

export interface NameBudget {
  /** The part of an object's result that fits; a problem names what does not. `before`: what fitted last of this object. */
  admit(id: string, result: SourceResult, given: { object: ObjectKey; before: readonly DomainName[] }): SourceResult;
  /** The object is gone, which claimed these names. */
  release(id: string, names: readonly DomainName[]): void;
  /** Objects that were refused a name and may try again because names became free; each only once. */
  takeRetries(): readonly string[];
  /** How many names are claimed. */
  readonly size: number;
  has(name: DomainName): boolean;
  /** Every name that is claimed. */
  names(): Iterable<DomainName>;
  /** The objects that claim a name. */
  claimants(name: DomainName): readonly string[];
}

/** `maxNames` counts each name once, however many objects claim it. */
export function createNameBudget(maxNames: number): NameBudget {
  return new CountedNames(maxNames);
}

class CountedNames implements NameBudget {
  readonly #maxNames: number;
  /** The object that claims a name; a set where there are several, which is rare. */
  readonly #claimants = new Map<DomainName, string | Set<string>>();
  readonly #refused = new Set<string>();
  #hasRoom = false;

  constructor(maxNames: number) {
    this.#maxNames = maxNames;
  }

  admit(
    id: string,
    result: SourceResult,
    { object, before }: { readonly object: ObjectKey; readonly before: readonly DomainName[] },
  ): SourceResult {
    this.release(id, before);
    const left = new Set<DomainName>();
    for (const { name } of result.recordSets) if (!this.#claim(id, name)) left.add(name);
    if (left.size === 0) return result;
    this.#refused.add(id);
    const problems = [...left].map((name) => overLimit(object, name, this.#maxNames));
    return {
      ...result,
      recordSets: result.recordSets.filter((set) => !left.has(set.name)),
      problems: [...result.problems, ...problems],
    };
  }

  release(id: string, names: readonly DomainName[]): void {
    for (const name of names) this.#give(id, name);
    if (names.length > 0 && this.#claimants.size < this.#maxNames) this.#hasRoom = true;
    this.#refused.delete(id);
  }

  takeRetries(): readonly string[] {
    if (!this.#hasRoom || this.#claimants.size >= this.#maxNames) return [];
    this.#hasRoom = false;
    return [...this.#refused];
  }

  get size(): number {
    return this.#claimants.size;
  }

  has(name: DomainName): boolean {
    return this.#claimants.has(name);
  }

  names(): Iterable<DomainName> {
    return this.#claimants.keys();
  }

  claimants(name: DomainName): readonly string[] {
    const claimants = this.#claimants.get(name) ?? [];
    return typeof claimants === "string" ? [claimants] : [...claimants];
  }

  /** False when the name is new and there is no room for it. */
  #claim(id: string, name: DomainName): boolean {
    const claimants = this.#claimants.get(name);
    if (claimants === undefined && this.#claimants.size >= this.#maxNames) return false;
    if (claimants === undefined) this.#claimants.set(name, id);
    else if (typeof claimants !== "string") claimants.add(id);
    else if (claimants !== id) this.#claimants.set(name, new Set([claimants, id]));
    return true;
  }

  #give(id: string, name: DomainName): void {
    const claimants = this.#claimants.get(name);
    if (claimants === id) this.#claimants.delete(name);
    if (claimants === undefined || typeof claimants === "string") return;
    claimants.delete(id);
    if (claimants.size === 0) this.#claimants.delete(name);
  }
}

function overLimit(object: ObjectKey, name: DomainName, maxNames: number): SourceProblem {
  return {
    code: "names.limit",
    object,
    hostname: name,
    reason: `${maxNames} names are served already: ${name} is refused`,
  };
}
