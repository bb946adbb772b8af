// The life of the data plane thread: holds what is served, owns the sockets, obeys the control plane, survives bad queries.
// Knows nothing of where content comes from.

import { isIPv6 } from "node:net";
import type { MessagePort } from "node:worker_threads";
import type { Outcome, RespondContext } from "#src/dns/respond.ts";
import { EMPTY_SNAPSHOT, type Snapshot } from "#src/dns/snapshot.ts";
import { MAX_QUERY_OCTETS } from "#src/dns/wire/query.ts";
import type { ZoneChange } from "#src/dns/zone-content.ts";
import { canonicalIpv6 } from "#src/domain/address.ts";
import { assertNever } from "#src/errors.ts";
import { type Clock, SYSTEM_CLOCK } from "#src/lib/clock.ts";
import { createAccessList } from "./access-list.ts";
import { type Access, type Answer, createAnswerer } from "./answerer.ts";
import { Counters } from "./counters.ts";
import type { ListenGroup } from "./listen-addresses.ts";
import { type Endpoint, type Listeners, openListeners } from "./listeners.ts";
import { createNearness, type Nearness } from "./nearness.ts";
import { createNetworkSet, type NetworkSet, withoutZone } from "./network.ts";
import type { ControlMessage, DataPlaneMessage, WorkerSettings } from "./protocol.ts";
import { TcpConnections } from "./tcp-connections.ts";
import { createViewChoice } from "./view-choice.ts";

/** A bug that every query meets must not flood the log; the counter has them all. */
const PANIC_REPORT_INTERVAL_MS = 1_000;

/** The pure half, given from outside so that tests can make it fail. */
export interface Brain {
  /** Leaves `snapshot` as it was when it throws. */
  changeSnapshot(snapshot: Snapshot, changes: readonly ZoneChange[]): Snapshot;
  respond(message: Uint8Array, context: RespondContext & { readonly client: Access }): Outcome;
}

interface Served {
  readonly snapshot: Snapshot;
  readonly ready: boolean;
}

const NOTHING_SERVED: Served = { snapshot: EMPTY_SNAPSHOT, ready: false };

/** Serves until the control plane says stop or closes the port. */
export function runWorkerThread(port: MessagePort, settings: WorkerSettings, brain: Brain): void {
  const thread = new WorkerThread(port, settings, brain);
  port.on("message", (message: ControlMessage) => thread.obey(message));
}

class WorkerThread {
  readonly #port: MessagePort;
  readonly #settings: WorkerSettings;
  readonly #brain: Brain;
  readonly #clock: Clock = SYSTEM_CLOCK;
  readonly #counters: Counters;
  readonly #answer: Answer;
  readonly #connections: TcpConnections;
  readonly #listeners: Listeners[] = [];
  #accessList: NetworkSet;
  #opening: Promise<void> = Promise.resolve();
  readonly #served = new Map<string, Served>();
  readonly #viewOfClient: (address: string) => string;
  #nearness: Nearness;
  #ownAddresses = createOwnAddresses([]);
  #nextPanicReportMs = 0;

