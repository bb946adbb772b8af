// The real process that starts while its cluster is away: it answers from what the process before has left, says so, and lets go of it
// when the API is back. Whatever has become of the two files, and of the folder they lie in, DNS goes on.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type ListeningKubeApiServer, startKubeApiServer } from "#test/fakes/kube-apiserver/listening-server.ts";
import type { KubeObject } from "#test/fakes/kube-apiserver/objects.ts";
import { answerUdp } from "#test/support/dns/clients.ts";
import { valuesOf } from "#test/support/dns/lookup.ts";
import { buildQuery, DEFAULT_EDNS, type ReadReply, readReply } from "#test/support/dns/packets.ts";
import { eventually } from "#test/support/eventually.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";
import { canMount } from "#test/support/zonegate-on-disk.ts";
import { REPOSITORY, type RunningZonegate, startZonegate, type ZonegateOptions } from "#test/support/zonegate-process.ts";

const FILE = "data/checkpoint.jsonl";
const PREVIOUS = "data/checkpoint.previous.jsonl";

interface Place {
  readonly api: ListeningKubeApiServer;
  readonly folder: string;
  start(env?: Readonly<Record<string, string>>, command?: ZonegateOptions["command"]): Promise<RunningZonegate>;
}

/** An API server, and a folder that outlives the processes started there. */
async function createPlace(): Promise<Place> {
  const api = await startKubeApiServer();
  onTestFinished(() => api.stop());
  const folder = await temporaryFolder();
  await writeFile(join(folder, "config"), api.kubeconfig());
  const env = {
    ZONEGATE_MODE: "resolver",
    ZONES: "home.example.com",
    LAME_DUCK: "0",
    KUBECONFIG: "config",
    KUBERNETES_ENABLED: "true",
  };
  return {
    api,
    folder,
    start: (more = {}, command) =>
      startZonegate({ env: { ...env, ...more }, folder, ...(command === undefined ? {} : { command }) }),
  };
}

/** The same after a life in which these names were read and written down. */
async function placeThatKnew(...names: readonly string[]): Promise<Place> {
  const place = await createPlace();
  place.api.server.put(...names.map((name, index) => ingress(name, `192.168.1.${index + 1}`)));
  const life = await place.start();
  for (const name of names) await untilFresh(life, name);
  await life.stop("SIGTERM");
  return place;
}

function ingress(name: string, address: string): KubeObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, namespace: "apps" },
    spec: { ingressClassName: "internal", rules: [{ host: `${name}.home.example.com` }] },
    status: { loadBalancer: { ingress: [{ ip: address }] } },
  };
}

async function ask({ dns }: RunningZonegate, label: string): Promise<ReadReply> {
  return readReply(await answerUdp(dns, buildQuery({ name: `${label}.home.example.com`, edns: DEFAULT_EDNS })));
}

function isFresh(reply: ReadReply): boolean {
  return reply.answer.length > 0 && !(reply.edns?.extendedErrors ?? []).includes(3);
}

function untilFresh(zonegate: RunningZonegate, label: string): Promise<unknown> {
  return eventually(`${label} is answered as it is now`, async () => isFresh(await ask(zonegate, label)));
}

async function statusOf({ opsUrl }: RunningZonegate) {
  return JSON.parse(await (await fetch(`${opsUrl}/status`)).text()).dns.checkpoint;
}

async function metric({ opsUrl }: RunningZonegate, name: string): Promise<number | undefined> {
  const line = (await (await fetch(`${opsUrl}/metrics`)).text()).split("\n").find((text) => text.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.split(" ")[1]);
}

describe("a start while the API is away", () => {
  test("answers from the checkpoint and says so, until the API is back", async () => {
    const place = await placeThatKnew("app", "gone");
    await place.api.close();
    const zonegate = await place.start();
    const reply = await ask(zonegate, "app");
    expect(reply.answer).toEqual(["app.home.example.com 30 A 192.168.1.1"]);
    expect(reply.edns?.extendedErrors).toEqual([3]);
    expect((await fetch(`${zonegate.opsUrl}/readyz`)).status).toBe(200);
    expect(await statusOf(zonegate)).toMatchObject({ staleRecordSets: 2 });
    expect(await metric(zonegate, "zonegate_stale_records")).toBe(2);
    expect(await metric(zonegate, "zonegate_stale_age_seconds")).toBeGreaterThan(0);
    expect(await metric(zonegate, "zonegate_checkpoint_saved_timestamp_seconds")).toBeGreaterThan(0);
    expect(await metric(zonegate, "zonegate_dns_stale_replies_total")).toBe(1);
    // What nobody knows of is not denied before everything was read (docs/decisions.md 16).
    expect(await ask(zonegate, "other")).toMatchObject({ rcode: "SERVFAIL", edns: { extendedErrors: [14] } });
    place.api.server.remove(ingress("gone", ""));
    place.api.server.put(ingress("new", "192.168.1.9"));
    await place.api.open();
    await untilFresh(zonegate, "app");
    await eventually("gone is gone", async () => (await ask(zonegate, "gone")).rcode === "NXDOMAIN");
    expect(valuesOf(await ask(zonegate, "new"))).toEqual(["A 192.168.1.9"]);
    expect(await statusOf(zonegate)).toMatchObject({ staleRecordSets: 0 });
    expect(await metric(zonegate, "zonegate_stale_records")).toBe(0);
  });

  test("without one nothing is denied and the process is not ready", async () => {
    const place = await createPlace();
    await place.api.close();
    const zonegate = await place.start();
    expect(await ask(zonegate, "app")).toMatchObject({ rcode: "SERVFAIL", edns: { extendedErrors: [14] } });
    expect((await fetch(`${zonegate.opsUrl}/readyz`)).status).toBe(503);
    expect((await fetch(`${zonegate.opsUrl}/livez`)).status).toBe(200);
  });
});

