// The bundle away from the repository, as the image holds it: without node_modules, sources or package.json.

import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { VERSION } from "#src/app/version.ts";
import { startKubeApiServer } from "#test/fakes/kube-apiserver/listening-server.ts";
import { BUNDLE_PART, buildBundle } from "#test/support/bundle.ts";
import { lookup, valuesOf } from "#test/support/dns/lookup.ts";
import { eventually } from "#test/support/eventually.ts";
import { REPOSITORY, runZonegate, spawnZonegate, startZonegate } from "#test/support/zonegate-process.ts";

const IMAGE_FLAGS = ["--disable-proto=throw"];

/**
 * V8's bookkeeping of WebAssembly's code has aborted whole processes as a thread ended (docs/image.md). No flag of V8 switches the
 * bookkeeping off, so the image keeps clear of it: Node runs WebAssembly for TypeScript, `fetch` and CommonJS in ES modules.
 */
const TRACE_WEBASSEMBLY = "--trace-wasm-compilation-times";
const COMPILED_WEBASSEMBLY = /Compiled function .* using Liftoff/u;
/** A module with one function that returns, called once. */
const USES_WEBASSEMBLY = `new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([0,97,115,109,1,0,0,0,1,4,1,96,0,0,3,2,1,0,
  7,5,1,1,114,0,0,10,4,1,2,0,11]))).exports.r()`;

const STARTED = z.looseObject({ webhook: z.array(z.object({ port: z.int() })).min(1) });

