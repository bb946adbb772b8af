// Two external-dns processes share one listener: each has a path, an engine and a store of its own.

import { afterEach, describe, expect, test } from "vitest";
import type { Endpoint } from "#test/fakes/external-dns/endpoint.ts";
import { createExternalDns, type ExternalDns, type LoopResult } from "#test/fakes/external-dns/external-dns.ts";
import { MemoryStore, type MemoryStoreOptions } from "#test/fakes/memory-store.ts";
import { engineOver } from "#test/support/engine.ts";
import { type StartedWebhook, startWebhook } from "#test/support/webhook.ts";

interface Side {
  readonly store: MemoryStore;
  readonly process: ExternalDns;
  desired: readonly Endpoint[];
}

interface Pair {
  readonly webhook: StartedWebhook;
  readonly inside: Side;
  readonly outside: Side;
}

let pair: Pair | undefined;

afterEach(async () => {
  pair?.inside.process.close();
  pair?.outside.process.close();
  await pair?.webhook.server.stop();
});

/** Both processes have negotiated; `inside` is at the root or a path, `outside` at another path. */
async function startPair(options: { readonly outside?: MemoryStoreOptions } = {}): Promise<Pair> {
  const stores = { inside: new MemoryStore(), outside: new MemoryStore(options.outside) };
  const insideEngine = engineOver(stores.inside);
  const webhook = await startWebhook(insideEngine, {
    engines: [
      { path: "/", engine: insideEngine },
      { path: "/outside", engine: engineOver(stores.outside) },
    ],
  });
  const side = (store: MemoryStore, path: string): Side => {
    const made: Side = {
      store,
      desired: [],
      process: createExternalDns({ url: `${webhook.url}${path}`, ownerId: "home", source: () => made.desired }),
    };
    return made;
  };
  pair = { webhook, inside: side(stores.inside, ""), outside: side(stores.outside, "/outside/") };
  await Promise.all([pair.inside.process.negotiate(), pair.outside.process.negotiate()]);
  return pair;
}

function wanted(name: string, address: string): Endpoint {
  return {
    dnsName: name,
    recordType: "A",
    targets: [address],
    setIdentifier: "",
    recordTTL: 0,
    labels: {},
    providerSpecific: [],
  };
}

function loops({ inside, outside }: Pair): Promise<[LoopResult, LoopResult]> {
  return Promise.all([inside.process.loop(), outside.process.loop()]);
}

describe("two external-dns processes with one owner id", () => {
  test("write the same name to two stores at once, with an address each, and neither sees the other's", async () => {
    const both = await startPair();
    both.inside.desired = [wanted("www.example.com", "192.168.1.10")];
    both.outside.desired = [wanted("www.example.com", "203.0.113.10"), wanted("only.example.com", "203.0.113.11")];
    expect((await loops(both)).map(({ outcome }) => outcome)).toEqual(["applied", "applied"]);
    expect((await loops(both)).map(({ outcome }) => outcome)).toEqual(["no changes", "no changes"]);
    expect(addresses(both.inside.store)).toEqual(["www.example.com A 192.168.1.10"]);
    expect(addresses(both.outside.store)).toEqual([
      "only.example.com A 203.0.113.11",
      "www.example.com A 203.0.113.10",
    ]);
  });

  test("what one deletes stays with the other", async () => {
    const both = await startPair();
    both.inside.desired = [wanted("www.example.com", "192.168.1.10")];
    both.outside.desired = [wanted("www.example.com", "203.0.113.10")];
    await loops(both);
    both.outside.desired = [];
    await loops(both);
    expect(addresses(both.inside.store)).toEqual(["www.example.com A 192.168.1.10"]);
    expect(both.outside.store.contents()).toEqual([]);
  });

  test("one whose backend is away waits, the other goes on", async () => {
    const both = await startPair({ outside: { listFails: () => true } });
    both.inside.desired = [wanted("www.example.com", "192.168.1.10")];
    both.outside.desired = [wanted("www.example.com", "203.0.113.10")];
    expect((await loops(both)).map(({ outcome }) => outcome)).toEqual(["applied", "soft error"]);
    expect(addresses(both.inside.store)).toEqual(["www.example.com A 192.168.1.10"]);
  });

  test("thirty loops of both at once, each with changes of its own, end where each wanted", async () => {
    const both = await startPair();
    for (let round = 1; round <= 30; round += 1) {
      both.inside.desired = [wanted(`n${round % 7}.example.com`, `192.168.1.${round}`)];
      both.outside.desired = [wanted(`n${round % 5}.example.com`, `203.0.113.${round}`)];
      const outcomes = (await loops(both)).map(({ outcome }) => outcome);
      expect(outcomes).not.toContain("exited");
    }
    expect(addresses(both.inside.store)).toEqual(["n2.example.com A 192.168.1.30"]);
    expect(addresses(both.outside.store)).toEqual(["n0.example.com A 203.0.113.30"]);
  });
});

function addresses(store: MemoryStore): readonly string[] {
  return store.contents().filter((line) => line.includes(" A "));
}
