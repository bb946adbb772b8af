// Domain names in one canonical text form: lower case, no final dot, odd bytes escaped. Equal names are equal strings.
// Knows nothing of wire format (dns/wire) or of which names a zone holds.

import { domainToASCII } from "node:url";
import { type Parsed, parsed, unparsable } from "#src/domain/parsed.ts";

declare const canonical: unique symbol;

/**
 * A name in canonical form: labels joined by ".", ASCII lower case (RFC 4343), no final dot, IDNA A-labels. A byte that is
 * not plain printable text stands as `\DDD` (RFC 1035 §5.1), so "." only ever separates labels. The root is "".
 */
export type DomainName = string & { readonly [canonical]: true };

export const ROOT = "" as DomainName;

/** RFC 1035 §2.3.4: octets of one label. */
const MAX_LABEL_OCTETS = 63;
/** RFC 1035 §2.3.4: octets of a whole name on the wire, length octets and the root label counted. */
export const MAX_NAME_OCTETS = 255;
/** Characters worth reading: every octet written as `\DDD`. */
const MAX_NAME_CHARACTERS = 4 * MAX_NAME_OCTETS;

const NAME_TOO_LONG = `the name is longer than ${MAX_NAME_OCTETS} octets`;

/** Bytes that stand for themselves in canonical text: printable ASCII without blank and `" $ ( ) . ; @ \` and capitals. */
const PLAIN_BYTE = /^[!#%&'*+,\-/0-9:<=>?[\]^_`a-z{|}~]$/;

/** Canonical text of each byte: every query's name is put together from these. */
const BYTE_TEXTS: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const folded = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
  const char = String.fromCharCode(folded);
  return PLAIN_BYTE.test(char) ? char : `\\${String(folded).padStart(3, "0")}`;
});

/** Reads a name as people and APIs write it: any case, a final dot, `\DDD` and `\c` escapes, Unicode labels. */
export function parseName(text: string): Parsed<DomainName> {
  const trimmed = text.trim();
  if (trimmed === "") return unparsable("the name is empty");
  if (trimmed === ".") return parsed(ROOT);
  if (trimmed.length > MAX_NAME_CHARACTERS) return unparsable(NAME_TOO_LONG);
  const ascii = hasNonAscii(trimmed) ? idnaToAscii(trimmed) : trimmed;
  if (ascii === undefined) return unparsable(`"${text}" is not a valid internationalised name`);
  const labels = splitLabels(ascii);
  if (!labels.ok) return unparsable(`"${text}": ${labels.problem}`);
  return nameFromLabels(labels.value);
}

/** Builds a name from raw label bytes (as a wire decoder sees them), most specific first, without the root label. */
export function nameFromLabels(labels: readonly Uint8Array[]): Parsed<DomainName> {
  let octets = 1;
  const texts: string[] = [];
  for (const label of labels) {
    if (label.length === 0) return unparsable("a label is empty");
    if (label.length > MAX_LABEL_OCTETS) return unparsable(`a label is longer than ${MAX_LABEL_OCTETS} octets`);
    octets += label.length + 1;
    texts.push(labelText(label));
  }
  if (octets > MAX_NAME_OCTETS) return unparsable(NAME_TOO_LONG);
  return parsed(texts.join(".") as DomainName);
}

/** The raw bytes of each label, most specific first, without the root label. The inverse of `nameFromLabels`. */
export function labelBytes(name: DomainName): readonly Uint8Array[] {
  if (name === ROOT) return [];
  return name.split(".").map(unescapeLabel);
}

/** Canonical text of one label. */
export function labelText(label: Uint8Array): string {
  let text = "";
  for (const byte of label) text += BYTE_TEXTS[byte] ?? "";
  return text;
}

/** Octets of a name's first label; 0 for the root. */
export function firstLabelOctets(name: DomainName): number {
  let octets = 0;
  for (let index = 0; index < name.length && name[index] !== "."; index += 1) {
    if (name[index] === "\\") index += 3;
    octets += 1;
  }
  return octets;
}

