// The file of the local store as bytes: one JSON line per record under the header of lib/sealed-lines.ts. docs/storage.md
// describes it to operators.

import * as z from "zod";
import { type DomainName, parseName } from "#src/domain/name.ts";
import { isRecordType, type RecordType } from "#src/domain/record.ts";
import { canonicalTarget } from "#src/domain/target.ts";
import { type SealedFormat, sealLines, shortened, unsealLines } from "#src/lib/sealed-lines.ts";

const FORMAT: SealedFormat = { name: "zonegate-records", version: 1 };
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

const recordSchema = z.object({
  name: z.string(),
  type: z.string(),
  target: z.string(),
  ttlSeconds: z.int().positive().optional(),
});

/** The whole file; equal content and figures give equal bytes. The inverse of `decodeRecordFile`. */
export function encodeRecordFile({ generation, savedAtMs, records }: RecordFile): Uint8Array {
  return sealLines(FORMAT, { generation, savedAtMs, lines: records });
}

/** False for a record that the next start could not read: storing it would make the whole file a damaged one. */
export function isReadable(record: LocalRecord): boolean {
  return readRecord(record) !== undefined;
}

/** Never throws: a file is intact to the last byte, damaged, or of a version this release does not know. */
export function decodeRecordFile(bytes: Uint8Array): DecodedFile {
  const unsealed = unsealLines(FORMAT, bytes);
  if (unsealed.kind !== "intact") return unsealed;
  const { generation, savedAtMs, lines } = unsealed.content;
  const records: LocalRecord[] = [];
  for (const line of lines) {
    const record = readRecord(line);
    if (record === undefined) {
      return { kind: "damaged", reason: `a line is not a record: ${shortened(JSON.stringify(line))}` };
    }
    records.push(record);
  }
  return { kind: "intact", file: { generation, savedAtMs, records } };
}

function readRecord(line: unknown): LocalRecord | undefined {
  const record = recordSchema.safeParse(line);
  if (!record.success) return undefined;
  const { type, ttlSeconds } = record.data;
  const name = parseName(record.data.name);
  if (!name.ok || !isRecordType(type)) return undefined;
  const target = canonicalTarget(type, record.data.target);
  return target.ok ? { name: name.value, type, target: target.value, ttlSeconds } : undefined;
}
