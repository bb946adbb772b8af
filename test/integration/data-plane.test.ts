// The data plane over real sockets and its real thread: answering, publishing, starting, breaking, stopping.

import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { describe, expect, onTestFinished, test } from "vitest";
import { wholeZone } from "#src/dns/zone-content.ts";
import { DEFAULT_VIEW } from "#src/domain/view-name.ts";
import { UnavailableError } from "#src/errors.ts";
import type { DataPlane, DataPlaneOptions } from "#src/server/data-plane.ts";
import type { Interfaces } from "#src/server/listen-addresses.ts";
import { answerTcp, answerUdp, askUdp, type ServerAddress, TcpClient } from "#test/support/dns/clients.ts";
import { FAULTY_WORKER, newDataPlane, publish, runDataPlane } from "#test/support/dns/data-plane.ts";
import { buildQuery, DEFAULT_EDNS, readReply } from "#test/support/dns/packets.ts";
import { compileLines, type TestZone } from "#test/support/dns/records.ts";
import { eventually } from "#test/support/eventually.ts";
import { ManualClock } from "#test/support/manual-clock.ts";

/** Long enough that a wrong answer would have come over loopback; only a test that expects silence waits it out. */
const SILENCE_MS = 300;

const HOME = { apex: "home.test", records: ["app.home.test 60 A 192.0.2.10"] };
const APP = buildQuery({ id: 7, name: "app.home.test" });

async function answersOf(server: ServerAddress, name = "app.home.test"): Promise<readonly string[]> {
  return readReply(await answerUdp(server, buildQuery({ name }))).answer;
}

describe("answering", () => {
  test("a query over UDP gets its answer", async () => {
    const { server } = await runDataPlane([HOME]);
    const reply = readReply(await answerUdp(server, APP));
    expect(reply).toMatchObject({ id: 7, rcode: "NOERROR", answer: ["app.home.test 60 A 192.0.2.10"] });
  });

  test("a query over TCP gets the same answer on the same port", async () => {
    const { server } = await runDataPlane([HOME]);
    expect(await answerTcp(server, APP)).toEqual(await answerUdp(server, APP));
  });

  test("an IPv6 address is served beside an IPv4 one", async () => {
    const listen = ["127.0.0.1", "::1"].map((address) => ({ address, port: 0 }));
    const { plane } = await runDataPlane([HOME], { listen });
    for (const server of plane.addresses()) expect(await answersOf(server)).toEqual(["app.home.test 60 A 192.0.2.10"]);
    expect(plane.addresses().map(({ address }) => address)).toEqual(["127.0.0.1", "::1"]);
  });

  test("the wildcard answers from the address that was asked", async () => {
    const { plane } = await runDataPlane([HOME], {
      listen: [{ address: "0.0.0.0", port: 0 }],
      interfaces: networkInterfaces,
    });
    const ports = new Set(plane.addresses().map(({ port }) => port));
    expect(ports.size).toBe(1);
    for (const server of plane.addresses()) expect(await sourceOfAnswer(server)).toBe(server.address);
  });

  test("the server tells its name and its idle time to who asks", async () => {
    const { server } = await runDataPlane([HOME], { serverId: "ns-a", tcpLimits: { idleTimeoutMs: 7_000 } });
    const nsidAndKeepalive = [0, 3, 0, 0, 0, 11, 0, 0];
    const query = buildQuery({ name: "app.home.test", edns: { ...DEFAULT_EDNS, options: nsidAndKeepalive } });
    expect(readReply(await answerUdp(server, query)).edns).toMatchObject({ otherOptions: ["3:6e732d61"] });
    expect(readReply(await answerTcp(server, query)).edns).toMatchObject({ otherOptions: ["3:6e732d61", "11:0046"] });
  });

  test("a response is met with silence", async () => {
    const { plane, server } = await runDataPlane([HOME]);
    const response = buildQuery({ name: "app.home.test", flags: 0x8000 });
    expect(await askUdp(server, response, SILENCE_MS)).toBeUndefined();
    expect(plane.counters()).toMatchObject({ "dropped.response": 1 });
  });

  test("two thousand datagrams of noise end nothing and panic nothing", async () => {
    const { plane, server } = await runDataPlane([HOME]);
    const socket = createSocket("udp4");
    onTestFinished(() => void socket.close());
    for (let sent = 1; sent <= 2_000; sent += 1) {
      socket.send(randomBytes(sent % 600), server.port, server.address);
      // In step with the server: noise that the kernel throws away proves nothing.
      if (sent % 100 === 0) await eventually("the noise is read", () => (plane.counters()["queries.udp"] ?? 0) >= sent);
    }
    expect(plane.counters()).toMatchObject({ panics: 0, "worker.restarts": 0 });
    expect(await answersOf(server)).toEqual(["app.home.test 60 A 192.0.2.10"]);
  });

  test("figures tell what was asked and answered", async () => {
    const { plane, server } = await runDataPlane([HOME]);
    await answerUdp(server, APP);
    await answerTcp(server, APP);
    await answerUdp(server, buildQuery({ name: "none.home.test", type: "AAAA" }));
    expect(plane.counters()).toMatchObject({
      "queries.udp": 2,
      "queries.tcp": 1,
      "questions.A": 2,
      "questions.AAAA": 1,
      "replies.NOERROR": 2,
      "replies.NXDOMAIN": 1,
      "tcp.accepted": 1,
    });
  });
});

