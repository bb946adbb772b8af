// Writes a reply the way a fault wants it: whole, late, torn, drop by drop, endless or not at all.

import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Outcome } from "./outcome.ts";
import type { Reply } from "./replies.ts";
import type { ConsoleTime } from "./time.ts";

/** Connections that are reset when another request comes in on them. */
export type DoomedSockets = WeakSet<Socket>;

/** Where a reply goes. */
export interface Wire {
  readonly response: ServerResponse;
  readonly time: ConsoleTime;
  readonly doomed: DoomedSockets;
  /** Ends the connection with RST. */
  reset(): void;
}

export function deliver({ reply, delivery }: Outcome, wire: Wire): void {
  const { response } = wire;
  switch (delivery.kind) {
    case "whole":
      writeWhole(response, reply);
      return;
    case "close-idle":
      if (response.socket !== null) wire.doomed.add(response.socket);
      writeWhole(response, reply);
      return;
    case "reset":
      wire.reset();
      return;
    case "silence":
      // The connection stays open until the client gives up or the console stops.
      return;
    case "delay":
      wire.time.after(delivery.delayMs, () => writeWhole(response, reply));
      return;
    case "truncate":
      truncate(response, reply, delivery.keepBytes);
      return;
    case "drip":
      drip(wire, reply, delivery.bytesPerSecond);
      return;
    case "bomb":
      explode(response, delivery.bytes);
  }
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

/** Promises the whole length, sends a part, and hangs up. */
function truncate(response: ServerResponse, reply: Reply, keepBytes: number): void {
  const body = Buffer.from(reply.body);
  writeHead(response, reply, body.length);
  const kept = body.subarray(0, Math.min(keepBytes, Math.max(0, body.length - 1)));
  response.write(kept, () => response.socket?.destroy());
}

const MS_PER_SECOND = 1000;

function drip({ response, time }: Wire, reply: Reply, bytesPerSecond: number): void {
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

const BOMB_CHUNK_BYTES = 64 * 1024;

/** One array of spaces: valid JSON up to any point, without a length to be warned by. */
function explode(response: ServerResponse, bytes: number): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.write("[");
  const chunk = Buffer.alloc(BOMB_CHUNK_BYTES, " ");
  let left = bytes;
  const pour = (): void => {
    while (left > 0 && !response.destroyed) {
      left -= chunk.length;
      if (!response.write(chunk)) {
        response.once("drain", pour);
        return;
      }
    }
    response.end("]");
  };
  pour();
}
