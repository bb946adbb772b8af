// Opens the sockets of every listen setting: UDP and TCP of one setting share one port, also when the system chooses it.

import type { Answer } from "./answerer.ts";
import type { Counters } from "./counters.ts";
import type { ListenGroup } from "./listen-addresses.ts";
import { openTcpListener } from "./tcp.ts";
import type { TcpConnections } from "./tcp-connections.ts";
import { openUdpSocket } from "./udp.ts";

/** The system gives a free TCP port; that some UDP socket has the same one is rare, so many times over it is a fault. */
const MAX_PORT_CHOICES = 20;

/** An address and port that both protocols are bound to. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** Why one socket could not be bound; `code` as the system says it: EADDRINUSE, EADDRNOTAVAIL, EACCES. */
export interface BindFailure extends Endpoint {
  readonly protocol: "udp" | "tcp";
  readonly code: string;
}

export interface Listeners {
  readonly endpoints: readonly Endpoint[];
  /** The port of each group, in the order given; that of a group without addresses is the one asked for. */
  readonly ports: readonly number[];
  /** Addresses found through a wildcard that could not be bound: they went away, or are not usable yet. */
  readonly skipped: readonly BindFailure[];
  /** TCP first, UDP last: the protocol nearly every client uses answers longest. */
  close(): Promise<void>;
}

export interface ListenersOptions {
  readonly answer: Answer;
  readonly counters: Counters;
  readonly connections: TcpConnections;
  readonly maxOutboundBytes: number;
}

export type Opened =
  | { readonly kind: "open"; readonly listeners: Listeners }
  | { readonly kind: "failed"; readonly failure: BindFailure };

/** All or nothing: a failure leaves no socket behind. */
export async function openListeners(groups: readonly ListenGroup[], options: ListenersOptions): Promise<Opened> {
  const sockets = new OpenSockets(options);
  const ports: number[] = [];
  for (const group of groups) {
    const opened = await openGroup(sockets, group);
    if (typeof opened !== "number") {
      await sockets.close();
      return { kind: "failed", failure: opened };
    }
    ports.push(opened);
  }
  const { endpoints, skipped } = sockets;
  return { kind: "open", listeners: { endpoints, ports, skipped, close: () => sockets.close() } };
}

/** Opens one group on one port, and says which; for port 0 tries other ports while the chosen one is taken somewhere. */
async function openGroup(sockets: OpenSockets, group: ListenGroup): Promise<number | BindFailure> {
  for (let choice = 1; ; choice += 1) {
    const mark = sockets.count;
    const opened = await openOnOnePort(sockets, group);
    if (typeof opened === "number") return opened;
    const mayTryAnother = group.port === 0 && opened.code === "EADDRINUSE" && choice < MAX_PORT_CHOICES;
    if (!mayTryAnother) return opened;
    await sockets.closeFrom(mark);
  }
}

async function openOnOnePort(sockets: OpenSockets, group: ListenGroup): Promise<number | BindFailure> {
  let port = group.port;
  for (const address of group.addresses) {
    const opened = await sockets.open({ address, port }, group.view);
    if (typeof opened === "number") {
      port = opened;
      continue;
    }
    const hasGone = group.origin === "wildcard" && opened.code === "EADDRNOTAVAIL";
    if (!hasGone) return opened;
    sockets.skip(opened);
  }
  return port;
}

interface SocketPair {
  readonly endpoint: Endpoint;
  closeTcp(): void;
  closeUdp(): Promise<void>;
}

class OpenSockets {
  readonly #options: ListenersOptions;
  readonly #pairs: SocketPair[] = [];
  readonly #skipped: BindFailure[] = [];

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#pairs.length;
  }

  get endpoints(): readonly Endpoint[] {
    return this.#pairs.map((pair) => pair.endpoint);
  }

  get skipped(): readonly BindFailure[] {
    return this.#skipped;
  }

  skip(failure: BindFailure): void {
    this.#skipped.push(failure);
  }

  /** Binds both protocols; the port they got, or why not. */
  async open({ address, port }: Endpoint, view: string | undefined): Promise<number | BindFailure> {
    const { answer, counters, connections, maxOutboundBytes } = this.#options;
    // TCP chooses the port: it is the scarcer one, since outgoing UDP sockets rarely live long.
    const tcp = await bindFailureOr(openTcpListener({ address, port, view, connections, counters, maxOutboundBytes }));
    if (typeof tcp === "string") return { address, port, protocol: "tcp", code: tcp };
    const udp = await bindFailureOr(openUdpSocket({ address, port: tcp.port, view, answer, counters }));
    if (typeof udp === "string") {
      tcp.close();
      return { address, port: tcp.port, protocol: "udp", code: udp };
    }
    const endpoint = { address, port: tcp.port };
    this.#pairs.push({ endpoint, closeTcp: () => tcp.close(), closeUdp: () => udp.close() });
    return endpoint.port;
  }

  async close(): Promise<void> {
    await this.closeFrom(0);
  }

  /** Closes what was opened after the first `kept` pairs. */
  async closeFrom(kept: number): Promise<void> {
    const closing = this.#pairs.splice(kept);
    for (const pair of closing) pair.closeTcp();
    await Promise.all(closing.map((pair) => pair.closeUdp()));
  }
}

/** The system's error code where the socket could not be bound. */
async function bindFailureOr<Opened>(opening: Promise<Opened>): Promise<Opened | string> {
  try {
    return await opening;
  } catch (error) {
    if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
    throw error;
  }
}
