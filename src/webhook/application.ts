// The HTTP application of the webhook: who may come in, which calls there are, and how every error is answered. Knows no socket;
// server.ts puts a listener before it.

import type { ServerResponse } from "node:http";
import { isIPv6 } from "node:net";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { RequestError } from "#src/errors.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { Logger } from "#src/lib/log.ts";
import type { SyncEngine } from "#src/sync/sync-engine.ts";
import { CHALLENGE, type WebhookCredentials } from "./credentials.ts";
import type { WebhookObserver, WebhookRoute } from "./observer.ts";
import { problemOf } from "./problem.ts";
import { createRequestGuard } from "./request-guard.ts";
import { addWebhookRoutes, SCOPE_DECORATOR, sendProblem, type WebhookCall } from "./routes.ts";

interface WebhookEngine {
  /** Where external-dns finds it: "/" (or "") for the root, else "/local"; a final slash does not matter. */
  readonly path: string;
  readonly engine: SyncEngine;
}

export interface WebhookApplicationOptions {
  /** Where it will listen: a name in the Host header that is right besides those of loopback. */
  readonly host: string;
  readonly engines: readonly WebhookEngine[];
  /** Time for one request from its arrival; then the engine's signal aborts and the answer is 503. */
  readonly budgetMs: number;
  /** Asked of every caller; absent on a listener that only this machine reaches. */
  readonly credentials?: WebhookCredentials | undefined;
  readonly observer: WebhookObserver;
  readonly log: Logger;
  readonly clock: Clock;
}

/** For metrics: the answer was not sent whole. No answer carries it; web servers use it in their logs for the same. */
const STATUS_CUT = 499;
/** Of bodies nobody asked for; the two POST routes set their own. */
const MAX_UNEXPECTED_BODY_BYTES = 64 * 1024;

/** Makes the application; call `ready()` before the first request and `close()` after the last. */
export function createWebhookApplication(options: WebhookApplicationOptions): FastifyInstance {
  const { host, credentials } = options;
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
  const refuseIntruder = createRequestGuard({ host: isIPv6(host) ? `[${host}]` : host, credentials });

  app.decorateRequest(SCOPE_DECORATOR, null);
  readBodiesAsJson(app);
  app.setErrorHandler((error, request, reply) => answerError(options, { error, request, reply }));
  app.addHook("onRequest", async (request, reply) => {
    observeEnd(options, { name: routeName(calls, request), response: reply.raw });
    reply.headers({ "cache-control": "no-store", "x-content-type-options": "nosniff" });
    refuseIntruder(request.headers);
    if (request.is404) refuseUnknown(calls, request, reply);
  });
  for (const { path, engine } of options.engines) {
    calls.push(...addWebhookRoutes(app, { ...options, engine, prefix: withoutFinalSlash(path) }));
  }
  return app;
}

/** Fastify's own hook stays silent for a request that was cut before its handler ran; the response's end never does. */
function observeEnd(
  { clock, observer }: WebhookApplicationOptions,
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

function answerError(options: WebhookApplicationOptions, { error, request, reply }: FailedRequest): FastifyReply {
  const { log, observer } = options;
  const isCut = !request.raw.complete && request.raw.destroyed;
  const { problem, isBug } = isCut ? CUT : problemOf(error);
  const fields = { from: request.ip, method: request.method, path: request.url, ...problem };
  if (isBug) {
    observer.bugCaught();
    log.error({ ...fields, err: error }, "webhook request met a bug");
  } else {
    log.warn(fields, problem.status >= 500 ? "webhook request failed" : "webhook request refused");
  }
  if (problem.status === 401) reply.header("www-authenticate", CHALLENGE);
  return sendProblem(reply, problem);
}

/** The caller left, or was too slow and got its 408 from the listener: nobody reads this answer, but the log shall say it. */
const CUT = {
  problem: { status: 408, code: "request.incomplete", detail: "The connection ended before the request was complete." },
  isBug: false,
};

function withoutFinalSlash(path: string): string {
  return path.replace(/\/+$/, "");
}
