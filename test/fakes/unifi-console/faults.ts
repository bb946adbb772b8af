// What can go wrong and when: a list of rules matched against requests, or a seeded dice. Both are plain data, and every
// fault that struck is kept, so that any run can be replayed. Facts: unifi.md 4.4.

import { createRandom, type Random } from "#test/support/random.ts";
import type { ProfileName } from "./profiles.ts";
import type { FakeRecord, Oddity, RecordFields } from "./records.ts";
import type { RefusalKind } from "./replies.ts";
import type { Operation } from "./routes.ts";
import type { PageEffect } from "./state.ts";

/** Whether the console carries out the request before the fault shows. */
type Carried = "none" | "first";

export type FaultAction =
  /** A fixed answer. Body "api" is an error in the words of the API asked. */
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly body?: "api" | "html" | "empty" | { readonly text: string; readonly contentType: string };
      readonly headers?: Readonly<Record<string, string>>;
      readonly commit?: Carried;
    }
  /** The API's own refusal, whatever was asked. */
  | { readonly kind: "refuse"; readonly refusal: RefusalKind; readonly message?: string; readonly commit?: Carried }
  | { readonly kind: "reset"; readonly commit: Carried }
  | { readonly kind: "silence"; readonly commit: Carried }
  /** Answers 504, resets or stays silent now, and carries the request out later. */
  | { readonly kind: "late-write"; readonly delayMs: number; readonly reply: "504" | "reset" | "silence" }
  | { readonly kind: "delay"; readonly delayMs: number }
  | { readonly kind: "drip"; readonly bytesPerSecond: number }
  | { readonly kind: "truncate"; readonly keepBytes: number }
  /** A valid start of JSON that goes on for so many bytes. */
  | { readonly kind: "bomb"; readonly bytes: number }
  | { readonly kind: "login-page" }
  /** The request is carried out, and answered as usual or with an empty body; lists go on showing the state before it. */
  | { readonly kind: "stale-lists"; readonly forMs: number; readonly answer?: "empty" }
  | { readonly kind: "page"; readonly effect: PageEffect }
  | { readonly kind: "half-list" }
  | { readonly kind: "empty-list" }
  | { readonly kind: "odd-item"; readonly oddity: Oddity }
  /** Answers, and resets the connection when the next request comes in on it. */
  | { readonly kind: "close-idle" }
  /** Somebody at the console's own pages; without a match the record that the request names. */
  | { readonly kind: "hand-edit"; readonly edit: HandEdit; readonly when: "before" | "after" }
  | { readonly kind: "session-lost" }
  | { readonly kind: "csrf-stale" }
  | { readonly kind: "keys-revoked" }
  | { readonly kind: "login-without-session" }
  | { readonly kind: "login-limit" }
  | { readonly kind: "reboot"; readonly downMs?: number; readonly commit: Carried }
  | { readonly kind: "upgrade"; readonly profile: ProfileName };

export type RecordMatch = Partial<Pick<FakeRecord, "name" | "type" | "data">>;

export type HandEdit =
  | { readonly kind: "create"; readonly record: RecordFields }
  | { readonly kind: "update"; readonly match?: RecordMatch; readonly set: Partial<FakeRecord> }
  | { readonly kind: "remove"; readonly match?: RecordMatch };

export interface FaultRule {
  readonly action: FaultAction;
  readonly operation?: Operation | readonly Operation[];
  readonly method?: string;
  /** Source of a regular expression over the path. */
  readonly pathPattern?: string;
  /** Owner name of the record that the request creates, changes or deletes. */
  readonly name?: string;
  /** Only the n-th request that matches the rest, from 1. */
  readonly nth?: number;
  /** Every n-th request that matches the rest. */
  readonly every?: number;
  readonly probability?: number;
  /** How often the rule strikes at most; without it for ever. */
  readonly times?: number;
  /** Only the request of this number since the plan was made; how a run is replayed. */
  readonly request?: number;
}

/** What a rule can match on. */
export interface Aim {
  readonly operation: Operation;
  readonly method: string;
  readonly path: string;
  readonly name: string | undefined;
}

export interface FiredFault extends Aim {
  /** Of the request, counted since the plan was made. */
  readonly request: number;
  readonly action: FaultAction;
}

export interface RandomFaults {
  readonly seed: number;
  /** Part of the requests that are struck, 0 to 1. */
  readonly rate: number;
  /** Without it every kind that neither waits long nor lies undetectably. */
  readonly kinds?: readonly FaultAction["kind"][];
}

interface LiveRule {
  readonly rule: FaultRule;
  matched: number;
  fired: number;
}

export class FaultPlan {
  #rules: LiveRule[] = [];
  #dice: { readonly random: Random; readonly faults: RandomFaults } | undefined;
  #chance = createRandom(1);
  #requests = 0;
  #fired: FiredFault[] = [];

  /** Adds rules; the first that matches a request strikes. The seed feeds rules with a probability. */
  plan(rules: readonly FaultRule[], seed = 1): void {
    this.#chance = createRandom(seed);
    this.#rules.push(...rules.map((rule) => ({ rule, matched: 0, fired: 0 })));
  }

  random(faults: RandomFaults): void {
    this.#dice = { random: createRandom(faults.seed), faults };
  }

  /** Plans what struck in an earlier run again; the client must send the same requests in the same order. */
  replay(fired: readonly FiredFault[]): void {
    this.clear();
    this.plan(fired.map(({ request, action }) => ({ request, action })));
  }

  /** From here on nothing strikes, and requests count from 1. */
  clear(): void {
    this.#rules = [];
    this.#dice = undefined;
    this.#requests = 0;
    this.#fired = [];
  }

