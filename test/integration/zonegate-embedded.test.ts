// `npm start` with no settings, on a copy of the example cluster: what it answers, and what an edit does to that.

import { execFile } from "node:child_process";
import { cp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { lookup, lookupTcp, valuesOf } from "#test/support/dns/lookup.ts";
import { eventually } from "#test/support/eventually.ts";
import { describeWithPeer } from "#test/support/peers.ts";
import { EXAMPLE, type RunningZonegate, useZonegate, type ZonegateOptions } from "#test/support/zonegate-process.ts";

const IPV4 = "A 192.168.20.10";
const IPV6 = "AAAA fd20:0:0:20::10";
/** dlna (no address yet), prometheus (ignored) and the website (another zone) are missing on purpose. */
const APPLICATIONS = ["home-assistant", "hass", "jellyfin", "paperless", "documents", "internal"];

/** Relative to the folder it starts in, as in a clone. */
const ON_EXAMPLE: ZonegateOptions = {
  prepare: (folder) => cp(EXAMPLE, join(folder, "examples/homelab"), { recursive: true }),
};

async function statusOf(zonegate: RunningZonegate): Promise<Record<string, unknown>> {
  const answer = await fetch(`${zonegate.opsUrl}/status`);
  expect(answer.status).toBe(200);
  return (await answer.json()) as Record<string, unknown>;
}

describe("the example cluster", () => {
  const zonegate = useZonegate(ON_EXAMPLE);

  test("runs in mode embedded and says why", async () => {
    expect(await statusOf(zonegate())).toMatchObject({ mode: "embedded", ready: true, notReady: [] });
  });

  test.each(APPLICATIONS)("%s has its load balancer's addresses over UDP and TCP", async (label) => {
    const name = `${label}.home.example.com`;
    for (const ask of [lookup, lookupTcp]) {
      const reply = await ask(zonegate().dns, name);
      expect(reply).toMatchObject({ rcode: "NOERROR", flags: expect.arrayContaining(["qr", "aa"]) });
      expect(valuesOf(reply)).toEqual([IPV4]);
      expect(valuesOf(await ask(zonegate().dns, name, "AAAA"))).toEqual([IPV6]);
    }
  });

  test("a Service has its own address, and the lifetime its annotation asks for", async () => {
    expect((await lookup(zonegate().dns, "mqtt.home.example.com")).answer).toEqual([
      "mqtt.home.example.com 60 A 192.168.20.30",
    ]);
    expect(valuesOf(await lookup(zonegate().dns, "plex.home.example.com", "AAAA"))).toEqual(["AAAA fd20:0:0:20::31"]);
  });

  test("an alias comes with the addresses it leads to", async () => {
    expect(valuesOf(await lookup(zonegate().dns, "grafana.home.example.com"))).toEqual([
      IPV4,
      "CNAME internal.home.example.com",
    ]);
  });

  test("the wildcard stands for every name below it, under that name, and not for its parent", async () => {
    const reply = await lookup(zonegate().dns, "any.thing.apps.home.example.com");
    expect(reply.answer).toEqual(["any.thing.apps.home.example.com 60 A 192.168.20.10"]);
    expect(await lookup(zonegate().dns, "apps.home.example.com")).toMatchObject({ rcode: "NOERROR", answer: [] });
  });

  test.each(["www.example.com", "blog.example.com"])(
    "%s of class external is refused: no zone of ours",
    async (name) => {
      expect(await lookup(zonegate().dns, name)).toMatchObject({ rcode: "REFUSED", answer: [], authority: [] });
    },
  );

  test.each([
    ["a name that exists without this type", "mqtt.home.example.com", "AAAA", "NOERROR"],
    ["a name whose load balancer has no address yet", "dlna.home.example.com", "A", "NOERROR"],
    ["a name taken out by its label", "prometheus.home.example.com", "A", "NXDOMAIN"],
    ["a name nobody has", "nobody.home.example.com", "A", "NXDOMAIN"],
  ])("%s is answered with the SOA alone", async (_what, name, type, rcode) => {
    const reply = await lookup(zonegate().dns, name, type);
    expect(reply).toMatchObject({ rcode, answer: [] });
    // 30 s, so that a name which comes is seen soon (RFC 2308 §5).
    expect(reply.authority).toEqual([expect.stringMatching(/^home\.example\.com 30 SOA ns1\.home\.example\.com /)]);
  });

  test("the apex has its SOA and its name servers", async () => {
    expect(valuesOf(await lookup(zonegate().dns, "home.example.com", "NS"))).toEqual(["NS ns1.home.example.com"]);
    expect((await lookup(zonegate().dns, "home.example.com", "SOA")).answer).toHaveLength(1);
  });

  describeWithPeer("dig", "dig", (dig) => {
    test("prints the address", async () => {
      const { address, port } = zonegate().dns;
      const query = [`@${address}`, "-p", String(port), "+short", "+tries=1", "jellyfin.home.example.com"];
      for (const more of [[], ["+tcp"]]) {
        const { stdout } = await promisify(execFile)(dig, [...query, ...more]);
        expect(stdout).toBe("192.168.20.10\n");
      }
    });
  });
});

// Every test edits a file of its own.
describe("an edited manifest", () => {
  const zonegate = useZonegate(ON_EXAMPLE);
  const manifest = (file: string): string => join(zonegate().folder, "examples/homelab", file);

  async function untilAnswered(label: string, value: string): Promise<void> {
    const name = `${label}.home.example.com`;
    await eventually(`${name} ${value}`, async () => valuesOf(await lookup(zonegate().dns, name)).join() === value);
  }

  test.each([
    ["rewritten in place", "media.yaml", "jellyfin", writeFile],
    ["replaced by a new file", "documents.yaml", "paperless", replaceByRename],
  ])("that is %s changes the answer", async (how, file, label, write) => {
    const edited = (await readFile(manifest(file), "utf8")).replaceAll("ip: 192.168.20.10", "ip: 192.168.20.77");
    await untilAnswered(label, IPV4);
    const startMs = performance.now();
    await write(manifest(file), edited);
    await untilAnswered(label, "A 192.168.20.77");
    console.info(`${how}: the edit was answered after ${Math.round(performance.now() - startMs)} ms`);
    expect(valuesOf(await lookup(zonegate().dns, "internal.home.example.com"))).toEqual([IPV4]);
  });

  test("that cannot be read keeps the last good answer, says so in /status, and recovers", async () => {
    const file = manifest("home-automation.yaml");
    const good = await readFile(file, "utf8");
    await writeFile(file, `${good}\n  broken: [`);
    const problem = await eventually("the problem in /status", () => problemWith(zonegate(), "home-automation.yaml"));
    expect(problem).toMatchObject({ keepsLastGood: true, problem: expect.stringMatching(/line \d+/) });
    expect(valuesOf(await lookup(zonegate().dns, "hass.home.example.com"))).toEqual([IPV4]);
    expect(await statusOf(zonegate())).toMatchObject({ ready: true });
    await writeFile(file, good.replaceAll("ip: 192.168.20.10", "ip: 192.168.20.78"));
    await untilAnswered("hass", "A 192.168.20.78");
    expect(await problemWith(zonegate(), "home-automation.yaml")).toBeUndefined();
  });

  test("that is deleted takes its names away", async () => {
    await untilAnswered("any.apps", IPV4);
    await rm(manifest("apps.yaml"));
    await eventually(
      "NXDOMAIN",
      async () => (await lookup(zonegate().dns, "any.apps.home.example.com")).rcode === "NXDOMAIN",
    );
    expect(valuesOf(await lookup(zonegate().dns, "internal.home.example.com"))).toEqual([IPV4]);
  });
});

/** As editors that write a new file and rename it do. */
async function replaceByRename(path: string, content: string): Promise<void> {
  await writeFile(`${path}.tmp`, content);
  await rename(`${path}.tmp`, path);
}

interface FileProblem {
  readonly path: string;
}

async function problemWith(zonegate: RunningZonegate, path: string): Promise<FileProblem | undefined> {
  const { dns } = (await statusOf(zonegate)) as {
    readonly dns: { readonly manifests: { readonly problems: readonly FileProblem[] } };
  };
  return dns.manifests.problems.find((problem) => problem.path === path);
}
