// Go's net/http client as a server sees it: its headers and their order, keep-alive pool of 90 s, what is sent again on a
// connection the server closed, redirects, transparent gzip, one deadline for the whole call.

import { Agent, type ClientRequest, type IncomingMessage, request as startRequest } from "node:http";
import type { Socket } from "node:net";
import { gunzipSync } from "node:zlib";

export interface GoRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  /** Canonical header names; sent in alphabetical order. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface GoResponse {
  readonly status: number;
  /** First value of a header by lower-case name; "" when absent. */
  header(name: string): string;
  /** Everything that arrived; `failure` when the body broke off. A decoder that has enough does not mind. */
  readonly body: { readonly text: string; readonly failure?: Error };
}

/** One request as it went over the wire, for tests to look at. */
export interface SentRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** http.DefaultTransport: IdleConnTimeout. */
const IDLE_CONNECTION_MS = 90_000;
/** http.DefaultMaxIdleConnsPerHost. */
const MAX_IDLE_CONNECTIONS = 2;
/** http.Client: "stopped after 10 redirects". */
const MAX_REDIRECTS = 10;

export class GoHttpClient {
  readonly #agent: GoTransport;
  readonly #deadlineMs: number | undefined;
  /** Requests in the order they were sent, redirects and replays included. */
  readonly sent: SentRequest[] = [];

  /**
   * `deadlineMs` covers one call with its redirects and its body; `undefined` = none. `idleConnectionMs` is for models in
   * which time is scaled.
   */
  constructor(deadlineMs: number | undefined, idleConnectionMs = IDLE_CONNECTION_MS) {
    this.#agent = new GoTransport(idleConnectionMs);
    this.#deadlineMs = deadlineMs;
  }

  /** Rejects on refused or broken connections, the deadline, or more than ten redirects. */
  async send(request: GoRequest): Promise<GoResponse> {
    const signal = this.#deadlineMs === undefined ? undefined : AbortSignal.timeout(this.#deadlineMs);
    let current = request;
    for (let hop = 0; ; hop++) {
      const response = await this.#roundTrip(current, signal);
      const next = redirected(current, response);
      if (next === undefined) return response;
      if (hop + 1 >= MAX_REDIRECTS) throw new Error("stopped after 10 redirects");
      current = next;
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  async #roundTrip(request: GoRequest, signal: AbortSignal | undefined): Promise<GoResponse> {
    for (;;) {
      const attempt = this.#start(request, signal);
      try {
        return await received(attempt, signal);
      } catch (error) {
        // Go replays a request without a body when a reused connection was closed under it, and never a POST.
        const isReplayable = request.method === "GET" && attempt.reusedSocket && signal?.aborted !== true;
        if (!isReplayable) throw error;
      }
    }
  }

  #start(request: GoRequest, signal: AbortSignal | undefined): ClientRequest {
    const url = new URL(request.url);
    const target = requestTarget(request.url);
    if (url.protocol !== "http:") throw new Error(`unsupported protocol scheme "${url.protocol.replace(":", "")}"`);
    const attempt = startRequest({
      agent: this.#agent,
      method: request.method,
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port === "" ? 80 : Number(url.port),
      path: target,
      setHost: false,
      ...(signal && { signal }),
    });
    const headers = goHeaders(request, url);
    // Go leaves Connection to the default of HTTP/1.1.
    attempt.removeHeader("connection");
    for (const [name, value] of headers) attempt.setHeader(name, value);
    attempt.end(request.body);
    this.sent.push({ method: request.method, path: target, headers, body: request.body ?? "" });
    return attempt;
  }
}

/** Go neither reads the `Keep-Alive: timeout=` hint of a server nor keeps a process alive for an idle connection. */
class GoTransport extends Agent {
  readonly #idleConnectionMs: number;

  constructor(idleConnectionMs: number) {
    super({ keepAlive: true, maxFreeSockets: MAX_IDLE_CONNECTIONS });
    this.#idleConnectionMs = idleConnectionMs;
  }

  override keepSocketAlive(socket: Socket): boolean {
    socket.setKeepAlive(true);
    socket.setTimeout(this.#idleConnectionMs);
    socket.unref();
    return true;
  }
}

/** Path and query as they were written: Go cleans dot segments of redirects only. */
function requestTarget(url: string): string {
  const target = url.replace(/^\w+:\/\/[^/?#]*/, "").replace(/#.*$/, "");
  return target.startsWith("/") ? target : `/${target}`;
}

function goHeaders(request: GoRequest, url: URL): [string, string][] {
  const userInfo = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const own: Record<string, string> = { ...request.headers };
  if (url.username !== "") own["Authorization"] ??= `Basic ${Buffer.from(userInfo).toString("base64")}`;
  return [
    ["Host", url.host],
    ["User-Agent", "Go-http-client/1.1"],
    ...(request.body === undefined
      ? []
      : [["Content-Length", String(Buffer.byteLength(request.body))] as [string, string]]),
    ...Object.entries(own).sort(([a], [b]) => (a < b ? -1 : 1)),
    ["Accept-Encoding", "gzip"],
  ];
}

function received(attempt: ClientRequest, signal: AbortSignal | undefined): Promise<GoResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<GoResponse>();
  let hasHead = false;
  attempt.on("response", (message) => {
    hasHead = true;
    collect(message, signal).then(resolve, reject);
  });
  // After the head a break is the body's: what arrived before it still counts.
  attempt.on("error", (error) => {
    if (!hasHead) reject(explained(error, signal));
  });
  return promise;
}

async function collect(message: IncomingMessage, signal: AbortSignal | undefined): Promise<GoResponse> {
  const chunks: Buffer[] = [];
  let failure: Error | undefined;
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch (error) {
    failure = explained(error, signal);
  }
  const bytes = Buffer.concat(chunks);
  const isZipped = message.headers["content-encoding"] === "gzip" && bytes.length > 0;
  return {
    status: message.statusCode ?? 0,
    header: (name) => message.headersDistinct[name]?.[0] ?? "",
    body: { text: (isZipped ? gunzipSync(bytes) : bytes).toString(), ...(failure && { failure }) },
  };
}

function explained(error: unknown, signal: AbortSignal | undefined): Error {
  if (signal?.aborted === true) {
    return new Error("context deadline exceeded (Client.Timeout exceeded while awaiting headers)", { cause: error });
  }
  return error instanceof Error ? error : new Error("transport failed", { cause: error });
}

const BODY_HEADERS = new Set(["Content-Encoding", "Content-Language", "Content-Location", "Content-Type"]);

/** 301–303 turn a POST into a GET without body; 307 and 308 keep both; a redirect without Location is an answer. */
function redirected(request: GoRequest, response: GoResponse): GoRequest | undefined {
  const location = response.header("location");
  if (![301, 302, 303, 307, 308].includes(response.status) || location === "") return undefined;
  const url = new URL(location, request.url);
  const referer = request.url.replace(/\/\/[^/@]*@/, "//");
  // The user info of a URL makes Authorization anew on each hop, so it is not copied.
  const headers = { ...request.headers, Referer: referer };
  if (response.status >= 307) return { ...request, url: url.href, headers };
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !BODY_HEADERS.has(name)));
  return { method: "GET", url: url.href, headers: kept };
}
