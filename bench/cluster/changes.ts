// From a change that the API server accepted to the first DNS answer that has it, one change after the other; beside it when the
// event has reached a client that does nothing else, and how long a query takes that changes nothing.

import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { get } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import type { ServerAddress } from "#test/support/dns/clients.ts";
import { buildQuery, readReply } from "#test/support/dns/packets.ts";
import { hostOf } from "./objects.ts";
import type { Cluster } from "./running.ts";

/** All in milliseconds. */
export interface ChangeTimes {
  /** Accepted to answered. */
  readonly answered: readonly number[];
  /** Accepted to a bare client's having read the event. */
  readonly event: readonly number[];
  /** One query and its reply. */
  readonly query: readonly number[];
}

/** Pause between a reply and the next query, the shortest that a timer knows: none at all would take from the processor what is measured. */
const POLL_MS = 1;
const GIVE_UP_MS = 30_000;
/** Between two changes: they are to be single ones. */
const PAUSE_MS = 20;
const MS_PER_NS = 1e-6;

export async function measureChanges(
  cluster: Cluster,
  dns: ServerAddress,
  given: { readonly ingresses: number; readonly changes: number; readonly firstChange: number },
): Promise<ChangeTimes> {
  const [asker, events] = [await openAsker(dns), await watchIngresses(cluster)];
  const times = { answered: [] as number[], event: [] as number[], query: [] as number[] };
  for (let change = given.firstChange; change < given.firstChange + given.changes; change += 1) {
    // Spread over all of them; 7919 is a prime, so that no index comes twice before all have come.
    const index = (change * 7_919) % given.ingresses;
    const address = `172.16.${(change >> 8) & 0xff}.${change & 0xff}`;
    const seen = events.seen(address);
    const acceptedNs = await cluster.change(index, address);
    const answered = await asker.until(hostOf(index), address);
    times.answered.push(Number(answered.atNs - acceptedNs) * MS_PER_NS);
    times.event.push(Number((await seen) - acceptedNs) * MS_PER_NS);
    times.query.push(answered.queryMs);
    await delay(PAUSE_MS);
  }
  asker.close();
  events.close();
  return times;
}

/** Waits until the name is answered with the address; how long that took does not matter. */
export async function untilAnswered(dns: ServerAddress, host: string): Promise<void> {
  const asker = await openAsker(dns);
  await asker.until(host, undefined);
  asker.close();
}

interface Asker {
  /** `undefined`: any address. `queryMs`: of the last query. */
  until(host: string, address: string | undefined): Promise<{ readonly atNs: bigint; readonly queryMs: number }>;
  close(): void;
}

async function openAsker(dns: ServerAddress): Promise<Asker> {
  const socket = createSocket("udp4");
  socket.connect(dns.port, dns.address);
  await once(socket, "connect");
  return {
    until: async (host, address) => {
      const deadlineMs = performance.now() + GIVE_UP_MS;
      for (let id = 0; performance.now() < deadlineMs; id = (id + 1) & 0xffff) {
        const sentNs = process.hrtime.bigint();
        const reply = readReply(await exchange(socket, buildQuery({ id, name: host })));
        const atNs = process.hrtime.bigint();
        const isThere = reply.answer.some((record) => address === undefined || record.endsWith(` ${address}`));
        if (isThere) return { atNs, queryMs: Number(atNs - sentNs) * MS_PER_NS };
        await delay(POLL_MS);
      }
      throw new Error(`${host} is not answered with ${address ?? "an address"} after ${GIVE_UP_MS} ms`);
    },
    close: () => socket.close(),
  };
}

async function exchange(socket: Socket, query: Uint8Array): Promise<Uint8Array> {
  const reply = once(socket, "message", { signal: AbortSignal.timeout(GIVE_UP_MS) });
  socket.send(query);
  const [message] = (await reply) as [Uint8Array];
  return message;
}

interface Events {
  /** When an event with this address has come, by `process.hrtime`. */
  seen(address: string): Promise<bigint>;
  close(): void;
}

/** A watch that parses nothing: what TLS, the emulated server and this process take. */
async function watchIngresses({ kubeconfig, caPem, token }: Cluster): Promise<Events> {
  const server = JSON.parse(kubeconfig).clusters[0].cluster.server as string;
  const request = get(`${server}/apis/networking.k8s.io/v1/ingresses?watch=1`, {
    ca: caPem,
    headers: { authorization: `Bearer ${token}` },
  });
  const [response] = await once(request, "response");
  let wanted: { readonly text: string; readonly resolve: (atNs: bigint) => void } | undefined;
  response.setEncoding("utf8").on("data", (text: string) => {
    if (wanted !== undefined && text.includes(wanted.text)) wanted.resolve(process.hrtime.bigint());
  });
  return {
    seen: (address) => {
      const { promise, resolve, reject } = Promise.withResolvers<bigint>();
      wanted = { text: `"ip":"${address}"`, resolve };
      const problem = new Error(`no event with ${address} after ${GIVE_UP_MS} ms`);
      setTimeout(() => reject(problem), GIVE_UP_MS).unref();
      promise.catch(() => undefined);
      return promise;
    },
    close: () => request.destroy(),
  };
}
