// The pure plan: from a complete list and one batch of items to units of steps that are safe in every order of failure.
// Knows nothing of time, transport or logging; docs/decisions.md 1–5 are its rules.

import type { DomainName } from "#src/domain/name.ts";
import { typesOwnedBy } from "#src/domain/ownership.ts";
import type { RecordList, Step, StoredRecord } from "#src/providers/provider.ts";
import { type ChangeItem, type FailedItem, isDeletion, itemKey, type ReadItems } from "#src/sync/change-items.ts";
import { stepsForItem } from "#src/sync/item-steps.ts";
import { findObstacle, type Holdings, indexRecords, presentAt } from "#src/sync/obstacles.ts";
import type { ItemFailure } from "#src/sync/sync-engine.ts";

/**
 * `claim` writes an ownership TXT before its data, so that a crash between leaves a text without data (which heals) and never
 * data without an owner (which nobody would touch again). `release` changes or removes a text after its data.
 */
type Role = "claim" | "data" | "release";

/** Steps that stand or fall together. */
export interface Part {
  readonly role: Role;
  readonly items: readonly ChangeItem[];
  readonly steps: readonly Step[];
  /** For a registry's text: the data it stands for. Empty for data. */
  readonly stoodFor: readonly ChangeItem[];
  /** For data: the texts that speak for it already. Empty for texts. */
  readonly standing: readonly StandingText[];
  /** Positions in the unit's `parts` that must have succeeded before. */
  readonly requires: readonly number[];
  /** True when one type takes another's place at an exclusive name: what was removed is put back if the new one is refused. */
  readonly isSwap: boolean;
}

/** A stored text, and the values that it speaks for before and after the batch, as `type target`. */
interface StandingText {
  readonly record: StoredRecord;
  readonly values: readonly string[];
}

/** Everything one batch does for one owned name; units do not depend on each other. */
export interface Unit {
  readonly name: DomainName;
  readonly parts: readonly Part[];
}

export interface Plan {
  readonly units: readonly Unit[];
  readonly failures: readonly ItemFailure[];
}

/** Equal input gives an equal plan. What cannot be carried out safely stands in `failures`, with everything that depends on it. */
export function planChanges(list: RecordList, read: ReadItems): Plan {
  const holdings = indexRecords(list.records, read.items);
  const failures: ItemFailure[] = [...read.failures];
  const units: Unit[] = [];
  for (const [name, family] of familiesOf(read)) {
    const unit = planFamily(name, family, { list, holdings, failures });
    if (unit.parts.some((part) => part.steps.length > 0)) units.push(unit);
  }
  return { units: units.sort(byUrgency), failures };
}

/** Steps of all parts together. */
export function stepCount(units: readonly Unit[]): number {
  return units.reduce((sum, unit) => sum + unit.parts.reduce((steps, part) => steps + part.steps.length, 0), 0);
}

/** All items that concern one data record's name: the data itself and its registry texts. */
interface Family {
  readonly data: ChangeItem[];
  readonly texts: ChangeItem[];
  readonly failed: FailedItem[];
}

interface PlanContext {
  readonly list: RecordList;
  readonly holdings: Holdings;
  readonly failures: ItemFailure[];
}

function familiesOf(read: ReadItems): ReadonlyMap<DomainName, Family> {
  const families = new Map<DomainName, Family>();
  const familyOf = (name: DomainName): Family => {
    const known = families.get(name);
    if (known !== undefined) return known;
    const family: Family = { data: [], texts: [], failed: [] };
    families.set(name, family);
    return family;
  };
  for (const item of read.items) {
    const family = familyOf(item.ownedName ?? item.name);
    (item.ownedName === undefined ? family.data : family.texts).push(item);
  }
  for (const [name, family] of families) {
    family.failed.push(...read.failed.filter((failed) => (failed.ownedName ?? failed.name) === name));
  }
  return families;
}

function planFamily(name: DomainName, family: Family, context: PlanContext): Unit {
  const blocked = new Set(family.failed.map(itemKey));
  const pairs = pairTexts(name, family);
  const refuse = (item: ChangeItem, code: string, reason: string): void => {
    if (blocked.has(itemKey(item))) return;
    blocked.add(itemKey(item));
    context.failures.push({ name: item.name, type: item.type, code, reason, retryable: false });
  };
  refuseObstructed(family, { pairs, context, refuse });
  refuseDependents(family, { pairs, blocked, refuse, replaces: (other, leaving) => replaces(other, leaving, context) });
  const open = (item: ChangeItem): boolean => !blocked.has(itemKey(item));
  return { name, parts: assembleParts(family.data.filter(open), family.texts.filter(open), { pairs, context }) };
}

