import { createSocket } from "node:dgram";
import { decode, encode, type Packet } from "dns-packet";
import { afterEach, describe, expect, test } from "vitest";
import { type DnsPort, startDnsPort } from "#test/fakes/unifi-console/dns-port.ts";
import { judgeConfiguration, renderConfiguration } from "#test/fakes/unifi-console/dnsmasq-model.ts";
import { createIds, type FakeRecord, type RecordFields, Site } from "#test/fakes/unifi-console/records.ts";
import { ManualTime } from "#test/fakes/unifi-console/time.ts";
import { startUnifiConsole, type UnifiConsole } from "#test/fakes/unifi-console/unifi-console.ts";
import { eventually } from "#test/support/eventually.ts";

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

describe("reloads of dnsmasq", () => {
  test("come four seconds after a commit, with whatever was committed meanwhile", async () => {
    const { unifi, time } = await startWithManualTime();
    unifi.seed({ type: "A", name: "a.example.org", data: "10.0.0.1", ttlSeconds: 60 });
    time.advance(3_000);
    unifi.seed({ type: "TXT", name: "a.example.org", data: '"a,b"' });
    time.advance(999);
    expect(unifi.reloads()).toEqual([]);
    time.advance(1);
    expect(unifi.reloads()).toMatchObject([{ number: 1, starts: true, reasons: [] }]);
    expect(unifi.reloads()[0]?.configuration).toBe(
      'host-record=a.example.org,10.0.0.1,60\ntxt-record=a.example.org,"a,b"\n',
    );
    time.advance(60_000);
    expect(unifi.counters()).toMatchObject({ reloads: 1, outageMs: 1_500 });
  });

  test("a refused configuration is an outage until the next good one", async () => {
    const { unifi, time } = await startWithManualTime();
    unifi.seed({ type: "CNAME", name: "a", data: "b" }, { type: "CNAME", name: "A", data: "c" });
    time.advance(4_000);
    expect(unifi.reloads().at(-1)).toMatchObject({ starts: false, reasons: ["duplicate CNAME A"] });
    time.advance(10_000);
    expect(unifi.counters().outageMs).toBe(10_000);
    unifi.hand({ kind: "remove", match: { name: "a", data: "c" } });
    time.advance(4_000);
    expect(unifi.counters().outageMs).toBe(14_000 + 1_500);
  });
});

test("a reboot is an outage, after which dnsmasq loads what is stored", async () => {
  const { unifi, time } = await startWithManualTime();
  unifi.seed({ type: "A", name: "a.example.org", data: "10.0.0.1" });
  await unifi.reboot();
  time.advance(4_000);
  expect(unifi.reloads()).toEqual([]);
  expect(unifi.gateway().isAnswering).toBe(false);
  time.advance(86_000);
  await eventually("dnsmasq after the reboot", () => unifi.reloads().length === 1);
  expect(unifi.counters().outageMs).toBe(90_000 + 1_500);
});

describe("the verdict on a configuration", () => {
  const long = "l".repeat(64);
  test.each<readonly [string, readonly RecordFields[], readonly string[]]>([
    [
      "a loop of three",
      [cname("a", "b"), cname("b", "c"), cname("c", "a")],
      ["CNAME loop through a", "CNAME loop through b", "CNAME loop through c"],
    ],
    ["an alias of itself", [cname("a", "A")], ["CNAME loop through a"]],
    ["a long label in a target", [cname("a", long)], [`label longer than 63 octets in ${long}`]],
    [
      "a port too high",
      [{ type: "SRV", name: "_a._b.c", data: "d", port: 65_536 }],
      ["port 65536 of _a._b.c is above 65535"],
    ],
    ["a disabled duplicate", [cname("a", "b"), { ...cname("a", "c"), enabled: false }], []],
    ["a CNAME beside an address", [cname("a", "b"), { type: "A", name: "a", data: "10.0.0.1" }], []],
  ])("%s", (_title, records, reasons) => {
    expect(judgeConfiguration(stored(records))).toEqual({ starts: reasons.length === 0, reasons });
  });

  test("disabled records are not written out", () => {
    expect(renderConfiguration(stored([{ type: "A", name: "a", data: "10.0.0.1", enabled: false }]))).toBe("");
  });
});

