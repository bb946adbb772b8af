// Random fault scripts against the simplest client that is right: list, watch, list again after anything odd. Shows that no
// script breaks the fake API server itself, and that once the faults are over the client holds what the server holds.

import { expect, test } from "vitest";
import { createKubeApiServer, type KubeApiServer } from "#test/fakes/kube-apiserver/kube-apiserver.ts";
import { randomFaults } from "#test/fakes/kube-apiserver/random-faults.ts";
import { ManualTime } from "#test/fakes/unifi-console/time.ts";
import { ask, configMap, openWatch } from "#test/support/kube-api.ts";
import { createRandom, type Random } from "#test/support/random.ts";

const SCRIPTS = Number(process.env["KUBE_SCRIPTS"] ?? "100");
const SEED = Number(process.env["KUBE_SEED"] ?? "1");
const LIST = "/api/v1/configmaps";
/** Some scripts hold lines of 5 MiB; on a busy machine a hundred take seconds. */
const TIMEOUT_MS = 20_000 + SCRIPTS * 200;

test(
  `after ${SCRIPTS} random scripts (KUBE_SEED=${SEED}) the client holds what the server holds`,
  async () => {
    const fired = new Set<string>();
    for (let round = 0; round < SCRIPTS; round++) {
      const random = createRandom(SEED + round);
      const time = new ManualTime();
      const server = createKubeApiServer({ time, seed: SEED + round });
      server.faults.add(...randomFaults(random, 10));
      for (let step = 0; step < 12; step++) await live(server, time, random);
      server.faults.clear();
      const seen = await readOnce(server, time, () => undefined);
      expect(seen, `KUBE_SEED=${SEED + round}`).toEqual(stateOf(server));
      for (const { fault } of server.requests()) if (fault !== undefined) fired.add(fault);
    }
    expect(fired.size).toBeGreaterThan(20);
  },
  TIMEOUT_MS,
);

/** One look of the client under faults, with writes while it watches. */
async function live(server: KubeApiServer, time: ManualTime, random: Random): Promise<void> {
  write(server, random);
  try {
    await readOnce(server, time, () => write(server, random));
  } catch (error) {
    if (String(error).includes("a bug of the fake")) throw error;
  }
}

function write(server: KubeApiServer, random: Random): void {
  const object = configMap(random.pick(["a", "b", "c", "d"]), random.pick(["default", "media"]));
  if (random.chance(0.3)) server.remove(object);
  else server.put({ ...object, data: { value: String(random.below(1000)) } });
}

/** Lists, then applies what a watch tells until it ends; throws where a real client would start again. */
async function readOnce(server: KubeApiServer, time: ManualTime, during: () => void): Promise<Record<string, string>> {
  const listing = ask(server, `GET ${LIST}`);
  time.advance(120_000);
  const list = await withoutHanging(listing, server);
  if (list.status !== 200) throw new Error(list.text);
  const state = new Map(list.body.items.map((item) => [key(item), item.metadata.resourceVersion ?? ""]));
  const opening = openWatch(
    server,
    `${LIST}?resourceVersion=${list.body.metadata.resourceVersion}&timeoutSeconds=30&allowWatchBookmarks=true`,
  );
  time.advance(10_000);
  during();
  time.advance(120_000);
  const watch = await withoutHanging(opening, server);
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  watch.abort();
  if (watch.lines().some((line) => line.includes("a bug of the fake"))) throw new Error(watch.lines().join("\n"));
  for (const { type, object } of watch.events()) {
    if (type === "DELETED") state.delete(key(object));
    else if (type !== "BOOKMARK") state.set(key(object), object.metadata?.resourceVersion ?? "");
  }
  return Object.fromEntries(state);
}

/** A request that hangs is given up at once: its time passed on the clock turned by hand. */
function withoutHanging<T>(answer: Promise<T>, server: KubeApiServer): Promise<T> {
  const last = server.requests().at(-1);
  return last?.fault === "hang" ? Promise.reject(new Error("hang")) : answer;
}

function key({
  metadata,
}: {
  readonly metadata?: { readonly name?: string; readonly namespace?: string | undefined };
}): string {
  return `${metadata?.namespace}/${metadata?.name}`;
}

function stateOf(server: KubeApiServer): Record<string, string> {
  return Object.fromEntries(
    server.objects("configmaps.").map((object) => [key(object), object.metadata.resourceVersion]),
  );
}
