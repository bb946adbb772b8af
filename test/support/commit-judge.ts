// What must hold at every single commit of the console while wishes change and processes die (facts: reliability.md 4.1, I1 to
// I4 and I8). Shares nothing with src/.

import { createTxtNameMapper } from "#test/fakes/external-dns/txt-name-mapper.ts";
import { judgeConfiguration, renderConfiguration } from "#test/fakes/unifi-console/dnsmasq-model.ts";
import type { Commit, FakeRecord } from "#test/fakes/unifi-console/records.ts";
import { type Wish, wishKey } from "./wishes.ts";

/** Where the wishes go in the commits that are judged. */
export interface Way {
  readonly from: readonly Wish[];
  readonly to: readonly Wish[];
}

export interface JudgeOptions {
  /** `--txt-prefix`, which says where texts stand. */
  readonly txtPrefix: string;
  /** False where an alias is gone for a moment when it changes. */
  readonly canUpdate: boolean;
}

/** Follows one console from its seed on. */
export class CommitJudge {
  readonly #canUpdate: boolean;
  readonly #textName: (name: string, type: string) => string;
  readonly #foreign = new Map<string, FakeRecord>();
  #held: readonly FakeRecord[] = [];
  #judged = 0;
  /** Every configuration that dnsmasq might have been given. */
  readonly configurations = new Set<string>();

  constructor({ txtPrefix, canUpdate }: JudgeOptions) {
    this.#canUpdate = canUpdate;
    const mapper = createTxtNameMapper({ prefix: txtPrefix, suffix: "", wildcardReplacement: "" });
    this.#textName = (name, type) => mapper.toTxtName(name, type);
  }

  /** Violations in the commits that came since the last call. */
  judge(commits: readonly Commit[], way: Way): readonly string[] {
    const fresh = commits.slice(this.#judged);
    this.#judged = commits.length;
    return fresh.flatMap((commit) => this.#judgeOne(commit, way).map((what) => `commit ${commit.number}: ${what}`));
  }

  isForeign({ objectId }: FakeRecord): boolean {
    return this.#foreign.has(objectId);
  }

  /** What we hold against what is wished: empty when both are one, remaining texts included. */
  differences(records: readonly FakeRecord[], wishes: readonly Wish[]): readonly string[] {
    const ours = records.filter((record) => !this.isForeign(record));
    const held = ours.map((record) => (record.type === "TXT" ? `${record.name} TXT` : dataLine(record, wishes)));
    const wanted = wishes.flatMap((wish) => [
      `${this.#textName(wish.name, wish.type)} TXT`,
      ...wish.values.map((value) => `${wishKey(wish)} ${value} ${wish.ttlSeconds}`),
    ]);
    return [
      ...wanted.filter((line) => !held.includes(line)).map((line) => `missing: ${line}`),
      ...held.filter((line) => !wanted.includes(line)).map((line) => `too much: ${line}`),
    ];
  }

  /** Texts of ours without the data that they speak for. */
  orphans(records: readonly FakeRecord[]): readonly FakeRecord[] {
    const ours = records.filter((record) => !this.isForeign(record));
    const owned = new Set(
      ours.filter(({ type }) => type !== "TXT").map(({ name, type }) => this.#textName(name, type)),
    );
    return ours.filter(({ name, type }) => type === "TXT" && !owned.has(name));
  }

  #judgeOne({ by, before, after }: Commit, way: Way): readonly string[] {
    if (by === "seed" || by === "hand") this.#noteForeign(before, after);
    const touched = by === "client" || by === "late" ? before : undefined;
    this.#held = [...this.#held.filter(({ objectId }) => objectId !== before?.objectId), ...(after ? [after] : [])];
    this.configurations.add(renderConfiguration(this.#held));
    return [
      ...(touched !== undefined && this.isForeign(touched) ? [`foreign ${lineOf(touched)} was touched`] : []),
      ...judgeConfiguration(this.#held).reasons.map((reason) => `dnsmasq would refuse it: ${reason}`),
      ...duplicatesIn(this.#held),
      ...this.#gaps(way),
      ...this.#unowned(),
    ];
  }

  #noteForeign(before: FakeRecord | undefined, after: FakeRecord | undefined): void {
    if (before !== undefined) this.#foreign.delete(before.objectId);
    if (after !== undefined) this.#foreign.set(after.objectId, after);
  }

  /** Wished before and after, and yet not there; a way that begins with nothing has no such wishes. */
  #gaps({ from, to }: Way): readonly string[] {
    const later = new Map(to.map((wish) => [wishKey(wish), wish.values]));
    return from.flatMap((wish) => {
      const key = wishKey(wish);
      const next = later.get(key);
      if (next === undefined) return [];
      const values = this.#valuesAt(key);
      const lost = wish.values.filter((value) => next.includes(value) && !values.includes(value));
      const isExcused = wish.type === "CNAME" && !this.#canUpdate;
      const isGap = values.length === 0 && !isExcused;
      return [...lost.map((value) => `${key} ${value} was lost`), ...(isGap ? [`${key} stopped answering`] : [])];
    });
  }

  #valuesAt(key: string): readonly string[] {
    return this.#held.filter((record) => !this.isForeign(record) && wishKeyOf(record) === key).map(({ data }) => data);
  }

  /** Data without its text would never be ours again. */
  #unowned(): readonly string[] {
    const ours = this.#held.filter((record) => !this.isForeign(record));
    const texts = new Set(ours.filter(({ type }) => type === "TXT").map(({ name }) => name));
    return ours
      .filter(({ name, type }) => type !== "TXT" && !texts.has(this.#textName(name, type)))
      .map((record) => `${lineOf(record)} stands without its text`);
  }
}

function wishKeyOf({ name, type }: FakeRecord): string {
  return `${name} ${type}`;
}

/** A wish without a TTL is content with any. */
function dataLine(record: FakeRecord, wishes: readonly Wish[]): string {
  const wish = wishes.find((one) => wishKey(one) === wishKeyOf(record));
  return `${lineOf(record)} ${wish?.ttlSeconds === 0 ? 0 : record.ttlSeconds}`;
}

function lineOf({ name, type, data }: FakeRecord): string {
  return `${name} ${type} ${data}`;
}

function duplicatesIn(records: readonly FakeRecord[]): readonly string[] {
  const lines = records.map(({ name, ...record }) => lineOf({ ...record, name: name.toLowerCase() }));
  return [...new Set(lines.filter((line, index) => lines.indexOf(line) !== index))].map((line) => `${line} twice`);
}
