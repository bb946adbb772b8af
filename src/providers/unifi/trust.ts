// Who may receive the API key: the console's certificate is judged on the bare TLS socket, before a request can be written to
// it (docs/decisions.md 13). Knows nothing of the API.

import { Agent, type RequestOptions } from "node:https";
import type { LookupFunction } from "node:net";
import type { Duplex } from "node:stream";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { assertNever } from "#src/errors.ts";

/** How a console proves itself. */
export type ConsoleTrust =
  /** A certificate that the machine's own authorities vouch for. */
  | { readonly kind: "system" }
  /** One that these authorities (PEM) vouch for. */
  | { readonly kind: "ca"; readonly pem: string }
  /** One of these very certificates: SHA-256 of the DER form, 64 hex digits in lower case. Name and dates do not matter then. */
  | { readonly kind: "pins"; readonly sha256: readonly string[] }
  /** Any: whoever answers gets the key. Only for somebody who said so. */
  | { readonly kind: "skip" };

/** A certificate that was refused. Its `sha256` is for the operator to compare and to pin. */
export class UntrustedCertificate extends Error {
  readonly reason: string;
  readonly sha256: string;

  constructor(reason: string, sha256: string) {
    super(`the certificate is not trusted: ${reason}`);
    this.name = "UntrustedCertificate";
    this.reason = reason;
    this.sha256 = sha256;
  }
}

export interface ConsoleAgentOptions {
  readonly trust: ConsoleTrust;
  /** For TCP and TLS together. */
  readonly connectTimeoutMs: number;
  readonly lookup: LookupFunction;
  /** Told of every certificate that was accepted. */
  readonly onTrusted: (sha256: string) => void;
}

/** Connections kept open to one console: the engine writes one at a time, and lists may run beside it. */
const MAX_SOCKETS = 4;

/** An agent whose sockets have passed `trust` before HTTP sees them. */
export function createConsoleAgent(options: ConsoleAgentOptions): Agent {
  return new TrustingAgent(options);
}

type SocketCallback = (error: Error | null, stream: Duplex) => void;

class TrustingAgent extends Agent {
  readonly #options: ConsoleAgentOptions;

  constructor(options: ConsoleAgentOptions) {
    super({ keepAlive: true, maxSockets: MAX_SOCKETS });
    this.#options = options;
  }

  override createConnection(request: RequestOptions, callback?: SocketCallback): undefined {
    const { trust, connectTimeoutMs, onTrusted } = this.#options;
    const socket = connect(this.#tlsOptions(request));
    const end = (error: Error | null): void => {
      clearTimeout(timer);
      socket.off("error", end);
      if (error !== null) socket.destroy();
      callback?.(error, socket);
    };
    const timer = setTimeout(
      () => end(Object.assign(new Error("no TLS connection in time"), { code: "ETIMEDOUT" })),
      connectTimeoutMs,
    );
    socket.once("error", end);
    socket.once("secureConnect", () => {
      const verdict = judge(socket, trust);
      if (verdict.refusal === undefined) onTrusted(verdict.sha256);
      end(verdict.refusal === undefined ? null : new UntrustedCertificate(verdict.refusal, verdict.sha256));
    });
  }

  /** Nothing of the HTTP request is passed on: a socket knows where it goes and whom it believes, no more. */
  #tlsOptions({ host, port, servername }: RequestOptions): ConnectionOptions {
    const { trust, lookup } = this.#options;
    return {
      host: host ?? "",
      port: Number(port ?? 443),
      ...(servername === undefined ? {} : { servername }),
      ...(trust.kind === "ca" ? { ca: trust.pem } : {}),
      ALPNProtocols: ["http/1.1"],
      minVersion: "TLSv1.2",
      lookup,
      // Node's own refusal would not show us the certificate; `judge` refuses instead, and no session is ever resumed.
      rejectUnauthorized: false,
    };
  }
}

interface Verdict {
  readonly sha256: string;
  readonly refusal: string | undefined;
}

function judge(socket: TLSSocket, trust: ConsoleTrust): Verdict {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return { sha256: "", refusal: "the console showed no certificate" };
  const sha256 = certificate.fingerprint256.replaceAll(":", "").toLowerCase();
  return { sha256, refusal: refusalOf(socket, trust, sha256) };
}

function refusalOf(socket: TLSSocket, trust: ConsoleTrust, sha256: string): string | undefined {
  switch (trust.kind) {
    case "skip":
      return undefined;
    case "pins":
      return trust.sha256.includes(sha256) ? undefined : "it is none of the pinned certificates";
    case "system":
    case "ca":
      return socket.authorized ? undefined : reasonText(String(socket.authorizationError));
    default:
      return assertNever(trust);
  }
}

/** OpenSSL's codes that people meet, in words; others as they are. */
const REASONS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "it is self-signed",
  SELF_SIGNED_CERT_IN_CHAIN: "its authority is not known here",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its authority is not known here",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its authority is not known here",
  CERT_HAS_EXPIRED: "it has expired, or this machine's clock is wrong",
  CERT_NOT_YET_VALID: "it is not valid yet, or this machine's clock is wrong",
  ERR_TLS_CERT_ALTNAME_INVALID: "it is for another name than the one in the URL",
};

function reasonText(code: string): string {
  return REASONS[code] ?? code;
}
