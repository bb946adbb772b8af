// The hostile set over real sockets against a process of its own: nothing ends it, nothing loops, and after each it still
// answers. What each cost in CPU time and memory is printed. (Source port 0 cannot be sent from here: unit test of udp.ts.)

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { answerTcp, answerUdp, type ServerAddress, TcpClient, withLength } from "#test/support/dns/clients.ts";
import type { ChildReport } from "#test/support/dns/data-plane-child.ts";
import { createHostileMessages } from "#test/support/dns/hostile-packets.ts";
import { buildQuery, readReply } from "#test/support/dns/packets.ts";
import { type SeparateDataPlane, startSeparateDataPlane } from "#test/support/dns/separate-data-plane.ts";
import { eventually } from "#test/support/eventually.ts";
import { createRandom } from "#test/support/random.ts";

const HOME = { apex: "home.test", records: ["app.home.test 60 A 192.0.2.10"] };
const APP = buildQuery({ id: 7, name: "app.home.test" });
const HEADER = [0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
/** 65,535 less the headers of IPv4 and UDP. */
const LARGEST_DATAGRAM_OCTETS = 65_507;
/** Sent before looking whether the server has read them: fits into any receive buffer, also of the largest datagrams. */
const UNREAD_OCTETS = 128 * 1024;
const MEBIBYTE = 1024 * 1024;
/** The goal is 20 MiB; the rest is leave for garbage that a busy machine collects late. A leak would be far more. */
const MAX_GROWTH_BYTES = 32 * MEBIBYTE;

describe("over UDP", () => {
  test("responses are met with silence, however many, so no loop can begin", async () => {
    const response = buildQuery({ id: 1, name: "app.home.test", flags: 0x8000 });
    const replies = await survives("responses (QR=1)", 5_000, () => response);
    expect(replies).toEqual([]);
  });

  test("chains of pointers", async () => {
    const chain = Uint8Array.from([
      ...HEADER,
      ...Array.from({ length: 2_000 }, (_, index) => pointerTo(10 + 2 * index)).flat(),
    ]);
    const replies = await survives("pointer chains of 4 KB", 2_000, () => chain);
    expect(new Set(replies.map((reply) => readReply(reply).rcode))).toEqual(new Set(["FORMERR"]));
  });

  test("thirteen thousand questions in a datagram", async () => {
    const questions = Buffer.alloc(LARGEST_DATAGRAM_OCTETS);
    questions.set([...HEADER.slice(0, 4), 13_000 >> 8, 13_000 & 0xff]);
    const replies = await survives("13,000 questions", 500, () => questions);
    expect(new Set(replies.map((reply) => reply.length))).toEqual(new Set([12]));
  });

  test("noise as large as a datagram can be", async () => {
    const random = createRandom(12);
    const noise = Buffer.alloc(LARGEST_DATAGRAM_OCTETS);
    const replies = await survives("noise of 64 KB", 500, () => {
      for (let offset = 0; offset < noise.length; offset += 4)
        noise.writeUInt32BE(random.below(2 ** 32), offset % 65_504);
      return Uint8Array.from(noise);
    });
    expect(Math.max(0, ...replies.map((reply) => reply.length))).toBeLessThanOrEqual(12);
  });

  test("twenty thousand damaged queries and hostile shapes", async () => {
    const messages = createHostileMessages(20, "home.test");
    const replies = await survives("hostile shapes", 20_000, () => {
      return Uint8Array.from(messages.next().subarray(0, LARGEST_DATAGRAM_OCTETS));
    });
    expect(Math.max(...replies.map((reply) => reply.length))).toBeLessThanOrEqual(1232);
  });
});

describe("over TCP", () => {
  test("64 KB of noise on each of many connections", async () => {
    const random = createRandom(64);
    const { counters } = await survivesConnections("TCP noise of 64 KB", 200, async (client) => {
      client.write(Uint8Array.from({ length: 65_536 }, () => random.below(256)));
      await client.untilClosed();
    });
    expect(counters["tcp.closed.bad-length"]).toBeGreaterThan(150);
  });

  test("messages of length 0", async () => {
    const { counters } = await survivesConnections("TCP messages of length 0", 500, async (client) => {
      client.write(Uint8Array.of(0, 0));
      await client.untilClosed();
    });
    expect(counters["tcp.closed.bad-length"]).toBe(500);
  });

  test("clients that ask and never read", async () => {
    const queries = Buffer.concat(Array.from({ length: 1_000 }, () => withLength(APP)));
    const { counters } = await survivesConnections("TCP clients that never read", 50, async (client, { report }) => {
      const asked = ((await report()).counters["queries.tcp"] ?? 0) + 1_000;
      client.stopReading();
      client.write(queries);
      await eventually("the queries are taken", async () => ((await report()).counters["queries.tcp"] ?? 0) >= asked);
    });
    expect(counters["queries.tcp"]).toBeGreaterThanOrEqual(50_000);
  });
});

/** Sends `count` messages in step with the server, prints what they cost, and resolves with whatever came back. */
async function survives(title: string, count: number, message: () => Uint8Array): Promise<readonly Uint8Array[]> {
  const child = await startSeparateDataPlane([HOME]);
  const socket = createSocket("udp4");
  onTestFinished(() => void socket.close());
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const replies: Uint8Array[] = [];
  socket.on("message", (reply) => replies.push(reply));
  const before = await warmUp(child);
  const start = before.counters["queries.udp"] ?? 0;
  for (let sent = 0, unread = 0; sent < count; sent += 1) {
    const octets = message();
    unread += octets.length + 1_024; // what the kernel adds to each
    if (unread > UNREAD_OCTETS) {
      await untilRead(child, start + sent);
      unread = 0;
    }
    socket.send(octets, child.server.port, child.server.address);
  }
  await untilRead(child, start + count);
  await stillAnswers(child, { title, count, before });
  return replies;
}

async function untilRead({ report }: SeparateDataPlane, count: number): Promise<void> {
  await eventually("all is read", async () => ((await report()).counters["queries.udp"] ?? 0) >= count);
}

/** Lets `count` clients misbehave one after the other. */
async function survivesConnections(
  title: string,
  count: number,
  misbehave: (client: TcpClient, child: SeparateDataPlane) => Promise<void>,
): Promise<ChildReport> {
  const child = await startSeparateDataPlane([HOME]);
  const before = await warmUp(child);
  for (let index = 0; index < count; index += 1) {
    const client = await TcpClient.connect(child.server);
    await misbehave(client, child);
    client.destroy();
  }
  return stillAnswers(child, { title, count, before });
}

interface Cost {
  readonly title: string;
  readonly count: number;
  readonly before: ChildReport;
}

async function stillAnswers(
  { server, report }: SeparateDataPlane,
  { title, count, before }: Cost,
): Promise<ChildReport> {
  await expectAnswers(server);
  const after = await report();
  const growthBytes = after.rssBytes - before.rssBytes;
  const microseconds = ((after.cpuMs - before.cpuMs) * 1_000) / count;
  console.info(
    `hostile: ${count} × ${title}: ${microseconds.toFixed(1)} µs of CPU each, kernel and all; memory ${(growthBytes / MEBIBYTE).toFixed(1)} MiB`,
  );
  expect(after.counters).toMatchObject({ panics: 0, "worker.restarts": 0 });
  expect(growthBytes).toBeLessThan(MAX_GROWTH_BYTES);
  return after;
}

/** So that compiling the code is not taken for the cost of what comes. */
async function warmUp({ server, report }: SeparateDataPlane): Promise<ChildReport> {
  for (let index = 0; index < 100; index += 1) await expectAnswers(server);
  return report();
}

async function expectAnswers(server: ServerAddress): Promise<void> {
  for (const answer of [await answerUdp(server, APP), await answerTcp(server, APP)]) {
    expect(readReply(answer).answer).toEqual(["app.home.test 60 A 192.0.2.10"]);
  }
}

function pointerTo(offset: number): readonly [number, number] {
  return [0xc0 | (offset >> 8), offset & 0xff];
}
