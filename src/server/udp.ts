// One UDP socket on one concrete address: a datagram in, an answer out. Knows nothing of DNS.

import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { Answer } from "./answerer.ts";
import type { Counters } from "./counters.ts";

/** Room for bursts while the thread is busy; the kernel grants what net.core.rmem_max and wmem_max allow. */
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;

export interface UdpSocket {
  readonly port: number;
  /** Resolves when the socket is closed; answers already handed to the kernel still leave. */
  close(): Promise<void>;
}

export interface UdpOptions {
  /** A concrete IP address, for link-local IPv6 with its zone (`fe80::1%eth0`). */
  readonly address: string;
  readonly port: number;
  /** Of the setting that opened it. */
  readonly view?: string | undefined;
  readonly answer: Answer;
  readonly counters: Counters;
}

/** Binds and serves; rejects with the system's error (EADDRINUSE, EADDRNOTAVAIL, EACCES). */
export async function openUdpSocket(options: UdpOptions): Promise<UdpSocket> {
  const family = isIPv6(options.address) ? 6 : 4;
  const socket = createSocket({
    type: family === 6 ? "udp6" : "udp4",
    ipv6Only: family === 6,
    // Peers are IP literals: they must never reach a resolver, which may be asking us this very moment.
    lookup: (hostname, _options, callback) => callback(null, hostname, family),
  });
  await bind(socket, options);
  enlargeBuffers(socket);
  socket.on("error", () => options.counters.increment("udp.socket-errors"));
  const countFailure = (error: Error | null): void => {
    if (error !== null) options.counters.increment("udp.send-errors");
  };
  const receive = createReceiver(options, (reply, port, address) => socket.send(reply, port, address, countFailure));
  socket.on("message", receive);
  return { port: socket.address().port, close: () => closed(socket, receive) };
}

/**
 * What happens to one datagram. Apart from the socket, because a port 0 cannot be sent from a test: node:dgram refuses to
 * send there by throwing ERR_SOCKET_BAD_PORT, and the sender is free to forge it.
 */
export function createReceiver(
  options: Pick<UdpOptions, "answer" | "counters" | "view">,
  send: (reply: Uint8Array, port: number, address: string) => void,
): (message: Uint8Array, from: Pick<RemoteInfo, "address" | "port">) => void {
  return (message, { address, port }) => {
    if (port === 0) {
      options.counters.increment("dropped.source-port-zero");
      return;
    }
    const reply = options.answer(message, { address, port, protocol: "udp", view: options.view });
    if (reply !== undefined) send(reply, port, address);
  };
}

async function bind(socket: Socket, { address, port }: UdpOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error): void => {
      socket.close();
      reject(error);
    };
    socket.once("error", fail);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off("error", fail);
      resolve();
    });
  });
}

/** Best effort: a system that refuses serves with its default. */
function enlargeBuffers(socket: Socket): void {
  try {
    socket.setRecvBufferSize(SOCKET_BUFFER_BYTES);
    socket.setSendBufferSize(SOCKET_BUFFER_BYTES);
  } catch {
    return;
  }
}

async function closed(socket: Socket, receive: Parameters<Socket["off"]>[1]): Promise<void> {
  socket.off("message", receive);
  await new Promise<void>((resolve) => {
    socket.close(() => resolve());
  });
}
