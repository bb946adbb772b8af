// What makes a request to a console ours, and what follows when the console does not take it. Two kinds: an API key
// (key-access.ts) and the session of a login (session-access.ts).

import type { Secret } from "#src/lib/secret.ts";
import type { Asked } from "./classify.ts";
import type { Exchanged, Method } from "./transport.ts";

/**
 * A key or a password. `fresh` is asked once after the console has refused the current one: the file may have been replaced
 * since it was read.
 */
export type SecretSupplier = (need: "current" | "fresh") => Secret | string | Promise<Secret | string>;

export interface ConsoleAccess {
  readonly means: Asked["means"];
  /** For one call with its repetitions. */
  begin(call: { readonly method: Method; readonly operation: string }): CallAccess;
}

export interface CallAccess {
  /** Of the next request. Throws an UpstreamError. */
  headers(signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /**
   * Told of what came of every request; true when the request was turned away unread and goes out again at once with new
   * headers, which happens a bounded number of times in one call. Throws an UpstreamError.
   */
  isRenewed(exchanged: Exchanged, signal: AbortSignal): Promise<boolean>;
  /** What was sent and must never be shown. */
  secrets(): readonly string[];
}
