// The listener of the webhook: loopback only, one Fastify application behind one server per loopback address. Several engines
// may share it under different paths.

import type { ServerResponse } from "node:http";
import { isIPv4, isIPv6 } from "node:net";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { ConfigError, RequestError } from "#src/errors.ts";
import type { Clock } from "#src/lib/clock.ts";
import { type HttpLimits, HttpListener, type ListenAddress, type ListenHost } from "#src/lib/http-listener.ts";
import type { Lifecycle } from "#src/lib/lifecycle.ts";
import type { Logger } from "#src/lib/log.ts";
import type { SyncEngine } from "#src/sync/sync-engine.ts";
import type { WebhookObserver, WebhookRoute } from "./observer.ts";
import { problemOf } from "./problem.ts";
import { createRequestGuard } from "./request-guard.ts";
import { addWebhookRoutes, SCOPE_DECORATOR, sendProblem, type WebhookCall } from "./routes.ts";

export interface WebhookEngine {
  /** Where external-dns finds it: "/" (or "") for the root, else "/local"; a final slash does not matter. */
  readonly path: string;
  readonly engine: SyncEngine;
}

export interface WebhookServerOptions {
  /** "localhost" is both loopbacks (a machine without ::1 is fine); else one loopback IP address. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly engines: readonly WebhookEngine[];
  /** Time for one request from its arrival; then the engine's signal aborts and the answer is 503. */
  readonly budgetMs: number;
  /** Further names under which callers may address it, without a port. */
  readonly allowedHosts?: readonly string[];
  /** Overrides of the listener's limits. */
  readonly limits?: Partial<HttpLimits>;
  readonly observer: WebhookObserver;
  readonly log: Logger;
  readonly clock: Clock;
}

export interface WebhookServer extends Lifecycle {
  /** Where it listens; empty before start and after stop. */
  addresses(): readonly ListenAddress[];
}

const LIMITS: HttpLimits = {
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  // Go keeps idle connections for 90 s and cannot repeat a POST on one that we just closed: the client must close first.
  keepAliveTimeoutMs: 120_000,
  maxConnections: 64,
};

/** For metrics: the answer was not sent whole. No answer carries it; web servers use it in their logs for the same. */
const STATUS_CUT = 499;
/** Of bodies nobody asked for; the two POST routes set their own. */
const MAX_UNEXPECTED_BODY_BYTES = 64 * 1024;
/** A request answers at the latest a grace after its budget (request-scope.ts); stop() waits a little longer. */
const DRAIN_MARGIN_MS = 2_000;

