// The fault script: which requests go wrong, and how. Facts: reliability.md 2.4.

import type { RequestInfo } from "./request-info.ts";

/** What happens inside a watch once `after` lines of it were sent; the ones that change a line wait for the next one. */
export type StreamFault =
  | { readonly after: number; readonly do: "error"; readonly code: number; readonly thenClose: boolean }
  | { readonly after: number; readonly do: "long-line"; readonly bytes: number }
  | { readonly after: number; readonly do: "old-bookmark"; readonly revisionsBack: number }
  | { readonly after: number; readonly do: PlainStreamFault };

export type PlainStreamFault =
  /** No more bookmarks on this watch. */
  | "no-bookmarks"
  | "early-bookmark"
  /** The next event twice. */
  | "duplicate"
  /** The next two events in the wrong order. */
  | "swap"
  /** The next event's object has no metadata. */
  | "no-metadata"
  /** Another line instead of the next event, not JSON. */
  | "bad-json"
  /** Half of the next line, then the answer ends as if it were whole. */
  | "half-line"
  /** The next line in two writes, cut inside a character. */
  | "split-character"
  /** U+2028 in the next line, unescaped. */
  | "line-separator"
  | "crlf"
  | "close"
  | "reset"
  /** FIN in the middle of a chunk. */
  | "cut"
  /** Nothing more is written; the kernel goes on acknowledging. */
  | "silence";

export type Fault =
  /** The answer begins this much later. */
  | { readonly kind: "delay"; readonly delayMs: number }
  /** `text` for what proxies and the flow control of the API server send: no Status object. */
  | {
      readonly kind: "status";
      readonly code: number;
      readonly retryAfterSeconds?: number;
      readonly form?: "status" | "text";
    }
  /** Accepted, never answered. */
  | { readonly kind: "hang" }
  | { readonly kind: "reset" }
  /** The first bytes of the answer, then RST or FIN. */
  | { readonly kind: "cut-body"; readonly keepBytes: number; readonly how: "reset" | "close" }
  | { readonly kind: "empty-list" }
  | { readonly kind: "partial-list"; readonly keep: number }
  /** A list as it was some revisions ago, as a watch cache that lags answers. */
  | { readonly kind: "stale-list"; readonly revisionsBack: number }
  | { readonly kind: "stream"; readonly script: readonly StreamFault[] }
  /** Events of the cluster that a request runs into; it is then answered as usual. */
  | { readonly kind: "rotate-tokens" }
  | { readonly kind: "other-cluster" }
  | { readonly kind: "compact" };

export interface FaultRule {
  /** get, list, watch, create, ...; any when absent. */
  readonly verb?: string;
  /** Plural of the resource. */
  readonly resource?: string;
  readonly namespace?: string;
  /** Begins with the n-th request that matches, 1 being the first, which is the default. */
  readonly nth?: number;
  /** For how many requests; default 1. */
  readonly times?: number;
  readonly fault: Fault;
}

interface Armed {
  readonly rule: FaultRule;
  seen: number;
}

export class FaultPlan {
  #armed: Armed[] = [];

  add(...rules: readonly FaultRule[]): void {
    this.#armed.push(...rules.map((rule) => ({ rule, seen: 0 })));
  }

  clear(): void {
    this.#armed = [];
  }

  /** Rules that may still fire. */
  get pending(): readonly FaultRule[] {
    return this.#armed.filter((armed) => armed.seen < lastOf(armed.rule)).map(({ rule }) => rule);
  }

  /** Counts the request for every rule that matches it; the first one whose turn it is decides. */
  take(info: RequestInfo): Fault | undefined {
    const matching = this.#armed.filter(({ rule }) => matches(rule, info));
    for (const armed of matching) armed.seen++;
    return matching.find(({ rule, seen }) => seen >= (rule.nth ?? 1) && seen <= lastOf(rule))?.rule.fault;
  }
}

function lastOf({ nth = 1, times = 1 }: FaultRule): number {
  return nth + times - 1;
}

function matches({ verb, resource, namespace }: FaultRule, info: RequestInfo): boolean {
  return (
    (verb === undefined || verb === info.verb) &&
    (resource === undefined || resource === info.target?.plural) &&
    (namespace === undefined || namespace === info.target?.namespace)
  );
}
