// `zonegate pin HOST[:PORT]`: shows the certificate of a console and the line that pins it. Sends nothing but a handshake, and
// reads no setting: it is for somebody who has none yet.

import type { X509Certificate } from "node:crypto";
import { UnavailableError } from "#src/errors.ts";
import { fetchPeerCertificate, type TlsPeer } from "#src/lib/peer-certificate.ts";
import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";
import { reportError } from "./report-error.ts";

export interface PinOptions {
  /** As written on the command line: `192.168.1.1`, `unifi.home:11443`, or the URL of UNIFI_HOST. */
  readonly target: string;
  /** Writes one line to standard output. */
  readonly print: (line: string) => void;
  /** Writes one line to standard error. */
  readonly complain: (line: string) => void;
}

/** A person waits; a console that works answers within a second. */
const ANSWER_TIMEOUT_MS = 10_000;
const HTTPS_PORT = 443;

/** Resolves with 0 shown, 64 not an address, 69 nothing answers there, or not with TLS. */
export async function pin({ target, print, complain }: PinOptions): Promise<ExitCode> {
  const peer = parsePeer(target);
  if (peer === undefined) {
    complain(`zonegate: "${target}" is not HOST or HOST:PORT. Write zonegate pin 192.168.1.1.`);
    return EXIT_CODES.usage;
  }
  try {
    for (const line of certificateLines(await certificateOf(peer, target))) print(line);
    return EXIT_CODES.ok;
  } catch (error) {
    return reportError(error, complain);
  }
}

/** Only host and port count; a scheme and a path come with a URL that somebody pastes. */
function parsePeer(target: string): TlsPeer | undefined {
  const url = URL.parse(/^https?:\/\//i.test(target) ? target : `https://${target}`);
  if (url === null || url.hostname === "" || url.username !== "" || url.password !== "") return undefined;
  return { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port: url.port === "" ? HTTPS_PORT : Number(url.port) };
}

async function certificateOf(peer: TlsPeer, target: string): Promise<X509Certificate> {
  try {
    return await fetchPeerCertificate(peer, AbortSignal.timeout(ANSWER_TIMEOUT_MS));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.trim() : String(cause);
    throw new UnavailableError("pin.unavailable", `no certificate from ${target}, port ${peer.port}: ${reason}`, {
      cause,
    });
  }
}

function certificateLines(certificate: X509Certificate): readonly string[] {
  const { subject, issuer, subjectAltName, validFrom, validTo, fingerprint256 } = certificate;
  const facts: readonly (readonly [string, string])[] = [
    ["subject", oneLine(subject)],
    ["issuer", subject === issuer ? "itself (self-signed)" : oneLine(issuer)],
    ["names", subjectAltName === undefined ? "none" : oneLine(subjectAltName)],
    ["valid", `${oneLine(validFrom)} to ${oneLine(validTo)}`],
    ["sha256", fingerprint256],
  ];
  return [
    ...facts.map(([label, text]) => `${label.padEnd(LABEL_WIDTH)}${text}`),
    "",
    "Compare the fingerprint with what the console itself shows, or run this from a second place; then paste:",
    "",
    `UNIFI_TLS_PIN=${fingerprint256}`,
  ];
}

const LABEL_WIDTH = 10;

/** Whoever answered wrote these: no line break and no control character of theirs reaches the terminal. */
function oneLine(text: string): string {
  const line = text.trim().replaceAll(/\s*\n\s*/g, ", ");
  return line.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
}
