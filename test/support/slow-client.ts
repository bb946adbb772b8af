// A client that sends a request byte by byte (slow-loris) and counts what it could send before the server ended it.

import { setInterval as every } from "node:timers/promises";
import { openSocket, parseAnswer, type RawAnswer, type RawTarget } from "./raw-http.ts";

export interface SlowClientOptions {
  /** Sent at once, before the dripping begins. */
  readonly head: string;
  /** Time between two bytes. */
  readonly intervalMs: number;
}

export interface SlowClientEnd {
  readonly answer: RawAnswer;
  readonly bytesDripped: number;
}

/** Drips until the server closes the connection. */
export async function dripUntilClosed(target: RawTarget, options: SlowClientOptions): Promise<SlowClientEnd> {
  const socket = await openSocket(target);
  const chunks: Buffer[] = [];
  const closed = new AbortController();
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  // A server that has enough may answer and reset: the answer counts.
  socket.on("error", () => undefined);
  socket.on("close", () => closed.abort());
  socket.write(options.head);
  let bytesDripped = 0;
  try {
    for await (const _ of every(options.intervalMs, undefined, { signal: closed.signal })) {
      socket.write("x");
      bytesDripped += 1;
    }
  } catch (error) {
    if (!closed.signal.aborted) throw error;
  }
  return { answer: parseAnswer(Buffer.concat(chunks).toString()), bytesDripped };
}
