// The four calls of external-dns for one engine under one path prefix. Knows nothing of sockets; answers every error through
// the caller's error handler.

import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from "fastify";
import { RequestError } from "#src/errors.ts";
import type { Clock } from "#src/lib/clock.ts";
import { encodeProblem, PROBLEM_MEDIA_TYPE, type Problem } from "#src/lib/problem-json.ts";
import type { ApplyReport, SyncEngine } from "#src/sync/sync-engine.ts";
import { acceptsWebhookMediaType, isWebhookMediaType, MEDIA_TYPE } from "./media-type.ts";
import type { WebhookRoute } from "./observer.ts";
import { reportProblem } from "./problem.ts";
import { RequestScope } from "./request-scope.ts";
import { encodeDomainFilter, encodeEndpoints, parseChanges, parseEndpoints } from "./schema.ts";

export interface WebhookRoutesOptions {
  /** "" for the root, else "/local". */
  readonly prefix: string;
  readonly engine: SyncEngine;
  /** Time for one request, counted from its arrival. */
  readonly budgetMs: number;
  readonly clock: Clock;
}

/** Name of the request decorator that carries the RequestScope; the caller decorates its Fastify instance with it. */
export const SCOPE_DECORATOR = "webhookScope";

/** What external-dns itself may send: 60,000 endpoints of about half a KiB. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** One call of the protocol at one path. */
export interface WebhookCall {
  readonly name: Exclude<WebhookRoute, "other">;
  readonly method: "GET" | "POST";
  /** Path without a final slash, but for the root itself. */
  readonly url: string;
}

/** Adds the calls to the application, and tells which they are. */
export function addWebhookRoutes(app: FastifyInstance, options: WebhookRoutesOptions): readonly WebhookCall[] {
  const routes = webhookRoutes(options);
  for (const route of routes) addRoute(app, options, route);
  return routes;
}

/** Every error leaves through here. A Buffer, because Fastify adds a charset to the media type of text. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply.code(problem.status).header("content-type", PROBLEM_MEDIA_TYPE).send(encodeProblem(problem));
}

interface Route extends WebhookCall {
  readonly handler: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
}

function webhookRoutes({ prefix, engine }: WebhookRoutesOptions): readonly Route[] {
  return [
    {
      name: "negotiate",
      method: "GET",
      url: prefix === "" ? "/" : prefix,
      handler: async (_request, reply) => sendContent(reply, encodeDomainFilter(engine.domainFilter)),
    },
    {
      name: "records",
      method: "GET",
      url: `${prefix}/records`,
      handler: async (request, reply) => {
        const endpoints = await scopeOf(request).run((signal) => engine.records(signal));
        return sendContent(reply, encodeEndpoints(endpoints));
      },
    },
    {
      name: "adjustendpoints",
      method: "POST",
      url: `${prefix}/adjustendpoints`,
      handler: async (request, reply) => {
        const wanted = parseEndpoints(request.body);
        const adjusted = await scopeOf(request).run((signal) => engine.adjustEndpoints(wanted, signal));
        return sendContent(reply, encodeEndpoints(adjusted));
      },
    },
    {
      name: "apply",
      method: "POST",
      url: `${prefix}/records`,
      handler: async (request, reply) => {
        const problem = reportProblem(await applyBody(request, engine));
        return problem === undefined ? reply.code(204).send() : sendProblem(reply, problem);
      },
    },
  ];
}

function applyBody(request: FastifyRequest, engine: SyncEngine): Promise<ApplyReport> {
  const changes = parseChanges(request.body);
  const scope = scopeOf(request);
  const timing = { arrivedAtMs: scope.arrivedAtMs };
  return scope.run((signal) => engine.applyChanges(changes, signal, timing));
}

function addRoute(app: FastifyInstance, options: WebhookRoutesOptions, route: Route): void {
  const { engine, budgetMs, clock } = options;
  const { name, method, url, handler } = route;
  const definition: RouteOptions = {
    method,
    url,
    handler,
    onRequest: async (request, reply) => {
      const scope = new RequestScope(reply.raw, { provider: engine.provider, operation: name, budgetMs, clock });
      request.setDecorator(SCOPE_DECORATOR, scope);
      refuseOtherMediaTypes(request, name);
    },
  };
  app.route(method === "POST" ? { ...definition, bodyLimit: MAX_BODY_BYTES } : definition);
}

/** Before the body is read. The answer to `apply` has no content, so its Accept header says nothing. */
function refuseOtherMediaTypes(request: FastifyRequest, name: WebhookRoute): void {
  if (name !== "apply" && !acceptsWebhookMediaType(request.headers.accept)) {
    throw new RequestError(
      406,
      "request.not_acceptable",
      `The answer is ${MEDIA_TYPE}, which the Accept header excludes.`,
    );
  }
  if (request.method === "POST" && !isWebhookMediaType(request.headers["content-type"])) {
    throw new RequestError(415, "request.media_type", `The Content-Type must be ${MEDIA_TYPE}.`);
  }
}

function scopeOf(request: FastifyRequest): RequestScope {
  return request.getDecorator<RequestScope>(SCOPE_DECORATOR);
}

/** A Buffer keeps the media type as it is; Fastify rewrites it for text and objects, and external-dns then exits. */
function sendContent(reply: FastifyReply, content: Buffer): FastifyReply {
  return reply.code(200).header("content-type", MEDIA_TYPE).send(content);
}