/** For each registry text of the family, the keys of the data items it stands for. */
type Pairs = ReadonlyMap<ChangeItem, ReadonlySet<string>>;

function pairTexts(name: DomainName, family: Family): Pairs {
  const types = [...family.data, ...family.failed.filter((failed) => failed.ownedName === undefined)].map(
    (item) => item.type,
  );
  const pairs = new Map<ChangeItem, ReadonlySet<string>>();
  for (const text of family.texts) {
    const owned = typesOwnedBy(text.name, name, types);
    pairs.set(text, new Set(owned.map((type) => itemKey({ name, type }))));
  }
  return pairs;
}

type Refuse = (item: ChangeItem, code: string, reason: string) => void;

function refuseObstructed(
  family: Family,
  tools: { readonly pairs: Pairs; readonly context: PlanContext; readonly refuse: Refuse },
): void {
  const { holdings, list } = tools.context;
  for (const item of [...family.data, ...family.texts]) {
    const claims = family.texts.filter(
      (text) => !isDeletion(text) && tools.pairs.get(text)?.has(itemKey(item)) === true,
    );
    const isUnclaimed = claims.some((text) => presentAt(holdings, text).length === 0);
    const obstacle = findObstacle(item, { holdings, rules: list.rules, isUnclaimed });
    if (obstacle !== undefined) tools.refuse(item, obstacle.code, obstacle.reason);
  }
}

interface Dependents {
  readonly pairs: Pairs;
  readonly blocked: ReadonlySet<string>;
  readonly refuse: Refuse;
  /** True when the leaving record goes to make room for the other, or goes because the other answers in its stead. */
  readonly replaces: (other: Keyed, leaving: ChangeItem) => boolean;
}

type Keyed = Pick<FailedItem, "name" | "type">;

const ADDRESS_TYPES: ReadonlySet<string> = new Set(["A", "AAAA"]);

/** A name that moves from one family of addresses to the other has none while the new one is missing and the old one gone. */
function replaces(other: Keyed, leaving: ChangeItem, { list, holdings }: PlanContext): boolean {
  if (list.rules.isExclusive(other.type, leaving.type)) return true;
  const areAddresses = ADDRESS_TYPES.has(other.type) && ADDRESS_TYPES.has(leaving.type);
  return areAddresses && other.type !== leaving.type && (holdings.byKey.get(itemKey(other)) ?? []).length === 0;
}

/** Refuses what cannot be right alone once something it belongs to was refused. */
function refuseDependents(family: Family, context: Dependents): void {
  refuseTextless(family, context);
  refuseUnreplaced(family, context);
  for (const text of family.texts) {
    const owned = [...(context.pairs.get(text) ?? [])];
    if (owned.length > 0 && owned.every((key) => context.blocked.has(key))) {
      context.refuse(text, "ownership.data-refused", "the record it would own was refused");
    }
  }
}

/** Data whose text cannot be stored would belong to nobody. */
function refuseTextless(family: Family, context: Dependents): void {
  const failedTexts = family.failed.filter((failed) => failed.ownedName !== undefined);
  const types = family.data.map((item) => item.type);
  for (const item of family.data.filter((candidate) => !isDeletion(candidate))) {
    const isTextless =
      failedTexts.some((text) => typesOwnedBy(asName(text), item.name, types).includes(item.type)) ||
      family.texts.some(
        (text) => context.pairs.get(text)?.has(itemKey(item)) === true && context.blocked.has(itemKey(text)),
      );
    if (isTextless) context.refuse(item, "ownership.unstorable", "its ownership TXT cannot be stored");
  }
}

/** What would be taken away for a record that was refused stays: an old answer is better than none. */
function refuseUnreplaced(family: Family, context: Dependents): void {
  const refused = [
    ...family.failed.filter((failed) => failed.ownedName === undefined),
    ...family.data.filter((item) => !isDeletion(item) && context.blocked.has(itemKey(item))),
  ];
  for (const item of family.data.filter(isDeletion)) {
    if (refused.some((other) => context.replaces(other, item))) {
      context.refuse(item, "swap.refused", "the record that was to take its place was refused, so it stays");
    }
  }
}

function asName(failed: FailedItem): DomainName {
  // Only its words are read; a name that could not be parsed has none that fit.
  return failed.name as DomainName;
}

