// The content of one zone while it changes: which names were compiled into what, so that a change compiles the names that it
// touches and no others.

import { type DomainName, wildcardBelow } from "#src/domain/name.ts";
import type { RecordSet } from "#src/domain/record.ts";
import { SharedValues } from "#src/domain/shared-values.ts";
import { compileName, namesOfSettings, shieldedNames, soaOf, type ZoneProblem } from "./compile.ts";
import type { RrSet } from "./wire/rrset.ts";
import { sameSets, type ZoneChange, type ZoneContent, type ZoneOptions } from "./zone-content.ts";

/** Every record set of one name, already merged. */
type RecordSetsAt = (name: DomainName) => readonly RecordSet[];

/** Sets by name; none: the name does not exist. */
type Held = ReadonlyMap<DomainName, readonly RrSet[]>;

export interface ZoneBuilder {
  readonly apex: DomainName;
  /** Compiles these names again, which lie in the zone. Returns those that hold something else now, with what they held. */
  update(names: Iterable<DomainName>, recordSetsAt: RecordSetsAt): Held;
  /** What the zone holds at these names now; `undefined`: at every name. */
  change(serial: number, names?: Iterable<DomainName>): ZoneChange;
  /** Everything, in order of name and type. */
  content(serial: number): ZoneContent;
  /** The same array as before when nothing changed. */
  problems(): readonly ZoneProblem[];
  counts(): { readonly names: number; readonly recordSets: number };
  /** Some name with such a set. */
  firstName(isWanted: (set: RrSet) => boolean): DomainName | undefined;
}

/** Holds what the settings say, and nothing else yet. */
export function createZoneBuilder(options: ZoneOptions): ZoneBuilder {
  return new NameByName(options);
}

class NameByName implements ZoneBuilder {
  readonly #options: ZoneOptions;
  readonly #soa: ZoneContent["soa"];
  readonly #wildcard: DomainName;
  readonly #sets = new Map<DomainName, readonly RrSet[]>();
  /** Names without any have no entry. */
  readonly #problemsAt = new Map<DomainName, readonly ZoneProblem[]>();
  readonly #rdata = new SharedValues<RrSet["rdata"]>();
  #recordSets = 0;
  #problems: readonly ZoneProblem[] | undefined;

  constructor(options: ZoneOptions) {
    this.#options = options;
    this.#soa = soaOf(options);
    this.#wildcard = wildcardBelow(options.apex);
    this.update(namesOfSettings(options), () => []);
  }

  get apex(): DomainName {
    return this.#options.apex;
  }

  update(names: Iterable<DomainName>, recordSetsAt: RecordSetsAt): Held {
    const changed = new Map<DomainName, readonly RrSet[]>();
    const hadWildcard = this.#holds(this.#wildcard);
    for (const name of names) this.#compile(name, recordSetsAt, changed);
    if (this.#holds(this.#wildcard) !== hadWildcard) {
      for (const name of shieldedNames(this.#options)) this.#compile(name, recordSetsAt, changed);
    }
    return changed;
  }

  change(serial: number, names?: Iterable<DomainName>): ZoneChange {
    const { apex } = this.#options;
    return {
      apex,
      serial,
      soa: this.#soa,
      extent: names === undefined ? "all" : "some",
      names: [...(names ?? this.#sets.keys())].map((name) => [name, this.#sets.get(name) ?? []]),
    };
  }

  content(serial: number): ZoneContent {
    const names = [...this.#sets.keys()].sort();
    const recordSets = names.flatMap((name) => this.#sets.get(name) ?? []);
    return { apex: this.#options.apex, serial, soa: this.#soa, recordSets };
  }

  problems(): readonly ZoneProblem[] {
    this.#problems ??= [...this.#problemsAt.values()].flat();
    return this.#problems;
  }

  counts(): { readonly names: number; readonly recordSets: number } {
    return { names: this.#sets.size, recordSets: this.#recordSets };
  }

  firstName(isWanted: (set: RrSet) => boolean): DomainName | undefined {
    for (const [name, sets] of this.#sets) if (sets.some(isWanted)) return name;
    return undefined;
  }

  #compile(name: DomainName, recordSetsAt: RecordSetsAt, changed: Map<DomainName, readonly RrSet[]>): void {
    const before = this.#sets.get(name) ?? [];
    const hasApexWildcard = this.#holds(this.#wildcard);
    const after = compileName(name, recordSetsAt(name), { options: this.#options, hasApexWildcard });
    this.#noteProblems(name, after.problems);
    // Equal sets stay the same objects: what was published is not kept twice.
    if (sameSets(before, after.sets)) return;
    changed.set(name, before);
    this.#recordSets += after.sets.length - before.length;
    if (after.sets.length === 0) this.#sets.delete(name);
    else
      this.#sets.set(
        name,
        after.sets.map((set) => this.#withSharedRdata(set)),
      );
  }

  #noteProblems(name: DomainName, problems: readonly ZoneProblem[]): void {
    const hadProblems = this.#problemsAt.delete(name);
    if (problems.length > 0) this.#problemsAt.set(name, problems);
    if (hadProblems || problems.length > 0) this.#problems = undefined;
  }

  /** Ten thousand names lead to the address of one proxy: here, and in the thread, to which shared arrays go once. */
  #withSharedRdata(set: RrSet): RrSet {
    const rdata = this.#rdata.share(set.rdata.join(";"), set.rdata);
    return rdata === set.rdata ? set : { ...set, rdata };
  }

  #holds(name: DomainName): boolean {
    return this.#sets.has(name);
  }
}
