// Makes dist/: the service as two programs without node_modules (the process and its DNS thread) and their parts, source maps, and the
// licences of everything inside. Usage: node tools/build.ts [FOLDER]

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Metafile, type Plugin } from "esbuild";
import { BUNDLED_PACKAGES } from "./bundled-packages.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Short enough for an editor and for `git grep`, and for a position in a stack trace to say something. */
const MAX_LINE_CHARACTERS = 120;
/**
 * An `import` of node:http reads each of its exports once, and reading its `WebSocket` loads all of undici: 3 MiB and some
 * milliseconds for what nobody here uses. `require` reads what is asked for.
 */
const REQUIRED_HTTP: Plugin = {
  name: "required-http",
  setup(esbuild) {
    // esbuild runs these expressions in Go, which knows no flag u.
    esbuild.onResolve({ filter: /^node:http$/ }, ({ kind, path }) =>
      kind === "import-statement" ? { path, namespace: "required" } : { path, external: true },
    );
    esbuild.onLoad({ filter: /.*/, namespace: "required" }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};
const LICENCE_FILE = /^(?:licen[cs]e|copying|notice)/iu;

const outputFolder = resolve(process.argv[2] ?? join(ROOT, "dist"));
const metafile = await bundle(outputFolder);
const packages = bundledPackages(metafile);
refuseUnnamed(packages);
writeFileSync(join(outputFolder, "LICENSES.txt"), packages.map(licenceText).join(""));
report(metafile, packages);

/** Empties `folder` and fills it; returns what esbuild knows about every file inside. */
async function bundle(folder: string): Promise<Metafile> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { warnings, outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    // The thread's file has to lie beside the process's: src/server/worker-file.ts.
    entryPoints: { main: "src/main.ts", worker: "src/server/worker.ts" },
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    // What a mode or a provider does not use stays on disk: V8 keeps the text of every file it has read.
    splitting: true,
    chunkNames: "[name]-[hash]",
    // Comments go, names and lines stay: a stack trace in somebody's bug report reads without the source map. Shorter names
    // were measured to gain neither time nor memory (docs/image.md).
    minifyWhitespace: true,
    lineLimit: MAX_LINE_CHARACTERS,
    sourcemap: "linked",
    // Names and lines are enough to find a place; the text of all sources would triple the map.
    sourcesContent: false,
    legalComments: "external",
    // fastify and others are CommonJS and call require for Node's own modules, which an ES module does not have.
    banner: {
      js: 'import { createRequire as requireOf } from "node:module";\nconst require = requireOf(import.meta.url);',
    },
    plugins: [REQUIRED_HTTP],
    metafile: true,
    write: false,
    logLevel: "warning",
  });
  if (warnings.length > 0) throw new Error("esbuild warned: what it could not resolve would fail in the image");
  for (const { path, text } of outputFiles) writeFileSync(path, path.endsWith(".mjs") ? inAscii(text) : text);
  return metafile;
}

/**
 * V8 keeps a source with one character above U+00FF at two bytes for each: 2 MiB more for a handful of letters. What esbuild
 * leaves unescaped stands in regular expressions, where the escape means the same.
 */
function inAscii(text: string): string {
  return text.replace(/[^\p{ASCII}]/gu, (letter) =>
    [...Array(letter.length).keys()]
      .map((unit) => `\\u${letter.charCodeAt(unit).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly folder: string;
}

/** The packages that esbuild read, by name. */
function bundledPackages({ outputs }: Metafile): readonly BundledPackage[] {
  const inputs = Object.values(outputs).flatMap((output) => Object.keys(output.inputs));
  const folders = new Set(inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/u.exec(path)?.[0] ?? []));
  return [...folders]
    .map((folder) => {
      const manifest: { name: string; version: string; license?: string } = JSON.parse(
        readFileSync(join(ROOT, folder, "package.json"), "utf8"),
      );
      return { name: manifest.name, version: manifest.version, licence: manifest.license ?? "not named", folder };
    })
    .toSorted((one, other) => one.name.localeCompare(other.name, "en"));
}

function refuseUnnamed(packages: readonly BundledPackage[]): void {
  const names = new Set(packages.map(({ name }) => name));
  const problems = [
    ...[...names].filter((name) => !BUNDLED_PACKAGES.has(name)).map((name) => `${name} came into the bundle`),
    ...[...BUNDLED_PACKAGES].filter((name) => !names.has(name)).map((name) => `${name} is no longer in the bundle`),
  ];
  if (problems.length === 0) return;
  process.stderr.write(`${problems.join("\n")}\nLook at what changed, then correct tools/bundled-packages.ts.\n`);
  process.exit(1);
}

/** MIT, BSD and ISC ask that their text goes where the code goes. */
function licenceText({ name, version, licence, folder }: BundledPackage): string {
  const files = readdirSync(join(ROOT, folder)).filter((file) => LICENCE_FILE.test(file));
  const texts = files.map((file) => readFileSync(join(ROOT, folder, file), "utf8").trim());
  return `${"=".repeat(80)}\n${name} ${version} (${licence})\n\n${texts.join("\n\n") || "No licence file in the package."}\n\n`;
}

function report({ outputs }: Metafile, packages: readonly BundledPackage[]): void {
  for (const [path, { bytes }] of Object.entries(outputs)) {
    const name = relative(outputFolder, resolve(ROOT, path));
    process.stdout.write(`${name.padEnd(24)}${(bytes / 1_024).toFixed(0).padStart(8)} KiB\n`);
  }
  process.stdout.write(
    `${packages.length} packages: ${packages.map(({ name, version }) => `${name} ${version}`).join(", ")}\n`,
  );
}
