// Which way a reply goes out, as a fault wants it: whole, late, torn, drop by drop, endless or not at all. The ways themselves
// are those of a wire; there is one for sockets and one in memory.

import type { Outcome } from "./outcome.ts";
import type { Reply } from "./replies.ts";

/** What can be done with the connection that a request came in on. Nothing happens once its client is gone. */
export interface Wire {
  write(reply: Reply): void;
  writeLater(reply: Reply, delayMs: number): void;
  /** Promises the whole length, sends a part, and hangs up. */
  tear(reply: Reply, keepBytes: number): void;
  drip(reply: Reply, bytesPerSecond: number): void;
  /** A valid start of JSON that goes on for so many bytes. */
  pour(bytes: number): void;
  /** Ends the connection with RST. */
  reset(): void;
  /** Ends it with RST when another request comes in on it. */
  doom(): void;
}

export function deliver({ reply, delivery }: Outcome, wire: Wire): void {
  switch (delivery.kind) {
    case "whole":
      wire.write(reply);
      return;
    case "close-idle":
      wire.doom();
      wire.write(reply);
      return;
    case "reset":
      wire.reset();
      return;
    case "silence":
      // The connection stays open until the client gives up or the console stops.
      return;
    case "delay":
      wire.writeLater(reply, delivery.delayMs);
      return;
    case "truncate":
      wire.tear(reply, delivery.keepBytes);
      return;
    case "drip":
      wire.drip(reply, delivery.bytesPerSecond);
      return;
    case "bomb":
      wire.pour(delivery.bytes);
  }
}
