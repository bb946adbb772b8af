// The real process that starts while its cluster is away: it answers from what the process before has left, says so, and lets go of it
// when the API is back. Whatever has become of the two files, and of the folder they lie in, DNS goes on.

import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type ListeningKubeApiServer, startKubeApiServer } from "#test/fakes/kube-apiserver/listening-server.ts";
import type { KubeObject } from "#test/fakes/kube-apiserver/objects.ts";
import { answerUdp } from "#test/support/dns/clients.ts";
import { valuesOf } from "#test/support/dns/lookup.ts";
import { buildQuery, DEFAULT_EDNS, type ReadReply, readReply } from "#test/support/dns/packets.ts";
import { eventually } from "#test/support/eventually.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";
import { canMount } from "#test/support/zonegate-on-disk.ts";
import {
  REPOSITORY,
  type RunningZonegate,
  startAnywhere,
  startZonegate,
  type ZonegateOptions,
} from "#test/support/zonegate-process.ts";

/** Each start takes seconds on a small machine. */
const SEVERAL_STARTS_MS = 60_000;
const FILE = "data/checkpoint.jsonl";
const PREVIOUS = "data/checkpoint.previous.jsonl";

interface Place {
  readonly api: ListeningKubeApiServer;
  /** Outlives the processes that are started there. */
  readonly folder: string;
}

async function createPlace(): Promise<Place> {
  const api = await startKubeApiServer();
  onTestFinished(() => api.stop());
  return { api, folder: await temporaryFolder() };
}

function start({ api, folder }: Place, options: Pick<ZonegateOptions, "command"> = {}): Promise<RunningZonegate> {
  return startZonegate(optionsFor({ api, folder }, options));
}

function optionsFor({ api, folder }: Place, options: Pick<ZonegateOptions, "command"> = {}): ZonegateOptions {
  return {
    env: {
      ZONEGATE_MODE: "resolver",
      ZONES: "home.example.com",
      // Fewer kinds: a start is quicker, and nothing here is about kinds.
      SOURCES: "ingress",
      LAME_DUCK: "0",
      KUBECONFIG: "config",
      KUBERNETES_ENABLED: "true",
    },
    folder,
    prepare: () => writeFile(join(folder, "config"), api.kubeconfig()),
    ...options,
  };
}

/** A place whose last process had read these names and written them down. */
async function placeThatKnew(...names: readonly string[]): Promise<Place> {
  const place = await createPlace();
  place.api.server.put(...names.map((name, index) => ingress(name, `192.168.1.${index + 1}`)));
  await oneLife(place, ...names);
  return place;
}

async function oneLife(place: Place, ...names: readonly string[]): Promise<void> {
  const life = await startAnywhere(optionsFor(place));
  for (const name of names) await untilFresh(life, name);
  // Answered as soon as it is read, and written down when all is.
  await eventually("everything is read", async () => (await fetch(`${life.opsUrl}/readyz`)).status === 200);
  expect((await life.stop("SIGTERM")).exitCode).toBe(0);
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
  const line = (await (await fetch(`${opsUrl}/metrics`)).text())
    .split("\n")
    .find((text) => text.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.split(" ")[1]);
}

describe("a start while the API is away", () => {
  test(
    "answers from the checkpoint and says so, until the API is back",
    async () => {
      const place = await placeThatKnew("app", "gone");
      await place.api.close();
      const zonegate = await start(place);
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
    },
    SEVERAL_STARTS_MS,
  );

  test("without one nothing is denied and the process is not ready", async () => {
    const place = await createPlace();
    await place.api.close();
    const zonegate = await start(place);
    expect(await ask(zonegate, "app")).toMatchObject({ rcode: "SERVFAIL", edns: { extendedErrors: [14] } });
    expect((await fetch(`${zonegate.opsUrl}/readyz`)).status).toBe(503);
    expect((await fetch(`${zonegate.opsUrl}/livez`)).status).toBe(200);
  });
});

test(
  "another cluster at the same address: the memory is dropped, and the log has both uids",
  async () => {
    const place = await placeThatKnew("app");
    const known = place.api.server.clusterUid;
    await place.api.close();
    const zonegate = await start(place);
    expect(isFresh(await ask(zonegate, "app"))).toBe(false);
    place.api.server.remove(ingress("app", ""));
    place.api.server.becomeOtherCluster();
    await zonegate.stop("SIGTERM");
    await place.api.open();
    const next = await start(place);
    const event = await next.event("checkpoint not answered: it is of another cluster");
    expect(event).toMatchObject({ known, seen: place.api.server.clusterUid });
    await eventually("the name is denied", async () => (await ask(next, "app")).rcode === "NXDOMAIN");
  },
  SEVERAL_STARTS_MS,
);

