// The file of the local store as bytes: one header line, then one JSON line per record, so that a person can read it and a
// torn or changed byte is always noticed. Pure but for the hash. docs/storage.md describes it to operators.

import { createHash } from "node:crypto";
import * as z from "zod";
import { type DomainName, parseName } from "#src/domain/name.ts";
import { isRecordType, type RecordType } from "#src/domain/record.ts";
import { canonicalTarget } from "#src/domain/target.ts";

/** Raised when a reader of the version before would misunderstand the file; version N−1 is always read. */
const FORMAT_VERSION = 1;
const FORMAT_NAME = "zonegate-records";
/** Far above any home or edge site (about 300,000 records), far below what would hurt to read. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** One record as the local store keeps it. */
export interface LocalRecord {
  readonly name: DomainName;
  readonly type: RecordType;
  /** Canonical text. */
  readonly target: string;
  /** Seconds; `undefined` takes the zone's default when served. */
  readonly ttlSeconds: number | undefined;
}

export interface RecordFile {
  /** Grows by one with every write. */
  readonly generation: number;
  /** Unix milliseconds. */
  readonly savedAtMs: number;
  readonly records: readonly LocalRecord[];
}

export type DecodedFile =
  | { readonly kind: "intact"; readonly file: RecordFile }
  | { readonly kind: "damaged"; readonly reason: string }
  | { readonly kind: "newer"; readonly version: number };

const headerSchema = z.object({
  format: z.literal(FORMAT_NAME),
  version: z.int().positive(),
  generation: z.int().nonnegative(),
  savedAtMs: z.number(),
  count: z.int().nonnegative(),
  sha256: z.string(),
});

const recordSchema = z.object({
  name: z.string(),
  type: z.string(),
  target: z.string(),
  ttlSeconds: z.int().positive().optional(),
});

/** The whole file; equal content and figures give equal bytes. The inverse of `decodeRecordFile`. */
export function encodeRecordFile(file: RecordFile): Uint8Array {
  const body = Buffer.from(file.records.map((record) => `${JSON.stringify(record)}\n`).join(""));
  const header: z.infer<typeof headerSchema> = {
    format: FORMAT_NAME,
    version: FORMAT_VERSION,
    generation: file.generation,
    savedAtMs: file.savedAtMs,
    count: file.records.length,
    sha256: checksum(file.generation, file.savedAtMs, body),
  };
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), body]);
}

/** False for a record that the next start could not read: storing it would make the whole file a damaged one. */
export function isReadable(record: LocalRecord): boolean {
  return readRecord(JSON.stringify(record)) !== undefined;
}

/** Never throws: a file is intact to the last byte, damaged, or of a version this release does not know. */
export function decodeRecordFile(bytes: Uint8Array): DecodedFile {
  const headerEnd = bytes.indexOf(0x0a);
  if (headerEnd === -1) return damaged("it has no complete header line");
  const headerJson = parseJson(Buffer.from(bytes.subarray(0, headerEnd)).toString("utf8"));
  const version = z.object({ format: z.literal(FORMAT_NAME), version: z.int() }).safeParse(headerJson);
  if (version.success && version.data.version > FORMAT_VERSION) return { kind: "newer", version: version.data.version };
  const header = headerSchema.safeParse(headerJson);
  if (!header.success) return damaged("its header line cannot be read");
  const body = bytes.subarray(headerEnd + 1);
  const { generation, savedAtMs } = header.data;
  if (checksum(generation, savedAtMs, body) !== header.data.sha256)
    return damaged("its checksum does not match its content");
  return decodeRecords(Buffer.from(body).toString("utf8"), header.data);
}

function decodeRecords(text: string, header: z.infer<typeof headerSchema>): DecodedFile {
  const records: LocalRecord[] = [];
  for (const line of text.split("\n").slice(0, -1)) {
    const record = readRecord(line);
    if (record === undefined) return damaged(`a line is not a record: ${line.slice(0, 120)}`);
    records.push(record);
  }
  if (records.length !== header.count) return damaged(`it holds ${records.length} of ${header.count} records`);
  return { kind: "intact", file: { generation: header.generation, savedAtMs: header.savedAtMs, records } };
}

function readRecord(line: string): LocalRecord | undefined {
  const record = recordSchema.safeParse(parseJson(line));
  if (!record.success) return undefined;
  const { type, ttlSeconds } = record.data;
  const name = parseName(record.data.name);
  if (!name.ok || !isRecordType(type)) return undefined;
  const target = canonicalTarget(type, record.data.target);
  return target.ok ? { name: name.value, type, target: target.value, ttlSeconds } : undefined;
}

function damaged(reason: string): DecodedFile {
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
