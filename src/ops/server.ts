// The listener for operators and probes: health, metrics, read-only status. Changes nothing; asks functions it is given.

import { isIP } from "node:net";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { type DomainName, parseName } from "#src/domain/name.ts";
import { DEFAULT_VIEW } from "#src/domain/view-name.ts";
import { RequestError } from "#src/errors.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { ListenHost } from "#src/lib/http-listener.ts";
import { createHttpService, type HttpService, RECEIVING_LIMITS } from "#src/lib/http-service.ts";
import type { Logger } from "#src/lib/log.ts";
import { encodeProblem, PROBLEM_MEDIA_TYPE, type Problem } from "#src/lib/problem-json.ts";
import type { Explanation } from "./explanation.ts";
import { createHealth, type Health, type Readiness } from "./health.ts";
import type { Metrics } from "./metrics.ts";
import { redact } from "./redact.ts";
import type { LivenessResponse, ReadinessResponse } from "./responses.ts";

export interface OpsServerOptions {
  /** Addresses; with several, IPv6 ones may be missing on the machine. */
  readonly hosts: readonly string[];
  /** 0 takes a free one. */
  readonly port: number;
  /** Does the data plane still answer? */
  readonly isLive: () => Promise<boolean>;
  readonly readiness: () => Readiness;
  readonly metrics: Pick<Metrics, "contentType" | "render" | "bugCaught">;
  /** Plain data for people: zones, problems, last apply. Printed redacted. */
  readonly status: () => object;
  /** Everything known about one name in one view; `undefined` when there is no such view. */
  readonly explain: (name: DomainName, view: string) => Promise<Explanation | undefined>;
  readonly log: Logger;
  readonly clock: Clock;
}

export type OpsServer = HttpService;

/** Above the 60 s between scrapes of Prometheus, so that the scraper closes first. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
/** Nobody has to send a body here. */
const MAX_BODY_BYTES = 1_024;
/** Answers take milliseconds; a scrape that is still being written at shutdown may end. */
const DRAIN_MS = 2_000;
/** `dns.kubernetes.clusters[].kinds[].dropped` has eight levels; what has no end is cut all the same. */
const STATUS_DEPTH = 10;

/** Makes the ops listener. `start` rejects with UnavailableError when the port is taken. */
export function createOpsServer(options: OpsServerOptions): OpsServer {
  return createHttpService(createApplication(options), {
    name: "ops",
    hosts: listenHosts(options.hosts),
    port: options.port,
    limits: { ...RECEIVING_LIMITS, keepAliveTimeoutMs: KEEP_ALIVE_TIMEOUT_MS },
    drainMs: DRAIN_MS,
    // Everything here is a GET, which clients send again by themselves.
    idleGraceMs: 0,
    log: options.log,
    clock: options.clock,
  });
}

function createApplication(options: OpsServerOptions): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    routerOptions: { ignoreTrailingSlash: true },
    frameworkErrors: (_error, _request, reply) => void sendProblem(reply, BAD_URL),
  });
  const health = createHealth(options);
  const paths = new Set<string>();

  app.setErrorHandler((error, request, reply) => answerError(options, { error, request, reply }));
  app.addHook("onRequest", async (request, reply) => {
    reply.headers({ "cache-control": "no-store", "x-content-type-options": "nosniff" });
    if (request.is404) refuseUnknown(request, reply, paths);
  });
  for (const [path, answer] of Object.entries(answers(options, health))) {
    paths.add(path);
    app.get(path, async (request, reply) => answer(reply, request));
  }
  return app;
}

type Answer = (reply: FastifyReply, request: FastifyRequest) => Promise<FastifyReply>;

