// TXT content between its written form (quoted strings with escapes, RFC 1035 §5.1) and its bytes.

import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";

/** Octets of one TXT record's character strings together; 65,535 less length octets and room for the rest of a message. */
const MAX_TEXT_OCTETS = 60_000;
/** Characters worth reading: every octet written as `\DDD`, and as much again for quotes and blanks. */
const MAX_TEXT_CHARACTERS = 8 * MAX_TEXT_OCTETS;

const TEXT_TOO_LONG = `the text is longer than ${MAX_TEXT_OCTETS} octets`;

/**
 * Bytes meant by a TXT target. Text that is wholly quoted strings (`"a b"`, `"chunk one" "chunk two"`) is their joined
 * content with escapes undone: backends cut long strings at 255 octets, and external-dns needs them whole again.
 * Anything else stands for itself, byte for byte as UTF-8.
 */
export function parseText(text: string): Parsed<Uint8Array> {
  if (text.length > MAX_TEXT_CHARACTERS) return unparsable(TEXT_TOO_LONG);
  const bytes = isQuotedStrings(text) ? unquote(text) : new TextEncoder().encode(text);
  if (bytes === undefined) return unparsable("a \\DDD escape is above 255");
  if (bytes.length > MAX_TEXT_OCTETS) return unparsable(TEXT_TOO_LONG);
  return parsed(bytes);
}

/** One quoted string; `"` and `\` are escaped, bytes outside printable ASCII stand as `\DDD`. The inverse of `parseText`. */
export function formatText(content: Uint8Array): string {
  let text = '"';
  for (const byte of content) {
    if (byte === 0x22 || byte === 0x5c) text += `\\${String.fromCharCode(byte)}`;
    else if (byte >= 0x20 && byte <= 0x7e) text += String.fromCharCode(byte);
    else text += `\\${String(byte).padStart(3, "0")}`;
  }
  return `${text}"`;
}

function isQuotedStrings(text: string): boolean {
  return /^\s*"(?:\\.|[^"\\])*"(?:\s+"(?:\\.|[^"\\])*")*\s*$/s.test(text);
}

function unquote(text: string): Uint8Array | undefined {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  // Not spread into one push(): a long piece would not fit on the stack.
  const append = (literal: string): void => encoder.encode(literal).forEach((byte) => bytes.push(byte));
  for (const quoted of text.match(/"(?:\\.|[^"\\])*"/gs) ?? []) {
    for (const piece of quoted.slice(1, -1).match(/\\\d{3}|\\.|[^\\]+/gsu) ?? []) {
      if (!piece.startsWith("\\")) append(piece);
      else if (/^\\\d{3}$/.test(piece)) bytes.push(Number(piece.slice(1)));
      else append(piece.slice(1));
    }
  }
  return bytes.some((byte) => byte > 255) ? undefined : Uint8Array.from(bytes);
}
