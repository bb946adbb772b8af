// Speaks to one console: access, one deadline for each call with its repetitions, JSON both ways. Knows no DNS.

import type { Clock } from "#src/lib/clock.ts";
import type { CallAccess, ConsoleAccess } from "./access.ts";
import { type Asked, classify, type Reply, retryAfterMs } from "./classify.ts";
import { type Deadline, withDeadline } from "./deadline.ts";
import type { Exchange, Exchanged, Method } from "./transport.ts";

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
  readonly access: ConsoleAccess;
  /** For one call with everything that belongs to it: access, repetitions, waiting. */
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
  const { clock, callTimeoutMs: timeoutMs } = options;
  return {
    send: (call, signal) =>
      withDeadline({ clock, timeoutMs }, signal, (deadline) => sendWithin(options, call, deadline)),
  };
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

/** No time is left, or the same would come again and cost the same memory. */
const FINAL_FAILURES: ReadonlySet<string> = new Set(["ABORTED", "ANSWER_TOO_LARGE"]);

async function sendWithin(options: ConsoleClientOptions, call: Call, deadline: Deadline): Promise<Reply> {
  const access = options.access.begin(call);
  for (let retry = 0; ; ) {
    const headers = await access.headers(deadline.signal);
    const exchanged = await options.exchange(requestOf(options, call, headers), deadline.signal);
    if (await access.isRenewed(exchanged, deadline.signal)) continue;
    const delayMs = retryDelayMs(exchanged, { call, retry, options });
    if (delayMs === undefined || options.clock.monotonicMs() + delayMs >= deadline.endsAtMs) {
      return classify(exchanged, asked(options, call, access));
    }
    retry += 1;
    if (!(await slept(options.clock, delayMs, deadline.signal))) {
      return classify(exchanged, asked(options, call, access));
    }
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
  if (exchanged.kind === "failed") return isRead && !FINAL_FAILURES.has(exchanged.code) ? backoffMs : undefined;
  const askedMs = retryAfterMs(exchanged.retryAfter, options.clock.nowMs());
  if (exchanged.status === 429) return askedMs ?? RATE_LIMIT_DELAY_MS;
  return isRead && exchanged.status >= 500 ? Math.max(askedMs ?? 0, backoffMs) : undefined;
}

function requestOf(
  options: ConsoleClientOptions,
  call: Call,
  headers: Readonly<Record<string, string>>,
): Parameters<Exchange>[0] {
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  return {
    method: call.method,
    url: options.baseUrl + call.path,
    headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    body,
  };
}

function asked({ baseUrl, access }: ConsoleClientOptions, { operation }: Call, ofCall: CallAccess): Asked {
  return { operation, host: new URL(baseUrl).host, secrets: ofCall.secrets(), means: access.means };
}

/** False when the signal came first. */
function slept(clock: Clock, delayMs: number, signal: AbortSignal): Promise<boolean> {
  return clock.sleep(delayMs, signal).then(
    () => true,
    () => false,
  );
}
