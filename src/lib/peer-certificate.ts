// Looks at the certificate that a TLS server shows, and trusts nobody: nothing but the handshake is sent.

import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { connect } from "node:tls";

export interface TlsPeer {
  /** A name, or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Resolves with the server's own certificate. Rejects with the system's or OpenSSL's error, or the signal's reason. */
export function fetchPeerCertificate({ host, port }: TlsPeer, signal: AbortSignal): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      // A name is asked for as a client would ask; an address must not be (RFC 6066 §3).
      ...(isIP(host) === 0 ? { servername: host } : {}),
      minVersion: "TLSv1.2",
      // The certificate is what we came for, trusted or not.
      rejectUnauthorized: false,
    });
    const end = (finish: () => void): void => {
      signal.removeEventListener("abort", abort);
      socket.destroy();
      finish();
    };
    const abort = (): void => end(() => reject(asError(signal.reason)));
    signal.addEventListener("abort", abort, { once: true });
    socket.once("error", (error) => end(() => reject(error)));
    socket.once("secureConnect", () => {
      const certificate = socket.getPeerX509Certificate();
      end(() => (certificate === undefined ? reject(new Error("no certificate was shown")) : resolve(certificate)));
    });
    if (signal.aborted) abort();
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
