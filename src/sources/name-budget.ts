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

export function createNameBudget(maxNames: number): NameBudget {
  /** How many objects claim a name. */
  const claims = new Map<DomainName, number>();
  const namesOf = new Map<string, ReadonlySet<DomainName>>();
  const refused = new Set<string>();
  let hasRoom = false;

  const release = (id: string): void => {
    for (const name of namesOf.get(id) ?? []) {
      const left = (claims.get(name) ?? 1) - 1;
      if (left > 0) claims.set(name, left);
      else claims.delete(name);
    }
    hasRoom ||= namesOf.delete(id) && claims.size < maxNames;
    refused.delete(id);
  };

  return {
    release,
    admit: (id, object, result) => {
      release(id);
      const names = new Set<DomainName>();
      const left = new Set<DomainName>();
      for (const { name } of result.recordSets) {
        if (names.has(name) || left.has(name)) continue;
        if (!claims.has(name) && claims.size >= maxNames) {
          left.add(name);
          continue;
        }
        claims.set(name, (claims.get(name) ?? 0) + 1);
        names.add(name);
      }
      namesOf.set(id, names);
      if (left.size === 0) return result;
      refused.add(id);
      const recordSets = result.recordSets.filter((set) => names.has(set.name));
      return {
        recordSets,
        problems: [...result.problems, ...[...left].map((name) => overLimit(object, name, maxNames))],
      };
    },
    takeRetries: () => {
      if (!hasRoom || claims.size >= maxNames) return [];
      hasRoom = false;
      return [...refused];
    },
  };
}

function overLimit(object: ObjectKey, name: DomainName, maxNames: number): SourceProblem {
  return {
    code: "names.limit",
    object,
    hostname: name,
    reason: `${maxNames} names are served already: ${name} is refused`,
  };
}
