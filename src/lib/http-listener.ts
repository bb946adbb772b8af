// An HTTP/1.1 server on one port of several addresses, with exact limits and a drain that cuts no request.
// Knows nothing of routes: it is given one handler. Shared by webhook/ and ops/.

import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import { Server as NetServer, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { UnavailableError } from "#src/errors.ts";
import type { Clock } from "./clock.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Logger } from "./log.ts";
import { encodeProblem, PROBLEM_MEDIA_TYPE, type Problem } from "./problem-json.ts";

export interface ListenHost {
  /** An IP address of this machine. */
  readonly host: string;
  /** True: a machine without this address (no IPv6) is logged, not an error. A taken port always is an error. */
  readonly optional: boolean;
}

export interface HttpLimits {
  /** Headers received in full; then 408. */
  readonly headersTimeoutMs: number;
  /** Headers and body received in full; then 408. Does not limit the handling. */
  readonly requestTimeoutMs: number;
  /** Idle time after which the server ends a connection. */
  readonly keepAliveTimeoutMs: number;
  /** Per address; more are closed at once. */
  readonly maxConnections: number;
}

export interface HttpListenerOptions {
  /** For logs and error sentences: "webhook". */
  readonly name: string;
  readonly hosts: readonly ListenHost[];
  /** 0 takes any free port, the same for every address. */
  readonly port: number;
  readonly limits: HttpLimits;
  /** How long stop() waits for requests in flight before it cuts them. */
  readonly drainMs: number;
  /** How long stop() leaves idle connections open, so that what their clients send meanwhile is answered with `close`. */
  readonly idleGraceMs: number;
  readonly handler: RequestListener;
  readonly log: Logger;
  readonly clock: Clock;
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** How often Node looks for requests past their limit; its default of 30 s lets a slow client stay for 30 s more. */
const LIMIT_CHECK_INTERVAL_MS = 1_000;
/** With port 0 the port that the first address got may be taken on the second one: so often another is tried. */
const FREE_PORT_ATTEMPTS = 5;
/** What the kernel says when the machine lacks the address or its whole family. */
const NO_SUCH_ADDRESS: ReadonlySet<string> = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT"]);

export class HttpListener implements Lifecycle {
  readonly #options: HttpListenerOptions;
  readonly #inFlight = new Set<ServerResponse>();
  readonly #sockets = new Set<Socket>();
  #servers: readonly Server[] = [];
  #stopped: Promise<void> | undefined;
  /** From here on a connection without a request is closed. */
  #isGraceOver = false;

  constructor(options: HttpListenerOptions) {
    this.#options = options;
  }

  /** Listens on every address. Rejects with UnavailableError when a port is taken or a needed address is missing. */
  async start(): Promise<void> {
    const attempts = this.#options.port === 0 ? FREE_PORT_ATTEMPTS : 1;
    for (let attempt = 1; ; attempt += 1) {
      try {
        this.#servers = await this.#listenEverywhere();
        return;
      } catch (error) {
        if (attempt >= attempts || errorCode(error) !== "EADDRINUSE") throw this.#unavailable(error);
      }
    }
  }

  /**
   * Stops accepting, answers what is in flight or still comes on open connections with `close` (at most `drainMs`), ends
   * connections that stay idle for the grace. Idempotent.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#drain();
    return this.#stopped;
  }

  /** Where it listens; empty before start. */
  addresses(): readonly ListenAddress[] {
    return this.#servers.map(addressOf).filter((address) => address !== undefined);
  }

  async #listenEverywhere(): Promise<readonly Server[]> {
    const servers: Server[] = [];
    let { port } = this.#options;
    let missing: unknown;
    for (const { host, optional } of this.#options.hosts) {
      const server = this.#createServer();
      try {
        // "::" beside "0.0.0.0" would otherwise find its port taken by ourselves; alone it serves both families.
        await listen(server, { host, port, ipv6Only: this.#options.hosts.length > 1 });
        servers.push(server);
        port = addressOf(server)?.port ?? port;
      } catch (error) {
        if (!optional || !NO_SUCH_ADDRESS.has(errorCode(error))) {
          await Promise.all(servers.map(close));
          throw error;
        }
        missing = error;
        this.#options.log.info({ listener: this.#options.name, host }, "address not on this machine, skipped");
      }
    }
    if (servers.length === 0) throw missing;
    return servers;
  }

  #createServer(): Server {
    const { limits, name, log } = this.#options;
    const server = createServer(
      {
        headersTimeout: limits.headersTimeoutMs,
        requestTimeout: limits.requestTimeoutMs,
        keepAliveTimeout: limits.keepAliveTimeoutMs,
        connectionsCheckingInterval: LIMIT_CHECK_INTERVAL_MS,
      },
      (request, response) => {
        this.#track(response);
        this.#options.handler(request, response);
      },
    );
    server.maxConnections = limits.maxConnections;
    server.on("drop", () => log.warn({ listener: name, maxConnections: limits.maxConnections }, "connection refused"));
    server.on("clientError", (error, socket) => this.#refuseMalformed(error, socket));
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    return server;
  }

  #track(response: ServerResponse): void {
    this.#inFlight.add(response);
    if (this.#stopped !== undefined) announceClose(response);
    response.once("close", () => {
      this.#inFlight.delete(response);
      // An answer whose headers had promised keep-alive before the drain began leaves an idle connection behind.
      if (this.#isGraceOver) setImmediate(() => this.#closeIdle());
    });
  }

  /** Bytes that are no HTTP, or came too slowly: Node hands over the bare socket. */
  #refuseMalformed(error: Error, socket: Duplex): void {
    const answering = [...this.#inFlight].some(({ req, headersSent }) => req.socket === socket && headersSent);
    if (answering || !socket.writable || errorCode(error) === "ECONNRESET") {
      socket.destroy();
      return;
    }
    const problem = MALFORMED.get(errorCode(error)) ?? NOT_HTTP;
    const body = encodeProblem(problem);
    const head = `HTTP/1.1 ${problem.status} ${problem.title}\r\nConnection: close\r\nContent-Type: ${PROBLEM_MEDIA_TYPE}\r\nContent-Length: ${body.length}\r\n\r\n`;
    socket.end(Buffer.concat([Buffer.from(head), body]), () => socket.destroy());
  }

  async #drain(): Promise<void> {
    const { clock, drainMs, idleGraceMs } = this.#options;
    const done = new AbortController();
    const overdue = clock.sleep(drainMs, done.signal).then(
      () => this.#cutRequests(),
      () => undefined,
    );
    const grace = clock.sleep(idleGraceMs, done.signal).catch(() => undefined);
    for (const response of this.#inFlight) announceClose(response);
    // Connections and requests that wait in the kernel came before the end: one turn of the event loop takes them in.
    await turnOfEventLoop();
    const closed = Promise.all(this.#servers.map(stopAccepting));
    await Promise.race([grace, closed]);
    await turnOfEventLoop();
    this.#isGraceOver = true;
    this.#closeIdle();
    await closed;
    done.abort();
    await overdue;
  }

  /** Those that asked before, and those that never did. */
  #closeIdle(): void {
    for (const server of this.#servers) server.closeIdleConnections();
    for (const socket of this.#sockets) {
      if (socket.bytesRead === 0) socket.destroy();
    }
  }

  #cutRequests(): void {
    const { log, name } = this.#options;
    log.warn({ listener: name, requests: this.#inFlight.size }, "requests cut at shutdown");
    for (const server of this.#servers) server.closeAllConnections();
  }

  #unavailable(error: unknown): UnavailableError {
    const { name, port } = this.#options;
    const code = errorCode(error);
    const where = `${textProperty(error, "address") ?? ""} port ${port}`.trim();
    const reason = LISTEN_PROBLEMS[code] ?? (error instanceof Error ? error.message : String(error));
    return new UnavailableError("listener.unavailable", `the ${name} listener cannot use ${where}: ${reason}`, {
      cause: error,
    });
  }
}

const LISTEN_PROBLEMS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another process uses it",
  EACCES: "this user may not open it; choose a port above 1023",
  EADDRNOTAVAIL: "this machine has no such address",
  EAFNOSUPPORT: "this machine has no such address family",
};

type MalformedProblem = Problem & { readonly title: string };

const NOT_HTTP: MalformedProblem = {
  status: 400,
  title: "Bad Request",
  code: "request.malformed",
  detail: "This is not an HTTP/1.1 request.",
};

const MALFORMED: ReadonlyMap<string, MalformedProblem> = new Map([
  [
    "ERR_HTTP_REQUEST_TIMEOUT",
    {
      status: 408,
      title: "Request Timeout",
      code: "request.too_slow",
      detail: "The request did not arrive in time.",
    },
  ],
  [
    "HPE_HEADER_OVERFLOW",
    {
      status: 431,
      title: "Request Header Fields Too Large",
      code: "request.headers_too_large",
      detail: "The headers are larger than the server reads.",
    },
  ],
]);

function announceClose(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader("connection", "close");
}

function listen(server: Server, where: ListenAddress & { readonly ipv6Only: boolean }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ ...where, exclusive: true }, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}

/** Without Server.close() of node:http, which also destroys idle connections and the requests on their way through them. */
function stopAccepting(server: Server): Promise<void> {
  return new Promise((resolve) => {
    NetServer.prototype.close.call(server, () => {
      // Ends the timer that looks for slow requests.
      server.close();
      resolve();
    });
  });
}

/** Everything that waits in the kernel has been read when it resolves. */
function turnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => setImmediate(resolve));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

function addressOf(server: Server): ListenAddress | undefined {
  const address = server.address();
  return address === null || typeof address === "string" ? undefined : { host: address.address, port: address.port };
}

function errorCode(error: unknown): string {
  return textProperty(error, "code") ?? "";
}

function textProperty(error: unknown, key: "code" | "address"): string | undefined {
  const value: unknown = error instanceof Error ? Reflect.get(error, key) : undefined;
  return typeof value === "string" ? value : undefined;
}
