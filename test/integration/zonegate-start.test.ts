// How the process begins and ends: signals, ports and folders that are missing, settings that are wrong. Each end has an exit
// code and a sentence that says what to do.

import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { VERSION } from "#src/app/version.ts";
import { endpoint } from "#test/fakes/external-dns/endpoint.ts";
import { createExternalDns } from "#test/fakes/external-dns/external-dns.ts";
import { lookup, valuesOf } from "#test/support/dns/lookup.ts";
import { eventually } from "#test/support/eventually.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";
import {
  type Ended,
  EXAMPLE,
  REPOSITORY,
  type RunningZonegate,
  runZonegate,
  startZonegate,
  type ZonegateOptions,
} from "#test/support/zonegate-process.ts";

const ZONE = { ZONES: "home.example.com" };
const WEB = "web.home.example.com";
/** Ended before it served, with a sentence on standard error and no stack. */
async function endsWith(exitCode: number, options: ZonegateOptions): Promise<string> {
  const ended = await runZonegate(options);
  expect(ended).toMatchObject({ exitCode });
  expect(ended.stderr).not.toMatch(/^\s+at .*:\d+/m);
  expect(ended.stdout).not.toContain('"started"');
  return ended.stderr;
}

describe("a signal", () => {
  test("SIGINT ends it with 0, without lame duck", async () => {
    const zonegate = await startZonegate({ env: { ...ZONE, LAME_DUCK: "60" } });
    expect(await timed("SIGINT", () => zonegate.stop("SIGINT"))).toMatchObject({ exitCode: 0, stderr: "" });
    expect(zonegate.events().at(-1)).toMatchObject({ msg: "stopped" });
  });

  test("SIGTERM keeps DNS answering while /readyz says 503, then ends it with 0", async () => {
    const zonegate = await startZonegate({ env: { ...ZONE, MANIFESTS_DIR: EXAMPLE, LAME_DUCK: "1" } });
    expect((await readiness(zonegate)).status).toBe(200);
    const ended = timed("SIGTERM with LAME_DUCK=1", () => zonegate.stop("SIGTERM"));
    await eventually("503 of /readyz", async () => (await readiness(zonegate)).status === 503);
    expect(await (await readiness(zonegate)).json()).toMatchObject({ reasons: ["draining"] });
    expect(valuesOf(await lookup(zonegate.dns, "jellyfin.home.example.com"))).toEqual(["A 192.168.20.10"]);
    expect((await fetch(`${zonegate.webhookUrl}/records`)).status).toBe(200);
    expect(await ended).toMatchObject({ exitCode: 0, stderr: "" });
  });

  test("a second signal cuts the lame duck short", async () => {
    const zonegate = await startZonegate({ env: { ...ZONE, LAME_DUCK: "60" } });
    zonegate.signal("SIGTERM");
    await eventually("503 of /readyz", async () => (await readiness(zonegate)).status === 503);
    // Signals close together are one request: a launcher hands on what the terminal sent to all.
    const again = setInterval(() => zonegate.signal("SIGTERM"), 100);
    onTestFinished(() => clearInterval(again));
    expect(await timed("two signals", () => zonegate.ended)).toMatchObject({ exitCode: 0 });
  });

  test("an open connection of external-dns does not hold it", async () => {
    const zonegate = await startZonegate({ env: ZONE });
    const dns = createExternalDns({ url: zonegate.webhookUrl, source: () => [] });
    onTestFinished(() => dns.close());
    await dns.negotiate();
    expect((await dns.loop()).outcome).toBe("no changes");
    expect(await timed("SIGINT beside an idle connection", () => zonegate.stop())).toMatchObject({ exitCode: 0 });
  });
});

describe("a taken port", () => {
  test.each([
    ["DNS_PORT", "udp"],
    ["DNS_PORT", "tcp"],
    ["SERVER_PORT", "tcp"],
    ["METRICS_PORT", "tcp"],
  ] as const)("%s (%s) ends the start with 69 and names address and port", async (setting, protocol) => {
    const port = await (protocol === "udp" ? takenUdpPort() : takenTcpPort());
    const said = await endsWith(69, { env: { ...ZONE, [setting]: String(port) } });
    expect(said).toMatch(/^zonegate: .+\n$/);
    expect(said).toContain("127.0.0.1");
    expect(said).toContain(String(port));
  });
});

describe("a missing folder", () => {
  test("of manifests ends the start with 69", async () => {
    const said = await endsWith(69, { env: { ...ZONE, MANIFESTS_DIR: "/nonexistent/manifests" } });
    expect(said).toMatch(/^zonegate: the manifests folder "\/nonexistent\/manifests" cannot be read .+\n$/);
  });

  test("of data that is a file ends the start with 69", async () => {
    const said = await endsWith(69, { env: ZONE, prepare: (folder) => writeFile(join(folder, "data"), "") });
    expect(said).toMatch(/^zonegate: the data folder .*data cannot be written .+DATA_DIR.+\n$/);
  });

  test("of data that this user may not write ends the start with 69", async () => {
    const said = await endsWith(69, {
      env: { ...ZONE, DATA_DIR: unwritableFolder() },
      prepare: (folder) => mkdir(join(folder, "read-only"), { mode: 0o555 }),
    });
    expect(said).toMatch(/^zonegate: the data folder .+ cannot be written .+DATA_DIR.+\n$/);
  });
});

