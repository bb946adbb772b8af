// One external-dns process against a webhook, loop by loop (controller/controller.go, controller/execute.go): the oracle
// that every provider is tested with. It shares no code with src/.

import { setTimeout as sleepFor } from "node:timers/promises";
import { createDomainFilter, domainMatches } from "./domain-filter.ts";
import type { Changes, Endpoint } from "./endpoint.ts";
import type { Release } from "./endpoint-json.ts";
import type { SentRequest } from "./go-http-client.ts";
import { parseAesKey } from "./labels.ts";
import { calculatePlan, hasChanges, type Policy } from "./plan.ts";
import { createNoopRegistry, type Registry } from "./registry.ts";
import { prepareSourceEndpoints } from "./source-pipeline.ts";
import { createTxtRegistry } from "./txt-registry.ts";
import { SoftError, WebhookClient } from "./webhook-client.ts";

/** Flags of external-dns by their names; what is left out has the flag's default. */
export interface ExternalDnsOptions {
  readonly url: string;
  /** Called once a loop, as the sources are. */
  readonly source: () => readonly Endpoint[];
  readonly ownerId?: string;
  readonly policy?: Policy;
  readonly registry?: "txt" | "noop";
  readonly txtPrefix?: string;
  readonly txtSuffix?: string;
  readonly txtWildcardReplacement?: string;
  readonly txtEncryptAesKey?: string;
  readonly txtCacheIntervalMs?: number;
  readonly migrateFromTxtOwner?: string;
  readonly managedRecordTypes?: readonly string[];
  readonly excludeRecordTypes?: readonly string[];
  readonly domainFilter?: readonly string[];
  readonly excludeDomains?: readonly string[];
  readonly release?: Release;
  readonly deadlineMs?: number;
  readonly sleep?: (ms: number) => Promise<void>;
  readonly random?: () => number;
  readonly nowMs?: () => number;
}

/** What a call did, and every request it sent. `exited` = the process ended: a pod would restart. */
type Outcome<Kind> = Kind & { readonly requests: readonly SentRequest[] };
type NegotiationResult = Outcome<{ readonly outcome: "ready" } | Exited>;
export type LoopResult = Outcome<
  | { readonly outcome: "no changes" }
  | { readonly outcome: "applied"; readonly changes: Changes }
  | { readonly outcome: "soft error"; readonly reason: string }
  | Exited
>;
type Exited = { readonly outcome: "exited"; readonly reason: string };

export interface ExternalDns {
  /** The start of the process. Loops before it, or after an exit, are a mistake of the test and throw. */
  negotiate(): Promise<NegotiationResult>;
  /** Records, source, AdjustEndpoints, plan, ApplyChanges: once. */
  loop(): Promise<LoopResult>;
  /** Ends the process: its connections are closed. */
  close(): void;
}

const DEFAULT_MANAGED_TYPES = ["A", "AAAA", "CNAME"];

export function createExternalDns(options: ExternalDnsOptions): ExternalDns {
  const client = new WebhookClient({
    url: options.url,
    release: options.release ?? "0.21",
    sleep: options.sleep ?? ((ms) => sleepFor(ms)),
    random: options.random ?? Math.random,
    ...(options.deadlineMs !== undefined && { deadlineMs: options.deadlineMs }),
  });
  const registry = createRegistry(client, options);
  let state: "new" | "running" | "exited" = "new";

  return { negotiate, loop, close: () => client.close() };

  async function negotiate(): Promise<NegotiationResult> {
    if (state !== "new") throw new Error("negotiate() starts the process and can be called once");
    const first = client.sent.length;
    try {
      await client.negotiate();
    } catch (error) {
      return { ...exit(error), requests: client.sent.slice(first) };
    }
    state = "running";
    return { outcome: "ready", requests: client.sent.slice(first) };
  }

  async function loop(): Promise<LoopResult> {
    if (state !== "running") throw new Error(`external-dns does not run: it is ${state}`);
    const first = client.sent.length;
    try {
      const changes = await runOnce({ client, registry, options });
      const did =
        changes === undefined ? ({ outcome: "no changes" } as const) : ({ outcome: "applied", changes } as const);
      return { ...did, requests: client.sent.slice(first) };
    } catch (error) {
      const failed =
        error instanceof SoftError ? ({ outcome: "soft error", reason: error.message } as const) : exit(error);
      return { ...failed, requests: client.sent.slice(first) };
    }
  }

  function exit(error: unknown): Exited {
    state = "exited";
    client.close();
    return { outcome: "exited", reason: error instanceof Error ? error.message : String(error) };
  }
}

function createRegistry(client: WebhookClient, options: ExternalDnsOptions): Registry {
  if (options.registry === "noop") return createNoopRegistry(client);
  return createTxtRegistry(client, {
    ownerId: options.ownerId ?? "default",
    oldOwnerId: options.migrateFromTxtOwner ?? "",
    prefix: options.txtPrefix ?? "",
    suffix: options.txtSuffix ?? "",
    wildcardReplacement: options.txtWildcardReplacement ?? "",
    managedRecordTypes: options.managedRecordTypes ?? DEFAULT_MANAGED_TYPES,
    excludeRecordTypes: options.excludeRecordTypes ?? [],
    cacheIntervalMs: options.txtCacheIntervalMs ?? 0,
    nowMs: options.nowMs ?? Date.now,
    ...(options.txtEncryptAesKey !== undefined && { aesKey: parseAesKey(options.txtEncryptAesKey) }),
  });
}

interface Process {
  readonly client: WebhookClient;
  readonly registry: Registry;
  readonly options: ExternalDnsOptions;
}

/** `undefined` when all records were up to date. */
async function runOnce({ client, registry, options }: Process): Promise<Changes | undefined> {
  const current = await registry.records();
  const desired = await registry.adjustEndpoints(prepareSourceEndpoints(options.source(), options.release ?? "0.21"));
  const own = createDomainFilter(options.domainFilter ?? [], options.excludeDomains ?? []);
  const changes = calculatePlan({
    current,
    desired,
    policy: options.policy ?? "sync",
    matchesDomain: (name) => domainMatches(own, name) && domainMatches(client.domainFilter, name),
    managedRecordTypes: options.managedRecordTypes ?? DEFAULT_MANAGED_TYPES,
    excludeRecordTypes: options.excludeRecordTypes ?? [],
    ownerId: registry.ownerId,
    oldOwnerId: options.migrateFromTxtOwner ?? "",
  });
  if (!hasChanges(changes)) return undefined;
  await registry.applyChanges(changes);
  return changes;
}
