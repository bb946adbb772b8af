// What the sources want at each moment: few names, edited at random.

import { type Endpoint, endpoint } from "#test/fakes/external-dns/endpoint.ts";
import type { Random } from "#test/support/random.ts";

export const NAMES: readonly string[] = Array.from({ length: 8 }, (_, index) => `n${index}.example.com`);
/** Free of foreign records, and few enough that aliases among them meet in loops. */
export const LOOP_NAMES: readonly string[] = NAMES.slice(0, 2);

const LOOP_TYPES = ["A", "CNAME", "CNAME"];
const TYPES = ["A", "A", "AAAA", "CNAME"];
const UNWANTED_SHARE = 0.25;
const INSIDE_ALIAS_SHARE = 0.6;

export interface Wish {
  readonly type: string;
  readonly targets: readonly string[];
  /** 0: content with any. */
  readonly ttlSeconds: number;
}

export class Wishes {
  readonly #random: Random;
  readonly #ttls: readonly number[];
  readonly #wanted = new Map<string, Wish>();

  /** `ttls`: those that can be wished for. */
  constructor(random: Random, ttls: readonly number[]) {
    this.#random = random;
    this.#ttls = ttls;
  }

  get wanted(): ReadonlyMap<string, Wish> {
    return this.#wanted;
  }

  /** The name that was edited. */
  edit(): string {
    const name = this.#random.pick(NAMES);
    if (this.#random.chance(UNWANTED_SHARE)) {
      this.#wanted.delete(name);
      return name;
    }
    const type = this.#random.pick(LOOP_NAMES.includes(name) ? LOOP_TYPES : TYPES);
    const count = type === "CNAME" ? 1 : 1 + this.#random.below(3);
    const targets = new Set(Array.from({ length: count }, () => this.#target(type, name)));
    this.#wanted.set(name, { type, targets: [...targets], ttlSeconds: this.#random.pick(this.#ttls) });
    return name;
  }

  /** A wish for a loop is refused for as long as it is wished; what comes to rest must be possible. */
  untangle(): void {
    for (const [name, wish] of this.#wanted) {
      if (wish.type === "CNAME") this.#wanted.set(name, { ...wish, targets: wish.targets.map(outsideTarget) });
    }
  }

  endpoints(): readonly Endpoint[] {
    return [...this.#wanted].map(([name, { type, targets, ttlSeconds }]) =>
      endpoint(name, type, targets, { recordTTL: ttlSeconds, labels: { resource: `ingress/default/${name}` } }),
    );
  }

  /** Many an alias leads to one of our names, so that loops are wanted. */
  #target(type: string, name: string): string {
    const number = 1 + this.#random.below(6);
    if (type === "A") return `192.0.2.${number}`;
    if (type === "AAAA") return `2001:db8::${number}`;
    return this.#random.chance(INSIDE_ALIAS_SHARE)
      ? this.#random.pick(LOOP_NAMES.filter((other) => other !== name))
      : `lb${number}.example.net`;
  }
}

function outsideTarget(target: string): string {
  return target.endsWith(".example.com") ? "lb1.example.net" : target;
}
