// DNS over TCP against the real thread: framing however the octets arrive, and limits that no client gets round.

import { describe, expect, onTestFinished, test } from "vitest";
import type { DataPlane } from "#src/server/data-plane.ts";
import { parseNetwork } from "#src/server/network.ts";
import type { CloseReason } from "#src/server/tcp-connection.ts";
import type { TcpLimits } from "#src/server/tcp-limits.ts";
import { answerUdp, type ServerAddress, TcpClient, withLength } from "#test/support/dns/clients.ts";
import { runDataPlane } from "#test/support/dns/data-plane.ts";
import { buildQuery, readReply } from "#test/support/dns/packets.ts";
import { eventually } from "#test/support/eventually.ts";

const HOME = { apex: "home.test", records: ["app.home.test 60 A 192.0.2.10"] };
/** Sixty addresses: some 1,000 octets an answer, so that few queries make much to read. */
const LARGE = {
  apex: "large.test",
  records: Array.from({ length: 60 }, (_, host) => `all.large.test 60 A 10.0.0.${host}`),
};

function appQuery(id: number): Uint8Array {
  return withLength(buildQuery({ id, name: "app.home.test" }));
}

function queries(count: number): Uint8Array {
  return Buffer.concat(Array.from({ length: count }, (_, id) => appQuery(id)));
}

function idsOf(replies: readonly Uint8Array[]): readonly number[] {
  return replies.map((reply) => readReply(reply).id);
}

async function connect(server: ServerAddress): Promise<TcpClient> {
  const client = await TcpClient.connect(server);
  onTestFinished(() => client.destroy());
  return client;
}

async function serve(tcpLimits: Partial<TcpLimits> = {}): Promise<{ plane: DataPlane; server: ServerAddress }> {
  return runDataPlane([HOME, LARGE], { tcpLimits });
}

/** How many connections were closed for this reason, once there is one: the client may see the end before it is counted. */
async function closedFor(plane: DataPlane, reason: CloseReason): Promise<number> {
  return eventually(`a connection closed: ${reason}`, () => {
    const closed = plane.counters()[`tcp.closed.${reason}`] ?? 0;
    return closed > 0 && closed;
  });
}

