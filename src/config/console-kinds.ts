// The kinds of values that say where a console is and how it proves itself. The provider checks the address once more where
// the key is sent; here it is checked so that a mistake is a line of `zonegate check`.

import { isIP } from "node:net";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";
import { Secret } from "#src/lib/secret.ts";
import { kind, quote, readList, readText } from "./kinds.ts";

/** The base of all paths of a console, without a final slash; https is meant where no scheme is written. */
export function consoleUrl() {
  return kind(readConsoleUrl, "Write an address such as https://192.168.1.1 or unifi.home.example.com:11443.");
}

/** SHA-256 fingerprints of certificates: 64 hex digits in lower case each. */
export function fingerprints() {
  return kind(
    (input) => readList(input, readFingerprint),
    "Write 64 hexadecimal digits, colons or not; zonegate pin HOST prints the line to paste.",
  );
}

/** Text that is sent in an HTTP header (RFC 9110 §5.5), never echoed. */
export function apiKey() {
  return kind(readApiKey, "Write the key as the console has shown it, or give the path of a file that holds it.");
}

/** Also what a key file must hold when it is read again. The problem never quotes what was read. */
export function readApiKey(input: unknown): Parsed<Secret> {
  const key = readText(input);
  if (!key.ok) return unparsable("is not a text");
  return /^[\x21-\x7e]+$/.test(key.value)
    ? parsed(new Secret(key.value))
    : unparsable("holds a blank or a letter that no key has");
}

function readConsoleUrl(input: unknown): Parsed<string> {
  const written = readText(input);
  if (!written.ok) return written;
  // Parsed before anything is quoted: a password in it must not reach a message.
  const url = URL.parse(written.value.includes("://") ? written.value : `https://${written.value}`);
  if (url === null || url.hostname === "") return unparsable("is not the address of a console");
  if (url.username !== "" || url.password !== "") return unparsable("holds a user name or a password");
  if (url.protocol !== "https:")
    return unparsable(`${quote(written.value)} is not https, and the API key is sent there`);
  if (url.search !== "" || url.hash !== "") return unparsable(`${quote(written.value)} goes on behind the path`);
  if (isLinkLocal(url.hostname)) {
    return unparsable(`${url.hostname} is a link-local address: cloud metadata services live there, no console does`);
  }
  return parsed(url.origin + url.pathname.replace(/\/+$/, ""));
}

/** 169.254/16 (RFC 3927) and fe80::/10 (RFC 4291), also as an IPv4 address inside an IPv6 one. */
function isLinkLocal(hostname: string): boolean {
  if (isIP(hostname) === 4) return hostname.startsWith("169.254.");
  return /^\[(?:fe[89ab][0-9a-f]:|::ffff:a9fe:)/i.test(hostname);
}

/** As openssl, browsers and `zonegate pin` write it. */
function readFingerprint(written: string): Parsed<string> {
  const digits = written
    .replace(/^sha-?256(?: fingerprint)?[=:\s]+/i, "")
    .replaceAll(/[:\s]/g, "")
    .toLowerCase();
  if (/^[0-9a-f]{64}$/.test(digits)) return parsed(digits);
  return unparsable(`${quote(written)} is not a SHA-256 fingerprint`);
}