/** The name without its first label; `undefined` for the root. */
export function parentOf(name: DomainName): DomainName | undefined {
  if (name === ROOT) return undefined;
  const dot = name.indexOf(".");
  return (dot === -1 ? ROOT : name.slice(dot + 1)) as DomainName;
}

export function labelCount(name: DomainName): number {
  return name === ROOT ? 0 : name.split(".").length;
}

/** True when `name` is `ancestor` or lies below it. */
export function isAtOrBelow(name: DomainName, ancestor: DomainName): boolean {
  if (ancestor === ROOT || name === ancestor) return true;
  return name.endsWith(`.${ancestor}`);
}

/** True for `*.rest`: the only place where a star means "any" (RFC 4592 §2.1.1). */
export function isWildcard(name: DomainName): boolean {
  return name === "*" || name.startsWith("*.");
}

/** `*.<parent>`. */
export function wildcardBelow(parent: DomainName): DomainName {
  return (parent === ROOT ? "*" : `*.${parent}`) as DomainName;
}

/** Joins relative labels to a base: `("app", "home.example.com")`. */
export function joinName(relative: string, base: DomainName): Parsed<DomainName> {
  return parseName(base === ROOT ? relative : `${relative}.${base}`);
}

function hasNonAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) > 0x7f) return true;
  }
  return false;
}

/**
 * A-labels for the labels that need them (RFC 5891); `undefined` when one cannot be had. Label by label, because
 * `domainToASCII` reads its text as the host of a URL: it would cut the name at `/ ? # \`, undo `%41` and take numbers for
 * an IPv4 address, and so name something else.
 */
function idnaToAscii(text: string): string | undefined {
  const labels: string[] = [];
  for (const label of text.split(".")) {
    const ascii = hasNonAscii(label) ? labelToAscii(label) : label;
    if (ascii === undefined) return undefined;
    labels.push(ascii);
  }
  return labels.join(".");
}

function labelToAscii(label: string): string | undefined {
  if (!/^[\w*\-\u0080-\uffff]+$/.test(label)) return undefined;
  // A last label that is no number keeps the whole from being read as an IPv4 address.
  const suffix = ".x";
  const ascii = domainToASCII(label + suffix).slice(0, -suffix.length);
  return ascii === "" ? undefined : ascii;
}

function splitLabels(ascii: string): Parsed<readonly Uint8Array[]> {
  const labels: Uint8Array[] = [];
  let current: number[] = [];
  for (let index = 0; index < ascii.length; index += 1) {
    const char = ascii[index];
    if (char === ".") {
      labels.push(Uint8Array.from(current));
      current = [];
      continue;
    }
    if (char !== "\\") {
      current.push(ascii.charCodeAt(index));
      continue;
    }
    const escape = readEscape(ascii, index);
    if (escape === undefined)
      return unparsable("a backslash must be followed by a character or by three digits up to 255");
    current.push(escape.byte);
    index += escape.length - 1;
  }
  if (current.length > 0) labels.push(Uint8Array.from(current));
  return parsed(labels);
}

/** Reads `\DDD` or `\c` at `index` (RFC 1035 §5.1); `length` counts the backslash. */
function readEscape(text: string, index: number): { readonly byte: number; readonly length: number } | undefined {
  const decimal = /^\\(\d{3})/.exec(text.slice(index, index + 4))?.[1];
  if (decimal !== undefined) {
    const byte = Number(decimal);
    return byte <= 255 ? { byte, length: 4 } : undefined;
  }
  const code = text.charCodeAt(index + 1);
  return Number.isNaN(code) || /\d/.test(text.charAt(index + 1)) ? undefined : { byte: code, length: 2 };
}

function unescapeLabel(label: string): Uint8Array {
  const bytes: number[] = [];
  for (let index = 0; index < label.length; index += 1) {
    if (label[index] === "\\") {
      bytes.push(Number(label.slice(index + 1, index + 4)));
      index += 3;
    } else {
      bytes.push(label.charCodeAt(index));
    }
  }
  return Uint8Array.from(bytes);
}