describe("publishing", () => {
  test("content published before the start is what the first query meets", async () => {
    const plane = newDataPlane();
    const published = publish(plane, [HOME]);
    await plane.start();
    const [server] = plane.addresses();
    expect(await answersOf(server!)).toEqual(["app.home.test 60 A 192.0.2.10"]);
    await published;
  });

  test("once a publication has resolved no query sees the content before", async () => {
    const { plane, server } = await runDataPlane([HOME]);
    for (let host = 1; host <= 20; host += 1) {
      await publish(plane, [{ apex: "home.test", records: [`app.home.test 60 A 192.0.2.${host}`] }]);
      expect(await answersOf(server)).toEqual([`app.home.test 60 A 192.0.2.${host}`]);
    }
  });

  test("a query during a publication sees all of one content, never parts of two", async () => {
    const { plane, server } = await runDataPlane([addressesOf(1)]);
    const seen = new Set<string>();
    const publications = Array.from({ length: 20 }, (_, round) => publish(plane, [addressesOf(round)]));
    const query = buildQuery({ name: "app.home.test", edns: DEFAULT_EDNS });
    for (let asked = 0; asked < 60; asked += 1) seen.add(roundsOf(readReply(await answerUdp(server, query)).answer));
    await Promise.all(publications);
    expect([...seen].filter((rounds) => !/^40 of round \d+$/.test(rounds))).toEqual([]);
  });

  test("until the control plane is ready what is missing is SERVFAIL, what is there is answered", async () => {
    const { plane, server } = await runDataPlane([]);
    await plane.publish({ view: DEFAULT_VIEW, changes: [wholeZone(compileLines(HOME).content)], ready: false });
    expect(await answersOf(server)).toEqual(["app.home.test 60 A 192.0.2.10"]);
    const missing = readReply(await answerUdp(server, buildQuery({ name: "none.home.test" })));
    expect(missing.rcode).toBe("SERVFAIL");
  });

  test("content that cannot be served is refused, and the content before stays", async () => {
    const { plane, server } = await runDataPlane([HOME], { workerFile: FAULTY_WORKER });
    await expect(publish(plane, [{ apex: "unservable.test", records: [] }])).rejects.toThrow(
      "a bug in making snapshots",
    );
    expect(await answersOf(server)).toEqual(["app.home.test 60 A 192.0.2.10"]);
  });

  test("a publication that the stop overtakes is rejected", async () => {
    const plane = newDataPlane();
    const published = publish(plane, [HOME]);
    await plane.stop();
    await expect(published).rejects.toThrow("stopped");
    await expect(publish(plane, [HOME])).rejects.toThrow("stopped");
  });
});

describe("starting", () => {
  test("a taken TCP port ends the start with a sentence that names it", async () => {
    const port = await takeTcpPort();
    const error = await startError({ listen: [{ address: "127.0.0.1", port }] });
    expect(error).toMatchObject({ code: "dns.port-taken" });
    expect(error.message).toContain(`127.0.0.1 port ${port} (TCP, EADDRINUSE): another program uses it`);
  });

  test("a taken UDP port does so too, and leaves the TCP port free", async () => {
    const port = await takeUdpPort();
    const error = await startError({ listen: [{ address: "127.0.0.1", port }] });
    expect(error.message).toContain(`127.0.0.1 port ${port} (UDP, EADDRINUSE): another program uses it`);
    await takeTcpPort(port);
  });

  test("an address that the machine lacks ends the start with a sentence", async () => {
    const error = await startError({ listen: [{ address: "203.0.113.9", port: 0 }] });
    expect(error).toMatchObject({ code: "dns.address-missing" });
    expect(error.message).toContain("this machine has no such address");
  });

  test("a wildcard of a family without addresses is nothing to serve", async () => {
    const error = await startError({ listen: [{ address: "::", port: 0 }] });
    expect(error).toMatchObject({ code: "dns.no-address" });
  });

  test("a thread that cannot be loaded ends the start with the reason", async () => {
    const plane = newDataPlane({ workerFile: new URL("./no-such-worker.ts", import.meta.url) });
    await expect(plane.start()).rejects.toThrow("no-such-worker.ts");
  });

  test("an address that comes later is served under its wildcard's port", async () => {
    const clock = new ManualClock();
    const interfaces: Interfaces[] = [loopback("127.0.0.1"), loopback("127.0.0.1", "127.0.0.2")];
    const { plane } = await runDataPlane([HOME], {
      listen: [{ address: "0.0.0.0", port: 0 }],
      interfaces: () => interfaces[clock.nowMs() < 5_000 ? 0 : 1]!,
      clock,
    });
    const before = plane.addresses();
    await clock.advance(10_000);
    const later = await eventually("the second address is bound", () => plane.addresses()[1]);
    expect(later).toEqual({ address: "127.0.0.2", port: before[0]?.port });
    expect(await answersOf(later)).toEqual(["app.home.test 60 A 192.0.2.10"]);
  });
});

