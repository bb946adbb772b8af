// The console's one store of DNS records, from which both APIs are views with ids of their own, and the history of its
// commits. Knows nothing of HTTP. Facts: unifi.md 1.0, 4.2.

import { createRandom } from "#test/support/random.ts";
import type { ConsoleTime } from "./time.ts";

export type FakeRecordType = "A" | "AAAA" | "CNAME" | "MX" | "NS" | "SRV" | "TXT";

/** What one list item can have wrong with it on some builds. */
export type Oddity = "unknown-type" | "missing-fields" | "missing-metadata" | "short-type" | "null-id";

export interface FakeRecord {
  /** Id in the Integration API; null or shared by several records in the anomalies. */
  readonly uuid: string | null;
  /** Id in the v2 API. */
  readonly objectId: string;
  readonly type: FakeRecordType;
  /** Full owner name as sent; of SRV with its two underscore labels; of NS the forwarded domain. */
  readonly name: string;
  /** Address, host name or text; of NS the address of the DNS server asked. */
  readonly data: string;
  /** 0 is the console's "Auto". */
  readonly ttlSeconds: number;
  readonly enabled: boolean;
  readonly origin: "USER_DEFINED" | "SYSTEM_DEFINED" | "DERIVED" | "ORCHESTRATED";
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly oddity: Oddity | undefined;
}

/** The fields a caller chooses; ids are the store's. */
export type RecordFields = Pick<FakeRecord, "type" | "name" | "data"> &
  Partial<Omit<FakeRecord, "type" | "name" | "data">>;

export type Author = "client" | "late" | "hand" | "seed";

/** One change of the store: `before` undefined is a creation, `after` undefined a removal. */
export interface Commit {
  readonly number: number;
  readonly atMs: number;
  readonly by: Author;
  readonly before: FakeRecord | undefined;
  readonly after: FakeRecord | undefined;
}

/** A client with a fixed address and a "Local DNS record", which neither record API lists. */
export interface LocalClient {
  readonly hostname: string;
  readonly localDnsRecord: string;
}

export interface SiteIdentity {
  readonly uuid: string;
  readonly objectId: string;
  /** The short name in v2 and classic paths. */
  readonly reference: string;
  readonly name: string;
}

export class Site {
  readonly identity: SiteIdentity;
  clients: readonly LocalClient[] = [];
  /** Domains of the site's networks, under which the Integration API takes nothing. */
  networkDomains: readonly string[] = [];
  readonly #ids: Ids;
  readonly #time: ConsoleTime;
  readonly #onCommit: () => void;
  #records: readonly FakeRecord[] = [];
  #commits: Commit[] = [];
  #commitCount = 0;

  constructor(identity: SiteIdentity, ids: Ids, on: { readonly time: ConsoleTime; readonly commit: () => void }) {
    this.identity = identity;
    this.#ids = ids;
    this.#time = on.time;
    this.#onCommit = on.commit;
  }

  /** In the order of creation; the same array until the next commit. */
  get records(): readonly FakeRecord[] {
    return this.#records;
  }

  get commits(): readonly Commit[] {
    return this.#commits;
  }

  create(fields: RecordFields, by: Author): FakeRecord {
    const after: FakeRecord = {
      uuid: this.#ids.uuid(),
      objectId: this.#ids.objectId(),
      ttlSeconds: 0,
      enabled: true,
      origin: "USER_DEFINED",
      priority: 0,
      weight: 0,
      port: 0,
      oddity: undefined,
      ...fields,
    };
    this.#commit([...this.#records, after], { by, before: undefined, after });
    return after;
  }

  /** Keeps both ids and the place in the list. */
  replace(before: FakeRecord, fields: Partial<FakeRecord>, by: Author): FakeRecord {
    const after = { ...before, ...fields };
    const records = this.#records.map((record) => (record === before ? after : record));
    this.#commit(records, { by, before, after });
    return after;
  }

  remove(before: FakeRecord, by: Author): void {
    const records = this.#records.filter((record) => record !== before);
    this.#commit(records, { by, before, after: undefined });
  }

  clear(): void {
    this.#records = [];
    this.#commits = [];
    this.#commitCount = 0;
  }

  #commit(records: readonly FakeRecord[], change: Omit<Commit, "number" | "atMs">): void {
    this.#records = records;
    this.#commits.push({ number: ++this.#commitCount, atMs: this.#time.nowMs(), ...change });
    this.#onCommit();
  }
}

export interface Ids {
  uuid(): string;
  /** 24 hexadecimal digits, as MongoDB makes them. */
  objectId(): string;
}

/** Ids that look random and repeat with the seed. */
export function createIds(seed: number): Ids {
  const random = createRandom(seed);
  const hex = (digits: number): string => {
    let text = "";
    while (text.length < digits)
      text += random
        .below(2 ** 32)
        .toString(16)
        .padStart(8, "0");
    return text.slice(0, digits);
  };
  return {
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
    objectId: () => hex(24),
  };
}