describe("framing (RFC 7766)", () => {
  test("a hundred queries in one write are all answered, in order", async () => {
    const { server } = await serve();
    const client = await connect(server);
    client.write(queries(100));
    expect(idsOf(await client.replies(100))).toEqual(Array.from({ length: 100 }, (_, id) => id));
  });

  test("answers beyond the outbound limit all come when the client reads, though the kernel takes them at once", async () => {
    const records = Array.from({ length: 1_250 }, (_, host) => `all.huge.test 60 A 10.0.${host >> 8}.${host & 0xff}`);
    const { server } = await runDataPlane([{ apex: "huge.test", records }]);
    const client = await connect(server);
    client.write(Buffer.concat(Array.from({ length: 50 }, () => withLength(buildQuery({ name: "all.huge.test" })))));
    expect(await client.replies(50)).toHaveLength(50);
  });

  test("a query that arrives octet by octet is answered", async () => {
    const { server } = await serve();
    const client = await connect(server);
    for (const octet of appQuery(5)) {
      client.write(Uint8Array.of(octet));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(idsOf(await client.replies(1))).toEqual([5]);
  });

  test("a query cut in the middle of its length is answered with the ones around it", async () => {
    const { server } = await serve();
    const client = await connect(server);
    const octets = queries(3);
    const cut = appQuery(0).length + 1;
    client.write(octets.subarray(0, cut));
    await client.replies(1);
    client.write(octets.subarray(cut));
    expect(idsOf(await client.replies(3))).toEqual([0, 1, 2]);
  });

  test("a connection serves one query after another", async () => {
    const { server } = await serve();
    const client = await connect(server);
    for (let id = 0; id < 5; id += 1) {
      client.write(appQuery(id));
      await client.replies(id + 1);
    }
    expect(idsOf(await client.replies(5))).toEqual([0, 1, 2, 3, 4]);
  });

  test("a client that closes its side still gets every answer, then the connection ends", async () => {
    const { plane, server } = await serve();
    const client = await connect(server);
    client.write(queries(50));
    client.end();
    expect(await client.untilClosed()).toHaveLength(50);
    await eventually("the connection is gone", () => plane.counters()["tcp.open"] === 0);
    expect(await closedFor(plane, "by-client")).toBe(1);
  });

  test("a message of length 0 closes the connection", async () => {
    const { plane, server } = await serve();
    const client = await connect(server);
    client.write(Uint8Array.of(0, 0));
    expect(await client.untilClosed()).toEqual([]);
    expect(await closedFor(plane, "bad-length")).toBe(1);
  });

  test("a length that no query has closes the connection before its octets are kept", async () => {
    const { plane, server } = await serve();
    const client = await connect(server);
    client.write(Uint8Array.of(0xff, 0xff));
    await client.untilClosed();
    expect(await closedFor(plane, "bad-length")).toBe(1);
  });

  test("a response closes the connection", async () => {
    const { plane, server } = await serve();
    const client = await connect(server);
    client.write(withLength(buildQuery({ name: "app.home.test", flags: 0x8000 })));
    await client.untilClosed();
    expect(await closedFor(plane, "dropped-message")).toBe(1);
    expect(plane.counters()).toMatchObject({ "dropped.response": 1 });
  });

  test("more queries than one connection may ask get answers up to the limit, then an orderly end", async () => {
    const { plane, server } = await serve({ maxQueriesPerConnection: 40 });
    const client = await connect(server);
    client.write(queries(60));
    expect(await client.untilClosed()).toHaveLength(40);
    client.destroy();
    expect(await closedFor(plane, "query-limit")).toBe(1);
  });
});

describe("limits", () => {
  test("a client that says nothing is closed", async () => {
    const { plane, server } = await serve({ firstByteTimeoutMs: 100 });
    expect(await (await connect(server)).untilClosed()).toEqual([]);
    expect(await closedFor(plane, "first-byte-timeout")).toBe(1);
  });

  test("a client that falls silent after its answer is closed", async () => {
    const { plane, server } = await serve({ idleTimeoutMs: 100 });
    const client = await connect(server);
    client.write(appQuery(1));
    expect(await client.untilClosed()).toHaveLength(1);
    expect(await closedFor(plane, "idle")).toBe(1);
  });

  test("a client that drips octets is closed although it never falls silent", async () => {
    const { plane, server } = await serve({ messageTimeoutMs: 300, idleTimeoutMs: 60_000 });
    const client = await connect(server);
    const dripping = setInterval(() => client.write(Uint8Array.of(1)), 50);
    onTestFinished(() => clearInterval(dripping));
    await client.untilClosed();
    expect(await closedFor(plane, "message-timeout")).toBe(1);
  });

  test("a client that asks for ever is closed at the end of its lifetime", async () => {
    const { plane, server } = await serve({ lifetimeMs: 500, maxQueriesPerConnection: 1_000_000 });
    const client = await connect(server);
    const asking = setInterval(() => client.write(appQuery(1)), 20);
    onTestFinished(() => clearInterval(asking));
    await client.untilClosed();
    expect(await closedFor(plane, "lifetime")).toBe(1);
  });

  test("a client that never reads is left unanswered at the outbound limit, and closed", async () => {
    const limits = { maxQueriesPerConnection: 1_000_000, maxOutboundBytes: 64 * 1024, idleTimeoutMs: 500 };
    const { plane, server } = await serve(limits);
    const client = await connect(server);
    client.stopReading();
    const query = withLength(buildQuery({ name: "all.large.test" }));
    const sent = 100_000;
    client.write(Buffer.concat(Array.from({ length: sent }, () => query)));
    expect(await closedFor(plane, "never-drained")).toBe(1);
    // What the kernels hold at most on both ends is some 10 MB; the answers to everything sent would be 100 MB.
    expect(plane.counters()["queries.tcp"]).toBeLessThan(sent / 4);
    expect(await answerUdp(server, buildQuery({ name: "app.home.test" }))).toBeDefined();
  });

  test("one client gets no more than its share of connections; another still gets in", async () => {
    const { plane, server } = await serve({ maxConnectionsPerClient: 3 });
    const clients = await Promise.all([connect(server), connect(server), connect(server), connect(server)]);
    await eventually("one is closed", () => clients.filter((client) => client.isClosed).length === 1);
    expect(plane.counters()).toMatchObject({ "tcp.open": 3, "tcp.closed.client-limit": 1 });
  });

  test("a connection that ends makes room for the next of its client", async () => {
    const { plane, server } = await serve({ maxConnectionsPerClient: 1 });
    (await connect(server)).destroy();
    // Not the count of open ones: it is 0 before the connection was counted as well.
    await closedFor(plane, "by-client");
    const client = await connect(server);
    client.write(appQuery(2));
    expect(idsOf(await client.replies(1))).toEqual([2]);
  });

  test("the forwarder named in the settings has no share to keep to", async () => {
    const forwarder = parseNetwork("127.0.0.1");
    const { plane, server } = await runDataPlane([HOME], {
      tcpLimits: { maxConnectionsPerClient: 1 },
      uncappedClients: forwarder.ok ? [forwarder.value] : [],
    });
    const clients = await Promise.all([connect(server), connect(server), connect(server)]);
    for (const client of clients) client.write(appQuery(1));
    for (const client of clients) expect(await client.replies(1)).toHaveLength(1);
    expect(plane.counters()).toMatchObject({ "tcp.open": 3 });
  });

  test("all clients together get no more connections than there are, and UDP goes on", async () => {
    const { plane, server } = await serve({ maxConnections: 2 });
    const clients = await Promise.all([connect(server), connect(server), connect(server)]);
    await eventually("one is closed", () => clients.filter((client) => client.isClosed).length === 1);
    expect(await closedFor(plane, "connection-limit")).toBe(1);
    expect(readReply(await answerUdp(server, buildQuery({ name: "app.home.test" }))).rcode).toBe("NOERROR");
  });

  test("three hundred idle clients are all gone in the end", async () => {
    const { plane, server } = await serve({ maxConnectionsPerClient: 1_000 });
    const clients = await Promise.all(Array.from({ length: 300 }, () => connect(server)));
    await eventually("all have been looked at", () => plane.counters()["tcp.accepted"] === 300);
    expect(plane.counters()).toMatchObject({ "tcp.open": 256 });
    await Promise.all(clients.map((client) => client.untilClosed()));
    await eventually("none is open", () => plane.counters()["tcp.open"] === 0);
    expect(plane.counters()).toMatchObject({ "tcp.closed.connection-limit": 44, "tcp.closed.first-byte-timeout": 256 });
  });
});
