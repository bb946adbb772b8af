// Refuses who must not come through: a browser that was tricked (DNS rebinding), another machine's name, a wrong password.
// external-dns sends the host of its URL and never an Origin.

import type { IncomingHttpHeaders } from "node:http";
import { RequestError } from "#src/errors.ts";
import { createCredentialCheck, type WebhookCredentials } from "./credentials.ts";

export interface RequestGuardOptions {
  /** Address of the listener as a URL has it: `192.0.2.1`, `[::1]`. */
  readonly host: string;
  readonly credentials: WebhookCredentials | undefined;
}

/** Names of a listener that only this machine can reach. */
const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"] as const;

/** Makes a check that throws RequestError 403, then 401 where there is a password, else 421. */
export function createRequestGuard({ host, credentials }: RequestGuardOptions): (headers: IncomingHttpHeaders) => void {
  const refuseStranger = credentials === undefined ? hostCheck(host) : passwordCheck(credentials);
  return (headers) => {
    if (headers.origin !== undefined || headers["sec-fetch-site"] !== undefined) {
      throw new RequestError(403, "request.from_browser", "Requests of a browser are refused.");
    }
    refuseStranger(headers);
  };
}

/**
 * Any Host will do then: a browser keeps passwords by the name it asks for, so a page that points a name of its own at us has
 * none to send, and a name forgotten in a list of ours would end external-dns.
 */
function passwordCheck(credentials: WebhookCredentials): (headers: IncomingHttpHeaders) => void {
  const check = createCredentialCheck(credentials);
  return (headers) => check(headers.authorization);
}

function hostCheck(host: string): (headers: IncomingHttpHeaders) => void {
  const hosts = new Set([...LOOPBACK_NAMES, host.toLowerCase()]);
  return (headers) => {
    if (hosts.has(hostName(headers.host ?? ""))) return;
    throw new RequestError(421, "request.wrong_host", "The Host header names another machine than this one.");
  };
}

/** The host without its port, lower case: `[::1]:8888` is `[::1]`. */
function hostName(host: string): string {
  return host.replace(/:\d{1,5}$/, "").toLowerCase();
}
