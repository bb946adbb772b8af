// The control plane's side of the data plane: starts the DNS thread, gives it content, keeps it alive, reads its figures.
// Knows nothing of where content comes from or what the figures are called in metrics.

import type { ZoneChange } from "#src/dns/zone-content.ts";
import { assertNever } from "#src/errors.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { Lifecycle } from "#src/lib/lifecycle.ts";
import type { Logger } from "#src/lib/log.ts";
import { AcceptedContent } from "./accepted-content.ts";
import { bindProblem, nothingBoundProblem } from "./bind-problem.ts";
import { allocateCounters, Counters } from "./counters.ts";
import { EpochWaiters } from "./epoch-waiters.ts";
import {
  expandListenAddresses,
  type Interfaces,
  type ListenAddress,
  type ListenGroup,
  onLinkNetworks,
} from "./listen-addresses.ts";
import type { BindFailure, Endpoint } from "./listeners.ts";
import type { Network } from "./network.ts";
import { PendingPublications } from "./pending-publications.ts";
import type { ClientView, ControlMessage, DataPlaneMessage, WorkerSettings } from "./protocol.ts";
import { TCP_LIMITS, type TcpLimits } from "./tcp-limits.ts";
import { watchForHang } from "./watchdog.ts";
import { workerFile } from "./worker-file.ts";
import { startWorker, type WorkerHandle } from "./worker-handle.ts";

/** Loading the code and binding take tenths of a second, on a small board under load some seconds. */
const LISTEN_TIMEOUT_MS = 30_000;
/** The thread closes its sockets in milliseconds; one that hangs is ended by force after this. */
const STOP_TIMEOUT_MS = 1_500;
/** Back-off of restarts: the first at once for the LAN's sake, a thread that keeps dying at most this often. */
const FIRST_RESTART_DELAY_MS = 50;
const MAX_RESTART_DELAY_MS = 30_000;
/** A thread that lived this long was healthy: its end starts the back-off anew. */
const HEALTHY_LIFE_MS = 60_000;
/** Addresses come late (DHCP) and change (an access provider's IPv6 prefix): how soon we follow. */
const INTERFACE_CHECK_INTERVAL_MS = 10_000;

export interface DataPlaneOptions {
  /** Addresses to serve; "0.0.0.0" and "::" stand for every address of the family, also one that comes later. */
  readonly listen: readonly ListenAddress[];
  /** May ask beside private networks and our own links (docs/decisions.md 15). */
  readonly allowedNetworks: readonly Network[];
  /** Views that clients are sent to by their network, where the address they ask has none; best right first. */
  readonly clientViews?: readonly ClientView[];
  /** Networks that clients live in, beside our own links: addresses of a client's own come first in his answers. */
  readonly subnets?: readonly Network[];
  /** May open as many TCP connections as fit: the forwarder that asks for the whole LAN. */
  readonly uncappedClients: readonly Network[];
  /** Our name, told to who asks by NSID or id.server; 1 to 63 octets of ASCII. Without one neither is answered. */
  readonly serverId?: string | undefined;
  /** Overrides of TCP_LIMITS. */
  readonly tcpLimits?: Partial<TcpLimits>;
  /** `os.networkInterfaces`. */
  readonly interfaces: () => Interfaces;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Another thread entry than worker.ts. */
  readonly workerFile?: URL;
}

export interface DataPlane extends Lifecycle {
  /** Resolves when every socket is bound; rejects with UnavailableError (a sentence) when one cannot be. */
  start(): Promise<void>;
  /** Closes TCP, then UDP, then the thread; bounded by 1.5 s. */
  stop(): Promise<void>;
  /**
   * Changes what is served to a view, all its zones at once. Before `start` it is what the first query meets. Resolves when it is served, or
   * something newer is; rejects when it cannot be served (all of it is left out then) or the data plane stops first.
   */
  publish(publication: ViewPublication): Promise<void>;
  /** Whether the DNS thread answered within `timeoutMs`: for /livez. */
  ping(timeoutMs: number): Promise<boolean>;
  /** Every figure by its stable name (counters.ts), since the process started. */
  counters(): Readonly<Record<string, number>>;
  /** What is bound, UDP and TCP alike; empty before `start`. */
  addresses(): readonly Endpoint[];
}

