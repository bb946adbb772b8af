// Fault rules drawn from a seed, for property tests.

import type { Random } from "#test/support/random.ts";
import type { Fault, FaultRule, PlainStreamFault, StreamFault } from "./faults.ts";

export interface RandomFaultOptions {
  /** Plurals of the resources that go wrong; any when absent. */
  readonly resources?: readonly string[];
  /** Leaves out `rotate-tokens`, `other-cluster` and whatever else a test cannot have; all are drawn by default. */
  readonly without?: readonly (Fault["kind"] | StreamFault["do"])[];
  /** Rules fire on one of the first so many matching requests; default 5. */
  readonly amongFirst?: number;
}

export function randomFaults(random: Random, count: number, options: RandomFaultOptions = {}): readonly FaultRule[] {
  const isWanted = (name: Fault["kind"] | StreamFault["do"]): boolean => options.without?.includes(name) !== true;
  const kinds = FAULT_KINDS.filter(isWanted);
  const actions = STREAM_ACTIONS.filter(isWanted);
  return Array.from({ length: count }, () => {
    const fault = drawFault(random, random.pick(kinds), actions);
    return {
      ...(options.resources === undefined ? {} : { resource: random.pick(options.resources) }),
      ...verbFor(random, fault),
      nth: 1 + random.below(options.amongFirst ?? 5),
      times: random.chance(0.2) ? 1 + random.below(4) : 1,
      fault,
    };
  });
}

const FAULT_KINDS: readonly Fault["kind"][] = [
  "delay",
  "status",
  "status",
  "hang",
  "reset",
  "cut-body",
  "empty-list",
  "partial-list",
  "stale-list",
  // Most of what can go wrong goes wrong inside a watch.
  "stream",
  "stream",
  "stream",
  "stream",
  "rotate-tokens",
  "other-cluster",
  "compact",
];

const STREAM_ACTIONS: readonly StreamFault["do"][] = [
  "error",
  "long-line",
  "old-bookmark",
  "no-bookmarks",
  "early-bookmark",
  "duplicate",
  "swap",
  "no-metadata",
  "bad-json",
  "half-line",
  "split-character",
  "line-separator",
  "crlf",
  "close",
  "reset",
  "cut",
  "silence",
];

const STATUS_CODES = [401, 403, 404, 409, 410, 429, 500, 503, 504] as const;
const ERROR_EVENT_CODES = [410, 500, 504, 429] as const;
/** Longer than any line a client should take. */
const LONG_LINE_BYTES = 5 * 1024 * 1024;
const LONGEST_DELAY_MS = 60_000;

function drawFault(random: Random, kind: Fault["kind"], actions: readonly StreamFault["do"][]): Fault {
  switch (kind) {
    case "delay":
      return { kind, delayMs: random.below(LONGEST_DELAY_MS) };
    case "status":
      return drawStatus(random);
    case "cut-body":
      return { kind, keepBytes: random.below(400), how: random.pick(["reset", "close"]) };
    case "partial-list":
      return { kind, keep: random.below(5) };
    case "stale-list":
      return { kind, revisionsBack: 1 + random.below(10) };
    case "stream":
      return { kind, script: Array.from({ length: 1 + random.below(3) }, () => drawStreamFault(random, actions)) };
    default:
      return { kind };
  }
}

function drawStatus(random: Random): Fault {
  const code = random.pick(STATUS_CODES);
  const asksToWait = (code === 429 || code === 503) && random.chance(0.7);
  return {
    kind: "status",
    code,
    form: random.pick(["status", "text"]),
    ...(asksToWait ? { retryAfterSeconds: 1 + random.below(10) } : {}),
  };
}

function drawStreamFault(random: Random, actions: readonly StreamFault["do"][]): StreamFault {
  const after = random.below(6);
  const action = random.pick(actions);
  switch (action) {
    case "error":
      return { after, do: action, code: random.pick(ERROR_EVENT_CODES), thenClose: random.chance(0.5) };
    case "long-line":
      return { after, do: action, bytes: LONG_LINE_BYTES };
    case "old-bookmark":
      return { after, do: action, revisionsBack: 1 + random.below(20) };
    default:
      return { after, do: action satisfies PlainStreamFault };
  }
}

function verbFor(random: Random, { kind }: Fault): { readonly verb?: string } {
  if (kind === "stream") return { verb: "watch" };
  if (kind.endsWith("-list")) return { verb: "list" };
  return random.chance(0.5) ? { verb: random.pick(["list", "watch"]) } : {};
}
