// From one request, read whole, to what its client will see: asks the fault plan, lets the console answer, logs. Knows
// nothing of the way a request came in or its answer goes out.

import type { FaultPlan } from "./faults.ts";
import type { Call } from "./front.ts";
import { type Controls, decideOutcome, type Outcome } from "./outcome.ts";
import type { FakeRecord, Site } from "./records.ts";
import { html, integrationErrorWith, type Reply } from "./replies.ts";
import { type RequestLog, type SeenRequest, withoutSecrets } from "./request-log.ts";
import { findRoute, type Route } from "./routes.ts";
import type { ConsoleRequest, ConsoleState } from "./state.ts";

export interface ResponderParts {
  readonly state: ConsoleState;
  readonly faults: FaultPlan;
  readonly log: RequestLog;
  readonly controls: Controls;
}

/** A request as it came in. */
export interface ArrivedRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** `undefined` when it was too large to be kept. */
  readonly body: string | undefined;
}

interface Responded extends Outcome {
  /** As it stands in the log. */
  readonly seen: SeenRequest;
}

export type Respond = (arrived: ArrivedRequest) => Responded;

export const MAX_BODY_BYTES = 1024 * 1024;

export function createResponder({ state, faults, log, controls }: ResponderParts): Respond {
  const limit = createRateLimiter(state);
  return (arrived) => {
    const call = toCall(state, toRequest(arrived));
    const seen = log.add(describe(call, arrived.target));
    const refusal = arrived.body === undefined ? tooLarge(call) : limit(call);
    const action = refusal === undefined ? faults.next({ ...seen, path: call.request.path }) : undefined;
    const outcome: Outcome =
      refusal === undefined
        ? decideOutcome(action, { call, controls, target: findTarget(call) })
        : { reply: refusal, delivery: { kind: "whole" } };
    seen.fault = action?.kind;
    seen.status = outcome.reply.status;
    return { ...outcome, seen };
  };
}

function toRequest({ method, target, headers, body = "" }: ArrivedRequest): ConsoleRequest {
  const [path = "/", query = ""] = target.split("?", 2);
  return { method, path, query: new URLSearchParams(query), headers, body };
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

function describe(call: Call, target: string): Omit<SeenRequest, "number" | "status" | "fault"> {
  const { request, route, occasion } = call;
  return {
    atMs: occasion.nowMs,
    method: request.method,
    path: target,
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
