// `zonegate approve HASH`: releases the deletions that the running process holds back.

import { loadSettings, type SettingsSources } from "#src/config/load.ts";
import { askAdmin } from "./admin-client.ts";
import { EXIT_CODES, type ExitCode } from "./exit-codes.ts";
import { reportError } from "./report-error.ts";

export interface ApproveOptions {
  readonly sources: SettingsSources;
  /** As written on the command line. */
  readonly planHash: string;
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
}

/** Resolves with 0 released, 64 nothing is held under this hash, 69 no process answers, 78 wrong settings. */
export async function approve({ sources, planHash, print, complain }: ApproveOptions): Promise<ExitCode> {
  try {
    const { admin } = loadSettings(sources);
    const answer = await askAdmin(admin.socket, { method: "POST", path: "/approve", body: { planHash } });
    if (answer.kind === "refused") {
      complain(`zonegate: ${answer.detail}`);
      return EXIT_CODES.usage;
    }
    print(`${planHash} is approved; the deletions are carried out with the next loop of external-dns`);
    return EXIT_CODES.ok;
  } catch (error) {
    return reportError(error, complain);
  }
}
