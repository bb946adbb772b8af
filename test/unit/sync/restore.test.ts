import { describe, expect, test } from "vitest";
import { createBackupFiles } from "#src/sync/backup-files.ts";
import type { EngineOptions } from "#src/sync/engine-options.ts";
import type { Restoration } from "#src/sync/restore.ts";
import { MemoryStore } from "#test/fakes/memory-store.ts";
import { endpoint, registryText } from "#test/support/endpoints.ts";
import { engineOver, scopeOf, unbounded } from "#test/support/engine.ts";
import { temporaryFolder } from "#test/support/temporary-folder.ts";

const NAS = "nas.example.com A 192.0.2.9";

interface Bench {
  readonly store: MemoryStore;
  readonly look: (mode: "show" | "write") => Promise<Restoration | undefined>;
}

/** A backup of what `seed` put into the store, which is empty afterwards. */
async function after(seed: (store: MemoryStore) => void, more: Partial<EngineOptions> = {}): Promise<Bench> {
  const store = new MemoryStore();
  const backups = createBackupFiles(await temporaryFolder(), "memory");
  seed(store);
  await backups.add({ takenAtMs: 0, records: store.records });
  store.records = [];
  const engine = engineOver(store, { backups, ...more });
  const [name = ""] = await engine.backups();
  return { store, look: (mode) => engine.restore(name, mode, unbounded()) };
}

function states(restoration: Restoration | undefined): readonly string[] {
  return (restoration?.missing ?? []).map(({ state, name, type }) => `${state} ${name} ${type}`);
}

describe("what a backup holds", () => {
  test("is shown where it is lost, and written back only when that is asked for, with its TTL", async () => {
    const { store, look } = await after((at) => {
      at.seed("nas.example.com", "A", "192.0.2.9", { ttlSeconds: 300 });
      at.seed("nas.example.com", "A", "192.0.2.10", { ttlSeconds: 300 });
    });
    expect(await look("show")).toMatchObject({
      written: 0,
      missing: [{ state: "lost", was: ["192.0.2.10", "192.0.2.9"] }],
    });
    expect(store.contents()).toEqual([]);
    expect(await look("write")).toMatchObject({ written: 2, failures: [] });
    expect(store.contents()).toEqual(["nas.example.com A 192.0.2.10", NAS]);
    expect(store.records.map(({ ttlSeconds }) => ttlSeconds)).toEqual([300, 300]);
    expect(await look("write")).toMatchObject({ written: 0, missing: [] });
  });

  test.each([
    ["was changed since", "nas.example.com", "A", "192.0.2.77"],
    ["has an alias in its place", "nas.example.com", "CNAME", "other.example.com"],
  ])("and %s stays as it is now", async (_how, name, type, target) => {
    const { store, look } = await after((at) => void at.seed("nas.example.com", "A", "192.0.2.9"));
    store.seed(name, type, target);
    expect(states(await look("write"))).toEqual(["left nas.example.com A"]);
    expect(store.contents()).toEqual([`${name} ${type} ${target}`]);
  });

  test("and was external-dns' own is left to it, and so is its text", async () => {
    const www = endpoint("www.example.com", "A", ["192.0.2.1"]);
    const { store, look } = await after((at) => {
      at.seed("www.example.com", "A", "192.0.2.1");
      at.seed("a-www.example.com", "TXT", registryText(www).targets[0] ?? "");
      at.seed("nas.example.com", "A", "192.0.2.9");
    });
    expect(states(await look("write"))).toEqual(["left www.example.com A", "lost nas.example.com A"]);
    expect(store.contents()).toEqual([NAS]);
  });

  test("and may not be written by us is left: other domains, types that we do not know, what was switched off", async () => {
    const scope = scopeOf({ domainFilter: { options: scopeless, matches: (name) => name.endsWith("example.com") } });
    const { store, look } = await after(
      (at) => {
        at.seed("other.example.net", "A", "192.0.2.9");
        at.seed("strange.example.com", "NOVEL", "something");
        at.seed("off.example.com", "A", "192.0.2.9", { enabled: false });
      },
      { scope },
    );
    expect(states(await look("write"))).toEqual(["left other.example.net A", "left strange.example.com NOVEL"]);
    expect(store.contents()).toEqual([]);
  });

  test("is only shown in a dry run", async () => {
    const { store, look } = await after((at) => void at.seed("nas.example.com", "A", "192.0.2.9"), {
      writes: "report",
    });
    expect(await look("write")).toMatchObject({ written: 0, interruption: "this is a dry run" });
    expect(store.contents()).toEqual([]);
  });

  test("is nothing where there is no such backup", async () => {
    const engine = engineOver(new MemoryStore());
    expect(await engine.backups()).toEqual([]);
    expect(await engine.restore("2026-11-27T10-00-00.000Z.json", "write", unbounded())).toBeUndefined();
  });
});

const scopeless = { include: [], exclude: [], regexInclude: "", regexExclude: "" };
