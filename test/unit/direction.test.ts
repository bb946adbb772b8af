// The import direction of docs/architecture.md is held by .oxlintrc.json: here small offenders are written into a tree beside a
// copy of that file, and each must be reported, while what the architecture allows must pass.

import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Which other folders of src each folder may import: the arrows of the architecture page, written again by hand. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  domain: [],
  dns: ["domain"],
  sources: ["domain"],
  server: ["dns", "domain", "lib"],
  kubernetes: ["domain", "lib"],
  manifests: ["domain", "lib"],
  checkpoint: ["domain", "lib"],
  providers: ["domain", "lib"],
  sync: ["domain", "lib"],
  webhook: ["sync", "domain", "lib"],
  ops: ["domain", "lib"],
  config: ["domain", "lib"],
};
const FOLDERS = Object.keys(ALLOWED);
const PURE = ["domain", "dns", "sources"];

/** What nobody of these may import: they stand above all. */
const TOP = ["cli", "app"];

const EDGES = FOLDERS.flatMap((from) =>
  [...FOLDERS, ...TOP].filter((to) => to !== from).map((to) => ({ from, to, path: `src/${from}/imports-${to}.ts` })),
);
const PURE_OFFENDERS = PURE.flatMap((folder) =>
  Object.entries({
    "the file system": 'import { readFileSync } from "node:fs";\nexport const value = readFileSync;\n',
    "the file system by its bare name": 'import { readFileSync } from "fs";\nexport const value = readFileSync;\n',
    "the file system at run time": 'export const value = import("node:fs");\n',
    "a socket": 'import { createServer } from "node:net";\nexport const value = createServer;\n',
    timers: 'import { setTimeout } from "node:timers/promises";\nexport const value = setTimeout;\n',
    "random bytes": 'import { randomBytes } from "node:crypto";\nexport const value = randomBytes;\n',
    fastify: 'import { fastify } from "fastify";\nexport const value = fastify;\n',
    "a library nobody thought of": 'import { request } from "undici";\nexport const value = request;\n',
    Date: "export const value = new Date();\n",
    "Date by way of globalThis": "export const value = globalThis.Date;\n",
    process: "export const value = process.env;\n",
    console: 'console.log("hello");\nexport const value = 1;\n',
    setTimeout: "export const value = setTimeout;\n",
    fetch: 'export const value = fetch("http://127.0.0.1/");\n',
    "Math.random": "export const value = Math.random();\n",
  }).map(([what, source], index) => ({ folder, what, source, path: `src/${folder}/impure-${index}.ts` })),
);
const OFFENDERS = [
  ["domain re-exporting server", "src/domain/re-export.ts", 'export { value } from "#src/server/thing.ts";\n'],
  [
    "domain importing a type of server",
    "src/domain/type.ts",
    'import type { value } from "#src/server/thing.ts";\nexport type Copy = typeof value;\n',
  ],
  ["lib importing fastify", "src/lib/web.ts", named("fastify")],
  ["lib importing a package that begins like node:", "src/lib/fetch.ts", named("node-fetch")],
  ["a provider importing another provider", "src/providers/unifi/store.ts", named("#src/providers/local/store.ts")],
  ["a provider importing the registry", "src/providers/unifi/registry.ts", named("#src/providers/registry.ts")],
  ["a provider reaching another one by a relative path", "src/providers/unifi/up.ts", named("../local/store.ts")],
  ["a relative path that begins with ./", "src/providers/unifi/dot-up.ts", named("./../local/store.ts")],
  ["a relative path that goes up in its middle", "src/sync/down-up.ts", named("./plan/../../server/thing.ts")],
  ["sync importing a concrete provider", "src/sync/concrete.ts", named("#src/providers/unifi/store.ts")],
  ["sync importing the registry of providers", "src/sync/registry.ts", named("#src/providers/registry.ts")],
  ["a registry beside the providers", "src/providers/registry.ts", named("#src/providers/unifi/store.ts")],
  ["a deeper folder importing upward", "src/dns/wire/deep.ts", named("#src/server/thing.ts")],
  ["a default export", "src/domain/default.ts", "const value = 1;\nexport default value;\n"],
  ...FOLDERS.map((from) => [`${from} importing main`, `src/${from}/main-user.ts`, named("#src/main.ts")] as const),
] as const;
const CLEAN = [
  [
    "domain using isIP and domainToASCII",
    "src/domain/clean.ts",
    'import { isIP } from "node:net";\nimport { domainToASCII } from "node:url";\nexport const value = isIP(domainToASCII("a"));\n',
  ],
  ["any folder using the errors", "src/domain/errors-user.ts", named("#src/errors.ts")],
  ["a neighbour by ./", "src/domain/neighbour.ts", named("./clean.ts")],
  ["sources using zod", "src/sources/schema.ts", named("zod")],
  [
    "lib using node: modules",
    "src/lib/file.ts",
    'import { open } from "node:fs/promises";\nexport const value = open;\n',
  ],
  ["sync using the provider contract", "src/sync/contract.ts", named("#src/providers/provider.ts")],
  ["a provider using the provider contract", "src/providers/unifi/contract.ts", named("#src/providers/provider.ts")],
  ["an impure folder using Date", "src/server/time.ts", "export const value = new Date();\n"],
  [
    "app using everything",
    "src/app/app.ts",
    FOLDERS.map((folder) => `export { value as ${folder} } from "#src/${folder}/thing.ts";\n`).join(""),
  ],
] as const;

