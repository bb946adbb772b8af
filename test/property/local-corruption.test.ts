// Whatever happens to the bytes of a record file: its own records, the generation before it and a loud word, or a refusal that
// says what to do; never a record that was not stored, and never fewer without a word.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { UnavailableError } from "#src/errors.ts";
import { decodeRecordFile } from "#src/providers/local/record-file.ts";
import { unbounded } from "#test/support/engine.ts";
import { create, newStore, openStore, recordsOf, storedIn } from "#test/support/local-store.ts";

const CURRENT = "records.jsonl";
const PREVIOUS = "records.previous.jsonl";
/** What disks write at one time: a torn write is one such block that is old, empty or of another file. */
const BLOCK_BYTES = 64;

let whole: Buffer;
let older: Buffer;
let wholeRecords: readonly string[] = [];
let olderRecords: readonly string[] = [];

beforeAll(async () => {
  const folder = newFolder();
  const { store } = await openStore(folder);
  for (let number = 1; number <= 4; number += 1) {
    await store.apply(create(`n${number}.example.com`, `192.0.2.${number}`), unbounded());
  }
  olderRecords = await recordsOf(store);
  await store.apply(create("a-n1.example.com", '"heritage=external-dns,external-dns/owner=home"', "TXT"), unbounded());
  wholeRecords = await recordsOf(store);
  store.close();
  whole = readFileSync(join(folder, CURRENT));
  older = readFileSync(join(folder, PREVIOUS));
  rmSync(folder, { recursive: true });
});

describe("one file", () => {
  const changes: readonly [string, (byte: number) => number][] = [
    ...Array.from({ length: 8 }, (_, bit): [string, (byte: number) => number] => [
      `bit ${bit} flipped`,
      (byte) => byte ^ (1 << bit),
    ]),
    ["zeroed", () => 0x00],
    ["all ones", () => 0xff],
    ["a line feed", () => 0x0a],
    ["a quote", () => 0x22],
    ["a nine", () => 0x39],
  ];

  test.each(changes)("with any one byte %s never yields other records", (_title, change) => {
    const wrong = positions(whole.length).filter((position) => {
      const bytes = Buffer.from(whole);
      bytes[position] = change(bytes[position] ?? 0);
      return isWrong(bytes);
    });
    expect(wrong).toEqual([]);
  });

  test("cut at any length is damaged", () => {
    const kinds = positions(whole.length).map((length) => decodeRecordFile(whole.subarray(0, length)).kind);
    expect(new Set(kinds)).toEqual(new Set(["damaged"]));
  });

  test("with a byte too many anywhere never yields other records", () => {
    const wrong = positions(whole.length + 1).filter((position) =>
      isWrong(Buffer.concat([whole.subarray(0, position), Buffer.from("1"), whole.subarray(position)])),
    );
    expect(wrong).toEqual([]);
  });

  test("torn between two generations at any byte yields no mixture", () => {
    const wrong = positions(Math.min(whole.length, older.length)).filter(
      (length) =>
        isWrong(Buffer.concat([whole.subarray(0, length), older.subarray(length)])) ||
        isWrong(Buffer.concat([older.subarray(0, length), whole.subarray(length)])),
    );
    expect(wrong).toEqual([]);
  });
});

type Damage = (bytes: Buffer) => Buffer;

/** Everything that is not the file as it was written. */
const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.nat().map(
    (length): Damage =>
      (bytes) =>
        bytes.subarray(0, length % bytes.length),
  ),
  fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })).map(([position, mask]): Damage => flip(position, mask)),
  fc.nat().map((block): Damage => zeroBlock(block)),
  fc.tuple(fc.nat(), fc.nat()).map(([first, second]): Damage => swapLines(first, second)),
  fc.uint8Array({ maxLength: 200 }).map(
    (noise): Damage =>
      () =>
        Buffer.from(noise),
  ),
  fc.uint8Array({ minLength: 1, maxLength: 50 }).map(
    (noise): Damage =>
      (bytes) =>
        Buffer.concat([bytes, noise]),
  ),
);

