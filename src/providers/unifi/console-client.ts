// Speaks to one console: the API key, one deadline for each call with its repetitions, JSON both ways. Knows no DNS.

import { UpstreamError, UpstreamRejected } from "#src/errors.ts";
import type { Clock } from "#src/lib/clock.ts";
import { Secret } from "#src/lib/secret.ts";
import { type Asked, CREDENTIALS_CODE, classify, type Reply, retryAfterMs } from "./classify.ts";
import type { Exchange, Exchanged, Method } from "./transport.ts";

/**
 * The API key. `fresh` is asked once after the console has refused the current one: the file may have been replaced since it
 * was read.
 */
export type ApiKeySupplier = (need: "current" | "fresh") => Secret | string | Promise<Secret | string>;

export interface Call {
  readonly method: Method;
  /** Begins with a slash; made of constants and of ids that passed `isSafeId`. */
  readonly path: string;
  readonly body?: object;
  /** For errors and logs: "list", "create". */
  readonly operation: string;
}

export interface ConsoleClientOptions {
  /** From `parseConsoleUrl`. */
  readonly baseUrl: string;
  readonly exchange: Exchange;
  readonly apiKey: ApiKeySupplier;
  /** For one call with everything that belongs to it: key, repetitions, waiting. */
  readonly callTimeoutMs: number;
  readonly clock: Clock;
  /** From 0 up to, not including, 1; spreads repetitions. */
  readonly random: () => number;
}

export interface ConsoleClient {
  /** Throws an UpstreamError; a refusal of the request itself is a reply. A write is sent again only when it was not done. */
  send(call: Call, signal: AbortSignal): Promise<Reply>;
}

export function createConsoleClient(options: ConsoleClientOptions): ConsoleClient {
  return { send: (call, signal) => withDeadline(options, signal, (deadline) => sendWithin(options, call, deadline)) };
}

/** True for what may stand in a path as it is: UUIDs, object ids, short site names. */
export function isSafeId(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/.test(text);
}

/** Repetitions of a request that changes nothing. */
const MAX_READ_RETRIES = 2;
/** Repetitions of a write that the console turned away unread (429). */
const MAX_WRITE_RETRIES = 1;
const FIRST_RETRY_DELAY_MS = 200;
/** Without a Retry-After. */
const RATE_LIMIT_DELAY_MS = 1_000;

interface Deadline {
  readonly signal: AbortSignal;
  readonly endsAtMs: number;
}

async function sendWithin(options: ConsoleClientOptions, call: Call, deadline: Deadline): Promise<Reply> {
  let key = await readKey(options, call, "current");
  let isKeyFresh = false;
  for (let retry = 0; ; ) {
    const exchanged = await options.exchange(requestOf(options, call, key), deadline.signal);
    if (isKeyRefused(exchanged) && !isKeyFresh) {
      isKeyFresh = true;
      const fresh = await readKey(options, call, "fresh");
      if (fresh !== key) {
        key = fresh;
        continue;
      }
    }
    const delayMs = retryDelayMs(exchanged, { call, retry, options });
    if (delayMs === undefined || options.clock.monotonicMs() + delayMs >= deadline.endsAtMs) {
      return classify(exchanged, asked(options, call, key));
    }
    retry += 1;
    if (!(await slept(options.clock, delayMs, deadline.signal))) return classify(exchanged, asked(options, call, key));
  }
}

/** Whether and when the request goes out again; `undefined` when it must not. */
function retryDelayMs(
  exchanged: Exchanged,
  { call, retry, options }: { readonly call: Call; readonly retry: number; readonly options: ConsoleClientOptions },
): number | undefined {
  const isRead = call.method === "GET";
  if (retry >= (isRead ? MAX_READ_RETRIES : MAX_WRITE_RETRIES)) return undefined;
  // Full jitter would undercut the wait that a restarting console needs; half of it spreads clients as well.
  const backoffMs = FIRST_RETRY_DELAY_MS * 2 ** retry * (0.5 + options.random() / 2);
  if (exchanged.kind === "untrusted") return undefined;
  if (exchanged.kind === "failed") return isRead && exchanged.code !== "ABORTED" ? backoffMs : undefined;
  const askedMs = retryAfterMs(exchanged.retryAfter, options.clock.nowMs());
  if (exchanged.status === 429) return askedMs ?? RATE_LIMIT_DELAY_MS;
  return isRead && exchanged.status >= 500 ? Math.max(askedMs ?? 0, backoffMs) : undefined;
}

/** A wrong site is a 401 as well; a new key would not help, and reading the file once more does no harm. */
function isKeyRefused(exchanged: Exchanged): boolean {
  return exchanged.kind === "answer" && (exchanged.status === 401 || exchanged.status === 403);
}

function requestOf(options: ConsoleClientOptions, call: Call, key: string): Parameters<Exchange>[0] {
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  return {
    method: call.method,
    url: options.baseUrl + call.path,
    headers: { "x-api-key": key, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    body,
  };
}

async function readKey(options: ConsoleClientOptions, call: Call, need: "current" | "fresh"): Promise<string> {
  const key = await suppliedKey(options, call, need);
  // Anything else could not be sent in a header; the key itself is not shown.
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  const where = { upstream: "unifi", operation: call.operation };
  throw new UpstreamRejected(CREDENTIALS_CODE, where, "the API key is empty or holds blanks or control characters");
}

async function suppliedKey(options: ConsoleClientOptions, call: Call, need: "current" | "fresh"): Promise<string> {
  try {
    const key = await options.apiKey(need);
    return (key instanceof Secret ? key.reveal() : key).trim();
  } catch (error) {
    if (error instanceof UpstreamError) throw error;
    // The supplier's own error is left out: nobody can say what it holds.
    const where = { upstream: "unifi", operation: call.operation };
    throw new UpstreamRejected(CREDENTIALS_CODE, where, "the API key could not be read");
  }
}

function asked(options: ConsoleClientOptions, call: Call, secret: string): Asked {
  return { operation: call.operation, host: new URL(options.baseUrl).host, secret };
}

/** Ends the timer of a call that is over; one for all, because a reason of its own costs each call a stack trace. */
const DONE = new Error("the call is over");

async function withDeadline<T>(
  { clock, callTimeoutMs }: ConsoleClientOptions,
  signal: AbortSignal,
  run: (deadline: Deadline) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const done = new AbortController();
  const timer = clock.sleep(callTimeoutMs, done.signal).then(
    () => late.abort(),
    () => undefined,
  );
  try {
    const endsAtMs = clock.monotonicMs() + callTimeoutMs;
    return await run({ signal: AbortSignal.any([signal, late.signal]), endsAtMs });
  } finally {
    done.abort(DONE);
    await timer;
  }
}

/** False when the signal came first. */
function slept(clock: Clock, delayMs: number, signal: AbortSignal): Promise<boolean> {
  return clock.sleep(delayMs, signal).then(
    () => true,
    () => false,
  );
}
