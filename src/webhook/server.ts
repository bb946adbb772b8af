// The listener of the webhook: one HTTP application behind one server per address. Without a password it is reachable from
// this machine alone.

import { isLoopbackAddress } from "#src/domain/address.ts";
import { ConfigError } from "#src/errors.ts";
import type { HttpLimits, ListenHost } from "#src/lib/http-listener.ts";
import { createHttpService, type HttpService, RECEIVING_LIMITS } from "#src/lib/http-service.ts";
import { createWebhookApplication, type WebhookApplicationOptions } from "./application.ts";

export interface WebhookServerOptions extends WebhookApplicationOptions {
  /** "localhost" is both loopbacks (a machine without ::1 is fine); else one IP address; one that others reach needs credentials. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Overrides of the listener's limits. */
  readonly limits?: Partial<HttpLimits>;
}

export type WebhookServer = HttpService;

/** Go keeps idle connections for 90 s and cannot repeat a POST on one that we just closed: the client must close first. */
const KEEP_ALIVE_TIMEOUT_MS = 120_000;
/** A request answers at the latest a grace after its budget (request-scope.ts); stop() waits a little longer. */
const DRAIN_MARGIN_MS = 2_000;
/** The calls of one loop of external-dns follow each other faster than this: a loop that began is served to its end. */
const IDLE_GRACE_MS = 1_000;

/** Makes the webhook. `start` rejects with UnavailableError (port taken) or ConfigError (others reach it, and no password). */
export function createWebhookServer(options: WebhookServerOptions): WebhookServer {
  const service = createHttpService(createWebhookApplication(options), {
    name: "webhook",
    hosts: listenHosts(options.host),
    port: options.port,
    limits: { ...RECEIVING_LIMITS, keepAliveTimeoutMs: KEEP_ALIVE_TIMEOUT_MS, ...options.limits },
    drainMs: options.budgetMs + DRAIN_MARGIN_MS,
    idleGraceMs: IDLE_GRACE_MS,
    log: options.log,
    clock: options.clock,
  });
  return {
    ...service,
    start: async () => {
      refuseOpenDoor(options);
      await service.start();
    },
  };
}

function listenHosts(host: string): readonly ListenHost[] {
  // external-dns dials "localhost" as ::1 first on some machines.
  if (host !== "localhost") return [{ host, optional: false }];
  return [
    { host: "127.0.0.1", optional: false },
    { host: "::1", optional: true },
  ];
}

/** The settings refuse it already; a writer without a password must not depend on that alone. */
function refuseOpenDoor({ host, credentials }: WebhookServerOptions): void {
  if (host === "localhost" || isLoopbackAddress(host) || credentials !== undefined) return;
  throw new ConfigError([
    {
      path: "webhook.host",
      problem: `${host} can be reached by other machines, and the webhook asks for no password`,
      hint: "Use localhost, or set a user name and a password.",
    },
  ]);
}