describe("the bundle", () => {
  let folder: string;
  let command: readonly [string, ...string[]];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "zonegate-bundle-"));
    process.stdout.write(await buildBundle(folder));
    command = [process.execPath, ...IMAGE_FLAGS, join(folder, "main.mjs")];
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("answers DNS, takes a record, answers it, and stops with exit code 0", async () => {
    const zonegate = await startZonegate({ command, env: { ZONES: "home.example.com", LAME_DUCK: "0" } });

    expect(valuesOf(await lookup(zonegate.dns, "home.example.com", "NS"))).toEqual(["NS ns1.home.example.com"]);
    const written = await fetch(`${zonegate.webhookUrl}/records`, {
      method: "POST",
      headers: { "content-type": "application/external.dns.webhook+json;version=1" },
      body: JSON.stringify({
        Create: [
          { dnsName: "nas.home.example.com", recordType: "A", targets: ["192.168.1.20"], labels: { owner: "bundle" } },
        ],
      }),
    });
    expect(written.status).toBe(204);
    expect(valuesOf(await lookup(zonegate.dns, "nas.home.example.com"))).toEqual(["A 192.168.1.20"]);
    expect((await zonegate.stop("SIGTERM")).exitCode).toBe(0);
  });

  test.each([
    ["as a DNS server", { ZONES: "home.example.com", LAME_DUCK: "0" }],
    ["as a sidecar", { UNIFI_HOST: "https://127.0.0.1:9", UNIFI_API_KEY: "none", UNIFI_TLS_PIN: "ab".repeat(32) }],
  ])("runs no WebAssembly %s", async (_how, env) => {
    const [node, ...rest] = command;
    const zonegate = await spawnZonegate({ command: [node, TRACE_WEBASSEMBLY, ...rest], env });
    const { webhook } = STARTED.parse(await zonegate.event("started"));
    await fetch(`http://127.0.0.1:${webhook[0]?.port}/records`);
    const { exitCode, stdout } = await zonegate.stop("SIGINT");
    expect(exitCode).toBe(0);
    expect(stdout).toContain("stopped");
    expect(stdout).not.toMatch(COMPILED_WEBASSEMBLY);
  });

  test("would show WebAssembly if there were any", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [TRACE_WEBASSEMBLY, "--eval", USES_WEBASSEMBLY]);
    expect(stdout).toMatch(COMPILED_WEBASSEMBLY);
  });

  test("knows its version", async () => {
    expect((await runZonegate({ command, args: ["version"] })).stdout).toBe(`${VERSION}\n`);
  });

  test("reads a cluster by a kubeconfig", async () => {
    const started = await startKubeApiServer();
    onTestFinished(() => started.stop());
    started.server.put({
      apiVersion: "v1",
      kind: "Service",
      metadata: {
        name: "mqtt",
        namespace: "apps",
        annotations: { "external-dns.alpha.kubernetes.io/hostname": "mqtt.home.example.com" },
      },
      spec: { type: "LoadBalancer" },
      status: { loadBalancer: { ingress: [{ ip: "192.168.1.21" }] } },
    });
    const zonegate = await startZonegate({
      command,
      env: { ZONES: "home.example.com", LAME_DUCK: "0", KUBECONFIG: "config", KUBERNETES_ENABLED: "true" },
      prepare: (where) => writeFile(join(where, "config"), started.kubeconfig()),
    });

    const values = await eventually("the Service is answered", async () => {
      const reply = await lookup(zonegate.dns, "mqtt.home.example.com");
      return reply.answer.length > 0 && valuesOf(reply);
    });
    expect(values).toEqual(["A 192.168.1.21"]);
  });

  test("a sidecar loads nothing of the cluster, and a pod nothing of kubeconfigs: each is a file of its own", async () => {
    const files = await readdir(folder);
    const of = (name: string): string => files.find((file) => file.startsWith(name) && file.endsWith(".mjs")) ?? "";
    const everyMode = await loadedWith(folder, "main.mjs");
    for (const part of ["unifi-provider-", "reading-half-"]) {
      const loaded = new Set([...everyMode, ...(await loadedWith(folder, of(part)))]);
      expect([...loaded].filter((file) => /^(?:cluster-feed|kubeconfig|config)-/.test(file))).toEqual([]);
    }
    const inPod = await loadedWith(folder, of("cluster-feed-"));
    expect([...inPod].filter((file) => /^(?:kubeconfig|config)-/.test(file))).toEqual([]);
  });

  test("is ASCII, because V8 keeps anything else at twice the size", async () => {
    const programs = (await readdir(folder)).filter((file) => file.endsWith(".mjs"));
    expect(programs).toEqual(expect.arrayContaining(["main.mjs", "worker.mjs"]));
    for (const file of programs) {
      expect((await readFile(join(folder, file))).findIndex((byte) => byte > 0x7f)).toBe(-1);
    }
  });

  test("leaves out what zod says in other languages: each file imports it as a namespace", async () => {
    const maps = (await readdir(folder)).filter((file) => file.endsWith(".mjs.map"));
    const sources: string[] = [];
    for (const map of maps) sources.push(...JSON.parse(await readFile(join(folder, map), "utf8")).sources);

    // The index holds no words: it is there because parts of the program are loaded only when a mode runs them.
    const locales = sources.filter((source) => source.includes("zod/v4/locales")).map((source) => basename(source));
    expect(locales.filter((file) => file !== "index.js")).toEqual(["en.js"]);
  });

  test("comes with its source maps and the licences of what is inside", async () => {
    expect((await readdir(folder)).filter((file) => !BUNDLE_PART.test(file)).sort()).toEqual([
      "LICENSES.txt",
      "main.mjs",
      "main.mjs.LEGAL.txt",
      "main.mjs.map",
      "worker.mjs",
      "worker.mjs.map",
    ]);
    expect(await readFile(join(folder, "LICENSES.txt"), "utf8")).toMatch(/^fastify \d+\.\d+\.\d+ \(MIT\)$/mu);
  });

  test("runs in the image on the Node that package.json pins", async () => {
    const { optionalDependencies } = JSON.parse(await readFile(join(REPOSITORY, "package.json"), "utf8"));
    const dockerfile = await readFile(join(REPOSITORY, "Dockerfile"), "utf8");

    const tag = /^ARG NODE_IMAGE=docker\.io\/library\/node:([\d.]+)-bookworm-slim$/mu.exec(dockerfile)?.[1];
    for (const version of Object.values(optionalDependencies)) expect(tag).toBe(version);
  });

  test("starts in the image with the flags it is tested with", async () => {
    const dockerfile = await readFile(join(REPOSITORY, "Dockerfile"), "utf8");

    const entrypoint = JSON.parse(/^ENTRYPOINT (.*)$/mu.exec(dockerfile)?.[1] ?? "[]");
    expect(entrypoint).toEqual(["node", ...IMAGE_FLAGS, "/app/main.mjs"]);
  });
});

/** A file of the bundle and everything that is read with it; what is imported later, on demand, is not. */
async function loadedWith(folder: string, file: string): Promise<ReadonlySet<string>> {
  const loaded = new Set<string>();
  const waiting = [file];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (loaded.has(next)) continue;
    loaded.add(next);
    const text = await readFile(join(folder, next), "utf8");
    for (const [, part = ""] of text.matchAll(/\b(?:from|import)\s*"\.\/([^"]+\.mjs)"/gu)) waiting.push(part);
  }
  return loaded;
}