let folder = "";
let reports: ReadonlyMap<string, readonly string[]> = new Map();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "direction-"));
  await copyFile(join(ROOT, ".oxlintrc.json"), join(folder, ".oxlintrc.json"));
  for (const { path, to } of EDGES) await put(path, named(`#src/${to}/part/thing.ts`));
  for (const { path, source } of PURE_OFFENDERS) await put(path, source);
  for (const [, path, source] of [...OFFENDERS, ...CLEAN]) await put(path, source);
  reports = await lint();
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("between the folders of src", () => {
  test.each(EDGES)("$from importing $to is reported unless the architecture has that arrow", ({ from, to, path }) => {
    expect(reports.get(path) ?? []).toEqual(
      ALLOWED[from]?.includes(to) === true ? [] : ["eslint(no-restricted-imports)"],
    );
  });
});

test("every folder of src has its place here", async () => {
  const entries = await readdir(join(ROOT, "src"), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  expect(folders.filter((name) => !FOLDERS.includes(name) && !TOP.includes(name))).toEqual([]);
});

describe("in the pure folders", () => {
  test.each(PURE_OFFENDERS)("$folder using $what is reported", ({ path }) => {
    expect(reports.get(path)?.join()).toMatch(/^eslint\(no-restricted-(imports|globals|properties)\)$/);
  });
});

test.each(OFFENDERS)("%s is reported", (_what, path) => {
  expect(reports.get(path)?.join()).toMatch(/^(eslint\(no-restricted-imports\)|import\(no-default-export\))$/);
});

test.each(CLEAN)("%s passes", (_what, path) => {
  expect(reports.get(path) ?? []).toEqual([]);
});

/** A file that imports one name and uses it, so that nothing but the import can be wrong with it. */
function named(specifier: string): string {
  return `import { value } from "${specifier}";\nexport const copy = value;\n`;
}

async function put(path: string, source: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), source);
}

/** The codes of the rules that each file breaks, from one run over the whole tree. */
async function lint(): Promise<ReadonlyMap<string, readonly string[]>> {
  const program = join(ROOT, "node_modules/.bin/oxlint");
  const { promise, resolve } = Promise.withResolvers<string>();
  // The exit code is 1 when there is something to report; the report itself says whether it ran.
  execFile(program, ["--format", "json", "."], { cwd: folder, maxBuffer: 16 * 1024 * 1024 }, (_error, stdout) =>
    resolve(stdout),
  );
  const { diagnostics } = JSON.parse(await promise) as { diagnostics: { filename: string; code: string }[] };
  const codes = new Map<string, string[]>();
  for (const { filename, code } of diagnostics) codes.set(filename, [...(codes.get(filename) ?? []), code]);
  return codes;
}