describe("a folder whose newest file was damaged", () => {
  test("starts with that file's records, or loudly with those before it, or not at all", async () => {
    await fc.assert(
      fc.asyncProperty(damage, async (harm) => {
        const damaged = harm(Buffer.from(whole));
        await withFolder({ [CURRENT]: damaged, [PREVIOUS]: older }, async (folder) => {
          expect(GOOD_STARTS).toContain(await startOn(folder, damaged));
        });
      }),
    );
  });

  test("together with the one before it is refused with what to do, and left as it is", async () => {
    await fc.assert(
      fc.asyncProperty(damage, damage, async (harm, harmOlder) => {
        const files = { [CURRENT]: harm(Buffer.from(whole)), [PREVIOUS]: harmOlder(Buffer.from(older)) };
        fc.pre(Object.values(files).every((bytes) => decodeRecordFile(bytes).kind === "damaged"));
        await withFolder(files, async (folder) => {
          await expect(storedIn(folder)).rejects.toThrow(/no stored generation.*Put a backup in place/);
          expect(readFileSync(join(folder, CURRENT))).toEqual(files[CURRENT]);
          expect(readFileSync(join(folder, PREVIOUS))).toEqual(files[PREVIOUS]);
        });
      }),
    );
  });
});

const GOOD_STARTS = ["its own records", "the records before, loudly, damaged file kept", "refused, file kept"];

/** What a start makes of the folder, in words. */
async function startOn(folder: string, damaged: Buffer): Promise<string> {
  const { store, logged } = newStore(folder);
  const failure = await failureOf(store.load());
  if (failure !== undefined) {
    const isHelpful = /newer Zonegate.*start that release, or set DATA_DIR/.test(failure.message);
    const isKept = readFileSync(join(folder, CURRENT)).equals(damaged);
    return isHelpful && isKept ? "refused, file kept" : failure.message;
  }
  const found = await recordsOf(store);
  const isFallback = store.status().fallback !== undefined;
  store.close();
  if (!isFallback) return isEqual(found, wholeRecords) ? "its own records" : `other records: ${found.join()}`;
  const aside = readdirSync(folder).find((name) => name.startsWith(`${CURRENT}.damaged-`)) ?? PREVIOUS;
  const isLoud = logged.includes("stored records were damaged, previous generation loaded");
  const isKept = readFileSync(join(folder, aside)).equals(damaged);
  return isLoud && isKept && isEqual(found, olderRecords)
    ? "the records before, loudly, damaged file kept"
    : `fallback to ${found.join()}`;
}

/** Intact, but with records that belong to no generation. */
function isWrong(bytes: Buffer): boolean {
  const decoded = decodeRecordFile(bytes);
  if (decoded.kind !== "intact") return false;
  const found = decoded.file.records.map(({ name, type, target }) => `${name} ${type} ${target}`);
  return !isEqual(found, wholeRecords) && !isEqual(found, olderRecords);
}

function isEqual(a: readonly string[], b: readonly string[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function positions(count: number): readonly number[] {
  return Array.from({ length: count }, (_, position) => position);
}

function flip(position: number, mask: number): Damage {
  return (bytes) => {
    const at = position % bytes.length;
    bytes[at] = (bytes[at] ?? 0) ^ mask;
    return bytes;
  };
}

function zeroBlock(block: number): Damage {
  return (bytes) => {
    const start = (block % Math.ceil(bytes.length / BLOCK_BYTES)) * BLOCK_BYTES;
    return bytes.fill(0, start, Math.min(start + BLOCK_BYTES, bytes.length));
  };
}

/** Two lines that change places; equal ones would leave the file whole, so the next one is taken. */
function swapLines(first: number, second: number): Damage {
  return (bytes) => {
    const lines = bytes.toString().split("\n");
    const count = lines.length - 1;
    const [a, b] = [first % count, second % count === first % count ? (second + 1) % count : second % count];
    [lines[a], lines[b]] = [lines[b] ?? "", lines[a] ?? ""];
    return Buffer.from(lines.join("\n"));
  };
}

async function failureOf(load: Promise<void>): Promise<UnavailableError | undefined> {
  try {
    await load;
    return undefined;
  } catch (error) {
    if (error instanceof UnavailableError) return error;
    throw error;
  }
}

async function withFolder(
  files: Readonly<Record<string, Uint8Array>>,
  look: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = newFolder();
  try {
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
    await look(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), "zonegate-corruption-"));
}
