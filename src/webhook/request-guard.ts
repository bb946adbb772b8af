// Refuses requests that a browser was tricked into (DNS rebinding): external-dns sends a loopback Host and never an Origin.

import type { IncomingHttpHeaders } from "node:http";
import { RequestError } from "#src/errors.ts";

/** Names of a listener that only this machine can reach. */
const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"] as const;

/** Makes a check that throws RequestError 421 or 403. `extraHosts` are further names of this listener, without a port. */
export function createRequestGuard(extraHosts: readonly string[]): (headers: IncomingHttpHeaders) => void {
  const hosts = new Set([...LOOPBACK_NAMES, ...extraHosts].map((host) => host.toLowerCase()));
  return (headers) => {
    if (headers.origin !== undefined || headers["sec-fetch-site"] !== undefined) {
      throw new RequestError(403, "request.from_browser", "Requests of a browser are refused.");
    }
    if (!hosts.has(hostName(headers.host ?? ""))) {
      throw new RequestError(421, "request.wrong_host", "The Host header names another machine than this one.");
    }
  };
}

/** The host without its port, lower case: `[::1]:8888` is `[::1]`. */
function hostName(host: string): string {
  return host.replace(/:\d{1,5}$/, "").toLowerCase();
}
