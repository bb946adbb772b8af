// DNS clients over real sockets that send any octets a test wants: one datagram, or a TCP stream cut wherever one likes.

import { createSocket } from "node:dgram";
import { createConnection, isIPv6, type Socket } from "node:net";

export interface ServerAddress {
  readonly address: string;
  readonly port: number;
}

/** Long enough for a slow machine; a test that expects silence gives its own. */
const ANSWER_TIMEOUT_MS = 5_000;

/** Sends one datagram and resolves with the first reply, or `undefined` when none came in time. */
export async function askUdp(
  server: ServerAddress,
  query: Uint8Array,
  timeoutMs = ANSWER_TIMEOUT_MS,
): Promise<Uint8Array | undefined> {
  const socket = createSocket(isIPv6(server.address) ? "udp6" : "udp4");
  try {
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => resolve(undefined), timeoutMs);
      socket.on("error", reject);
      socket.on("message", (message) => {
        clearTimeout(timer);
        resolve(message);
      });
      socket.send(query, server.port, server.address);
    });
  } finally {
    socket.close();
  }
}

/** The reply to a query that must be answered. */
export async function answerUdp(server: ServerAddress, query: Uint8Array): Promise<Uint8Array> {
  const reply = await askUdp(server, query);
  if (reply === undefined) throw new Error("no answer over UDP");
  return reply;
}

export async function answerTcp(server: ServerAddress, query: Uint8Array): Promise<Uint8Array> {
  const client = await TcpClient.connect(server);
  client.write(withLength(query));
  const [reply] = await client.replies(1);
  client.destroy();
  if (reply === undefined) throw new Error("no answer over TCP");
  return reply;
}

/** Behind its length (RFC 1035 §4.2.2). */
export function withLength(message: Uint8Array): Uint8Array {
  return Uint8Array.from([message.length >> 8, message.length & 0xff, ...message]);
}

export class TcpClient {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #isClosed = false;
  readonly #listeners = new Set<() => void>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (segment) => {
      this.#received = Buffer.concat([this.#received, segment]);
      this.#notify();
    });
    socket.on("error", () => this.#notify());
    for (const event of ["end", "close"]) {
      socket.on(event, () => {
        this.#isClosed = true;
        this.#notify();
      });
    }
  }

  /** From `localAddress`, where the server is to see several clients: loopback has 16 million addresses. */
  static async connect({ address, port }: ServerAddress, localAddress?: string): Promise<TcpClient> {
    const from = localAddress === undefined ? {} : { localAddress };
    const socket = createConnection({ host: address, port, ...from, noDelay: true, allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", () => resolve());
      socket.once("error", reject);
    });
    return new TcpClient(socket);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  write(octets: Uint8Array): void {
    this.#socket.write(octets);
  }

  /** Closes our side only. */
  end(): void {
    this.#socket.end();
  }

  /** Takes nothing more from the kernel, as a client that never reads. */
  stopReading(): void {
    this.#socket.pause();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** The first `count` whole replies; fewer when the server closed before. */
  async replies(count: number): Promise<readonly Uint8Array[]> {
    await this.#until(() => this.#messages().length >= count);
    return this.#messages().slice(0, count);
  }

  /** Resolves with all replies when the server has closed. */
  async untilClosed(): Promise<readonly Uint8Array[]> {
    await this.#until(() => false);
    return this.#messages();
  }

  #messages(): readonly Uint8Array[] {
    const messages: Uint8Array[] = [];
    let offset = 0;
    while (offset + 2 <= this.#received.length) {
      const end = offset + 2 + this.#received.readUInt16BE(offset);
      if (end > this.#received.length) break;
      messages.push(this.#received.subarray(offset + 2, end));
      offset = end;
    }
    return messages;
  }

  async #until(isDone: () => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error("the server neither answered nor closed")),
        2 * ANSWER_TIMEOUT_MS,
      );
      const look = (): void => {
        if (!isDone() && !this.#isClosed) return;
        clearTimeout(timer);
        this.#listeners.delete(look);
        resolve();
      };
      this.#listeners.add(look);
      look();
    });
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** The reply to a query that is sent from an address of the client's choice: loopback has 16 million of them. */
export async function answerUdpFrom(from: string, server: ServerAddress, query: Uint8Array): Promise<Uint8Array> {
  const socket = createSocket("udp4");
  try {
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("no answer over UDP")), ANSWER_TIMEOUT_MS);
      socket.on("error", reject);
      socket.on("message", (message) => {
        clearTimeout(timer);
        resolve(message);
      });
      socket.bind(0, from, () => socket.send(query, server.port, server.address));
    });
  } finally {
    socket.close();
  }
}