/** Makes the webhook. `start` rejects with UnavailableError (port taken) or ConfigError (an address others can reach). */
export function createWebhookServer(options: WebhookServerOptions): WebhookServer {
  const app = createApplication(options);
  const listener = new HttpListener({
    name: "webhook",
    hosts: listenHosts(options.host),
    port: options.port,
    limits: { ...LIMITS, ...options.limits },
    drainMs: options.budgetMs + DRAIN_MARGIN_MS,
    handler: (request, response) => app.routing(request, response),
    log: options.log,
    clock: options.clock,
  });
  return {
    start: async () => {
      refuseReachableHost(options.host);
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

function createApplication(options: WebhookServerOptions): FastifyInstance {
  const { host, allowedHosts = [] } = options;
  const calls: WebhookCall[] = [];
  const app = fastify({
    logger: false,
    bodyLimit: MAX_UNEXPECTED_BODY_BYTES,
    routerOptions: { ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) => {
      observeEnd(options, { name: "other", response: reply.raw });
      void answerError(options, { error, request, reply });
    },
  });
  const refuseTrickedBrowser = createRequestGuard([...allowedHosts, isIPv6(host) ? `[${host}]` : host]);

  app.decorateRequest(SCOPE_DECORATOR, null);
  readBodiesAsJson(app);
  app.setErrorHandler((error, request, reply) => answerError(options, { error, request, reply }));
  app.addHook("onRequest", async (request, reply) => {
    observeEnd(options, { name: routeName(calls, request), response: reply.raw });
    reply.headers({ "cache-control": "no-store", "x-content-type-options": "nosniff" });
    refuseTrickedBrowser(request.headers);
    if (request.is404) refuseUnknown(calls, request, reply);
  });
  for (const { path, engine } of options.engines) {
    calls.push(...addWebhookRoutes(app, { ...options, engine, prefix: withoutFinalSlash(path) }));
  }
  return app;
}

/** Fastify's own hook stays silent for a request that was cut before its handler ran; the response's end never does. */
function observeEnd(
  { clock, observer }: WebhookServerOptions,
  { name, response }: { readonly name: WebhookRoute; readonly response: ServerResponse },
): void {
  const arrivedAtMs = clock.monotonicMs();
  response.once("close", () => {
    const statusCode = response.writableFinished ? response.statusCode : STATUS_CUT;
    observer.requestHandled(name, statusCode, clock.monotonicMs() - arrivedAtMs);
  });
}

function routeName(calls: readonly WebhookCall[], request: FastifyRequest): WebhookRoute {
  const method = request.method === "HEAD" ? "GET" : request.method;
  return calls.find((call) => call.url === request.routeOptions.url && call.method === method)?.name ?? "other";
}

/** One parser for whatever passed the media type check; it refuses `__proto__` and `constructor.prototype`. */
function readBodiesAsJson(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, parseJson);
}

/** Before the body is read: whoever asks for what is not here is told so, whatever its media type. */
function refuseUnknown(calls: readonly WebhookCall[], request: FastifyRequest, reply: FastifyReply): never {
  const [path = ""] = request.url.split("?", 1);
  const methods = calls
    .filter(({ url }) => withoutFinalSlash(url) === withoutFinalSlash(path))
    .map(({ method }) => method);
  if (methods.length === 0) throw new RequestError(404, "request.no_such_path", "There is nothing at this path.");
  const allowed = methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])).join(", ");
  reply.header("allow", allowed);
  throw new RequestError(405, "request.method", `This path knows ${allowed}.`);
}

interface FailedRequest {
  readonly error: unknown;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

function answerError(options: WebhookServerOptions, { error, request, reply }: FailedRequest): FastifyReply {
  const { log, observer } = options;
  const isCut = !request.raw.complete && request.raw.destroyed;
  const { problem, isBug } = isCut ? CUT : problemOf(error);
  const fields = { method: request.method, path: request.url, ...problem };
  if (isBug) {
    observer.bugCaught();
    log.error({ ...fields, err: error }, "webhook request met a bug");
  } else {
    log.warn(fields, problem.status >= 500 ? "webhook request failed" : "webhook request refused");
  }
  return sendProblem(reply, problem);
}

/** The caller left, or was too slow and got its 408 from the listener: nobody reads this answer, but the log shall say it. */
const CUT = {
  problem: { status: 408, code: "request.incomplete", detail: "The connection ended before the request was complete." },
  isBug: false,
};

function listenHosts(host: string): readonly ListenHost[] {
  // external-dns dials "localhost" as ::1 first on some machines.
  if (host !== "localhost") return [{ host, optional: false }];
  return [
    { host: "127.0.0.1", optional: false },
    { host: "::1", optional: true },
  ];
}

/** The settings refuse it already; an unauthenticated writer must not depend on that alone. */
function refuseReachableHost(host: string): void {
  const isLoopback = host === "localhost" || (isIPv4(host) && host.startsWith("127.")) || host === "::1";
  if (isLoopback) return;
  throw new ConfigError([
    {
      path: "webhook.host",
      problem: `${host} can be reached by other machines, and the webhook asks for no password`,
      hint: "Use localhost.",
    },
  ]);
}

function withoutFinalSlash(path: string): string {
  return path.replace(/\/+$/, "");
}