  constructor(port: MessagePort, settings: WorkerSettings, brain: Brain) {
    this.#port = port;
    this.#settings = settings;
    this.#brain = brain;
    this.#counters = new Counters(settings.counterMemory);
    this.#viewOfClient = createViewChoice(settings.clientViews);
    this.#nearness = createNearness([...settings.subnets, ...settings.access.onLink]);
    this.#accessList = createAccessList(settings.access);
    this.#answer = this.#createAnswer();
    this.#connections = new TcpConnections({
      answer: this.#answer,
      counters: this.#counters,
      limits: settings.tcpLimits,
      uncappedClients: createNetworkSet(settings.uncappedClients),
      maxQueryOctets: MAX_QUERY_OCTETS,
      clock: this.#clock,
    });
    void this.#connections.sweepUntilClosed();
  }

  /** An unexpected failure is left to end the thread: the control plane starts another with the same content. */
  obey(message: ControlMessage): void {
    switch (message.kind) {
      case "publish":
        return this.#publish(message);
      case "listen":
        this.#opening = this.#opening.then(() => this.#listen(message.groups));
        return undefined;
      case "set-on-link":
        this.#accessList = createAccessList({ ...this.#settings.access, onLink: message.networks });
        this.#nearness = createNearness([...this.#settings.subnets, ...message.networks]);
        return undefined;
      case "ping":
        return this.#tell({ kind: "pong", id: message.id });
      case "stop":
        return void this.#stop();
      default:
        return assertNever(message);
    }
  }

  #createAnswer(): Answer {
    const { serverId, tcpLimits } = this.#settings;
    const tcpIdleTimeoutMs = tcpLimits.idleTimeoutMs;
    return createAnswerer({
      mayAsk: (address) => this.#accessList.has(address),
      counters: this.#counters,
      respond: (message, { address, protocol, view }, access) =>
        this.#brain.respond(message, {
          ...this.#servedIn(view ?? this.#viewOfClient(address)),
          serverId,
          tcpIdleTimeoutMs,
          protocol,
          client: access,
          isNear: this.#nearness.to(address),
        }),
      isOwnAddress: (address, port) => this.#ownAddresses(address, port),
      onPanic: (error) => this.#reportPanic(error),
    });
  }

  #servedIn(view: string): Served {
    return this.#served.get(view) ?? NOTHING_SERVED;
  }

  /** One assignment swaps everything: no query sees half of it. */
  #publish({ epoch, view, changes, ready }: Extract<ControlMessage, { kind: "publish" }>): void {
    try {
      const snapshot = this.#brain.changeSnapshot(this.#servedIn(view).snapshot, changes);
      this.#served.set(view, { snapshot, ready });
    } catch (error) {
      this.#counters.increment("publications.refused");
      this.#tell({ kind: "publish-refused", epoch, problem: describe(error) });
      return;
    }
    this.#counters.increment("publications");
    this.#tell({ kind: "published", epoch });
  }

  async #listen(groups: readonly ListenGroup[]): Promise<void> {
    const opened = await openListeners(groups, {
      answer: this.#answer,
      counters: this.#counters,
      connections: this.#connections,
      maxOutboundBytes: this.#settings.tcpLimits.maxOutboundBytes,
    });
    if (opened.kind === "failed") {
      this.#tell({ kind: "bind-failed", failure: opened.failure });
      return;
    }
    this.#listeners.push(opened.listeners);
    this.#ownAddresses = createOwnAddresses(this.#listeners.flatMap(({ endpoints }) => endpoints));
    const { endpoints, ports, skipped } = opened.listeners;
    this.#tell({ kind: "listening", endpoints, ports, skipped });
  }

  async #stop(): Promise<void> {
    await this.#opening;
    this.#connections.closeAll();
    await Promise.all(this.#listeners.map((listeners) => listeners.close()));
    this.#port.close();
  }

  #reportPanic(error: unknown): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs < this.#nextPanicReportMs) return;
    this.#nextPanicReportMs = nowMs + PANIC_REPORT_INTERVAL_MS;
    this.#tell({ kind: "panicked", problem: describe(error) });
  }

  #tell(message: DataPlaneMessage): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- between threads there are no origins
    this.#port.postMessage(message);
  }
}

/** Looks at the port first: hardly any client sends from one of ours, so the text is hardly ever built. */
function createOwnAddresses(endpoints: readonly Endpoint[]): (address: string, port: number) => boolean {
  const ports = new Set(endpoints.map(({ port }) => port));
  const endpointTexts = new Set(
    // As sockets report peers; a setting may spell an IPv6 address in another way.
    endpoints.map(({ address, port }) => endpointText({ address: canonicalAddress(address), port })),
  );
  return (address, port) => ports.has(port) && endpointTexts.has(endpointText({ address, port }));
}

function endpointText({ address, port }: Endpoint): string {
  return `${withoutZone(address)} ${port}`;
}

function canonicalAddress(address: string): string {
  return isIPv6(address) ? canonicalIpv6(withoutZone(address)) : address;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
