// External-dns' registry and plan directly over an engine, without HTTP: for thousands of syncs a second. The webhook's codes
// are kept: what would be 500 or 503 is a soft error, anything else would end the process.

import type { Endpoint as EngineEndpoint } from "#src/domain/endpoint.ts";
import { UpstreamError } from "#src/errors.ts";
import type { SyncEngine } from "#src/sync/sync-engine.ts";
import type { Changes, Endpoint } from "#test/fakes/external-dns/endpoint.ts";
import { calculatePlan, hasChanges } from "#test/fakes/external-dns/plan.ts";
import type { Provider } from "#test/fakes/external-dns/registry.ts";
import { createTxtRegistry } from "#test/fakes/external-dns/txt-registry.ts";
import { SoftError } from "#test/fakes/external-dns/webhook-client.ts";

const MANAGED_TYPES = ["A", "AAAA", "CNAME"];

/** `silent`: nothing to change. `applied`: 204. `soft`: the loop goes on at the next interval. Anything thrown is an exit. */
export type SyncOutcome = "silent" | "applied" | "soft";

/** One loop of external-dns with the TXT registry. */
export async function syncOnce(
  engine: SyncEngine,
  desired: readonly Endpoint[],
  ownerId: string,
): Promise<SyncOutcome> {
  const registry = createTxtRegistry(providerOver(engine), {
    ownerId,
    oldOwnerId: "",
    prefix: "",
    suffix: "",
    wildcardReplacement: "",
    managedRecordTypes: MANAGED_TYPES,
    excludeRecordTypes: [],
    cacheIntervalMs: 0,
    nowMs: () => 0,
  });
  try {
    const current = await registry.records();
    const changes = calculatePlan({
      current,
      desired: await registry.adjustEndpoints(desired),
      policy: "sync",
      matchesDomain: () => true,
      managedRecordTypes: MANAGED_TYPES,
      excludeRecordTypes: [],
      ownerId,
      oldOwnerId: "",
    });
    if (!hasChanges(changes)) return "silent";
    await registry.applyChanges(changes);
    return "applied";
  } catch (error) {
    if (error instanceof SoftError || error instanceof UpstreamError) return "soft";
    throw error;
  }
}

function providerOver(engine: SyncEngine): Provider {
  const signal = new AbortController().signal;
  return {
    records: async () => (await engine.records(signal)).map(toExternal),
    adjustEndpoints: async (endpoints) =>
      (await engine.adjustEndpoints(endpoints.map(toEngine), signal)).map(toExternal),
    applyChanges: async (changes) => {
      const report = await engine.applyChanges(toEngineChanges(changes), signal);
      if (report.outcome !== "reached") throw new SoftError(report.outcome);
    },
  };
}

function toEngineChanges(changes: Changes): Parameters<SyncEngine["applyChanges"]>[0] {
  return {
    create: changes.create.map(toEngine),
    updateOld: changes.updateOld.map(toEngine),
    updateNew: changes.updateNew.map(toEngine),
    delete: changes.delete.map(toEngine),
  };
}

function toEngine(endpoint: Endpoint): EngineEndpoint {
  const { dnsName, recordType, targets, setIdentifier, recordTTL, labels, providerSpecific } = endpoint;
  return {
    dnsName,
    recordType,
    targets: [...targets],
    setIdentifier,
    recordTtlSeconds: recordTTL,
    labels: new Map(Object.entries(labels)),
    providerSpecific: providerSpecific.map((property) => ({ ...property })),
  };
}

function toExternal(endpoint: EngineEndpoint): Endpoint {
  const { dnsName, recordType, targets, setIdentifier, recordTtlSeconds, labels, providerSpecific } = endpoint;
  return {
    dnsName,
    recordType,
    targets: [...targets],
    setIdentifier,
    recordTTL: recordTtlSeconds,
    labels: Object.fromEntries(labels),
    providerSpecific: providerSpecific.map((property) => ({ ...property })),
  };
}