interface ViewPublication {
  readonly view: string;
  readonly changes: readonly ZoneChange[];
  /** False until every source has listed: negative answers wait (docs/decisions.md 16). */
  readonly ready: boolean;
}

/** Starts no thread before `start`; content may be published before. */
export function createDataPlane(options: DataPlaneOptions): DataPlane {
  return new ThreadedDataPlane(options);
}

type Publication = Extract<ControlMessage, { kind: "publish" }>;

class ThreadedDataPlane implements DataPlane {
  readonly #options: DataPlaneOptions;
  readonly #counterMemory = allocateCounters();
  readonly #counters = new Counters(this.#counterMemory);
  readonly #stopping = new AbortController();
  readonly #served = new EpochWaiters();
  readonly #pongs = new Map<number, () => void>();
  readonly #warnedAddresses = new Set<string>();
  /** With the ports that the system chose: a restarted thread listens where its clients expect it. */
  #listen: readonly ListenAddress[];
  #endpoints: readonly Endpoint[] = [];
  #worker: WorkerHandle | undefined;
  /** What a new thread gets: the content known to be servable, then what may be servable, in order. */
  readonly #accepted = new AcceptedContent();
  readonly #pending = new PendingPublications();
  #epoch = 0;
  #pings = 0;
  #background: Promise<unknown> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  constructor(options: DataPlaneOptions) {
    this.#options = options;
    this.#listen = options.listen;
  }

  async start(): Promise<void> {
    const worker = await this.#launch();
    this.#background = Promise.all([this.#keepAlive(worker), this.#watch(), this.#followInterfaces()]);
    this.#options.logger.info({ addresses: this.#endpoints }, "dns listening");
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  publish(given: ViewPublication): Promise<void> {
    if (this.#stopping.signal.aborted) return Promise.reject(new Error("the data plane has stopped"));
    this.#epoch += 1;
    const publication: Publication = { ...given, kind: "publish", epoch: this.#epoch };
    this.#pending.add(publication);
    this.#worker?.post(publication);
    return this.#served.wait(this.#epoch);
  }

  async ping(timeoutMs: number): Promise<boolean> {
    if (this.#worker === undefined || this.#stopping.signal.aborted) return false;
    this.#pings += 1;
    const id = this.#pings;
    const pong = new Promise<void>((resolve) => this.#pongs.set(id, resolve));
    this.#worker.post({ kind: "ping", id });
    const isInTime = await this.#within(pong, timeoutMs);
    this.#pongs.delete(id);
    return isInTime && !this.#stopping.signal.aborted;
  }

  counters(): Readonly<Record<string, number>> {
    return this.#counters.readAll();
  }

  addresses(): readonly Endpoint[] {
    return this.#endpoints;
  }

  /** Starts a thread with the last content and waits until it listens; leaves no thread behind when it does not. */
  async #launch(): Promise<WorkerHandle> {
    this.#stopping.signal.throwIfAborted();
    const groups = expandListenAddresses(this.#listen, this.#options.interfaces());
    const listening = Promise.withResolvers<void>();
    const worker = startWorker(
      this.#options.workerFile ?? workerFile(import.meta.url),
      this.#workerSettings(),
      (message) => this.#hear(message, listening),
    );
    this.#worker = worker;
    this.#endpoints = [];
    // In this order: a thread never listens before it has what was published.
    for (const accepted of this.#accepted.publications()) worker.post(accepted);
    for (const publication of this.#pending.waiting) worker.post(publication);
    worker.post({ kind: "listen", groups });
    void worker.ended.then((reason) => listening.reject(new Error(`the dns thread ended: ${reason}`)));
    try {
      const isInTime = await this.#within(listening.promise, LISTEN_TIMEOUT_MS);
      if (!isInTime) throw new Error(`the dns thread did not listen within ${LISTEN_TIMEOUT_MS} ms`);
      this.#stopping.signal.throwIfAborted();
      if (this.#endpoints.length === 0) throw nothingBoundProblem(this.#listen);
      return worker;
    } catch (error) {
      await worker.terminate();
      this.#stopping.signal.throwIfAborted();
      throw error;
    }
  }

  #workerSettings(): WorkerSettings {
    const { allowedNetworks, clientViews = [], subnets = [], uncappedClients } = this.#options;
    const { tcpLimits, serverId, interfaces } = this.#options;
    return {
      counterMemory: this.#counterMemory,
      access: { onLink: onLinkNetworks(interfaces()), allowed: allowedNetworks },
      clientViews,
      subnets,
      uncappedClients,
      tcpLimits: { ...TCP_LIMITS, ...tcpLimits },
      serverId,
    };
  }

  #hear(message: DataPlaneMessage, listening: PromiseWithResolvers<void>): void {
    const { logger } = this.#options;
    switch (message.kind) {
      case "published":
        return this.#notePublished(message.epoch);
      case "publish-refused":
        logger.error({ epoch: message.epoch, problem: message.problem }, "publication refused by the dns thread");
        return this.#noteRefused(message);
      case "listening":
        this.#noteListening(message);
        return listening.resolve();
      case "bind-failed":
        if (this.#endpoints.length > 0) this.#warnUnbound(message.failure);
        return listening.reject(bindProblem(message.failure));
      case "pong":
        return this.#pongs.get(message.id)?.();
      case "panicked":
        return logger.error({ problem: message.problem }, "answering a query failed");
      default:
        return assertNever(message);
    }
  }

  #notePublished(epoch: number): void {
    for (const publication of this.#pending.takeUpTo(epoch)) this.#accepted.add(publication);
    this.#served.resolveUpTo(epoch);
  }

  #noteRefused({ epoch, problem }: Extract<DataPlaneMessage, { kind: "publish-refused" }>): void {
    this.#pending.drop(epoch);
    this.#served.reject(epoch, new Error(`the content could not be served: ${problem}`));
  }

  #noteListening({ endpoints, ports, skipped }: Extract<DataPlaneMessage, { kind: "listening" }>): void {
    if (this.#endpoints.length === 0) {
      this.#listen = this.#listen.map((entry, index) => ({ ...entry, port: ports[index] ?? entry.port }));
    }
    this.#endpoints = [...this.#endpoints, ...endpoints];
    for (const failure of skipped) this.#warnUnbound(failure);
  }

  /** Once per address: the same failure comes back at every look at the interfaces. */
  #warnUnbound(failure: BindFailure): void {
    if (this.#warnedAddresses.has(failure.address)) return;
    this.#warnedAddresses.add(failure.address);
    this.#options.logger.warn({ ...failure, problem: bindProblem(failure).message }, "dns address not served");
  }

  /** Restarts the thread with the last content, for as long as the process lives: DNS never stays down by itself. */
  async #keepAlive(first: WorkerHandle): Promise<void> {
    const { clock, logger } = this.#options;
    let delayMs = FIRST_RESTART_DELAY_MS;
    let worker: WorkerHandle | undefined = first;
    let bornMs = clock.monotonicMs();
    while (!this.#stopping.signal.aborted) {
      const reason: string = worker === undefined ? "it could not start" : await worker.ended;
      if (this.#stopping.signal.aborted) return;
      this.#endpoints = [];
      this.#counters.increment("worker.restarts");
      if (clock.monotonicMs() - bornMs >= HEALTHY_LIFE_MS) delayMs = FIRST_RESTART_DELAY_MS;
      logger.error({ reason, delayMs }, "dns thread ended unexpectedly");
      this.#giveUpDeadly();
      await this.#pause(delayMs);
      delayMs = Math.min(delayMs * 2, MAX_RESTART_DELAY_MS);
      bornMs = clock.monotonicMs();
      worker = await this.#relaunch();
    }
  }

  #giveUpDeadly(): void {
    for (const { epoch } of this.#pending.noteDeath()) {
      this.#options.logger.error({ epoch }, "publication given up because threads end at it");
      this.#served.reject(epoch, new Error("the dns thread ended at the content, again and again"));
    }
  }

  async #relaunch(): Promise<WorkerHandle | undefined> {
    const { logger } = this.#options;
    try {
      const worker = await this.#launch();
      logger.info({ addresses: this.#endpoints }, "dns thread restarted");
      return worker;
    } catch (error) {
      if (!this.#stopping.signal.aborted) logger.error({ error }, "dns thread could not be restarted");
      return undefined;
    }
  }

  /** Ends a thread that hangs; `#keepAlive` starts the next. Nobody else would: outside Kubernetes no kubelet asks /livez. */
  async #watch(): Promise<void> {
    const { clock, logger } = this.#options;
    await watchForHang({
      clock,
      signal: this.#stopping.signal,
      watched: () => (this.#endpoints.length > 0 ? this.#worker : undefined),
      ping: (timeoutMs) => this.ping(timeoutMs),
      onHang: (missedPings) => {
        this.#counters.increment("worker.hangs");
        logger.error({ missedPings }, "dns thread hung and is ended");
        void this.#worker?.terminate();
      },
    });
  }

  /** Serves addresses that come later and lets clients of new prefixes ask. */
  async #followInterfaces(): Promise<void> {
    let known = JSON.stringify(onLinkNetworks(this.#readInterfaces() ?? {}));
    while (!this.#stopping.signal.aborted) {
      await this.#pause(INTERFACE_CHECK_INTERVAL_MS);
      if (this.#stopping.signal.aborted) return;
      const interfaces = this.#readInterfaces();
      if (interfaces === undefined) continue;
      const networks = onLinkNetworks(interfaces);
      if (JSON.stringify(networks) !== known) this.#worker?.post({ kind: "set-on-link", networks });
      known = JSON.stringify(networks);
      for (const group of this.#unserved(interfaces)) this.#worker?.post({ kind: "listen", groups: [group] });
    }
  }

  /** `undefined` when the system does not tell: the call needs a file descriptor, and a crowd of clients may hold them all. */
  #readInterfaces(): Interfaces | undefined {
    try {
      return this.#options.interfaces();
    } catch (error) {
      this.#options.logger.warn({ err: error }, "network interfaces not read");
      return undefined;
    }
  }

  /** A group for each single address that a wildcard stands for and nothing is bound to yet. */
  #unserved(interfaces: Interfaces): readonly ListenGroup[] {
    if (this.#endpoints.length === 0) return []; // between two threads: the next one looks for itself
    const isServed = (address: string, port: number): boolean =>
      this.#endpoints.some((endpoint) => endpoint.address === address && endpoint.port === port);
    return expandListenAddresses(this.#listen, interfaces)
      .filter(({ origin }) => origin === "wildcard")
      .flatMap((group) =>
        group.addresses
          .filter((address) => !isServed(address, group.port))
          .map((address) => ({ ...group, addresses: [address] })),
      );
  }

  async #stop(): Promise<void> {
    this.#stopping.abort(new Error("the data plane stops"));
    const worker = this.#worker;
    if (worker !== undefined) {
      worker.post({ kind: "stop" });
      const ended = worker.ended.then(() => undefined);
      if (!(await this.#within(ended, STOP_TIMEOUT_MS))) await worker.terminate();
    }
    // Nobody waits for the pong of a thread that has ended.
    for (const settle of this.#pongs.values()) settle();
    await this.#background;
    this.#endpoints = [];
    this.#served.rejectAll(new Error("the data plane stopped before the content was served"));
  }

  /** Waits; ends early, without a fault, when the data plane stops. */
  async #pause(delayMs: number): Promise<void> {
    await this.#options.clock.sleep(delayMs, this.#stopping.signal).catch(() => undefined);
  }

  /** Whether `work` was done in time. */
  async #within(work: Promise<void>, timeoutMs: number): Promise<boolean> {
    const timer = new AbortController();
    const timeout = this.#options.clock.sleep(timeoutMs, timer.signal).then(
      () => false,
      () => false,
    );
    try {
      return await Promise.race([work.then(() => true), timeout]);
    } finally {
      timer.abort(new Error("settled"));
    }
  }
}