test("another cluster at the same address: the memory is dropped, and the log has both uids", async () => {
  const place = await placeThatKnew("app");
  const known = place.api.server.clusterUid;
  await place.api.close();
  const zonegate = await place.start();
  expect(isFresh(await ask(zonegate, "app"))).toBe(false);
  place.api.server.remove(ingress("app", ""));
  place.api.server.becomeOtherCluster();
  await writeFile(join(place.folder, "config"), place.api.kubeconfig());
  await zonegate.stop("SIGTERM");
  await place.api.open();
  const next = await place.start();
  const event = await next.event("checkpoint not answered: it is of another cluster");
  expect(event).toMatchObject({ known, seen: place.api.server.clusterUid });
  await eventually("the name is denied", async () => (await ask(next, "app")).rcode === "NXDOMAIN");
});

/** Both generations, the older one with `old` alone. */
async function placeWithTwoGenerations(): Promise<Place> {
  const place = await placeThatKnew("old");
  place.api.server.put(ingress("new", "192.168.1.8"));
  const life = await place.start();
  await untilFresh(life, "new");
  await life.stop("SIGTERM");
  expect(await readFile(join(place.folder, PREVIOUS), "utf8")).not.toContain("new.home.example.com");
  return place;
}

describe("of the two files (row 71)", () => {
  test.each([
    ["a torn one", (text: string) => text.slice(0, -20)],
    ["one with a changed byte", (text: string) => text.replace("192.168.1.8", "192.168.1.7")],
    ["one of a newer release", (text: string) => text.replace('"version":1', '"version":2')],
    ["an empty one", () => ""],
    ["one that is something else", () => "version: 1\n"],
  ])("%s is not used, the one before it is, and a warning says so", async (_, damage) => {
    const place = await placeWithTwoGenerations();
    const path = join(place.folder, FILE);
    await writeFile(path, damage(await readFile(path, "utf8")));
    await place.api.close();
    const zonegate = await place.start();
    expect(valuesOf(await ask(zonegate, "old"))).toEqual(["A 192.168.1.1"]);
    expect((await ask(zonegate, "new")).rcode).toBe("SERVFAIL");
    expect(await zonegate.event("checkpoint not used")).toMatchObject({ level: "warn" });
  });

  test("neither can be used: as if there were none", async () => {
    const place = await placeWithTwoGenerations();
    for (const name of [FILE, PREVIOUS]) await writeFile(join(place.folder, name), "{}");
    await place.api.close();
    const zonegate = await place.start();
    expect((await ask(zonegate, "old")).rcode).toBe("SERVFAIL");
    await place.api.open();
    await untilFresh(zonegate, "old");
  });
});

describe("a folder that cannot be written (row 72)", () => {
  test("is a warning and a figure, and names are served", async () => {
    const place = await createPlace();
    // Also root cannot make a folder below a file.
    await writeFile(join(place.folder, "data"), "");
    place.api.server.put(ingress("app", "192.168.1.1"));
    const zonegate = await place.start();
    await untilFresh(zonegate, "app");
    expect(await zonegate.event("checkpoint not written")).toMatchObject({ level: "warn" });
    expect(await metric(zonegate, "zonegate_checkpoint_failures_total")).toBeGreaterThan(0);
    expect((await fetch(`${zonegate.opsUrl}/readyz`)).status).toBe(200);
    expect((await zonegate.stop("SIGTERM")).exitCode).toBe(0);
  });

  test.skipIf(!canMount()).each([
    ["full", "cat /dev/zero > data/filler 2> /dev/null; true"],
    ["read-only", "mount -o remount,ro data"],
  ])("is the same where the disk is %s, by the kernel (needs root)", async (_, prepare) => {
    const place = await createPlace();
    place.api.server.put(ingress("app", "192.168.1.1"));
    await mkdir(join(place.folder, "data"));
    const script = `mount -t tmpfs -o size=64k tmpfs data && { ${prepare}; } && exec "$0" "$@"`;
    const main = join(REPOSITORY, "src/main.ts");
    const zonegate = await place.start({}, ["unshare", "--mount", "sh", "-c", script, process.execPath, main]);
    await untilFresh(zonegate, "app");
    expect(await zonegate.event("checkpoint not written")).toMatchObject({ level: "warn" });
    expect(await metric(zonegate, "zonegate_checkpoint_failures_total")).toBeGreaterThan(0);
    expect((await zonegate.stop("SIGTERM")).exitCode).toBe(0);
  });
});

test("killed at any moment while it writes, the next start has one of the last two states whole", async () => {
  const place = await createPlace();
  place.api.server.put(ingress("app", "192.168.1.1"));
  const life = await place.start({ SOURCES: "ingress" });
  await untilFresh(life, "app");
  await eventually("the first write", () => readFile(join(place.folder, FILE), "utf8").catch(() => undefined));
  life.signal("SIGTERM");
  await life.kill9();
  await place.api.close();
  const next = await place.start({ SOURCES: "ingress" });
  expect(valuesOf(await ask(next, "app"))).toEqual(["A 192.168.1.1"]);
});
