// One listening TCP socket on one concrete address; its connections are handed on. Knows nothing of DNS.

import { createServer, isIPv6, type Server } from "node:net";
import type { Counters } from "./counters.ts";
import type { TcpConnections } from "./tcp-connections.ts";

/** Connections the kernel has set up and we have not looked at yet; as many as we would hold at once. */
const ACCEPT_BACKLOG = 256;

export interface TcpListener {
  readonly port: number;
  /** Stops accepting; resolves at once, open connections belong to `TcpConnections`. */
  close(): void;
}

export interface TcpOptions {
  /** A concrete IP address, for link-local IPv6 with its zone (`fe80::1%eth0`). */
  readonly address: string;
  readonly port: number;
  /** Of the setting that opened it. */
  readonly view?: string | undefined;
  readonly maxOutboundBytes: number;
  readonly connections: TcpConnections;
  readonly counters: Counters;
}

/** Binds and accepts; rejects with the system's error (EADDRINUSE, EADDRNOTAVAIL, EACCES). */
export async function openTcpListener(options: TcpOptions): Promise<TcpListener> {
  const server = createServer(
    // Half-open: a client that sends its queries and closes its side still gets the answers (RFC 7766 §6.2.4).
    { allowHalfOpen: true, noDelay: true, highWaterMark: options.maxOutboundBytes },
    (socket) => options.connections.accept(socket, options.view),
  );
  await listen(server, options);
  server.on("error", () => options.counters.increment("tcp.accept-errors"));
  const bound = server.address();
  return {
    port: typeof bound === "object" && bound !== null ? bound.port : options.port,
    close: () => void server.close(),
  };
}

async function listen(server: Server, { address, port }: TcpOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: address, port, backlog: ACCEPT_BACKLOG, ipv6Only: isIPv6(address), exclusive: true }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
