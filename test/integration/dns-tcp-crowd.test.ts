// A crowd of useless TCP clients against the limits of production: all are gone in time, UDP answers all along, and it hardly
// costs memory. The server is a process of its own, so that its memory is not that of 360 clients.

import { expect, onTestFinished, test } from "vitest";
import { SWEEP_INTERVAL_MS, TCP_LIMITS } from "#src/server/tcp-limits.ts";
import { answerUdp, type ServerAddress, TcpClient, withLength } from "#test/support/dns/clients.ts";
import { buildQuery, readReply } from "#test/support/dns/packets.ts";
import { startSeparateDataPlane } from "#test/support/dns/separate-data-plane.ts";

const HOME = { apex: "home.test", records: ["app.home.test 60 A 192.0.2.10"] };
/** Some 12,000 octets an answer: a thousand of them are more than the kernel keeps for a client that never reads. */
const LARGE = {
  apex: "large.test",
  records: Array.from({ length: 750 }, (_, host) => `all.large.test 60 A 10.0.${host >> 8}.${host & 0xff}`),
};
const APP = buildQuery({ id: 7, name: "app.home.test" });

const NEVER_READING = 10;
const SLOW = 50;
const IDLE_AFTER_A_QUERY = 150;
const SILENT_FROM_THE_START = 150;
const ALL = NEVER_READING + SLOW + IDLE_AFTER_A_QUERY + SILENT_FROM_THE_START;

/** How long after its limit a client may still be there. */
const GRACE_MS = 15_000;
const LONGEST_LIMIT_MS = Math.max(TCP_LIMITS.idleTimeoutMs, TCP_LIMITS.firstByteTimeoutMs);
const MEBIBYTE = 1024 * 1024;
/** The goal is 10 MiB, which the line printed is compared with; twice that is no question of when garbage is collected. */
const MAX_GROWTH_BYTES = 20 * MEBIBYTE;

test("300 idle, 50 slow and 10 never-reading clients are gone in time while UDP answers", {
  timeout: 60_000,
}, async () => {
  const { server, report } = await startSeparateDataPlane([HOME, LARGE]);
  await warmUp(server);
  const before = await report();
  const accepted = (before.counters["tcp.accepted"] ?? 0) + ALL;
  const probes = probeUdp(server);

  // The useful order: who came first keeps its place when all 256 are taken.
  await crowd({ server, count: NEVER_READING, network: 10 }, neverRead);
  await crowd({ server, count: SLOW, network: 20 }, drip);
  await crowd({ server, count: IDLE_AFTER_A_QUERY, network: 30 }, askOnce);
  await crowd({ server, count: SILENT_FROM_THE_START, network: 40 }, () => undefined);

  const openedMs = performance.now();
  const deadlineMs = openedMs + LONGEST_LIMIT_MS + SWEEP_INTERVAL_MS + GRACE_MS;
  let now = await report();
  let peakBytes = now.rssBytes;
  while (
    performance.now() < deadlineMs &&
    !(now.counters["tcp.accepted"] === accepted && now.counters["tcp.open"] === 0)
  ) {
    expect(now.counters["tcp.open"]).toBeLessThanOrEqual(TCP_LIMITS.maxConnections);
    await new Promise((resolve) => setTimeout(resolve, 100));
    now = await report();
    peakBytes = Math.max(peakBytes, now.rssBytes);
  }
  const goneMs = performance.now() - openedMs;
  const asked = await probes.stop();

  console.info(
    `tcp crowd: gone after ${Math.round(goneMs)} ms; UDP answered ${asked.answered} of ${asked.sent}, slowest ${Math.round(asked.slowestMs)} ms; ` +
      `resident ${mebibytes(before.rssBytes)} MiB, growth at most ${mebibytes(peakBytes - before.rssBytes)} MiB; ` +
      JSON.stringify(
        Object.fromEntries(
          Object.entries(now.counters).filter(([name, count]) => name.startsWith("tcp.closed") && count > 0),
        ),
      ),
  );
  expect(now.counters).toMatchObject({
    "tcp.accepted": accepted,
    "tcp.open": 0,
    "tcp.closed.never-drained": NEVER_READING,
    "tcp.closed.message-timeout": SLOW,
    "tcp.closed.idle": IDLE_AFTER_A_QUERY,
    "tcp.closed.client-limit": 0,
    "worker.restarts": 0,
    panics: 0,
  });
  // 256 find room; of those who come last the excess is closed at once, the others when they have said nothing for 2 s.
  const { "tcp.closed.first-byte-timeout": silent = 0, "tcp.closed.connection-limit": refused = 0 } = now.counters;
  expect(silent + refused).toBe(SILENT_FROM_THE_START);
  expect(refused).toBeGreaterThan(0);
  expect(asked.answered).toBe(asked.sent);
  expect(peakBytes - before.rssBytes).toBeLessThan(MAX_GROWTH_BYTES);
});

interface Crowd {
  readonly server: ServerAddress;
  readonly count: number;
  /** Third octet of the loopback addresses they come from, so that no share per address is in the way. */
  readonly network: number;
}

async function crowd({ server, count, network }: Crowd, behave: (client: TcpClient) => void): Promise<void> {
  const indexes = Array.from({ length: count }, (_, index) => index);
  await Promise.all(
    indexes.map(async (index) => {
      const host = 1 + Math.floor(index / TCP_LIMITS.maxConnectionsPerClient);
      const client = await TcpClient.connect(server, `127.0.${network}.${host}`);
      onTestFinished(() => client.destroy());
      behave(client);
    }),
  );
}

/** Asks for more than it will ever take. */
function neverRead(client: TcpClient): void {
  client.stopReading();
  const query = withLength(buildQuery({ name: "all.large.test" }));
  client.write(Buffer.concat(Array.from({ length: TCP_LIMITS.maxQueriesPerConnection }, () => query)));
}

/** One octet at a time, never a whole message. */
function drip(client: TcpClient): void {
  const octets = withLength(APP);
  let sent = 0;
  const timer = setInterval(() => {
    if (client.isClosed) return clearInterval(timer);
    client.write(octets.subarray(sent % octets.length, (sent % octets.length) + 1));
    sent += 1;
    return undefined;
  }, 400);
  onTestFinished(() => clearInterval(timer));
}

function askOnce(client: TcpClient): void {
  client.write(withLength(APP));
}

/** Asks over UDP again and again until told to stop; each answer is waited for. */
function probeUdp(server: ServerAddress) {
  const seen = { sent: 0, answered: 0, slowestMs: 0 };
  const stopping = new AbortController();
  const asking = (async () => {
    while (!stopping.signal.aborted) {
      seen.sent += 1;
      const startMs = performance.now();
      const reply = readReply(await answerUdp(server, APP));
      seen.slowestMs = Math.max(seen.slowestMs, performance.now() - startMs);
      if (reply.rcode === "NOERROR") seen.answered += 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await asking;
      return seen;
    },
  };
}

/** So that compiled code and the heap's usual size are not taken for the crowd's cost. */
async function warmUp(server: ServerAddress): Promise<void> {
  for (let index = 0; index < 300; index += 1) await answerUdp(server, APP);
  const query = withLength(buildQuery({ name: "all.large.test" }));
  for (let round = 0; round < 20; round += 1) {
    const client = await TcpClient.connect(server);
    client.write(Buffer.concat(Array.from({ length: 50 }, () => query)));
    await client.replies(50);
    client.destroy();
  }
}

function mebibytes(bytes: number): string {
  return (bytes / MEBIBYTE).toFixed(1);
}
