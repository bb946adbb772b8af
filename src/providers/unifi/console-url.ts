// Which addresses a console may have. The API key is sent there, so the address is checked before anything else.

import { isIP } from "node:net";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";

/** Cloud metadata services: never a console, and a favourite of request forgery. */
const METADATA_HOSTS: ReadonlySet<string> = new Set(["metadata.google.internal", "[fd00:ec2::254]"]);

/**
 * The base of all paths, without a final slash: `https://192.168.1.1`, `https://unifi.home:11443`, or with a path in front
 * for a console behind a proxy of Ubiquiti's or one's own.
 */
export function parseConsoleUrl(text: string): Parsed<string> {
  const url = URL.parse(text.trim());
  if (url === null) return unparsable("it is not a URL");
  if (url.protocol !== "https:") return unparsable("it must begin with https://, because the API key is sent there");
  if (url.username !== "" || url.password !== "") return unparsable("it must not hold a user or a password");
  if (url.search !== "" || url.hash !== "") return unparsable("it must end with the path");
  if (isLinkLocal(url.hostname) || METADATA_HOSTS.has(url.hostname)) {
    return unparsable(`${url.hostname} is a link-local or metadata address, which no console has`);
  }
  return parsed(url.origin + url.pathname.replace(/\/+$/, ""));
}

/** RFC 3927, RFC 4291, and the first inside the second. */
function isLinkLocal(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith("169.254.");
  return /^\[(?:fe[89ab][0-9a-f]:|::ffff:a9fe:)/i.test(host);
}
