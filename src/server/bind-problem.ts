// Turns a socket that could not be bound into the sentence an operator can act on.

import { UnavailableError } from "#src/errors.ts";
import type { BindFailure } from "./listeners.ts";

interface Advice {
  readonly code: string;
  readonly text: string;
}

const ADVICE: Readonly<Record<string, Advice>> = {
  EADDRINUSE: {
    code: "dns.port-taken",
    text: "another program uses it. Stop that program, or let Zonegate listen on another address or port.",
  },
  EACCES: {
    code: "dns.port-forbidden",
    text: "this user may not use it. Listen on a port above 1023 (1053 is usual) and map port 53 to it, or grant CAP_NET_BIND_SERVICE.",
  },
  EADDRNOTAVAIL: {
    code: "dns.address-missing",
    text: "this machine has no such address. Listen on an address that it has, or on 0.0.0.0 and :: for all of them.",
  },
};

const UNKNOWN: Advice = { code: "dns.bind-failed", text: "the system refused. Check the address and the port." };

/** `code` of the result is stable: `dns.port-taken`, `dns.port-forbidden`, `dns.address-missing`, `dns.bind-failed`. */
export function bindProblem({ protocol, address, port, code }: BindFailure): UnavailableError {
  const advice = ADVICE[code] ?? UNKNOWN;
  return new UnavailableError(
    advice.code,
    `Cannot serve DNS on ${address} port ${port} (${protocol.toUpperCase()}, ${code}): ${advice.text}`,
  );
}

/** When every listen setting is a wildcard of a family that this machine has no address of. */
export function nothingBoundProblem(listen: readonly { readonly address: string }[]): UnavailableError {
  const addresses = listen.map(({ address }) => address).join(", ");
  return new UnavailableError(
    "dns.no-address",
    `Cannot serve DNS: this machine has no usable address for ${addresses || "an empty list of listen addresses"}.`,
  );
}