describe("breaking", () => {
  test("a system that does not tell its interfaces for a while ends nothing, and is asked again", async () => {
    const clock = new ManualClock();
    const { plane, server, complaints } = await runDataPlane([HOME], {
      listen: [{ address: "0.0.0.0", port: 0 }],
      interfaces: () => {
        if (clock.nowMs() < 5_000) return loopback("127.0.0.1");
        if (clock.nowMs() < 15_000) throw new Error("EMFILE");
        return loopback("127.0.0.1", "127.0.0.2");
      },
      clock,
    });
    await clock.advance(10_000);
    expect(complaints).toContain("network interfaces not read");
    expect(await answersOf(server)).toEqual(["app.home.test 60 A 192.0.2.10"]);
    await clock.advance(10_000);
    await eventually("the second address is bound", () => plane.addresses()[1]);
  });

  test("a bug in answering is SERVFAIL to that query, counted and told, and the next is answered", async () => {
    const { plane, server, complaints } = await runDataPlane([HOME], { workerFile: FAULTY_WORKER });
    const reply = readReply(await answerUdp(server, buildQuery({ id: 99, name: "panic.home.test" })));
    expect(reply).toMatchObject({ id: 99, rcode: "SERVFAIL", questions: 1 });
    expect(await answersOf(server)).toEqual(["app.home.test 60 A 192.0.2.10"]);
    expect(plane.counters()).toMatchObject({ panics: 1, "worker.restarts": 0 });
    await eventually("the panic is logged", () => complaints.includes("answering a query failed"));
  });

  test("a thread that dies is started again, at the same port, with the last content", async () => {
    const { plane, server, complaints } = await runDataPlane([HOME], { workerFile: FAULTY_WORKER });
    await publish(plane, [{ apex: "home.test", records: ["app.home.test 60 A 192.0.2.77"] }]);
    await crash(plane, server);
    await eventually("the thread is back", async () => await askUdp(server, APP, SILENCE_MS));
    expect(await answersOf(server)).toEqual(["app.home.test 60 A 192.0.2.77"]);
    expect(complaints).toContain("dns thread ended unexpectedly");
  });

  test("content that was refused does not come back with a new thread: the last good one does", async () => {
    const { plane, server } = await runDataPlane([HOME], { workerFile: FAULTY_WORKER });
    await expect(publish(plane, [{ apex: "unservable.test", records: [] }])).rejects.toThrow(
      "a bug in making snapshots",
    );
    await crash(plane, server);
    await eventually("the thread is back", async () => await askUdp(server, APP, SILENCE_MS));
    expect(await answersOf(server)).toEqual(["app.home.test 60 A 192.0.2.10"]);
    expect(plane.counters()).toMatchObject({ "publications.refused": 1 });
  });

  test("content that threads die of is given up, and the last good one is served", async () => {
    const { plane, server, complaints } = await runDataPlane([HOME], { workerFile: FAULTY_WORKER });
    await expect(publish(plane, [{ apex: "deadly.test", records: [] }])).rejects.toThrow("again and again");
    expect(complaints).toContain("publication given up because threads end at it");
    await eventually("the thread is back", async () => await askUdp(server, APP, SILENCE_MS));
    expect(await answersOf(server)).toEqual(["app.home.test 60 A 192.0.2.10"]);
  });

  test("publishing goes on after a thread has died", async () => {
    const { plane, server } = await runDataPlane([HOME], { workerFile: FAULTY_WORKER });
    await crash(plane, server);
    await publish(plane, [{ apex: "home.test", records: ["app.home.test 60 A 192.0.2.78"] }]);
    await eventually("the thread is back", async () => await askUdp(server, APP, SILENCE_MS));
    expect(await answersOf(server)).toEqual(["app.home.test 60 A 192.0.2.78"]);
  });

  test("a thread that hangs is ended and started again, at the same port, with the last content", async () => {
    const clock = new ManualClock();
    const { plane, server, complaints } = await runDataPlane([HOME], { workerFile: FAULTY_WORKER, clock });
    await askUdp(server, buildQuery({ name: "hang.home.test" }), 1);
    await eventually("the hang is noticed", async () => {
      await clock.advance(1_000);
      return plane.counters()["worker.hangs"] === 1;
    });
    await eventually("the thread has ended", () => plane.counters()["worker.restarts"] === 1);
    // The pause before a restart; more would be taken for a thread that cannot listen.
    await clock.advance(100);
    await eventually("the thread is back", async () => await askUdp(server, APP, SILENCE_MS));
    expect(await answersOf(server)).toEqual(["app.home.test 60 A 192.0.2.10"]);
    expect(complaints).toEqual(["dns thread hung and is ended", "dns thread ended unexpectedly"]);
  });
});

