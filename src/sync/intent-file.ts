// The journal of ownership intents on disk: one small file, replaced whole.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { parseName } from "#src/domain/name.ts";
import { UpstreamUnavailable } from "#src/errors.ts";
import { isMissing, replaceFile } from "#src/lib/atomic-file.ts";
import type { Logger } from "#src/lib/log.ts";
import type { Intent, IntentLog } from "#src/sync/journal.ts";

const fileSchema = z.object({
  format: z.literal("zonegate-intents"),
  version: z.literal(1),
  intents: z.array(
    z.object({
      textName: z.string(),
      text: z.string(),
      ownedName: z.string(),
      types: z.array(z.string()),
      values: z.array(z.string()),
    }),
  ),
});

/**
 * An intent log in `folder`, one per provider. A file that cannot be understood is reported and counts as empty: it is a note
 * of what to tidy up, never the truth about records.
 */
export function createIntentFile(folder: string, provider: string, log: Logger): IntentLog {
  const path = join(folder, `intents-${provider}.json`);
  return {
    read: async () => {
      const text = await readIfThere(path);
      if (text === undefined) return [];
      const intents = parseIntents(text);
      if (intents === undefined) log.error({ file: path }, "intent journal not understood, left aside");
      return intents ?? [];
    },
    write: async (intents) => {
      const content = Buffer.from(`${JSON.stringify({ format: "zonegate-intents", version: 1, intents })}\n`);
      try {
        await replaceFile(path, content, { previousName: `intents-${provider}.previous.json` });
      } catch (error) {
        const where = { upstream: provider, operation: "journal" };
        const reason = error instanceof Error ? error.message : String(error);
        throw new UpstreamUnavailable("journal.unwritable", where, `${path} could not be written: ${reason}`, {
          cause: error,
        });
      }
    },
  };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function parseIntents(text: string): readonly Intent[] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const file = fileSchema.safeParse(json);
  if (!file.success) return undefined;
  return file.data.intents.flatMap((intent) => {
    const [textName, ownedName] = [parseName(intent.textName), parseName(intent.ownedName)];
    return textName.ok && ownedName.ok ? [{ ...intent, textName: textName.value, ownedName: ownedName.value }] : [];
  });
}
