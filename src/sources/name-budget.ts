// How many different names all objects together may claim: beyond the limit new names are refused and old ones stay, so
// that a runaway generator of objects cannot push the household's names out (facts: reliability T25).

import type { ObjectKey } from "#src/domain/cluster-object.ts";
import type { DomainName } from "#src/domain/name.ts";
import type { SourceProblem, SourceResult } from "./source.ts";

export interface NameBudget {
  /** The part of an object's result that fits; a problem names what does not. */
  admit(id: string, object: ObjectKey, result: SourceResult): SourceResult;
  /** The object is gone. */
  release(id: string): void;
  /** Objects that were refused a name and may try again because names became free; each only once. */
  takeRetries(): readonly string[];
}

/** `maxNames` counts each name once, however many objects claim it. */
export function createNameBudget(maxNames: number): NameBudget {
  return new CountedNames(maxNames);
}

class CountedNames implements NameBudget {
  readonly #maxNames: number;
  /** How many objects claim a name. */
  readonly #claims = new Map<DomainName, number>();
  readonly #namesOf = new Map<string, ReadonlySet<DomainName>>();
  readonly #refused = new Set<string>();
  #hasRoom = false;

  constructor(maxNames: number) {
    this.#maxNames = maxNames;
  }

  admit(id: string, object: ObjectKey, result: SourceResult): SourceResult {
    this.release(id);
    const names = new Set<DomainName>();
    const left = new Set<DomainName>();
    for (const name of new Set(result.recordSets.map((set) => set.name))) {
      if (this.#claim(name)) names.add(name);
      else left.add(name);
    }
    this.#namesOf.set(id, names);
    if (left.size === 0) return result;
    this.#refused.add(id);
    const problems = [...left].map((name) => overLimit(object, name, this.#maxNames));
    return {
      ...result,
      recordSets: result.recordSets.filter((set) => names.has(set.name)),
      problems: [...result.problems, ...problems],
    };
  }

  release(id: string): void {
    for (const name of this.#namesOf.get(id) ?? []) {
      const left = (this.#claims.get(name) ?? 1) - 1;
      if (left > 0) this.#claims.set(name, left);
      else this.#claims.delete(name);
    }
    if (this.#namesOf.delete(id) && this.#claims.size < this.#maxNames) this.#hasRoom = true;
    this.#refused.delete(id);
  }

  takeRetries(): readonly string[] {
    if (!this.#hasRoom || this.#claims.size >= this.#maxNames) return [];
    this.#hasRoom = false;
    return [...this.#refused];
  }

  /** False when the name is new and there is no room for it. */
  #claim(name: DomainName): boolean {
    const claims = this.#claims.get(name) ?? 0;
    if (claims === 0 && this.#claims.size >= this.#maxNames) return false;
    this.#claims.set(name, claims + 1);
    return true;
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
