// TXT content between our canonical text and the way the console takes and gives it. The console's DNS server reads quotes as
// quoting, not as content; what would need an escape is refused, because nobody knows how each firmware escapes it. Pure.

import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";
import { canonicalTarget } from "#src/domain/target.ts";
import { parseText } from "#src/domain/text.ts";

/** Text that needs no quotes anywhere: words with single blanks between them. */
const PLAIN = /^[A-Za-z0-9._:/=+@~^*?!$%&()|[\]{}<>-]+(?: [A-Za-z0-9._:/=+@~^*?!$%&()|[\]{}<>-]+)*$/;

/** What is sent for a canonical TXT target, or why the console may not be given it. */
export function consoleText(target: string): Parsed<string> {
  const content = parseText(target);
  if (!content.ok) return content;
  const text = new TextDecoder().decode(content.value);
  if (text === "") return unparsable("an empty text cannot be stored");
  if (/[^\x20-\x7e]/.test(text)) return unparsable("only printable ASCII can be stored in a text");
  if (/["\\]/.test(text)) return unparsable("a text with a double quote or a backslash cannot be stored safely");
  return parsed(PLAIN.test(text) ? text : `"${text}"`);
}

/** Canonical target of a text as the console gives it: quoted or not, in one piece or several (`"a","b"` or `"a" "b"`). */
export function targetOfConsoleText(text: string): Parsed<string> {
  return canonicalTarget("TXT", isList(text) ? text.replace(/"\s*,\s*"/g, '" "') : text);
}

function isList(text: string): boolean {
  return /^\s*"[^"\\]*"(?:\s*,\s*"[^"\\]*")+\s*$/.test(text);
}
