// The composition root: which parts a mode runs, in which order they start and stop, and what operators see of them.

import type { KubernetesSettings } from "#src/config/kubernetes.ts";
import type { Settings } from "#src/config/settings.ts";
import type { DomainName } from "#src/domain/name.ts";
import { DEFAULT_VIEW } from "#src/domain/view-name.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { Lifecycle } from "#src/lib/lifecycle.ts";
import type { Logger } from "#src/lib/log.ts";
import { createAdminServer } from "#src/ops/admin-server.ts";
import type { Explanation } from "#src/ops/explanation.ts";
import {
  createMetrics,
  type Metrics,
  type ServingState,
  type SyncState,
  type UpstreamState,
} from "#src/ops/metrics.ts";
import type { StatusResponse } from "#src/ops/responses.ts";
import { createOpsServer, type OpsServer } from "#src/ops/server.ts";
import type { ClusterFeedFactory } from "./cluster-feed.ts";
import { explainRequest } from "./explain/request.ts";
import type { ProviderFactory } from "./provider.ts";
import { prepareProvider } from "./provider-registry.ts";
import type { createReadingHalf, ReadingHalf, ReadingStatus } from "./reading-half.ts";
import { VERSION } from "./version.ts";
import { createWritingHalf, type WritingHalf, type WritingStatus } from "./writing-half.ts";

/** Failures of the last request for which the key is to blame, or what it may do. */
const KEY_REFUSALS: ReadonlySet<string> = new Set(["unifi.credentials", "unifi.permission"]);

export interface AppOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Logger;
  /** Changes the least severe level that is logged. */
  readonly setLogLevel: (level: Settings["log"]["level"]) => void;
}

export interface AppStatus {
  readonly version: string;
  readonly mode: string;
  readonly reason: string;
  readonly startedAtMs: number;
  readonly ready: boolean;
  readonly notReady: readonly string[];
  readonly ops: ReturnType<OpsServer["addresses"]>;
  readonly dns: ReadingStatus | undefined;
  readonly webhook: WritingStatus | undefined;
}

export interface App extends Lifecycle {
  /** Rejects with UnavailableError or ConfigError; nothing runs then. */
  start(): Promise<void>;
  /** Says "not ready" from now on while everything goes on answering, so that callers move away before `stop`. */
  drain(): void;
  status(): AppStatus;
  /** Counts an error that no code foresaw. */
  bugCaught(): void;
}

/** Loads what the mode runs, and nothing else: a sidecar that only takes changes never loads the DNS server. */
export async function createApp(options: AppOptions): Promise<App> {
  const { mode, kubernetes } = options.settings;
  const [reading, createFeed, createProvider] = await Promise.all([
    mode.parts.has("dns") ? import("./reading-half.ts") : undefined,
    kubernetes === undefined ? undefined : prepareFeed(kubernetes, options.clock),
    mode.parts.has("webhook") ? prepareProvider(options) : undefined,
  ]);
  return new ZonegateApp(options, { createReadingHalf: reading?.createReadingHalf, createFeed, createProvider });
}

async function prepareFeed(kubernetes: KubernetesSettings, clock: Clock): Promise<ClusterFeedFactory> {
  const { prepareClusterFeed } = await import("./cluster-feed.ts");
  return prepareClusterFeed(kubernetes, clock);
}

/** Of each half, what makes it; `undefined` where the mode does without. */
interface Makers {
  readonly createReadingHalf: typeof createReadingHalf | undefined;
  readonly createFeed: ClusterFeedFactory | undefined;
  readonly createProvider: ProviderFactory | undefined;
}

class ZonegateApp implements App {
  readonly #options: AppOptions;
  readonly #startedAtMs: number;
  readonly #metrics: Metrics;
  readonly #ops: OpsServer | undefined;
  readonly #reading: ReadingHalf | undefined;
  readonly #writing: WritingHalf | undefined;
  readonly #admin: Lifecycle;
  #phase: "starting" | "running" | "draining" = "starting";

