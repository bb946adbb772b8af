// `zonegate restore [BACKUP] [--write]`: which backups there are, what one of them holds that is lost now, and giving that back.

import * as z from "zod";
import { loadSettings, type SettingsSources } from "#src/config/load.ts";
import { UnavailableError } from "#src/errors.ts";
import { type AdminRequest, askAdmin } from "./admin-client.ts";
import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";
import { reportError } from "./report-error.ts";

export interface RestoreOptions {
  readonly sources: SettingsSources;
  /** `undefined`: only list the backups. */
  readonly backup: string | undefined;
  readonly mode: "show" | "write";
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
}

const BACKUPS = z.object({ backups: z.array(z.object({ provider: z.string(), names: z.array(z.string()) })) });
const RESTORATION = z.object({
  provider: z.string(),
  missing: z.array(
    z.object({
      state: z.enum(["lost", "left"]),
      name: z.string(),
      type: z.string(),
      was: z.array(z.string()),
      is: z.array(z.string()),
      reason: z.string().optional(),
    }),
  ),
  written: z.number(),
  failures: z.array(z.object({ name: z.string(), type: z.string(), reason: z.string() })),
  interruption: z.string().optional(),
});
type Restoration = z.infer<typeof RESTORATION>;

/** Resolves with 0 shown or all written, 64 no such backup, 69 no process answers or not all was written, 78 wrong settings. */
export async function restore({ sources, backup, mode, print, complain }: RestoreOptions): Promise<ExitCode> {
  try {
    const { socket } = loadSettings(sources).admin;
    if (backup === undefined) {
      const { backups } = read(BACKUPS, await ask(socket, { method: "GET", path: "/backups" }));
      for (const line of backups.flatMap(backupLines)) print(line);
      return EXIT_CODES.ok;
    }
    const answer = await askAdmin(socket, { method: "POST", path: "/restore", body: { backup, mode } });
    if (answer.kind === "refused") {
      complain(`zonegate: ${answer.detail}`);
      return EXIT_CODES.usage;
    }
    const restoration = read(RESTORATION, answer.body);
    for (const line of restorationLines(restoration, backup, mode)) print(line);
    const isWhole = restoration.interruption === undefined && restoration.failures.length === 0;
    return isWhole ? EXIT_CODES.ok : EXIT_CODES.unavailable;
  } catch (error) {
    return reportError(error, complain);
  }
}

async function ask(socket: string, asked: AdminRequest): Promise<unknown> {
  const answer = await askAdmin(socket, asked);
  if (answer.kind === "refused") throw new UnavailableError("restore.refused", answer.detail);
  return answer.body;
}

function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const { data } = schema.safeParse(body);
  if (data === undefined)
    throw new UnavailableError("restore.unreadable", "what answers there is no Zonegate of this release");
  return data;
}

function backupLines({
  provider,
  names,
}: {
  readonly provider: string;
  readonly names: readonly string[];
}): readonly string[] {
  if (names.length === 0)
    return [`${provider}: no backups; they are taken before the first write, where there is a data folder`];
  return [`${provider}: ${names.length} backups, the newest first`, ...names.map((name) => `  ${name}`)];
}

function restorationLines(
  { provider, missing, written, failures, interruption }: Restoration,
  backup: string,
  mode: "show" | "write",
): readonly string[] {
  const lost = missing.filter(({ state }) => state === "lost").length;
  const sets = missing.map(({ state, name, type, was, is, reason }) => {
    const now = is.length === 0 ? "" : `, now ${is.join(" ")}`;
    return `${state}  ${name} ${type} ${was.join(" ")}${now}${reason === undefined ? "" : `: ${reason}`}`;
  });
  const next = lost === 0 ? [] : [`give back what is lost: zonegate restore ${backup} --write`];
  return [
    `${provider}: ${missing.length} record sets of the backup are not there any more, ${lost} of them lost`,
    ...sets,
    ...(mode === "show" ? next : [`${written} records written back`]),
    ...failures.map(({ name, type, reason }) => `failed  ${name} ${type}: ${reason}`),
    ...(interruption === undefined ? [] : [`stopped: ${interruption}`]),
  ];
}
