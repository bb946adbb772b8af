// The rules that hold at every moment, whatever fails: each in one place, for every world. A state is judged as it was held, and
// again as a DNS server loaded it (docs/decisions.md 9).

import type { Wish } from "./wishes.ts";
import type { HeldRecord, HeldState } from "./world.ts";

const MAX_VIOLATIONS = 20;
const ADDRESS_TYPES: readonly string[] = ["A", "AAAA"];

export interface Moments {
  /** Stored and loaded states that were judged. */
  readonly stored: number;
  readonly loaded: number;
  /** Names that were away between two types that exclude each other, or two values of an alias without an update in place. */
  readonly storedGaps: number;
  readonly loadedGaps: number;
}

export class Judge {
  readonly violations: string[] = [];
  readonly #canUpdate: boolean;
  readonly #foreign = new Map<string, HeldRecord>();
  /** Values that were stored in full and are still wanted, by name and type: none of them may ever be missing again. */
  readonly #settled = new Map<string, readonly string[]>();
  /** Names with the types of which one answered when the sync began, and is wanted throughout it. */
  #answering: readonly { readonly name: string; readonly types: readonly string[] }[] = [];
  /** Names that answered when the sync began, are wanted throughout it, and may be away for a moment. */
  #exchanged = new Set<string>();
  #moments = { stored: 0, loaded: 0, storedGaps: 0, loadedGaps: 0 };
  #where = "";

  constructor({ canUpdate }: { readonly canUpdate: boolean }) {
    this.#canUpdate = canUpdate;
  }

  get moments(): Moments {
    return this.#moments;
  }

  isForeign(record: HeldRecord): boolean {
    return this.#foreign.has(record.id);
  }

  /** From now on this record is another hand's: not a bit of it may change. */
  addForeign(record: HeldRecord): void {
    this.#foreign.set(record.id, record);
  }

  /** A name whose wish was edited may lose what it had. */
  release(name: string): void {
    for (const key of this.#settled.keys()) if (key.startsWith(`${name} `)) this.#settled.delete(key);
  }

  /** What answers now and is wanted has to answer until the sync is over. */
  begin(where: string, wanted: ReadonlyMap<string, Wish>, records: readonly HeldRecord[]): void {
    this.#where = where;
    const values = byNameAndType(records);
    const holds = (name: string, type: string): boolean => values.has(`${name} ${type}`);
    const answering: { name: string; types: readonly string[] }[] = [];
    this.#exchanged = new Set();
    for (const [name, { type }] of wanted) {
      const before = ["A", "AAAA", "CNAME"].filter((candidate) => holds(name, candidate));
      if (before.length === 0) continue;
      const types = ADDRESS_TYPES.includes(type) ? ADDRESS_TYPES : [type];
      // An alias has no place beside anything, and without an update in place none beside its own next value.
      const isKept = before.every((held) => types.includes(held)) && (type !== "CNAME" || this.#canUpdate);
      if (isKept) answering.push({ name, types });
      else this.#exchanged.add(name);
      if (ADDRESS_TYPES.includes(type) && before.includes(type)) answering.push({ name, types: [type] });
    }
    this.#answering = answering;
  }

  judge({ kind, moment, records, refusal }: HeldState): void {
    this.#moments[kind] += 1;
    if (refusal !== undefined) this.violate(`${moment} is a state that is refused: ${refusal}`);
    if (kind === "stored") {
      this.#judgeForeign(moment, records);
      this.#judgeDuplicates(moment, records);
    }
    const values = byNameAndType(records);
    for (const { name, types } of this.#answering) {
      if (!types.some((type) => values.has(`${name} ${type}`))) {
        this.violate(`${moment}: ${name} ${types.join(" or ")} stopped answering`);
      }
    }
    for (const [key, targets] of this.#settled) {
      const held = values.get(key);
      for (const target of targets)
        if (held?.has(target) !== true) this.violate(`${moment}: ${key} ${target} was lost`);
    }
    for (const name of this.#exchanged) {
      if (["A", "AAAA", "CNAME"].some((type) => values.has(`${name} ${type}`))) continue;
      this.#moments[kind === "stored" ? "storedGaps" : "loadedGaps"] += 1;
    }
  }

  /** What is stored in full after a sync stays. */
  settle(wanted: ReadonlyMap<string, Wish>, records: readonly HeldRecord[]): void {
    const values = byNameAndType(records);
    for (const [name, { type, targets }] of wanted) {
      const held = values.get(`${name} ${type}`);
      if (targets.every((target) => held?.has(target) === true)) this.#settled.set(`${name} ${type}`, targets);
    }
  }

  violate(what: string): void {
    if (this.violations.length < MAX_VIOLATIONS) this.violations.push(`${this.#where}: ${what}`);
  }

  #judgeForeign(moment: string, records: readonly HeldRecord[]): void {
    const held = new Map(records.map((record) => [record.id, record]));
    for (const [id, { itself, name, type }] of this.#foreign) {
      if (held.get(id)?.itself !== itself) this.violate(`${moment}: the foreign ${name} ${type} was touched`);
    }
  }

  #judgeDuplicates(moment: string, records: readonly HeldRecord[]): void {
    const seen = new Set<string>();
    for (const { name, type, target } of records) {
      const key = `${name} ${type} ${target}`;
      if (seen.has(key)) this.violate(`${moment}: ${key} is there twice`);
      seen.add(key);
    }
  }
}

function byNameAndType(records: readonly HeldRecord[]): ReadonlyMap<string, ReadonlySet<string>> {
  const values = new Map<string, Set<string>>();
  for (const { name, type, target } of records) {
    const key = `${name} ${type}`;
    const known = values.get(key);
    if (known === undefined) values.set(key, new Set([target]));
    else known.add(target);
  }
  return values;
}
