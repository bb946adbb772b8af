// Backups as files: `backups/<provider>/<time>.json` in the data folder, each written whole or not at all, the oldest removed.

import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { parseName } from "#src/domain/name.ts";
import { isMissing, writeNewFile } from "#src/lib/atomic-file.ts";
import type { StoredRecord } from "#src/providers/provider.ts";
import type { Backup, BackupFolder } from "#src/sync/backups.ts";

/** Two days when something is written every hour, months when it is not. */
const KEPT = 48;
const FOLDER_MODE = 0o700;
/** `2026-11-27T10-55-49.123Z.json`: sorts by time, and no file system minds it. */
const FILE_NAME = /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}\.\d{3}Z\.json$/u;

const fileSchema = z.object({
  format: z.literal("zonegate-backup"),
  version: z.literal(1),
  takenAtMs: z.number(),
  records: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      type: z.string(),
      target: z.string(),
      ttlSeconds: z.number().optional(),
      enabled: z.boolean(),
    }),
  ),
});

export function createBackupFiles(dataFolder: string, provider: string): BackupFolder {
  const folder = join(dataFolder, "backups", provider);
  const names = async (): Promise<readonly string[]> => (await namesIn(folder)).filter((name) => FILE_NAME.test(name));
  return {
    add: async ({ takenAtMs, records }) => {
      await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
      const name = `${new Date(takenAtMs).toISOString().replaceAll(":", "-")}.json`;
      const text = JSON.stringify({ format: "zonegate-backup", version: 1, takenAtMs, records });
      await writeNewFile(join(folder, name), Buffer.from(`${text}\n`));
      for (const old of (await names()).toSorted().slice(0, -KEPT)) await rm(join(folder, old), { force: true });
    },
    names: async () => (await names()).toSorted().toReversed(),
    read: async (name) => (FILE_NAME.test(name) ? parseBackup(await readIfThere(join(folder, name))) : undefined),
  };
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function parseBackup(text: string | undefined): Backup | undefined {
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { data } = fileSchema.safeParse(json);
  return data && { takenAtMs: data.takenAtMs, records: data.records.flatMap(toRecord) };
}

function toRecord({
  name,
  ttlSeconds,
  ...rest
}: z.infer<typeof fileSchema>["records"][number]): readonly StoredRecord[] {
  const parsed = parseName(name);
  return parsed.ok ? [{ ...rest, name: parsed.value, ttlSeconds }] : [];
}
