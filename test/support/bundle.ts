// The bundle as `npm run build` makes it, in a folder of its own.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { REPOSITORY } from "./zonegate-process.ts";

/** Builds into `folder`, which is emptied first; returns what the build printed. */
export async function buildBundle(folder: string): Promise<string> {
  return (await promisify(execFile)(process.execPath, [join(REPOSITORY, "tools/build.ts"), folder])).stdout;
}

/** Files that the programs read when a mode or a provider needs them, with their maps and comments. */
export const BUNDLE_PART =
  /^(?:chunk|local-provider|unifi-provider|reading-half|cluster-feed|kubeconfig|config)-[A-Z0-9]{8}\.mjs(?:\.map|\.LEGAL\.txt)?$/u;