function answers(options: OpsServerOptions, health: Health): Readonly<Record<string, Answer>> {
  const answerLive: Answer = async (reply) => {
    const isLive = await health.checkLive();
    const body: LivenessResponse = {
      status: isLive ? "ok" : "failing",
      checks: { eventLoop: "ok", dataPlane: isLive ? "ok" : "silent" },
    };
    return sendJson(reply.code(isLive ? 200 : 503), body);
  };
  return {
    "/livez": answerLive,
    // The chart of external-dns probes this path of a webhook.
    "/healthz": answerLive,
    "/readyz": async (reply) => {
      const { isReady, reasons } = health.checkReady();
      const body: ReadinessResponse = { status: isReady ? "ready" : "not ready", reasons };
      return sendJson(reply.code(isReady ? 200 : 503), body);
    },
    "/metrics": async (reply) => {
      const text = await options.metrics.render();
      return reply.header("content-type", options.metrics.contentType).send(text);
    },
    "/status": async (reply) => sendJson(reply, redact(options.status(), { listRest: "cut", maxDepth: STATUS_DEPTH })),
    "/explain": async (reply, request) => sendJson(reply, await explanationFor(request, options)),
  };
}

/** `?name=NAME`, and `&view=VIEW` for another view than that of everybody. */
async function explanationFor(request: FastifyRequest, { explain }: OpsServerOptions): Promise<Explanation> {
  const name = nameAskedFor(request);
  const view = queryText(request, "view") ?? DEFAULT_VIEW;
  const explanation = await explain(name, view);
  if (explanation === undefined) throw new RequestError(400, "request.view_unknown", "There is no such view.");
  return explanation;
}

/** Exactly once. */
function nameAskedFor(request: FastifyRequest): DomainName {
  const given = queryText(request, "name");
  if (given === undefined) {
    throw new RequestError(400, "request.name_missing", "Ask for one name: /explain?name=app.home.example.com.");
  }
  const name = parseName(given);
  if (!name.ok) throw new RequestError(400, "request.name_invalid", `${name.problem}.`);
  return name.value;
}

/** `undefined` when it is not there, or there more than once. */
function queryText({ query }: FastifyRequest, key: string): string | undefined {
  const given: unknown = typeof query === "object" && query !== null ? Reflect.get(query, key) : undefined;
  return typeof given === "string" ? given : undefined;
}

function sendJson(reply: FastifyReply, body: unknown): FastifyReply {
  return reply.header("content-type", "application/json; charset=utf-8").send(Buffer.from(`${JSON.stringify(body)}\n`));
}

/** A Buffer, because Fastify adds a charset to the media type of text. */
function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply.code(problem.status).header("content-type", PROBLEM_MEDIA_TYPE).send(encodeProblem(problem));
}

/** Before a body is read. */
function refuseUnknown(request: FastifyRequest, reply: FastifyReply, paths: ReadonlySet<string>): never {
  const [path = ""] = request.url.split("?", 1);
  if (!paths.has(path.replace(/\/+$/, ""))) {
    throw new RequestError(404, "request.no_such_path", `There is nothing at this path; try ${[...paths].join(", ")}.`);
  }
  reply.header("allow", "GET, HEAD");
  throw new RequestError(405, "request.method", "This path knows GET and HEAD.");
}

interface FailedRequest {
  readonly error: unknown;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

function answerError({ log, metrics }: OpsServerOptions, { error, request, reply }: FailedRequest): FastifyReply {
  if (error instanceof RequestError) {
    return sendProblem(reply, { status: error.status, code: error.code, detail: error.message });
  }
  metrics.bugCaught();
  log.error({ path: request.url, err: error }, "ops request met a bug");
  return sendProblem(reply, BUG);
}

const BAD_URL: Problem = { status: 400, code: "request.bad_url", detail: "The path is not a valid URL path." };
const BUG: Problem = {
  status: 500,
  code: "internal",
  detail: "An unexpected error; the log of Zonegate has the details.",
};

function listenHosts(hosts: readonly string[]): readonly ListenHost[] {
  return hosts.map((host) => ({ host, optional: hosts.length > 1 && isIP(host) === 6 }));
}
