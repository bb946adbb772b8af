// Runs a program in an image's file system as an orchestrator does: its user, a read-only root, one writable folder, no way to
// gain rights. By mounts of its own process only, because a runtime wants cgroups that a container of ours may not have.

import { z } from "zod";
import type { Buildah } from "./buildah.ts";

export type ImageConfig = z.infer<typeof IMAGE_CONFIG>;

const IMAGE_CONFIG = z.object({
  User: z.string(),
  Env: z.array(z.string()),
  Entrypoint: z.array(z.string()),
  Cmd: z.array(z.string()),
  WorkingDir: z.string(),
  ExposedPorts: z.record(z.string(), z.unknown()),
  Volumes: z.record(z.string(), z.unknown()),
  Labels: z.record(z.string(), z.string()),
});
const INSPECTED = z.object({ OCIv1: z.object({ config: IMAGE_CONFIG }) });

/** What the image says about how to run it. */
export async function imageConfig(buildah: Buildah, image: string): Promise<ImageConfig> {
  return INSPECTED.parse(JSON.parse(await buildah("inspect", "--type", "image", image))).OCIv1.config;
}

/** Mounts first, then everything given up, then the program with the same process id: signals go straight to it. */
const ENTER = `set -e
root=$1 data=$2 user=$3 folder=$4
shift 4
mount --bind "$root" "$root"
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --bind "$data" "$root/data"
mount -o remount,bind,ro "$root"
exec setpriv --no-new-privs chroot --userspec="$user" --groups= "$root" /usr/bin/env -C "$folder" "$@"`;

export interface ContainerOptions {
  /** The image's files. */
  readonly root: string;
  /** Mounted at /data, writable. */
  readonly dataFolder: string;
  readonly config: Pick<ImageConfig, "User" | "WorkingDir">;
}

/** What starts a program of the image: its own name and arguments follow. Needs root. */
export function enterContainer({ root, dataFolder, config }: ContainerOptions): [string, ...string[]] {
  return ["unshare", "--mount", "sh", "-c", ENTER, "sh", root, dataFolder, config.User, config.WorkingDir];
}

/** The image's environment, as a program started outside is given it. */
export function imageEnvironment({ Env }: ImageConfig): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Env.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)] as const),
  );
}