function assembleParts(
  data: readonly ChangeItem[],
  texts: readonly ChangeItem[],
  tools: { readonly pairs: Pairs; readonly context: PlanContext },
): readonly Part[] {
  const { holdings, list } = tools.context;
  const parts: Part[] = [];
  const add = (part: Omit<Part, "isSwap" | "stoodFor" | "standing"> & Partial<Part>): void => {
    if (part.steps.length > 0) parts.push({ isSwap: false, stoodFor: [], standing: [], ...part });
  };
  const dataOf = (text: ChangeItem): readonly ChangeItem[] =>
    data.filter((item) => tools.pairs.get(text)?.has(itemKey(item)) === true);
  const stepsOf = (item: ChangeItem): readonly Step[] => stepsForItem(item, presentAt(holdings, item));
  const isClaim = (text: ChangeItem): boolean => !isDeletion(text) && presentAt(holdings, text).length === 0;
  /** Positions of the parts already added that concern one of these items. */
  const positionsOf = (items: readonly ChangeItem[]): readonly number[] =>
    parts.flatMap((part, position) => (part.items.some((item) => items.includes(item)) ? [position] : []));

  for (const text of texts.filter(isClaim)) {
    add({ role: "claim", items: [text], steps: stepsOf(text), stoodFor: dataOf(text), requires: [] });
  }
  for (const group of groupSwaps(data, (type, other) => list.rules.isExclusive(type, other))) {
    const keys = group.map(itemKey);
    const own = texts.filter((text) => keys.some((key) => tools.pairs.get(text)?.has(key) === true));
    const claims = own.filter(isClaim);
    const standing = own.flatMap((text) => standingTexts(text, group, holdings));
    const steps = group.length > 1 ? removalsFirst(group.flatMap(stepsOf)) : group.flatMap(stepsOf);
    const successors = data.filter(
      (item) => !isDeletion(item) && group.every((other) => isDeletion(other) && replaces(item, other, tools.context)),
    );
    const requires = positionsOf([...claims, ...successors]);
    add({ role: "data", items: group, steps, requires, isSwap: group.length > 1, standing });
  }
  for (const text of texts.filter((candidate) => !isClaim(candidate))) {
    const stoodFor = dataOf(text);
    add({ role: "release", items: [text], steps: stepsOf(text), stoodFor, requires: positionsOf(stoodFor) });
  }
  return parts;
}

/** Data of other types counts as it stands: a text without a type in its name may speak for it too. */
function standingTexts(
  text: ChangeItem,
  group: readonly ChangeItem[],
  { byName, byKey }: Holdings,
): readonly StandingText[] {
  const [{ name }] = group as [ChangeItem];
  const others = (byName.get(name) ?? []).filter(
    ({ type }) => type !== "TXT" && group.every((item) => item.type !== type),
  );
  const types = [...new Set([...group, ...others].map(({ type }) => type))];
  const owned = typesOwnedBy(text.name, name, types);
  const targets = [
    ...group.flatMap(({ type, named, wanted }) => [...named, ...wanted].map((target) => ({ type, target }))),
    ...others,
  ];
  const values = targets.filter(({ type }) => owned.includes(type)).map(({ type, target }) => `${type} ${target}`);
  const texts = new Set([...text.named, ...text.wanted]);
  return (byKey.get(itemKey(text)) ?? [])
    .filter(({ target }) => texts.has(target))
    .map((record) => ({ record, values: [...new Set(values)] }));
}

/** Items that cannot stand at the name together form one group, so that one leaves as the other arrives; others stand alone. */
function groupSwaps(
  data: readonly ChangeItem[],
  isExclusive: (type: string, other: string) => boolean,
): readonly (readonly ChangeItem[])[] {
  const arriving = data.filter((item) => !isDeletion(item));
  const leaving = new Set(data.filter(isDeletion));
  const groups = arriving.map((item) => {
    const displaced = [...leaving].filter((other) => isExclusive(item.type, other.type));
    for (const other of displaced) leaving.delete(other);
    return [...displaced, item];
  });
  return [...groups, ...[...leaving].map((item) => [item])];
}

function removalsFirst(steps: readonly Step[]): readonly Step[] {
  return [...steps.filter((step) => step.kind === "delete"), ...steps.filter((step) => step.kind !== "delete")];
}

/** What only adds comes first, what only removes last: if time runs out, nobody has lost a name for nothing. */
function byUrgency(a: Unit, b: Unit): number {
  return removalRank(a) - removalRank(b) || (a.name < b.name ? -1 : Number(a.name > b.name));
}

function removalRank(unit: Unit): number {
  const kinds = unit.parts.flatMap((part) => part.steps.map((step) => step.kind));
  if (!kinds.includes("delete")) return 0;
  return kinds.every((kind) => kind === "delete") ? 2 : 1;
}
