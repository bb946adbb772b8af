// The simplest webhook that is right: a store in memory behind the real protocol. Clients are measured with it; it records
// what they sent and can be told to misbehave.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { closeServer, listenOnLoopback } from "#test/fakes/loopback-server.ts";
import { type Changes, cloneEndpoint, type Endpoint, endpointKey } from "./endpoint.ts";
import { decodeChanges, decodeEndpoints, encodeEndpoints } from "./endpoint-json.ts";
import type { SentRequest } from "./go-http-client.ts";
import { MEDIA_TYPE } from "./webhook-client.ts";

export type WebhookCall = "negotiate" | "records" | "adjust" | "apply";

/**
 * A wrong answer in place of the right one: given parts replace it; "reset" and "hang" give none at all. Changes answered
 * with a status of the test's are not carried out.
 */
export type Fault =
  | "reset"
  | "hang"
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: string };

export interface ReferenceWebhookOptions {
  /** Path in front of all calls, as in `--webhook-provider-url`; "" by default. */
  readonly prefix?: string;
  /** Body of the negotiation. */
  readonly domainFilter?: object;
  /** What the provider makes of desired endpoints; unchanged by default. */
  readonly adjust?: (endpoints: readonly Endpoint[]) => readonly Endpoint[];
}

export interface ReferenceWebhook {
  readonly url: string;
  readonly requests: readonly SentRequest[];
  /** Everything stored, registry TXT records too, in a fixed order. */
  list(): Endpoint[];
  /** Puts records there as another program would. */
  seed(endpoints: readonly Endpoint[]): void;
  /** Takes records away behind external-dns' back. */
  lose(predicate: (stored: Endpoint) => boolean): void;
  /** The call answers wrongly from now on, `times` times or for ever; `undefined` heals it. */
  fail(call: WebhookCall, fault: Fault | undefined, times?: number): void;
  /** Drops the open connections, as a restart would. */
  dropConnections(): void;
  stop(): Promise<void>;
}

export async function startReferenceWebhook(options: ReferenceWebhookOptions = {}): Promise<ReferenceWebhook> {
  const requests: SentRequest[] = [];
  const stored = new Map<string, Endpoint>();
  const faults = new Map<WebhookCall, { readonly fault: Fault; left: number }>();
  const adjust = options.adjust ?? ((endpoints: readonly Endpoint[]) => endpoints);
  const answers: Readonly<Record<WebhookCall, (body: string) => Answer>> = {
    negotiate: () => ({ status: 200, body: `${JSON.stringify(options.domainFilter ?? {})}\n` }),
    records: () => ({ status: 200, body: encodeEndpoints(sorted(stored.values())) }),
    adjust: (body) => ({ status: 200, body: encodeEndpoints(adjust(decodeEndpoints(body))) }),
    apply: (body) => {
      apply(stored, decodeChanges(body));
      return { status: 204, body: "" };
    },
  };
  const server = createServer((request, response) => void serve(request, response));
  const origin = await listenOnLoopback(server);

  return {
    url: origin + (options.prefix ?? ""),
    requests,
    list: () => sorted(stored.values()),
    seed: (endpoints) => put(stored, endpoints),
    lose: (predicate) => {
      for (const [key, item] of stored) if (predicate(item)) stored.delete(key);
    },
    fail: (call, fault, times = Number.POSITIVE_INFINITY) => {
      if (fault === undefined) faults.delete(call);
      else faults.set(call, { fault, left: times });
    },
    dropConnections: () => server.closeAllConnections(),
    stop: () => closeServer(server),
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await read(request);
    requests.push({ method: request.method ?? "", path: request.url ?? "", headers: pairs(request.rawHeaders), body });
    const call = callOf(request, options.prefix ?? "");
    const fault = call && takeFault(call);
    if (fault === "hang") return;
    if (fault === "reset") {
      request.socket.resetAndDestroy();
      return;
    }
    const isRefused = call === "apply" && fault?.status !== undefined;
    const right = isRefused ? { status: 204, body: "" } : answerOrRefuse(call, body);
    send(response, { ...right, ...fault });
  }

  function answerOrRefuse(call: WebhookCall | undefined, body: string): Answer {
    try {
      return answer(call, body);
    } catch (error) {
      return { status: 400, body: `${String(error)}\n` };
    }
  }

  function takeFault(call: WebhookCall): Fault | undefined {
    const planned = faults.get(call);
    if (planned === undefined || planned.left <= 0) return undefined;
    planned.left--;
    return planned.fault;
  }

  function answer(call: WebhookCall | undefined, body: string): Answer {
    if (call === undefined) return { status: 404, body: "" };
    return answers[call](body);
  }
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Record<string, string>;
}

function callOf(request: IncomingMessage, prefix: string): WebhookCall | undefined {
  const path = (request.url ?? "").slice(prefix.length);
  const calls: Record<string, WebhookCall> = {
    "GET ": "negotiate",
    "GET /": "negotiate",
    "GET /records": "records",
    "POST /adjustendpoints": "adjust",
    "POST /records": "apply",
  };
  return calls[`${request.method} ${path}`];
}

/** Updates and deletes by key, so that an update of something absent creates it. */
function apply(stored: Map<string, Endpoint>, changes: Changes): void {
  for (const item of [...changes.delete, ...changes.updateOld]) stored.delete(storeKey(item));
  put(stored, [...changes.create, ...changes.updateNew]);
}

/** Labels are not DNS: a provider has nowhere to keep them. */
function put(stored: Map<string, Endpoint>, endpoints: readonly Endpoint[]): void {
  for (const item of endpoints) stored.set(storeKey(item), { ...cloneEndpoint(item), labels: {} });
}

function storeKey(item: Endpoint): string {
  return endpointKey({ ...item, dnsName: item.dnsName.toLowerCase().replace(/\.$/, "") });
}

function sorted(endpoints: Iterable<Endpoint>): Endpoint[] {
  return [...endpoints].map(cloneEndpoint).sort((a, b) => (storeKey(a) < storeKey(b) ? -1 : 1));
}

function send(response: ServerResponse, { status, body, headers }: Answer): void {
  response.writeHead(status, { "Content-Type": MEDIA_TYPE, ...headers });
  response.end(body);
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function pairs(rawHeaders: readonly string[]): [string, string][] {
  return rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? ""]] : []));
}
