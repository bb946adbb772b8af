// A file of JSON lines under one header line with a checksum, so that a person can read it and a torn or changed byte is always
// noticed. Knows nothing of what the lines mean. Pure but for the hash.

import { createHash } from "node:crypto";

export interface SealedFormat {
  /** Stands in the header, so that no file is taken for another kind. */
  readonly name: string;
  /** Raised when a reader of the version before would misunderstand the file; version N−1 is always read. */
  readonly version: number;
}

export interface SealedLines {
  /** Grows by one with every write. */
  readonly generation: number;
  /** Unix milliseconds. */
  readonly savedAtMs: number;
  /** JSON values. */
  readonly lines: readonly unknown[];
}

export type Unsealed =
  | { readonly kind: "intact"; readonly content: SealedLines }
  | { readonly kind: "damaged"; readonly reason: string }
  | { readonly kind: "newer"; readonly version: number };

/** The whole file; equal content gives equal bytes. The inverse of `unsealLines`. */
export function sealLines(format: SealedFormat, { generation, savedAtMs, lines }: SealedLines): Uint8Array {
  const body = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const header = {
    format: format.name,
    version: format.version,
    generation,
    savedAtMs,
    count: lines.length,
    sha256: checksum(generation, savedAtMs, body),
  };
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), body]);
}

/** Never throws: a file is intact to the last byte, damaged, or of a version this release does not know. */
export function unsealLines(format: SealedFormat, bytes: Uint8Array): Unsealed {
  const headerEnd = bytes.indexOf(0x0a);
  if (headerEnd === -1) return damaged("it has no complete header line");
  const header = parseJson(Buffer.from(bytes.subarray(0, headerEnd)).toString("utf8"));
  if (isNewer(header, format)) return { kind: "newer", version: header.version };
  if (!isHeader(header, format)) return damaged("its header line cannot be read");
  const body = bytes.subarray(headerEnd + 1);
  const { generation, savedAtMs, count, sha256 } = header;
  if (checksum(generation, savedAtMs, body) !== sha256) return damaged("its checksum does not match its content");
  const texts = Buffer.from(body).toString("utf8").split("\n").slice(0, -1);
  const lines = texts.map(parseJson);
  const unreadable = lines.indexOf(undefined);
  if (unreadable !== -1) return damaged(`a line is not JSON: ${shortened(texts[unreadable] ?? "")}`);
  if (lines.length !== count) return damaged(`it holds ${lines.length} of ${count} records`);
  return { kind: "intact", content: { generation, savedAtMs, lines } };
}

/** Of a line, for a message. */
export function shortened(line: string): string {
  return line.slice(0, 120);
}

interface Header {
  readonly version: number;
  readonly generation: number;
  readonly savedAtMs: number;
  readonly count: number;
  readonly sha256: string;
}

function isNewer(header: unknown, format: SealedFormat): header is { readonly version: number } {
  return (
    isOfFormat(header, format) && Number.isSafeInteger(header["version"]) && Number(header["version"]) > format.version
  );
}

function isHeader(header: unknown, format: SealedFormat): header is Header {
  if (!isOfFormat(header, format)) return false;
  const { version, generation, savedAtMs, count, sha256 } = header;
  const isCount = (value: unknown, least: number): boolean => Number.isSafeInteger(value) && Number(value) >= least;
  return (
    isCount(version, 1) &&
    isCount(generation, 0) &&
    isCount(count, 0) &&
    typeof savedAtMs === "number" &&
    Number.isFinite(savedAtMs) &&
    typeof sha256 === "string"
  );
}

function isOfFormat(header: unknown, format: SealedFormat): header is Record<keyof Header | "format", unknown> {
  return typeof header === "object" && header !== null && "format" in header && header.format === format.name;
}

function damaged(reason: string): Unsealed {
  return { kind: "damaged", reason };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Over everything that a reader believes: the header's figures and the body. */
function checksum(generation: number, savedAtMs: number, body: Uint8Array): string {
  return createHash("sha256").update(`${generation} ${savedAtMs}\n`).update(body).digest("hex");
}
