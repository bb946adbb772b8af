// The real transport: HTTPS to one API server over one shared agent, which is made anew only when the certificates are others.

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { ApiRequest, ApiResponse, ApiTransport } from "./transport.ts";

/** What the agent is made from; PEM texts. */
export interface TlsMaterial {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly serverName?: string | undefined;
  /** `false` only where a kubeconfig says so. */
  readonly verifies: boolean;
}

export interface HttpsTransportOptions {
  /** `https://10.43.0.1:443`, with a path where a proxy stands in front. `http:` serves `kubectl proxy`. */
  readonly server: string;
  /** Asked before each request; equal content keeps the agent. May throw the system's error when a file is away. */
  readonly tls: () => TlsMaterial;
  /** All connections to this server: one for each watch and two for what comes and goes. */
  readonly maxSockets: number;
}

export interface HttpsTransport {
  readonly send: ApiTransport;
  /** Connections that are open now, idle ones included. */
  readonly sockets: () => number;
  readonly close: () => void;
}

/** A cut link is noticed 25 s after the last byte: Linux asks ten times, each second, after this long (facts: reliability §2.3). */
const KEEP_ALIVE_MS = 15_000;
/** Idle connections are closed by us, before the server closes them under a request. */
const IDLE_SOCKET_MS = 60_000;

export function createHttpsTransport(options: HttpsTransportOptions): HttpsTransport {
  const base = new URL(options.server);
  const prefix = base.pathname.replace(/\/$/, "");
  let made: { readonly text: string; readonly agent: HttpAgent } | undefined;

  const agentFor = (tls: TlsMaterial): HttpAgent => {
    const text = JSON.stringify([tls.ca, tls.cert, tls.key, tls.serverName, tls.verifies]);
    if (made?.text === text) return made.agent;
    // Requests under way keep their connection to its end; idle ones of the old agent have no use any more.
    const old = made?.agent;
    made = { text, agent: createAgent(base.protocol, tls, options.maxSockets) };
    if (old !== undefined) retire(old);
    return made.agent;
  };
  return {
    send: (request, signal) => send(base, { ...request, path: prefix + request.path }, agentFor(options.tls()), signal),
    sockets: () => (made === undefined ? 0 : count(made.agent.sockets) + count(made.agent.freeSockets)),
    close: () => made?.agent.destroy(),
  };
}

function createAgent(protocol: string, tls: TlsMaterial, maxSockets: number): HttpAgent {
  const limits = {
    keepAlive: true,
    keepAliveMsecs: KEEP_ALIVE_MS,
    maxSockets,
    maxFreeSockets: maxSockets,
    timeout: IDLE_SOCKET_MS,
  };
  if (protocol === "http:") return new HttpAgent(limits);
  return new HttpsAgent({
    ...limits,
    ca: tls.ca,
    cert: tls.cert,
    key: tls.key,
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
    // Said always: Node would otherwise ask NODE_TLS_REJECT_UNAUTHORIZED.
    rejectUnauthorized: tls.verifies,
    minVersion: "TLSv1.2",
  });
}

function send(base: URL, request: ApiRequest, agent: HttpAgent, signal: AbortSignal): Promise<ApiResponse> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(errorOf(signal.reason));
      return;
    }
    const options: RequestOptions = {
      host: base.hostname.replace(/^\[|\]$/g, ""),
      port: base.port === "" ? (base.protocol === "http:" ? 80 : 443) : base.port,
      method: request.method,
      path: request.path,
      headers: request.headers,
      agent,
    };
    const outgoing = base.protocol === "http:" ? httpRequest(options) : httpsRequest(options);
    const abort = (): void => void outgoing.destroy(errorOf(signal.reason));
    const forget = (): void => signal.removeEventListener("abort", abort);
    signal.addEventListener("abort", abort, { once: true });
    outgoing.on("socket", (socket) => {
      socket.setKeepAlive(true, KEEP_ALIVE_MS);
      // A watch may be silent for minutes; who is silent for too long is known better elsewhere.
      socket.setTimeout(0);
    });
    outgoing.on("error", (error) => {
      forget();
      reject(error);
    });
    outgoing.on("response", (response) => {
      // After the end the connection is somebody else's.
      response.on("close", forget);
      resolve({ status: response.statusCode ?? 0, headers: plainHeaders(response), body: response });
    });
    outgoing.end();
  });
}

function plainHeaders({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
  );
}

/** Connections that are in use end with their request; idle ones now. */
function retire(agent: HttpAgent): void {
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  agent.maxFreeSockets = 0;
}

function count(sockets: NodeJS.ReadOnlyDict<readonly unknown[]>): number {
  return Object.values(sockets).reduce((sum, list) => sum + (list?.length ?? 0), 0);
}

function errorOf(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