describe("of the two files (row 71)", () => {
  const files = { [FILE]: "", [PREVIOUS]: "" };
  let api: ListeningKubeApiServer;

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), "zonegate-checkpoint-"));
    api = await startKubeApiServer();
    for (const name of ["old", "new"]) {
      api.server.put(ingress(name, name === "old" ? "192.168.1.1" : "192.168.1.8"));
      await oneLife({ api, folder }, name);
    }
    for (const name of [FILE, PREVIOUS] as const) files[name] = await readFile(join(folder, name), "utf8");
    await api.close();
    await rm(folder, { recursive: true });
  }, SEVERAL_STARTS_MS);

  afterAll(() => api.stop());

  async function startWith(current: string, previous: string): Promise<RunningZonegate> {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "data"));
    await writeFile(join(folder, FILE), current);
    await writeFile(join(folder, PREVIOUS), previous);
    return start({ api, folder });
  }

  test("the newer one has what the older one has not", () => {
    expect(files[FILE]).toContain("new.home.example.com");
    expect(files[PREVIOUS]).not.toContain("new.home.example.com");
  });

  test.each([
    ["a torn one", (text: string) => text.slice(0, -20)],
    ["one with a changed byte", (text: string) => text.replace("192.168.1.8", "192.168.1.7")],
    ["one of a newer release", (text: string) => text.replace('"version":1', '"version":2')],
    ["an empty one", () => ""],
    ["one that is something else", () => "version: 1\n"],
  ])("%s is not used, the one before it is, and a warning says so", async (_, damage) => {
    const zonegate = await startWith(damage(files[FILE]), files[PREVIOUS]);
    expect(valuesOf(await ask(zonegate, "old"))).toEqual(["A 192.168.1.1"]);
    expect((await ask(zonegate, "new")).rcode).toBe("SERVFAIL");
    expect(await zonegate.event("checkpoint not used")).toMatchObject({ level: "warn" });
  });

  test("neither can be used: as if there were none", async () => {
    const zonegate = await startWith("{}", "");
    expect((await ask(zonegate, "old")).rcode).toBe("SERVFAIL");
    expect((await fetch(`${zonegate.opsUrl}/readyz`)).status).toBe(503);
  });
});

describe("a folder that cannot be written (row 72)", () => {
  test("is a warning and a figure, and names are served", async () => {
    const place = await createPlace();
    // Also root cannot make a folder below a file.
    await writeFile(join(place.folder, "data"), "");
    place.api.server.put(ingress("app", "192.168.1.1"));
    const zonegate = await start(place);
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
    const zonegate = await start(place, {
      command: ["unshare", "--mount", "sh", "-c", script, process.execPath, main],
    });
    await untilFresh(zonegate, "app");
    expect(await zonegate.event("checkpoint not written")).toMatchObject({ level: "warn" });
    expect(await metric(zonegate, "zonegate_checkpoint_failures_total")).toBeGreaterThan(0);
    expect((await zonegate.stop("SIGTERM")).exitCode).toBe(0);
  });
});

test(
  "killed while it writes the last state, the next start has that one or the one before, whole",
  async () => {
    const place = await placeThatKnew("app");
    place.api.server.put(...Array.from({ length: 3_000 }, (_, index) => ingress(`n${index}`, "192.168.2.1")));
    const life = await start(place);
    await untilFresh(life, "n2999");
    life.signal("SIGTERM");
    await eventually("a write is under way", () =>
      stat(join(place.folder, `${FILE}.new`)).then(
        () => true,
        () => readFile(join(place.folder, FILE), "utf8").then((text) => text.includes("n2999")),
      ),
    );
    await life.kill9();
    await place.api.close();
    const next = await start(place);
    expect(valuesOf(await ask(next, "app"))).toEqual(["A 192.168.1.1"]);
    const names = ["n0", "n1500", "n2999"];
    const rcodes = await Promise.all(names.map(async (name) => (await ask(next, name)).rcode));
    expect(rcodes).toEqual(rcodes.map(() => rcodes[0]));
  },
  SEVERAL_STARTS_MS,
);