  fired(): readonly FiredFault[] {
    return this.#fired;
  }

  /** Called once for each request, in the order of arrival. */
  next(aim: Aim): FaultAction | undefined {
    this.#requests++;
    const action = this.#nextPlanned(aim) ?? this.#nextRandom(aim);
    if (action !== undefined) this.#fired.push({ ...aim, request: this.#requests, action });
    return action;
  }

  #nextPlanned(aim: Aim): FaultAction | undefined {
    for (const live of this.#rules) {
      const { rule } = live;
      if (!isAimedAt(rule, aim) || (rule.request !== undefined && rule.request !== this.#requests)) continue;
      live.matched++;
      if (live.fired >= (rule.times ?? Number.POSITIVE_INFINITY)) continue;
      if (rule.nth !== undefined && live.matched !== rule.nth) continue;
      if (rule.every !== undefined && live.matched % rule.every !== 0) continue;
      if (rule.probability !== undefined && !this.#chance.chance(rule.probability)) continue;
      live.fired++;
      return rule.action;
    }
    return undefined;
  }

  #nextRandom({ operation }: Aim): FaultAction | undefined {
    if (this.#dice === undefined) return undefined;
    const { random, faults } = this.#dice;
    // The dice fall the same way for every request, so that one more request does not shift the rest of the run.
    const strikes = random.chance(faults.rate);
    const point = random.next();
    if (!strikes) return undefined;
    const kinds = faults.kinds ?? DEFAULT_RANDOM_KINDS;
    const candidates = randomCandidates(operation).filter(({ kind }) => kinds.includes(kind));
    return candidates[Math.floor(point * candidates.length)];
  }
}

function isAimedAt({ operation, method, pathPattern, name }: FaultRule, aim: Aim): boolean {
  const operations = operation === undefined || typeof operation === "string" ? operation : [...operation];
  if (typeof operations === "string" && operations !== aim.operation) return false;
  if (Array.isArray(operations) && !operations.includes(aim.operation)) return false;
  if (method !== undefined && method !== aim.method) return false;
  if (pathPattern !== undefined && !new RegExp(pathPattern).test(aim.path)) return false;
  return name === undefined || name.toLowerCase() === aim.name?.toLowerCase();
}

/** Left out: what waits for the client's own time limits, and lists that are wrong without a trace. */
const DEFAULT_RANDOM_KINDS: readonly FaultAction["kind"][] = [
  "answer",
  "refuse",
  "reset",
  "late-write",
  "delay",
  "truncate",
  "login-page",
  "page",
  "odd-item",
  "close-idle",
  "session-lost",
  "csrf-stale",
  "login-limit",
  "login-without-session",
];

const ANYWHERE: readonly FaultAction[] = [
  { kind: "answer", status: 500, body: "api" },
  { kind: "answer", status: 502, body: "html" },
  { kind: "answer", status: 503, body: "empty", headers: { "retry-after": "0" } },
  { kind: "answer", status: 504, body: "html" },
  { kind: "answer", status: 429, body: "api", headers: { "retry-after": "0" } },
  { kind: "answer", status: 429, body: "empty", headers: { "retry-after": "soon" } },
  { kind: "reset", commit: "none" },
  { kind: "silence", commit: "none" },
  { kind: "delay", delayMs: 50 },
  { kind: "login-page" },
  { kind: "close-idle" },
  { kind: "session-lost" },
  { kind: "reboot", commit: "none" },
];

const ON_LISTS: readonly FaultAction[] = [
  { kind: "truncate", keepBytes: 20 },
  { kind: "answer", status: 200, body: { text: "{}", contentType: "application/json" } },
  { kind: "answer", status: 200, body: { text: "null", contentType: "application/json" } },
  { kind: "page", effect: "empty" },
  { kind: "page", effect: "short" },
  { kind: "page", effect: "total-changes" },
  { kind: "page", effect: "repeated-id" },
  { kind: "odd-item", oddity: "unknown-type" },
  { kind: "odd-item", oddity: "missing-fields" },
  { kind: "odd-item", oddity: "missing-metadata" },
  { kind: "half-list" },
  { kind: "empty-list" },
  { kind: "drip", bytesPerSecond: 1 },
  { kind: "bomb", bytes: 64 * 1024 * 1024 },
];

const ON_WRITES: readonly FaultAction[] = [
  { kind: "answer", status: 500, body: "api", commit: "first" },
  { kind: "answer", status: 502, body: "html", commit: "first" },
  { kind: "answer", status: 504, body: "empty", commit: "first" },
  { kind: "reset", commit: "first" },
  { kind: "silence", commit: "first" },
  { kind: "late-write", delayMs: 30, reply: "504" },
  { kind: "late-write", delayMs: 30, reply: "reset" },
  { kind: "refuse", refusal: "invalid" },
  { kind: "refuse", refusal: "already-exists" },
  { kind: "truncate", keepBytes: 5 },
  { kind: "stale-lists", forMs: 2_000 },
  { kind: "csrf-stale" },
  { kind: "reboot", commit: "first" },
];

const ON_LOGIN: readonly FaultAction[] = [{ kind: "login-limit" }, { kind: "login-without-session" }];

/** Every fault that the dice know for an operation. */
export function randomCandidates(operation: Operation): readonly FaultAction[] {
  switch (operation) {
    case "list":
      return [...ANYWHERE, ...ON_LISTS];
    case "create":
    case "update":
    case "delete":
      return [...ANYWHERE, ...ON_WRITES];
    case "login":
      return [...ANYWHERE, ...ON_LOGIN];
    default:
      return ANYWHERE;
  }
}
