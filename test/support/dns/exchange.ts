// Sends queries over real sockets on the loopback address and collects the replies by id.

import { createSocket } from "node:dgram";
import { once } from "node:events";

/** Queries under way at a time: below any default receive buffer. */
const IN_FLIGHT = 32;
/** A peer on loopback that has not answered by then never will. */
const DEADLINE_MS = 5000;

/** The replies in the order of the queries, whose ids must be their indexes. Fails when one stays unanswered. */
export async function queryUdp(
  port: number,
  queries: readonly Uint8Array[],
  deadlineMs: number = DEADLINE_MS,
): Promise<readonly Uint8Array[]> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  try {
    return await collect(socket, { port, queries, deadlineMs });
  } finally {
    socket.close();
  }
}

interface Exchange {
  readonly port: number;
  readonly queries: readonly Uint8Array[];
  readonly deadlineMs: number;
}

async function collect(
  socket: ReturnType<typeof createSocket>,
  { port, queries, deadlineMs }: Exchange,
): Promise<readonly Uint8Array[]> {
  const replies: Uint8Array[] = Array.from({ length: queries.length });
  const { promise, resolve, reject } = Promise.withResolvers<readonly Uint8Array[]>();
  let sent = 0;
  let received = 0;
  const timer = setTimeout(() => reject(new Error(`${queries.length - received} queries without reply`)), deadlineMs);
  const sendNext = (): void => {
    const query = queries[sent];
    if (query === undefined) return;
    socket.send(query, port, "127.0.0.1");
    sent += 1;
  };
  socket.on("error", reject);
  socket.on("message", (message) => {
    replies[message.readUInt16BE(0)] = message;
    received += 1;
    if (received === queries.length) resolve(replies);
    else sendNext();
  });
  for (let count = 0; count < IN_FLIGHT; count += 1) sendNext();
  return promise.finally(() => clearTimeout(timer));
}
