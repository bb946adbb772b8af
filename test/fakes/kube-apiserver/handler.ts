// One request from its arrival to its end: the fault script, the answer, the log. The same over TLS and in memory.

import { answer, plainFailure, type Reply, replyOfError } from "./answer.ts";
import type { Fault } from "./faults.ts";
import { type RequestInfo, readRequest, type ServerRequest } from "./request-info.ts";
import type { SeenRequest } from "./request-log.ts";
import type { Sink } from "./sink.ts";
import type { ClusterState } from "./state.ts";
import { ApiError, failure, trouble } from "./status.ts";

/** What a fault can do to the whole cluster. */
export interface ClusterEvents {
  rotateTokens(): void;
  becomeOtherCluster(): void;
  compact(): void;
}

export type Handle = (request: ServerRequest, sink: Sink) => void;

export function createHandler(state: ClusterState, events: ClusterEvents): Handle {
  return (request, sink) => {
    const info = readRequest(request, state.catalogue);
    const seen = state.log.open(info, request.path, state.time.nowMs());
    sink.onGone(() => {
      seen.isOpen = false;
    });
    const fault = state.faults.take(info);
    seen.fault = describeFault(fault);
    const exchange = { state, request, info, seen, fault, sink: watchedSink(sink, seen) };
    switch (fault?.kind) {
      case "hang":
        return;
      case "reset":
        sink.breakOff("reset");
        return;
      case "delay": {
        const cancel = state.time.after(fault.delayMs, () => serve(exchange));
        sink.onGone(cancel);
        return;
      }
      default:
        runEvent(fault, events);
        serve(exchange);
    }
  };
}

function runEvent(fault: Fault | undefined, events: ClusterEvents): void {
  if (fault?.kind === "rotate-tokens") events.rotateTokens();
  if (fault?.kind === "other-cluster") events.becomeOtherCluster();
  if (fault?.kind === "compact") events.compact();
}

interface Exchange {
  readonly state: ClusterState;
  readonly request: ServerRequest;
  readonly info: RequestInfo;
  readonly seen: SeenRequest;
  readonly fault: Fault | undefined;
  readonly sink: Sink;
}

function serve(exchange: Exchange): void {
  const { state, request, info, seen, fault, sink } = exchange;
  if (fault?.kind === "status") {
    deliver(failureOf(fault), exchange);
    return;
  }
  const onUser = ({ name }: { readonly name: string }): void => {
    seen.user = name;
  };
  try {
    const answered = answer(state, { request, info, fault, onUser });
    if (!("watch" in answered)) {
      deliver(answered, exchange);
      return;
    }
    sink.head(200, { "content-type": "application/json", "cache-control": "no-cache, private" });
    const watch = answered.watch(sink);
    sink.onGone(state.log.addWatch(watch));
    watch.start();
  } catch (error) {
    deliver(replyOfError(asApiError(error)), exchange);
  }
}

function failureOf({ code, retryAfterSeconds, form }: Extract<Fault, { kind: "status" }>): Reply {
  return form === "text" ? plainFailure(code, retryAfterSeconds) : replyOfError(trouble(code, retryAfterSeconds));
}

/** A bug of the fake is an answer 500 with its text, so that a test sees it. */
function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const stack = error instanceof Error ? error.stack : undefined;
  return failure(500, "InternalError", { message: `a bug of the fake API server: ${stack ?? String(error)}` });
}

function deliver(reply: Reply, { sink, fault, request }: Exchange): void {
  const body = Buffer.from(reply.body);
  sink.head(reply.status, { ...reply.headers, "content-length": String(body.length) });
  if (fault?.kind === "cut-body") {
    sink.write(body.subarray(0, Math.min(fault.keepBytes, body.length - 1)));
    sink.breakOff(fault.how);
    return;
  }
  if (request.method !== "HEAD") sink.write(body);
  sink.end();
}

function watchedSink(sink: Sink, seen: SeenRequest): Sink {
  return {
    ...sink,
    head: (status, headers) => {
      seen.status = status;
      sink.head(status, headers);
    },
  };
}

function describeFault(fault: Fault | undefined): string | undefined {
  if (fault === undefined) return undefined;
  if (fault.kind === "stream") return fault.script.map((part) => part.do).join("+");
  return fault.kind === "status" ? `status ${fault.code}` : fault.kind;
}
