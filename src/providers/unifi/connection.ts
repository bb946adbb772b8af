// How a store reaches its console: sockets that have proved whom they lead to, and one exchange after the other over them.

import type { Clock } from "#src/lib/clock.ts";
import { createRememberingLookup } from "./remembering-lookup.ts";
import { createExchange, type Exchange } from "./transport.ts";
import { type ConsoleAgentOptions, createConsoleAgent } from "./trust.ts";

export interface ConnectOptions extends Omit<ConsoleAgentOptions, "lookup"> {
  readonly clock: Clock;
}

export interface Connection {
  readonly exchange: Exchange;
  /** Ends the exchanges under way and closes what is kept open. */
  readonly close: () => void;
}

/** Contacts nobody yet. */
export type Connect = (options: ConnectOptions) => Connection;

/** HTTPS over TCP. */
export function connectByTls({ clock, ...options }: ConnectOptions): Connection {
  const agent = createConsoleAgent({ ...options, lookup: createRememberingLookup(clock) });
  return { exchange: createExchange(agent), close: () => agent.destroy() };
}
