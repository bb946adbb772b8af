// A network port: one TCP listener that can speak TLS, hang in the handshake, speak plain HTTP, swallow
// everything or refuse, and changes its certificate while it runs. Facts: unifi.md 4.4 rows 24, 25, 30.

import { createServer as createHttpServer, type Server as HttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { ServerCertificate } from "./certificate.ts";
import type { TransportMode } from "./port.ts";

/** As the web server in front of UniFi OS; long enough that only a fault closes an idle connection. */
const KEEP_ALIVE_MS = 75_000;

export class Transport {
  readonly #https: HttpsServer;
  readonly #http: HttpServer;
  readonly #listener: Server;
  readonly #sockets = new Map<number, Socket>();
  #mode: TransportMode;
  #port = 0;

  constructor(listener: RequestListener, certificate: ServerCertificate, mode: TransportMode) {
    this.#https = createHttpsServer(secretsOf(certificate), listener);
    this.#http = createHttpServer(listener);
    // A client that leaves in the middle of a handshake or a request is no event here.
    for (const server of [this.#https, this.#http]) {
      server.keepAliveTimeout = KEEP_ALIVE_MS;
      // As web servers do; a TLS client that meets plain HTTP reads this as a wrong version number.
      server.on("clientError", (_error, socket) => socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
    }
    this.#https.on("tlsClientError", (_error, socket) => socket.destroy());
    this.#mode = mode;
    this.#listener = createServer((socket) => this.#accept(socket));
  }

  get port(): number {
    return this.#port;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  get isListening(): boolean {
    return this.#listener.listening;
  }

  /** Listens on a free port the first time, on the same one ever after. */
  async open(port = this.#port): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#listener.once("error", reject);
      this.#listener.listen(port, "127.0.0.1", () => {
        this.#listener.off("error", reject);
        resolve();
      });
    });
    this.#port = (this.#listener.address() as AddressInfo).port;
  }

  /** Refuses connections from now on and resets the open ones. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.#listener.close(() => resolve()));
    this.resetConnections();
    await closed;
  }

  /** New connections only; open ones are reset so that nobody goes on as before. */
  setMode(mode: TransportMode): void {
    this.#mode = mode;
    this.resetConnections();
  }

  setCertificate(certificate: ServerCertificate): void {
    this.#https.setSecureContext(secretsOf(certificate));
    this.resetConnections();
  }

  resetConnections(): void {
    for (const socket of this.#sockets.values()) socket.resetAndDestroy();
  }

  /** Sends RST on the connection from a client's port; a TLS socket cannot do that itself. */
  resetConnection(remotePort: number | undefined): void {
    this.#sockets.get(remotePort ?? 0)?.resetAndDestroy();
  }

  #accept(socket: Socket): void {
    const { remotePort = 0 } = socket;
    this.#sockets.set(remotePort, socket);
    socket.on("close", () => this.#sockets.delete(remotePort));
    socket.on("error", () => socket.destroy());
    if (this.#mode === "https") this.#https.emit("connection", socket);
    else if (this.#mode === "http") this.#http.emit("connection", socket);
    else socket.resume();
  }
}

function secretsOf({ certificatePem, privateKeyPem }: ServerCertificate): {
  readonly cert: string;
  readonly key: string;
} {
  return { cert: certificatePem, key: privateKeyPem };
}