describe("being alive", () => {
  test("a serving thread answers a ping", async () => {
    const { plane } = await runDataPlane([HOME]);
    expect(await plane.ping(5_000)).toBe(true);
  });

  test("a thread that hangs answers no ping, and a stop ends it all the same", async () => {
    const { plane, server } = await runDataPlane([HOME], { workerFile: FAULTY_WORKER });
    await askUdp(server, buildQuery({ name: "hang.home.test" }), 1);
    await eventually("it hangs", async () => !(await plane.ping(50)));
    await plane.stop();
    expect(plane.addresses()).toEqual([]);
    await takeUdpPort(server.port);
  });

  test("nobody answers before the start and after the stop", async () => {
    const plane = newDataPlane();
    expect(await plane.ping(50)).toBe(false);
    await plane.start();
    await plane.stop();
    expect(await plane.ping(50)).toBe(false);
  });
});

describe("stopping", () => {
  test("both ports are free again, open connections or not", async () => {
    const { plane, server } = await runDataPlane([HOME]);
    const client = await TcpClient.connect(server);
    await plane.stop();
    await client.untilClosed();
    await takeTcpPort(server.port);
    await takeUdpPort(server.port);
    expect(plane.addresses()).toEqual([]);
  });

  test("twice is once, and without a start is nothing", async () => {
    const { plane } = await runDataPlane([HOME]);
    await Promise.all([plane.stop(), plane.stop()]);
    await newDataPlane().stop();
    expect(plane.addresses()).toEqual([]);
  });

  test("during the start ends the start", async () => {
    const plane = newDataPlane();
    const started = plane.start();
    await plane.stop();
    await expect(started).rejects.toThrow("the data plane stops");
  });
});

async function crash(plane: DataPlane, server: ServerAddress): Promise<void> {
  const restarts = plane.counters()["worker.restarts"] ?? 0;
  await askUdp(server, buildQuery({ name: "crash.home.test" }), SILENCE_MS);
  await eventually("the thread has died", () => plane.counters()["worker.restarts"] === restarts + 1);
}

async function startError(options: Partial<DataPlaneOptions>): Promise<UnavailableError> {
  const error: unknown = await newDataPlane(options)
    .start()
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UnavailableError);
  return error as UnavailableError;
}

/** Which address the answer to one query comes from, as a multi-homed client would check it. */
async function sourceOfAnswer(server: ServerAddress): Promise<string> {
  const socket = createSocket("udp4");
  onTestFinished(() => void socket.close());
  return new Promise((resolve) => {
    socket.on("message", (_message, from) => resolve(from.address));
    socket.send(APP, server.port, server.address);
  });
}

/** Forty addresses that all carry the number of the round. */
function addressesOf(round: number): TestZone {
  const records = Array.from({ length: 40 }, (_, host) => `app.home.test 60 A 10.0.${round}.${host}`);
  return { apex: "home.test", records };
}

function roundsOf(answers: readonly string[]): string {
  return `${answers.length} of round ${[...new Set(answers.map((answer) => answer.split(".")[4]))].join(",")}`;
}

function loopback(...addresses: readonly string[]): Interfaces {
  const entry = { netmask: "255.0.0.0", family: "IPv4", mac: "00:00:00:00:00:00", internal: true } as const;
  return { lo: addresses.map((address) => ({ ...entry, address, cidr: `${address}/8` })) };
}

async function takeTcpPort(port = 0): Promise<number> {
  const server = createServer();
  onTestFinished(() => void server.close());
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const bound = server.address();
      resolve(typeof bound === "object" && bound !== null ? bound.port : port);
    });
  });
}

async function takeUdpPort(port = 0): Promise<number> {
  const socket = createSocket("udp4");
  onTestFinished(() => void socket.close());
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(port, "127.0.0.1", () => resolve(socket.address().port));
  });
}
