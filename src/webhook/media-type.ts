// The media type of the external-dns webhook protocol: sent byte for byte, read leniently. Knows nothing of bodies.

/** What we send. external-dns compares it byte for byte in negotiation (its provider/webhook/webhook.go). */
export const MEDIA_TYPE = "application/external.dns.webhook+json;version=1";

const ESSENCE = "application/external.dns.webhook+json";
const VERSION = "1";
/** Ranges of an Accept header that take in ours (RFC 9110 §12.5.1). */
const RANGES: ReadonlySet<string> = new Set([ESSENCE, "application/*", "*/*"]);

interface MediaRange {
  /** `type/subtype`, lower case. */
  readonly essence: string;
  /** Names in lower case, values without quotes. */
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * True for the Content-Type of a body we read: case, blanks, order, quotes and other parameters (charset) do not matter,
 * a missing version is taken for ours.
 */
export function isWebhookMediaType(contentType: string | undefined): boolean {
  if (contentType === undefined) return false;
  const range = parseRange(contentType);
  return range.essence === ESSENCE && isOurVersion(range);
}

/** True unless the Accept header excludes what we send. A missing or empty header accepts everything. */
export function acceptsWebhookMediaType(accept: string | undefined): boolean {
  if (accept === undefined || accept.trim() === "") return true;
  return splitOutsideQuotes(accept, ",").map(parseRange).some(takesOurs);
}

function takesOurs(range: MediaRange): boolean {
  return RANGES.has(range.essence) && isOurVersion(range) && Number(range.parameters.get("q") ?? "1") > 0;
}

function isOurVersion(range: MediaRange): boolean {
  return (range.parameters.get("version") ?? VERSION) === VERSION;
}

function parseRange(text: string): MediaRange {
  const [essence = "", ...pairs] = splitOutsideQuotes(text, ";");
  const parameters = new Map<string, string>();
  for (const pair of pairs) {
    const [name = "", ...value] = pair.split("=");
    parameters.set(name.trim().toLowerCase(), unquote(value.join("=").trim()));
  }
  return { essence: essence.trim().toLowerCase(), parameters };
}

function unquote(text: string): string {
  return /^".*"$/s.test(text) ? text.slice(1, -1).replaceAll(/\\(.)/gs, "$1") : text;
}

/** A separator inside a quoted string is content (RFC 9110 §5.6.4). */
function splitOutsideQuotes(text: string, separator: ";" | ","): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index];
    if (char === '"') isQuoted = !isQuoted;
    else if (char === "\\" && isQuoted) index += 1;
    else if (char === separator && !isQuoted) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