describe("the DNS port", () => {
  test("answers every type from what was loaded, and follows aliases", async () => {
    const { unifi, dns, time } = await startWithDns();
    unifi.seed(
      { type: "A", name: "a.example.org", data: "10.0.0.1", ttlSeconds: 60 },
      { type: "A", name: "*.wild.example.org", data: "10.0.0.2" },
      { type: "CNAME", name: "alias.example.org", data: "A.example.org" },
      { type: "MX", name: "example.org", data: "mail.example.org", priority: 10 },
      { type: "SRV", name: "_x._tcp.example.org", data: "a.example.org", port: 1, priority: 2, weight: 3 },
      { type: "TXT", name: "t.example.org", data: `"${"x".repeat(256)}"` },
    );
    time.advance(4_000 + 1_500);
    expect(await ask(dns, "Alias.example.org", "A")).toMatchObject({
      rcode: "NOERROR",
      answers: [
        { type: "CNAME", ttl: 300, data: "A.example.org" },
        { type: "A", ttl: 60, data: "10.0.0.1" },
      ],
    });
    expect((await ask(dns, "x.y.wild.example.org", "A"))?.answers).toMatchObject([{ data: "10.0.0.2" }]);
    expect((await ask(dns, "example.org", "MX"))?.answers).toMatchObject([{ data: { preference: 10 } }]);
    expect((await ask(dns, "_x._tcp.example.org", "SRV"))?.answers).toMatchObject([{ data: { port: 1, weight: 3 } }]);
    expect((await ask(dns, "t.example.org", "TXT"))?.answers).toMatchObject([
      { data: [{ length: 255 }, { length: 1 }] },
    ]);
    expect(await ask(dns, "a.example.org", "AAAA")).toMatchObject({ rcode: "NOERROR", answers: [] });
    expect(await ask(dns, "none.example.org", "A")).toMatchObject({ rcode: "NXDOMAIN", answers: [] });
  });

  test("drops queries during a reload, and while dnsmasq does not start", async () => {
    const { unifi, dns, time } = await startWithDns();
    unifi.seed({ type: "A", name: "a.example.org", data: "10.0.0.1" });
    time.advance(4_000);
    expect(await ask(dns, "a.example.org", "A")).toBeUndefined();
    time.advance(1_500);
    expect((await ask(dns, "a.example.org", "A"))?.answers).toHaveLength(1);
    unifi.seed({ type: "CNAME", name: "b", data: "b" });
    time.advance(60_000);
    expect(await ask(dns, "a.example.org", "A")).toBeUndefined();
  });
});

async function startWithManualTime(): Promise<{ readonly unifi: UnifiConsole; readonly time: ManualTime }> {
  const time = new ManualTime();
  const unifi = await startUnifiConsole({ time, transport: "http" });
  stops.push(() => unifi.stop());
  return { unifi, time };
}

async function startWithDns(): Promise<Awaited<ReturnType<typeof startWithManualTime>> & { readonly dns: DnsPort }> {
  const started = await startWithManualTime();
  const dns = await startDnsPort(started.unifi.gateway());
  stops.push(() => dns.stop());
  return { ...started, dns };
}

function cname(name: string, data: string): RecordFields {
  return { type: "CNAME", name, data };
}

function stored(records: readonly RecordFields[]): readonly FakeRecord[] {
  const identity = { uuid: "", objectId: "", reference: "default", name: "Default" };
  const site = new Site(identity, createIds(1), { time: new ManualTime(), commit: () => undefined });
  for (const record of records) site.create(record, "seed");
  return site.records;
}

/** How long the lack of an answer on loopback counts as a dropped query. */
const DROPPED_AFTER_MS = 100;

/** Undefined when there is no answer. */
async function ask(
  dns: DnsPort,
  name: string,
  type: "A" | "AAAA" | "MX" | "SRV" | "TXT",
): Promise<(Packet & { readonly rcode?: string }) | undefined> {
  const socket = createSocket("udp4");
  const answer = new Promise<Packet | undefined>((resolve) => {
    socket.on("message", (message) => resolve(decode(message)));
    setTimeout(() => resolve(undefined), DROPPED_AFTER_MS);
  });
  socket.send(encode({ type: "query", id: 1, questions: [{ type, name }] }), dns.port, "127.0.0.1");
  const packet = await answer;
  await new Promise<void>((resolve) => void socket.close(() => resolve()));
  return packet;
}
