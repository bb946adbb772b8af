// The provider `local` behind the webhook must do what every provider must; an observer reads its records from the disk.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRecordType } from "#src/domain/record.ts";
import { canonicalTarget } from "#src/domain/target.ts";
import { parseText } from "#src/domain/text.ts";
import type { LocalStore } from "#src/providers/local/local-store.ts";
import { decodeRecordFile, type LocalRecord } from "#src/providers/local/record-file.ts";
import type { Step } from "#src/providers/provider.ts";
import type { EngineOptions } from "#src/sync/engine-options.ts";
import { engineOver, unbounded } from "#test/support/engine.ts";
import { openStore } from "#test/support/local-store.ts";
import { name, valueOf } from "#test/support/parsed.ts";
import { startWebhook } from "#test/support/webhook.ts";
import type { ObservedRecord, WebhookCapabilities, WebhookUnderTest } from "./webhook-bench.ts";
import { describeWebhookScenarios } from "./webhook-scenarios.ts";

const CAPABILITIES: WebhookCapabilities = {
  zone: "example.com",
  recordTypes: ["A", "AAAA", "CNAME", "MX", "SRV"],
  multiValueTypes: ["A", "AAAA", "TXT", "MX", "SRV"],
  ttlsSeconds: [300, 600],
  wildcards: true,
  maxTxtOctets: 60_000,
  refusesTakenNames: true,
};

describeWebhookScenarios("the local provider", {
  start: () => start("refuse"),
  capabilities: CAPABILITIES,
});

// A TXT of external-dns' own needs `--registry=noop`, whose deletions carry no owner (docs/decisions.md 1).
describeWebhookScenarios("the local provider with UNOWNED_CHANGES=allow", {
  start: () => start("allow"),
  capabilities: { ...CAPABILITIES, recordTypes: [...CAPABILITIES.recordTypes, "TXT"] },
});

async function start(unownedChanges: EngineOptions["unownedChanges"]): Promise<WebhookUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), "zonegate-local-"));
  const { store } = await openStore(folder);
  const { server, url } = await startWebhook(engineOver(store, { unownedChanges }));
  return {
    url,
    stop: async () => {
      await server.stop();
      store.close();
      await rm(folder, { recursive: true });
    },
    list: () => readStored(folder),
    seedForeign: (records) => write(store, records.flatMap(creations)),
    lose: async (lostName, type) => {
      const { records } = await store.list(unbounded());
      const lost = records.filter((record) => record.name === lostName && record.type === type);
      await write(
        store,
        lost.map((record) => ({ kind: "delete", record })),
      );
    },
  };
}

async function write(store: LocalStore, steps: readonly Step[]): Promise<void> {
  for (const step of steps) await store.apply(step, unbounded());
}

function creations({ name: text, type, values, ttlSeconds }: ObservedRecord): readonly Step[] {
  if (!isRecordType(type)) throw new Error(`no such type: ${type}`);
  return values.map((value) => ({
    kind: "create",
    record: { name: name(text), type, target: valueOf(canonicalTarget(type, value)), ttlSeconds },
  }));
}

/** Nothing was ever stored when there is no file. */
async function readStored(folder: string): Promise<readonly ObservedRecord[]> {
  const bytes = await readFile(join(folder, "records.jsonl")).catch(() => undefined);
  if (bytes === undefined) return [];
  const decoded = decodeRecordFile(bytes);
  if (decoded.kind !== "intact") throw new Error(`the record file is ${decoded.kind}`);
  return [...Map.groupBy(decoded.file.records, (record) => `${record.name} ${record.type}`).values()].map(observed);
}

function observed(group: readonly LocalRecord[]): ObservedRecord {
  const [{ name: at, type, ttlSeconds }] = group as [LocalRecord];
  const values = group.map(({ target }) => (type === "TXT" ? textOf(target) : target));
  return { name: at, type, values, ...(ttlSeconds === undefined ? {} : { ttlSeconds }) };
}

function textOf(target: string): string {
  return new TextDecoder().decode(valueOf(parseText(target)));
}
