// The names of one zone for answering, empty non-terminals included. The only part of a snapshot that changes in place: a
// change among ten thousand names must not cost ten thousand names.

import { type DomainName, parentOf } from "#src/domain/name.ts";
import { decodeName } from "./wire/name.ts";
import { TYPE } from "./wire/registry.ts";
import type { RrSet } from "./wire/rrset.ts";

/** One existing name. Without sets it is an empty non-terminal (RFC 8020) or has no data yet. */
export interface Node {
  /** One for each type: few, so that looking through them costs less than a table of them would hold. */
  readonly sets: readonly RrSet[];
  readonly alias: { readonly set: RrSet; readonly target: DomainName } | undefined;
}

/** What a name is to hold; `undefined`: nothing, it exists only as long as names below it do. */
export type NodeChange = readonly [DomainName, Node | undefined];

/** A set without rdata makes its name exist without data. Of two sets of one type the later counts. */
export function createNode(name: DomainName, given: readonly RrSet[]): Node {
  const distinct = given.length > 1 ? [...new Map(given.map((set) => [set.type, set])).values()] : given;
  const withData = distinct.every(hasData) ? distinct : distinct.filter(hasData);
  // With this very name: sets that came from another thread hold a copy of it each.
  const sets = withData.map((set): RrSet => ({ ...set, name }));
  const set = findSet({ sets }, TYPE.CNAME);
  const [rdata] = set?.rdata ?? [];
  if (set === undefined || rdata === undefined) return { sets, alias: undefined };
  const target = decodeName(rdata, 0);
  return { sets, alias: target.ok ? { set, target: target.value.name } : undefined };
}

function hasData({ rdata }: RrSet): boolean {
  return rdata.length > 0;
}

export function findSet({ sets }: Pick<Node, "sets">, type: number): RrSet | undefined {
  for (const set of sets) if (set.type === type) return set;
  return undefined;
}

const EMPTY_NON_TERMINAL: Node = { sets: [], alias: undefined };

export class ZoneTree {
  readonly #apex: DomainName;
  readonly #nodes = new Map<DomainName, Node>();
  /** Existing names directly below a name; a name that has none has no entry. */
  readonly #childCounts = new Map<DomainName, number>();

  constructor(apex: DomainName) {
    this.#apex = apex;
  }

  /** Every existing name; a wildcard stands under its literal name `*.parent`. */
  get nodes(): ReadonlyMap<DomainName, Node> {
    return this.#nodes;
  }

  /** Names lie at or below the apex. Cannot fail halfway: everything that may fail has been done in `createNode`. */
  apply(changes: readonly NodeChange[]): void {
    for (const [name, node] of changes) {
      if (node === undefined) this.#remove(name);
      else this.#put(name, node);
    }
  }

  #put(name: DomainName, node: Node): void {
    const isNew = !this.#nodes.has(name);
    this.#nodes.set(name, node);
    if (isNew) this.#countBelowParent(name);
  }

  /** Makes the empty non-terminals above a new name; the first ancestor that exists has its own already. */
  #countBelowParent(name: DomainName): void {
    let child = name;
    while (child !== this.#apex) {
      const parent = parentOf(child);
      if (parent === undefined) return;
      this.#childCounts.set(parent, (this.#childCounts.get(parent) ?? 0) + 1);
      if (this.#nodes.has(parent)) return;
      this.#nodes.set(parent, EMPTY_NON_TERMINAL);
      child = parent;
    }
  }

  /** Takes the empty non-terminals away that existed for this name alone. */
  #remove(name: DomainName): void {
    if (!this.#nodes.has(name)) return;
    if (this.#childCounts.has(name)) {
      this.#nodes.set(name, EMPTY_NON_TERMINAL);
      return;
    }
    this.#nodes.delete(name);
    const parent = name === this.#apex ? undefined : parentOf(name);
    if (parent === undefined) return;
    const left = (this.#childCounts.get(parent) ?? 1) - 1;
    if (left > 0) {
      this.#childCounts.set(parent, left);
      return;
    }
    this.#childCounts.delete(parent);
    if (this.#nodes.get(parent) === EMPTY_NON_TERMINAL) this.#remove(parent);
  }
}
