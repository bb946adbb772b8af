// Creates and updates whose answer was lost, on consoles that take what they have already: firmware of early 2025 stores a record twice, and
// two aliases of one name stop its dnsmasq and with it the network's DNS and DHCP (home-operations/external-dns-unifi-webhook
// #104). Nothing is sent that could meet such a write when it is carried out late. Knows no request.

import type { Clock } from "#src/lib/clock.ts";
import type { BackendRules } from "#src/providers/provider.ts";
import type { ApiKind } from "./dns-api.ts";
import type { Content } from "./inventory.ts";

/** A write whose answer was lost may still be carried out; the engine's journal waits as long (docs/decisions.md 4). */
const DOUBT_MS = 30_000;
/** The oldest Network version that is known to refuse what it has already; 9.0 is known not to. */
const FIRST_STRICT_VERSION = { major: 9, minor: 4 } as const;

interface Doubt {
  readonly content: Content;
  /** Of an update: the console's id of what it changes; another record made equal meanwhile would be there twice. */
  readonly changedId: string | undefined;
  /** By the monotonic clock. */
  readonly untilMs: number;
}

export class WriteDoubts {
  readonly #clock: Clock;
  #doubts: readonly Doubt[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `changedId`: of an update. */
  note({ name, type, target }: Content, changedId?: string): void {
    const untilMs = this.#clock.monotonicMs() + DOUBT_MS;
    this.#doubts = [...this.#current(), { content: { name, type, target }, changedId, untilMs }];
  }

  /**
   * Milliseconds until this record may be made, anew or of the one with `changedId`; 0 when nothing that may still arrive could
   * stand beside it wrongly.
   */
  waitMs(record: Content, isExclusive: BackendRules["isExclusive"], changedId?: string): number {
    const inTheWay = this.#current().filter((doubt) => {
      const { content } = doubt;
      if (content.name !== record.name) return false;
      const isEqual = content.type === record.type && content.target === record.target;
      // What an update changes stands there already, so that the list shows what excludes it; and twice the same changes nothing.
      if (doubt.changedId !== undefined) return isEqual && doubt.changedId !== changedId;
      return isEqual || isExclusive(content.type, record.type);
    });
    const nowMs = this.#clock.monotonicMs();
    return Math.max(0, ...inTheWay.map(({ untilMs }) => untilMs - nowMs));
  }

  #current(): readonly Doubt[] {
    const nowMs = this.#clock.monotonicMs();
    return this.#doubts.filter(({ untilMs }) => untilMs > nowMs);
  }
}

/** The official API has checked from its first day. Of a console that does not tell its version the worse is believed. */
export function mayStoreTwice(api: ApiKind, version: string | undefined): boolean {
  if (api !== "static-dns") return false;
  const [major = 0, minor = 0] = (version ?? "").split(".").map(Number);
  const { major: strictMajor, minor: strictMinor } = FIRST_STRICT_VERSION;
  return !(major > strictMajor || (major === strictMajor && minor >= strictMinor));
}
