// Every bound of DNS over TCP in one place, so that no client, however slow or greedy, costs the others their answers
// (RFC 7766 §6.2, RFC 9210 §4).

export interface TcpLimits {
  /** Open connections in all; at some 300 KiB each at the very worst they stay below 80 MiB. */
  readonly maxConnections: number;
  /** Of one client address: a resolver pipelines over one or two; sixteen leave room for several behind one address. */
  readonly maxConnectionsPerClient: number;
  /** From accept to the first octet: who connects has a question ready. */
  readonly firstByteTimeoutMs: number;
  /** From a message's first octet to its last: a query fits into one segment. Ends drip attacks. */
  readonly messageTimeoutMs: number;
  /** Between two messages, as Knot and CoreDNS do. Also how long a client may leave answers unread. */
  readonly idleTimeoutMs: number;
  /** From accept on, whatever happens: nobody keeps a slot for good. */
  readonly lifetimeMs: number;
  /** After our last answer, until the client closes: what it still sends is thrown away. */
  readonly closingTimeoutMs: number;
  /** Queries answered in one turn of the event loop: the rest waits, so that one segment of 2,000 queries delays nobody. */
  readonly maxQueriesPerTurn: number;
  /** Queries of one connection; a busy forwarder reconnects, which spreads load after a fail-over. */
  readonly maxQueriesPerConnection: number;
  /** Answers the client has not taken yet; above it nothing more of this connection is answered or read. */
  readonly maxOutboundBytes: number;
}

export const TCP_LIMITS: TcpLimits = {
  maxConnections: 256,
  maxConnectionsPerClient: 16,
  firstByteTimeoutMs: 2_000,
  messageTimeoutMs: 2_000,
  idleTimeoutMs: 10_000,
  lifetimeMs: 120_000,
  closingTimeoutMs: 2_000,
  maxQueriesPerTurn: 16,
  maxQueriesPerConnection: 1_000,
  maxOutboundBytes: 256 * 1024,
};

/** How often the time limits are looked at: one timer for all connections; a limit is kept to this precision. */
export const SWEEP_INTERVAL_MS = 500;