describe("damaged record files", () => {
  const CURRENT = "records.jsonl";
  const PREVIOUS = "records.previous.jsonl";

  test("both: the start ends with 69, says what to do, and leaves them as they are", async () => {
    const folder = await temporaryFolder();
    await storeTwoGenerations(folder);
    for (const file of [CURRENT, PREVIOUS]) await damage(join(folder, "data", file));
    const before = await contentsOf(join(folder, "data"));
    const said = await endsWith(69, { env: ZONE, folder });
    expect(said).toMatch(
      /^zonegate: no stored generation can be used: .+\. Put a backup in place of the first, or move both .+\n$/,
    );
    expect(await contentsOf(join(folder, "data"))).toEqual(before);
  });

  test("the newest: the generation before it is served, loudly, and the damaged file is put aside", async () => {
    const folder = await temporaryFolder();
    await storeTwoGenerations(folder);
    await damage(join(folder, "data", CURRENT));
    const zonegate = await startZonegate({ env: ZONE, folder });
    expect(valuesOf(await lookup(zonegate.dns, WEB))).toEqual(["A 192.168.20.1"]);
    expect(zonegate.events().filter(({ level }) => level === "error")).toMatchObject([
      { msg: "damaged record file put aside" },
      { msg: "stored records were damaged, previous generation loaded" },
    ]);
    const status = (await (await fetch(`${zonegate.opsUrl}/status`)).json()) as object;
    expect(status).toMatchObject({ webhook: { store: { fallback: expect.stringContaining("damaged") } } });
    expect(await readdir(join(folder, "data"))).toContainEqual(expect.stringMatching(/^records\.jsonl\.damaged-/));
  });
});

describe("settings", () => {
  const BAD = `version: 1
zones: [home.example.com]
dns:
  prot: 53
  ttlSeconds: soon
webhook:
  host: 0.0.0.0
records:
  - {name: nas.other.example, type: A, targets: [192.168.1.20]}
`;
  const PLACES = ["dns.prot", "dns.ttlSeconds", "webhook.host", "DNS_PORT"];
  const BROKEN = { file: BAD, env: { DNS_PORT: "seventy" } };

  test("that are wrong end the start with 78 and are all listed", async () => {
    const said = await endsWith(78, BROKEN);
    expect(said).toMatch(/^\d+ settings are wrong:\n/);
    for (const place of PLACES) expect(said).toContain(place);
  });

  test("with a record in no zone end the start with 78", async () => {
    const said = await endsWith(78, {
      file: "version: 1\nzones: [home.example.com]\nrecords: [{name: nas.other.example, type: A, targets: [192.0.2.1]}]\n",
    });
    expect(said).toMatch(/^1 setting is wrong:\n {2}records.*nas\.other\.example/);
  });

  test("that are wrong are what `check` prints, with 78", async () => {
    const ended = await runZonegate({ ...BROKEN, args: ["check"] });
    expect(ended).toMatchObject({ exitCode: 78, stderr: "" });
    for (const place of PLACES) expect(ended.stdout).toContain(place);
  });

  test("that are right are summed up by `check`, with 0, and nothing is written", async () => {
    const folder = await temporaryFolder();
    const ended = await runZonegate({ args: ["check"], env: ZONE, folder });
    expect(ended).toMatchObject({ exitCode: 0, stderr: "" });
    expect(ended.stdout).toMatch(/^mode +standalone, because zones is set/);
    expect(ended.stdout).toContain("the settings are right");
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("the command line", () => {
  test.each([
    [["--zoness=home.example.com"], "zonegate: --zoness is not a flag. Did you mean --zones?\n"],
    [["serv"], 'zonegate: "serv" is not a command. Did you mean "zonegate serve"?\n'],
  ])("%j ends with 64 and the nearest right word", async (args, sentence) => {
    expect(await endsWith(64, { args })).toBe(sentence);
  });

  test("the launcher of `npm start` runs the pinned script with its arguments", async () => {
    const launched = await promisify(execFile)(process.execPath, ["tools/launch.mjs", "src/main.ts", "version"], {
      cwd: REPOSITORY,
    });
    expect(launched).toEqual({ stdout: `${VERSION}\n`, stderr: "" });
  });
});

async function timed(what: string, end: () => Promise<Ended>): Promise<Ended> {
  const startMs = performance.now();
  const ended = await end();
  console.info(`${what}: ended after ${Math.round(performance.now() - startMs)} ms`);
  return ended;
}

function readiness(zonegate: RunningZonegate): Promise<Response> {
  return fetch(`${zonegate.opsUrl}/readyz`);
}

/** Rights do not hold root back, but nobody can make a folder among the kernel's own. */
function unwritableFolder(): string {
  return process.getuid?.() === 0 ? "/sys/zonegate" : "read-only/data";
}

async function takenUdpPort(): Promise<number> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  onTestFinished(() => void socket.close());
  await once(socket, "listening");
  return socket.address().port;
}

async function takenTcpPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** The older generation has 192.168.20.1 at WEB, the newer one 192.168.20.2. */
async function storeTwoGenerations(folder: string): Promise<void> {
  const zonegate = await startZonegate({ env: ZONE, folder });
  let address = "192.168.20.1";
  const dns = createExternalDns({ url: zonegate.webhookUrl, source: () => [endpoint(WEB, "A", [address])] });
  await dns.negotiate();
  expect((await dns.loop()).outcome).toBe("applied");
  address = "192.168.20.2";
  expect((await dns.loop()).outcome).toBe("applied");
  dns.close();
  await zonegate.stop();
}

/** One changed byte in the middle. */
async function damage(path: string): Promise<void> {
  const bytes = await readFile(path);
  const middle = bytes.length >> 1;
  bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
  await writeFile(path, bytes);
}

async function contentsOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  const contents = await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "utf8")]));
  return Object.fromEntries(contents) as Record<string, string>;
}
