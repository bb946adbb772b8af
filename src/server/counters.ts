// The figures of the data plane in shared memory: the worker counts, the control plane reads, and no message passes between.
// Knows nothing of how they are named to people (ops/ makes metrics of them).

/** Every figure, in the order of the block. Names are stable: ops/ builds its metrics from them. */
export const COUNTER_NAMES = [
  "queries.udp",
  "queries.tcp",
  "questions.A",
  "questions.AAAA",
  "questions.CNAME",
  "questions.TXT",
  "questions.NS",
  "questions.SOA",
  "questions.PTR",
  "questions.MX",
  "questions.SRV",
  "questions.CAA",
  "questions.HTTPS",
  "questions.other",
  "questions.unreadable",
  "replies.NOERROR",
  "replies.FORMERR",
  "replies.SERVFAIL",
  "replies.NXDOMAIN",
  "replies.NOTIMP",
  "replies.REFUSED",
  "replies.other",
  "replies.truncated",
  "replies.stale",
  "refused.access-list",
  "dropped.short",
  "dropped.response",
  "dropped.source-port-zero",
  "dropped.own-address",
  "dropped.panic",
  "udp.send-errors",
  "udp.socket-errors",
  "tcp.accepted",
  "tcp.open",
  "tcp.accept-errors",
  "tcp.closed.by-client",
  "tcp.closed.connection-limit",
  "tcp.closed.client-limit",
  "tcp.closed.query-limit",
  "tcp.closed.first-byte-timeout",
  "tcp.closed.message-timeout",
  "tcp.closed.idle",
  "tcp.closed.lifetime",
  "tcp.closed.never-drained",
  "tcp.closed.bad-length",
  "tcp.closed.dropped-message",
  "tcp.closed.socket-error",
  "tcp.closed.stopping",
  "panics",
  "publications",
  "publications.refused",
  "worker.hangs",
  "worker.restarts",
] as const;
export type CounterName = (typeof COUNTER_NAMES)[number];

/** A low word carries into its high word here, so that a total passes 2^32 (20 hours at 60,000 queries a second). */
const CARRY = 0x8000_0000;

/** A carry takes nanoseconds; a reader that still sees one after so many looks met a worker that died inside it. */
const MAX_READS_PER_CARRY = 1_000;

const WORDS_PER_COUNTER = 2;

const INDEX: ReadonlyMap<string, number> = new Map(COUNTER_NAMES.map((name, index) => [name, index]));

/** The memory of one block of counters, all zero; given to the worker as it is and kept over its restarts. */
export function allocateCounters(): SharedArrayBuffer {
  return new SharedArrayBuffer(COUNTER_NAMES.length * WORDS_PER_COUNTER * Uint32Array.BYTES_PER_ELEMENT);
}

/** A view of a block. One thread writes a counter; any thread reads it. */
export class Counters {
  readonly #words: Uint32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Uint32Array(memory);
  }

  increment(name: CounterName): void {
    const low = lowWord(name);
    if (Atomics.add(this.#words, low, 1) !== CARRY - 1) return;
    // High before low: a low word at or above CARRY tells a reader that a carry is under way, whatever the high word says.
    Atomics.add(this.#words, low + 1, 1);
    Atomics.sub(this.#words, low, CARRY);
  }

  /** For the one figure that goes up and down (`tcp.open`). */
  set(name: CounterName, value: number): void {
    Atomics.store(this.#words, lowWord(name), value);
  }

  read(name: CounterName): number {
    const low = lowWord(name);
    let highAfter = Atomics.load(this.#words, low + 1);
    for (let reads = 0; reads < MAX_READS_PER_CARRY; reads += 1) {
      const high = highAfter;
      const units = Atomics.load(this.#words, low);
      highAfter = Atomics.load(this.#words, low + 1);
      if (units < CARRY && high === highAfter) return high * CARRY + units;
    }
    return highAfter * CARRY;
  }

  /** Every figure by its name. */
  readAll(): Readonly<Record<CounterName, number>> {
    return readEach((name) => this.read(name));
  }
}

function readEach(read: (name: CounterName) => number): Readonly<Record<CounterName, number>> {
  const entries = COUNTER_NAMES.map((name) => [name, read(name)] as const);
  // Object.fromEntries forgets the key type; the keys are exactly COUNTER_NAMES.
  return Object.fromEntries(entries) as Record<CounterName, number>;
}

function lowWord(name: CounterName): number {
  return (INDEX.get(name) ?? 0) * WORDS_PER_COUNTER;
}
