// Runs a script of this project with Node 24 or newer, on any machine that has Node 20 and npm: installs what is missing
// from the lock file first, then uses the running Node when it is new enough and the one pinned in package.json otherwise.
// Plain JavaScript on purpose: Node 20 must be able to read it. Usage: node tools/launch.mjs [--dev] SCRIPT [ARGUMENT…]

import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const NEEDED_MAJOR = 24;
/** sysexits EX_UNAVAILABLE, the code Zonegate itself uses for "something outside is missing". */
const EXIT_UNAVAILABLE = 69;
/**
 * V8's bookkeeping of compiled code can miss a page when a thread ends, and aborts the whole process ("Check failed:
 * jit_page.has_value()", seen once). Without protection keys it writes these books with fewer detours; it keeps them all the same, so
 * this is no proof against it (docs/image.md). Only Node for x64 knows the flag.
 */
const NODE_FLAGS = process.arch === "x64" ? ["--no-memory-protection-keys"] : [];
const root = dirname(dirname(fileURLToPath(import.meta.url)));

const [first, ...rest] = process.argv.slice(2);
const wantsDevelopment = first === "--dev";
const [script, ...scriptArguments] = wantsDevelopment ? rest : [first, ...rest];
if (script === undefined) fail("usage: node tools/launch.mjs [--dev] SCRIPT [ARGUMENT…]");

const missing = missingPackages();
if (missing.length > 0) install(missing);
run(chooseNode());

/** Names of direct dependencies that are not installed in exactly the pinned version. */
function missingPackages() {
  const manifest = readJson(join(root, "package.json"));
  const wanted = { ...manifest.dependencies, ...(wantsDevelopment ? manifest.devDependencies : {}) };
  if (!isNewEnough() && pinnedPackage() in manifest.optionalDependencies) {
    wanted[pinnedPackage()] = manifest.optionalDependencies[pinnedPackage()];
  }
  return Object.entries(wanted)
    .filter(([name, version]) => readJson(join(root, "node_modules", name, "package.json"))?.version !== version)
    .map(([name]) => name);
}

function install(names) {
  process.stderr.write(`zonegate: installing ${names.length} missing packages, this once …\n`);
  const options = ["ci", "--loglevel=error", ...(wantsDevelopment ? [] : ["--omit=dev"])];
  const npm = process.env.npm_execpath;
  const result = npm?.endsWith(".js")
    ? spawnSync(process.execPath, [npm, ...options], { cwd: root, stdio: ["ignore", 2, 2] })
    : spawnSync("npm", options, { cwd: root, stdio: ["ignore", 2, 2] });
  if (result.status !== 0) fail("npm could not install the packages; its messages stand above");
}

function chooseNode() {
  if (isNewEnough()) return process.execPath;
  const pinned = join(root, "node_modules", pinnedPackage(), "bin", "node");
  if (spawnSync(pinned, ["--version"]).status === 0) return pinned;
  return fail(
    `Node ${NEEDED_MAJOR} or newer is needed, this is ${process.version}, and npm carries no Node for ` +
      `${process.platform}-${process.arch}: install Node ${NEEDED_MAJOR}`,
  );
}

/** Becomes the parent of the real process: hands signals down, and its end up. */
function run(node) {
  const path = `${dirname(node)}:${process.env.PATH ?? ""}`;
  const child = spawn(node, [...NODE_FLAGS, join(root, script), ...scriptArguments], {
    stdio: "inherit",
    env: { ...process.env, PATH: path },
  });
  // A terminal sends Ctrl-C to the whole group: the child has it already, so only keep living until it ends.
  process.on("SIGINT", () => undefined);
  for (const signal of ["SIGTERM", "SIGHUP", "SIGUSR2"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => fail(`${node} could not be started: ${error.message}`));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

function isNewEnough() {
  return Number.parseInt(process.versions.node, 10) >= NEEDED_MAJOR;
}

function pinnedPackage() {
  return `node-${process.platform}-${process.arch}`;
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

function fail(message) {
  process.stderr.write(`zonegate: ${message}\n`);
  process.exit(EXIT_UNAVAILABLE);
}
