// Requests that come in over sockets: reads each whole, and hands its outcome to the wire.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { deliver } from "./delivery.ts";
import { createHttpWire, type DoomedSockets } from "./http-wire.ts";
import type { PortParts } from "./port.ts";
import { type ArrivedRequest, MAX_BODY_BYTES } from "./responder.ts";

export interface HandlerParts extends Pick<PortParts, "respond" | "log" | "time" | "onAnswered"> {
  /** Sends RST to a client's port. */
  readonly resetConnection: (remotePort: number | undefined) => void;
}

export function createRequestHandler(
  parts: HandlerParts,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { respond, log, time, onAnswered } = parts;
  const doomed: DoomedSockets = new WeakSet<Socket>();

  return (incoming, response) => {
    if (doomed.has(incoming.socket)) {
      parts.resetConnection(incoming.socket.remotePort);
      return;
    }
    log.opened();
    response.on("close", () => log.closed());
    // The client went away while it was sending.
    serve(incoming, response).catch(() => response.destroy());
  };

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { remotePort } = incoming.socket;
    const responded = respond(toArrived(incoming, await readBody(incoming)));
    if (onAnswered !== undefined) response.on("finish", () => onAnswered(responded.seen));
    deliver(responded, createHttpWire({ response, time, doomed, reset: () => parts.resetConnection(remotePort) }));
  }
}

/** Undefined when it is too large; the rest is still read, so that the client can hear why. */
async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return length <= MAX_BODY_BYTES ? Buffer.concat(chunks).toString("utf8") : undefined;
}

function toArrived({ method = "GET", url = "/", headers }: IncomingMessage, body: string | undefined): ArrivedRequest {
  const entries = Object.entries(headers).map(([name, value]) => [name, value?.toString()]);
  return { method, target: url, headers: Object.fromEntries(entries) as ArrivedRequest["headers"], body };
}
