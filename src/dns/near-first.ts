// The order of several addresses in an answer: those of the client's own network first, since clients try them in order.

import { TYPE } from "./wire/registry.ts";
import type { RrSet } from "./wire/rrset.ts";

/** The same array when nothing moves. */
export function nearFirst(sets: readonly RrSet[], isNear: (address: Uint8Array) => boolean): readonly RrSet[] {
  return sets.some(hasChoice) ? sets.map((set) => (hasChoice(set) ? ordered(set, isNear) : set)) : sets;
}

function hasChoice({ type, rdata }: RrSet): boolean {
  return rdata.length > 1 && (type === TYPE.A || type === TYPE.AAAA);
}

function ordered(set: RrSet, isNear: (address: Uint8Array) => boolean): RrSet {
  const near = set.rdata.filter(isNear);
  if (near.length === 0 || near.length === set.rdata.length) return set;
  return { ...set, rdata: [...near, ...set.rdata.filter((address) => !near.includes(address))] };
}
