// Replies over sockets.

import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Wire } from "./delivery.ts";
import type { Reply } from "./replies.ts";
import type { ConsoleTime } from "./time.ts";

/** Connections that are reset when another request comes in on them. */
export type DoomedSockets = WeakSet<Socket>;

export interface HttpWireParts {
  readonly response: ServerResponse;
  readonly time: ConsoleTime;
  readonly doomed: DoomedSockets;
  readonly reset: () => void;
}

export function createHttpWire(parts: HttpWireParts): Wire {
  const { response, time, doomed, reset } = parts;
  return {
    write: (reply) => writeWhole(response, reply),
    writeLater: (reply, delayMs) => void time.after(delayMs, () => writeWhole(response, reply)),
    tear: (reply, keepBytes) => tear(response, reply, keepBytes),
    drip: (reply, bytesPerSecond) => drip(parts, reply, bytesPerSecond),
    pour: (bytes) => pour(response, bytes),
    reset,
    doom: () => {
      if (response.socket !== null) doomed.add(response.socket);
    },
  };
}

function writeWhole(response: ServerResponse, reply: Reply): void {
  if (response.destroyed) return;
  writeHead(response, reply, Buffer.byteLength(reply.body));
  response.end(reply.body);
}

function writeHead(response: ServerResponse, { status, headers }: Reply, length: number): void {
  for (const [name, value] of Object.entries(headers)) {
    response.setHeader(name, typeof value === "string" ? value : [...value]);
  }
  if (status !== 204) response.setHeader("content-length", String(length));
  response.writeHead(status);
}

function tear(response: ServerResponse, reply: Reply, keepBytes: number): void {
  const body = Buffer.from(reply.body);
  writeHead(response, reply, body.length);
  const kept = body.subarray(0, Math.min(keepBytes, Math.max(0, body.length - 1)));
  response.write(kept, () => response.socket?.destroy());
}

const MS_PER_SECOND = 1000;

function drip({ response, time }: HttpWireParts, reply: Reply, bytesPerSecond: number): void {
  const body = Buffer.from(reply.body);
  writeHead(response, reply, body.length);
  let sent = 0;
  const next = (): void => {
    if (response.destroyed) return;
    if (sent === body.length) {
      response.end();
      return;
    }
    response.write(body.subarray(sent, ++sent));
    time.after(MS_PER_SECOND / bytesPerSecond, next);
  };
  next();
}

const POUR_CHUNK_BYTES = 64 * 1024;

/** One array of spaces: valid JSON up to any point, without a length to be warned by. */
function pour(response: ServerResponse, bytes: number): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.write("[");
  const chunk = Buffer.alloc(POUR_CHUNK_BYTES, " ");
  let left = bytes;
  const next = (): void => {
    while (left > 0 && !response.destroyed) {
      left -= chunk.length;
      if (!response.write(chunk)) {
        response.once("drain", next);
        return;
      }
    }
    response.end("]");
  };
  next();
}
