// A web framework's application behind our listener: ready before the port opens, closed after the last answer. Knows no
// framework, only what each of them offers. Shared by webhook/ and ops/.

import type { RequestListener } from "node:http";
import { type HttpLimits, HttpListener, type HttpListenerOptions, type ListenAddress } from "./http-listener.ts";
import type { Lifecycle } from "./lifecycle.ts";

/** What a request may take to arrive, the same on every listener of ours (docs/decisions.md 39). */
export const RECEIVING_LIMITS: Omit<HttpLimits, "keepAliveTimeoutMs"> = {
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  // One external-dns, one Prometheus and the kubelet hold a handful.
  maxConnections: 64,
};

export interface HttpApplication {
  /** Settles before the first request. */
  ready(): PromiseLike<unknown>;
  readonly routing: RequestListener;
  close(): PromiseLike<unknown>;
}

export interface HttpService extends Lifecycle {
  /** Where it listens; empty before start and after stop. */
  addresses(): readonly ListenAddress[];
}

/** Puts the application behind a listener. `start` rejects with UnavailableError when the port is taken. */
export function createHttpService(app: HttpApplication, options: Omit<HttpListenerOptions, "handler">): HttpService {
  const listener = new HttpListener({ ...options, handler: (request, response) => app.routing(request, response) });
  return {
    start: async () => {
      await app.ready();
      await listener.start();
    },
    stop: async () => {
      await listener.stop();
      await app.close();
    },
    addresses: () => listener.addresses(),
  };
}
