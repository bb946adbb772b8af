// All DNS connections over TCP, of all listening sockets together: who gets in, and the one timer that keeps their time limits.

import type { Socket } from "node:net";
import type { Clock } from "#src/lib/clock.ts";
import type { Answer, Client } from "./answerer.ts";
import type { Counters } from "./counters.ts";
import type { NetworkSet } from "./network.ts";
import { type CloseReason, TcpConnection } from "./tcp-connection.ts";
import { SWEEP_INTERVAL_MS, type TcpLimits } from "./tcp-limits.ts";

export interface TcpConnectionsOptions {
  readonly answer: Answer;
  readonly counters: Counters;
  readonly limits: TcpLimits;
  /** Clients that may open as many connections as fit: the forwarder that asks for the whole LAN, nodes behind NAT. */
  readonly uncappedClients: NetworkSet;
  readonly maxQueryOctets: number;
  readonly clock: Clock;
}

export class TcpConnections {
  readonly #options: TcpConnectionsOptions;
  readonly #open = new Set<TcpConnection>();
  readonly #openPerClient = new Map<string, number>();
  readonly #stopping = new AbortController();

  constructor(options: TcpConnectionsOptions) {
    this.#options = options;
    options.counters.set("tcp.open", 0);
  }

  /** Starts keeping the time limits; resolves after `closeAll`. */
  async sweepUntilClosed(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#stopping.signal.aborted) {
      await clock.sleep(SWEEP_INTERVAL_MS, this.#stopping.signal).catch(ignoreAbort);
      const nowMs = clock.monotonicMs();
      for (const connection of this.#open) connection.sweep(nowMs);
    }
  }

  /** Takes a fresh socket over, or destroys it when a cap is reached. */
  accept(socket: Socket, view: string | undefined): void {
    const { counters } = this.#options;
    counters.increment("tcp.accepted");
    const address = socket.remoteAddress;
    const refusal = address === undefined ? "by-client" : this.#refusal(address);
    if (refusal !== undefined || address === undefined) {
      counters.increment(`tcp.closed.${refusal ?? "by-client"}`);
      socket.on("error", () => socket.destroy());
      socket.destroy();
      return;
    }
    this.#add(socket, { address, port: socket.remotePort ?? 0, protocol: "tcp", view });
  }

  closeAll(): void {
    this.#stopping.abort(new Error("the TCP listeners stop"));
    for (const connection of this.#open) connection.close("stopping");
  }

  #refusal(address: string): CloseReason | undefined {
    const { limits, uncappedClients } = this.#options;
    if (this.#stopping.signal.aborted) return "stopping";
    if (this.#open.size >= limits.maxConnections) return "connection-limit";
    const isFull = (this.#openPerClient.get(address) ?? 0) >= limits.maxConnectionsPerClient;
    return isFull && !uncappedClients.has(address) ? "client-limit" : undefined;
  }

  #add(socket: Socket, client: Client): void {
    const { answer, limits, maxQueryOctets, clock } = this.#options;
    const { address } = client;
    const connection = new TcpConnection(socket, client, {
      answer,
      limits,
      maxQueryOctets,
      nowMs: () => clock.monotonicMs(),
      onClosed: (reason) => this.#remove(connection, { address, reason }),
    });
    this.#open.add(connection);
    this.#count(address, 1);
  }

  #remove(connection: TcpConnection, { address, reason }: { readonly address: string; readonly reason: CloseReason }) {
    this.#open.delete(connection);
    this.#count(address, -1);
    this.#options.counters.increment(`tcp.closed.${reason}`);
  }

  #count(address: string, change: 1 | -1): void {
    const open = (this.#openPerClient.get(address) ?? 0) + change;
    if (open > 0) this.#openPerClient.set(address, open);
    else this.#openPerClient.delete(address);
    this.#options.counters.set("tcp.open", this.#open.size);
  }
}

/** The sleep was cut short by `closeAll`: the loop sees the signal itself. */
function ignoreAbort(): void {
  return undefined;
}
