// A stand-in for the official Node image where no registry can be reached: Debian's smallest system, the Node that package.json
// pins and this machine's npm, in the official image's places and under its name. Made once, then kept in .cache/.

import { cp, mkdtemp, readFile, realpath, rm, symlink } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { findPeer } from "../peers.ts";
import { REPOSITORY } from "../zonegate-process.ts";
import { type Buildah, IMAGE_CACHE, runProgram } from "./buildah.ts";

/** The image that the Dockerfile names. */
export async function baseImageName(): Promise<string> {
  const name = /^ARG NODE_IMAGE=(\S+)$/mu.exec(await readFile(join(REPOSITORY, "Dockerfile"), "utf8"))?.[1];
  if (name === undefined) throw new Error("the Dockerfile names no NODE_IMAGE");
  return name;
}

/** Commits the stand-in under `name` unless it is there. */
export async function ensureStandIn(buildah: Buildah, name: string): Promise<void> {
  if ((await buildah("images", "--all", "--noheading", "--format", "{{.Name}}:{{.Tag}}")).split("\n").includes(name))
    return;
  const folder = await mkdtemp(join(IMAGE_CACHE, "base-"));
  try {
    await fillBase(folder);
    const container = await buildah("from", "scratch");
    await buildah("add", "--quiet", container, folder, "/");
    await buildah("commit", "--quiet", "--rm", container, name);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fillBase(folder: string): Promise<void> {
  await runProgram(required("debootstrap"), ["--variant=minbase", "bookworm", folder]);
  const local = join(folder, "usr/local");
  const node = join(REPOSITORY, `node_modules/node-${process.platform}-${process.arch}/bin/node`);
  await cp(node, join(local, "bin/node"));
  // …/npm/bin/npm-cli.js
  const npm = dirname(dirname(await realpath(required("npm"))));
  await cp(npm, join(local, "lib/node_modules/npm"), { recursive: true });
  await symlink("../lib/node_modules/npm/bin/npm-cli.js", join(local, "bin/npm"));
  await symlink("../lib/node_modules/npm/bin/npx-cli.js", join(local, "bin/npx"));
}

/** `--volume` options that let npm inside the build reach the registry as it does outside. Nothing of them stays in a layer. */
export async function npmVolumes(): Promise<readonly string[]> {
  // npm looks for its settings beside the Node that runs it: the machine's, not the one in node_modules.
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.endsWith("node_modules/.bin"));
  const read = (key: string): Promise<string> =>
    runProgram("env", [`PATH=${path.join(delimiter)}`, "npm", "config", "get", key, "--loglevel=silent"]);
  const places = [
    [await read("globalconfig"), "/usr/local/etc/npmrc"],
    [await read("userconfig"), "/root/.npmrc"],
    [await read("cafile"), undefined],
  ] as const;
  const volumes = places.map(async ([file, place]) => {
    const isThere = file !== "null" && (await readFile(file).catch(() => undefined)) !== undefined;
    return isThere ? ["--volume", `${file}:${place ?? file}:ro`] : [];
  });
  return (await Promise.all(volumes)).flat();
}

function required(program: string): string {
  const path = findPeer(program);
  if (path === undefined) throw new Error(`${program} is not installed`);
  return path;
}
