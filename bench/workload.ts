// The zone and the questions that every server and every codec is measured with: 10,000 addresses, and one question in five
// for a name that does not exist. Pure: one seed, one order.

import { createRandom } from "#test/support/random.ts";

export const APEX = "lab.example";
export const TTL_SECONDS = 60;
/** SOA MINIMUM. */
export const NEGATIVE_TTL_SECONDS = 30;
export const NAMESERVER_ADDRESS = "127.0.0.1";

const HOSTS = 10_000;
/** So that a fifth of all questions meets a name that does not exist. */
const MISSING_HOSTS = HOSTS / 4;

export interface Host {
  readonly name: string;
  readonly address: string;
}

/** One question for an A record; without an address the name does not exist. */
export interface Question {
  readonly name: string;
  readonly address: string | undefined;
}

export interface Workload {
  readonly hosts: readonly Host[];
  /** Every host once and every missing name once, shuffled. */
  readonly questions: readonly Question[];
}

export function createWorkload(seed: number): Workload {
  const hosts = Array.from({ length: HOSTS }, (_, index) => ({
    name: `svc-${numbered(index)}.${APEX}`,
    address: `10.1.${index >> 8}.${index & 0xff}`,
  }));
  const missing = Array.from({ length: MISSING_HOSTS }, (_, index) => ({
    name: `gone-${numbered(index)}.${APEX}`,
    address: undefined,
  }));
  return { hosts, questions: shuffled([...hosts, ...missing], seed) };
}

function numbered(index: number): string {
  return String(index).padStart(5, "0");
}

function shuffled<Item>(items: readonly Item[], seed: number): readonly Item[] {
  const random = createRandom(seed);
  return items
    .map((item) => ({ item, rank: random.next() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}