  constructor(options: AppOptions, makers: Makers) {
    const { settings, clock, log } = options;
    const { parts } = settings.mode;
    this.#options = options;
    this.#startedAtMs = clock.nowMs();
    this.#metrics = createMetrics({
      build: { version: VERSION, node: process.version },
      readDnsFigures: () => this.#reading?.counters() ?? {},
      readServingState: () => this.#servingState(),
      readUpstream: () => this.#upstreamState(),
      readClusters: () => this.#reading?.clusters(),
      readCheckpoint: () => this.#reading?.checkpoint(),
      readSync: () => this.#syncState(),
      isWebhookExposed: parts.has("webhook") && settings.webhook.isExposed,
      clock,
    });
    this.#reading = makers.createReadingHalf?.({
      settings,
      servesLocal: parts.has("webhook") && settings.provider === "local",
      createFeed: makers.createFeed,
      clock,
      log,
      bugCaught: () => this.bugCaught(),
    });
    const provider = makers.createProvider?.({
      onCommit: (recordSets) => this.#reading?.contributeLocal(recordSets),
      secretUnread: (setting) => this.#metrics.secretUnread(setting),
    });
    if (provider !== undefined) {
      this.#writing = createWritingHalf({ settings, provider, clock, log, observer: this.#metrics });
    }
    this.#admin = createAdminServer({
      socketPath: settings.admin.socket,
      engines: this.#writing === undefined ? [] : [this.#writing.engine],
      setLogLevel: options.setLogLevel,
      log,
    });
    if (parts.has("ops")) {
      this.#ops = createOpsServer({
        hosts: settings.ops.addresses,
        port: settings.ops.port,
        isLive: () => this.#reading?.isLive() ?? Promise.resolve(true),
        readiness: () => this.#readiness(),
        metrics: this.#metrics,
        // Typed, so that the published document can only be complete.
        status: (): StatusResponse => this.status(),
        explain: async (name, view) => this.#explain(name, view),
        log,
        clock,
      });
    }
  }

  /** Ports first: external-dns and the kubelet must be heard before anything is read or contacted. */
  async start(): Promise<void> {
    try {
      await this.#writing?.listen();
      await this.#ops?.start();
      await Promise.all([this.#writing?.start(), this.#reading?.start()]);
      if (this.#writing !== undefined) await this.#admin.start();
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#phase = "running";
  }

  drain(): void {
    this.#phase = "draining";
  }

  /** Writers first, so that nothing is acknowledged that nobody serves; DNS as late as possible; health last. */
  async stop(): Promise<void> {
    this.drain();
    await this.#admin.stop();
    await this.#writing?.stop();
    await this.#reading?.stop();
    await this.#ops?.stop();
  }

  status(): AppStatus {
    const { settings } = this.#options;
    const readiness = this.#readiness();
    return {
      version: VERSION,
      mode: settings.mode.mode,
      reason: settings.mode.reason,
      startedAtMs: this.#startedAtMs,
      ready: readiness.isReady,
      notReady: readiness.reasons,
      ops: this.#ops?.addresses() ?? [],
      dns: this.#reading?.status(),
      webhook: this.#writing?.status(),
    };
  }

  bugCaught(): void {
    this.#metrics.bugCaught();
  }

  /** `undefined`: there is no such view. */
  async #explain(name: DomainName, view: string): Promise<Explanation | undefined> {
    return explainRequest(name, view, { reading: this.#reading, stored: await this.#writing?.stored() });
  }

  #readiness(): { readonly isReady: boolean; readonly reasons: readonly string[] } {
    const reasons: string[] = [];
    if (this.#phase === "draining") reasons.push("draining");
    if (this.#phase === "starting") reasons.push("starting");
    for (const source of this.#reading?.unread() ?? []) reasons.push(`${source} has not been read yet`);
    return { isReady: reasons.length === 0, reasons };
  }

  #upstreamState(): UpstreamState | undefined {
    const status = this.#writing?.status();
    if (status?.console === undefined) return undefined;
    const { trust, failure, lastSuccessAtMs } = status.console;
    return {
      provider: status.provider,
      isUp: failure === undefined && lastSuccessAtMs !== undefined,
      isVerified: trust !== "skip",
      isAuthorized: failure === undefined || !KEY_REFUSALS.has(failure.code),
      isTrusted: failure?.code !== "unifi.untrusted",
    };
  }

  #syncState(): SyncState | undefined {
    const engine = this.#writing?.engine.status();
    return engine && { ...engine, held: engine.held?.going ?? 0 };
  }

  #servingState(): ServingState {
    const dns = this.#reading?.status();
    const conflicts = [...(dns?.conflicts ?? []), ...(dns?.views ?? []).flatMap((view) => view.conflicts)];
    return {
      isReady: this.#readiness().isReady,
      zones: [{ name: DEFAULT_VIEW, zones: dns?.zones ?? [] }, ...(dns?.views ?? [])].flatMap(({ name, zones }) =>
        zones.map(({ apex, names, recordSets }) => ({ view: name, zone: apex, names, recordSets })),
      ),
      problems: countByCode([...(dns?.objectProblems ?? []), ...(dns?.problems ?? [])]),
      conflicts: countByCode(conflicts),
    };
  }
}

function countByCode(entries: readonly { readonly code: string }[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { code } of entries) counts.set(code, (counts.get(code) ?? 0) + 1);
  return counts;
}
