// From an HTTP request to an answer on the wire: reads it whole, asks the fault plan, lets the console answer, logs.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type DoomedSockets, deliver } from "./delivery.ts";
import type { FaultPlan } from "./faults.ts";
import type { Call } from "./front.ts";
import { type Controls, decideOutcome, type Outcome } from "./outcome.ts";
import type { FakeRecord, Site } from "./records.ts";
import { html, integrationErrorWith, type Reply } from "./replies.ts";
import { type RequestLog, type SeenRequest, withoutSecrets } from "./request-log.ts";
import { findRoute, type Route } from "./routes.ts";
import type { ConsoleRequest, ConsoleState } from "./state.ts";

export interface HandlerParts {
  readonly state: ConsoleState;
  readonly faults: FaultPlan;
  readonly log: RequestLog;
  readonly controls: Controls;
  /** Sends RST to a client's port. */
  readonly resetConnection: (remotePort: number | undefined) => void;
  readonly onAnswered: ((request: SeenRequest) => void) | undefined;
}

export function createRequestHandler(
  parts: HandlerParts,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { state, faults, log, controls } = parts;
  const doomed: DoomedSockets = new WeakSet<Socket>();
  const limit = createRateLimiter(state);

  return (incoming, response) => {
    if (doomed.has(incoming.socket)) {
      parts.resetConnection(incoming.socket.remotePort);
      return;
    }
    log.opened();
    response.on("close", () => log.closed());
    // The client went away while it was sending.
    serve(incoming, response).catch(() => response.destroy());
  };

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { remotePort } = incoming.socket;
    const body = await readBody(incoming);
    const call = toCall(state, toRequest(incoming, body ?? ""));
    const seen = log.add(describe(call, incoming));
    const refusal = body === undefined ? tooLarge(call) : limit(call);
    const action = refusal === undefined ? faults.next({ ...seen, path: call.request.path }) : undefined;
    const outcome: Outcome =
      refusal === undefined
        ? decideOutcome(action, { call, controls, target: findTarget(call) })
        : { reply: refusal, delivery: { kind: "whole" } };
    seen.fault = action?.kind;
    seen.status = outcome.reply.status;
    if (parts.onAnswered !== undefined) response.on("finish", () => parts.onAnswered?.(seen));
    deliver(outcome, { response, time: state.time, doomed, reset: () => parts.resetConnection(remotePort) });
  }
}

const MAX_BODY_BYTES = 1024 * 1024;

/** Undefined when it is too large; the rest is still read, so that the client can hear why. */
async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return length <= MAX_BODY_BYTES ? Buffer.concat(chunks).toString("utf8") : undefined;
}

function toRequest(incoming: IncomingMessage, body: string): ConsoleRequest {
  const [path = "/", query = ""] = (incoming.url ?? "/").split("?", 2);
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, value?.toString()]);
  return {
    method: incoming.method ?? "GET",
    path,
    query: new URLSearchParams(query),
    headers: Object.fromEntries(headers) as Record<string, string | undefined>,
    body,
  };
}

function toCall(state: ConsoleState, request: ConsoleRequest): Call {
  const route = findRoute(state.profile, request.method, request.path);
  const occasion = { path: request.path, nowMs: state.time.nowMs(), requestId: state.ids.uuid() };
  return { state, request, route, occasion, distortion: {}, author: "client", site: findSite(state, route) };
}

function findSite(state: ConsoleState, { site }: Route): Site | undefined {
  return state.sites.find(({ identity }) => site === identity.uuid || site === identity.reference);
}

/** The record that an update or a delete names by its id. */
function findTarget({ route, site }: Call): FakeRecord | undefined {
  if (route.id === "") return undefined;
  return site?.records.find(({ uuid, objectId }) => route.id === (route.api === "integration" ? uuid : objectId));
}

function describe(call: Call, incoming: IncomingMessage): Omit<SeenRequest, "number" | "status" | "fault"> {
  const { request, route, occasion } = call;
  return {
    atMs: occasion.nowMs,
    method: request.method,
    path: incoming.url ?? "/",
    api: route.api,
    operation: route.operation,
    name: findTarget(call)?.name ?? nameInBody(request.body),
    headers: withoutSecrets(request.headers),
    body: route.operation === "login" ? `(${request.body.length} characters)` : request.body,
  };
}

/** Owner name in a body of either API. */
function nameInBody(body: string): string | undefined {
  if (!body.startsWith("{")) return undefined;
  try {
    const { key, domain, service, protocol } = JSON.parse(body) as Readonly<Record<string, unknown>>;
    if (typeof key === "string") return key;
    if (typeof domain !== "string") return undefined;
    return typeof service === "string" ? `${service}.${String(protocol)}.${domain}` : domain;
  } catch {
    return undefined;
  }
}

function tooLarge({ route, occasion }: Call): Reply {
  if (route.api !== "integration") return html(413, "413 Request Entity Too Large");
  return integrationErrorWith({ status: 413, code: "api.request.error" }, "Request body is too large", occasion);
}

const MINUTE_MS = 60_000;

/** Fixed windows of a minute, as the cloud connector counts (unifi.md 1.2.6). */
function createRateLimiter(state: ConsoleState): (call: Call) => Reply | undefined {
  let windowStartMs = Number.NEGATIVE_INFINITY;
  let count = 0;
  return ({ occasion }) => {
    const limit = state.switches.requestsPerMinute;
    if (limit === undefined) return undefined;
    if (occasion.nowMs - windowStartMs >= MINUTE_MS) {
      windowStartMs = occasion.nowMs;
      count = 0;
    }
    if (++count <= limit) return undefined;
    const reply = integrationErrorWith({ status: 429, code: "api.request.error" }, "Too many requests", occasion);
    const retryAfterSeconds = Math.ceil((windowStartMs + MINUTE_MS - occasion.nowMs) / 1000);
    return { ...reply, headers: { ...reply.headers, "retry-after": String(retryAfterSeconds) } };
  };
}
