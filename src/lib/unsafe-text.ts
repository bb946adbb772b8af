// What may reach a terminal or a log reader: text from annotations, external-dns and other programs must not move a cursor, hide
// lines or turn their direction round.

/** Controls but tab and line break, DEL, C1, and what changes the direction of text or breaks lines. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** The same text with each of those shown as `\uXXXX`, as JSON writes it. */
export function escapeUnsafe(text: string): string {
  return text.replaceAll(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
