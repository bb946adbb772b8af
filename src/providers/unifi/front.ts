// What stands in front of the Network application: UniFi OS, or nothing. It decides every path, the login's first
// (facts: unifi.md 1.1.1, 1.4).

import { UpstreamUnavailable } from "#src/errors.ts";
import type { Asked } from "./classify.ts";
import { errorOf } from "./login-answer.ts";
import type { Exchange } from "./transport.ts";

/** `console` has UniFi OS in front of the Network application, `self-hosted` has not. */
export type Controller = "console" | "self-hosted";

export const LOGIN_PATHS: Readonly<Record<Controller, string>> = {
  console: "/api/auth/login",
  "self-hosted": "/api/login",
};

/**
 * UniFi OS has its login at a path of its own and answers whatever it likes to a GET there; without UniFi OS there is nothing.
 * The root page tells less: newer UniFi OS redirects it just as the Network application does. Throws an UpstreamError for an
 * answer that says nothing.
 */
export async function findController(
  { exchange, baseUrl, asked }: { readonly exchange: Exchange; readonly baseUrl: string; readonly asked: Asked },
  signal: AbortSignal,
): Promise<Controller> {
  const url = baseUrl + LOGIN_PATHS.console;
  const exchanged = await exchange({ method: "GET", url, headers: {}, body: undefined }, signal);
  if (exchanged.kind !== "answer") throw errorOf(exchanged, asked);
  const { status } = exchanged;
  if (status === 404) return "self-hosted";
  if (status < 500 && status !== 408 && status !== 429) return "console";
  const where = { upstream: "unifi", operation: asked.operation };
  throw new UpstreamUnavailable(
    "unifi.away",
    where,
    `${asked.host} answered ${status} when it was asked for its login`,
  );
}
