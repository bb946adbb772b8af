// Names as external-dns compares them: its IDNA profile (UTS 46 mapping for look-up, transitional) per label, no
// checks of characters, so that "*" and "_" pass.

import { domainToASCII, domainToUnicode } from "node:url";

/** `idna.NormalizeDNSName`: A-labels, lower case, one final dot. The key of a plan's row. */
export function normalizeDnsName(name: string): string {
  const ascii = mapLabels(name.trim(), (label) => domainToASCII(transitional(label)));
  return ascii.endsWith(".") ? ascii : `${ascii}.`;
}

/** `normalizeDomain` of the domain filter: U-labels, lower case, no final dot. */
export function unicodeDomain(name: string): string {
  return mapLabels(name.replace(/\.$/, ""), (label) => domainToUnicode(transitional(label)));
}

/** UTS 46 reads these full stops of other scripts as ".". */
const OTHER_FULL_STOPS = /[\u3002\uff0e\uff61]/g;

function mapLabels(name: string, convert: (label: string) => string): string {
  return name
    .replaceAll(OTHER_FULL_STOPS, ".")
    .split(".")
    .map((label) => {
      const lower = label.toLowerCase();
      if (Buffer.byteLength(lower) === lower.length && !lower.startsWith("xn--")) return lower;
      // An invalid label is logged by external-dns and goes on as it was.
      return convert(lower) || lower;
    })
    .join(".");
}

/** UTS 46 transitional processing of the deviation characters, which WHATWG functions keep. */
function transitional(label: string): string {
  return label
    .replaceAll("ß", "ss")
    .replaceAll("ς", "σ")
    .replaceAll(/[\u200c\u200d]/g, "");
}
