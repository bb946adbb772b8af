// A UniFi console over real HTTPS: both DNS APIs over one store, authentication, validation, faults, and the gateway's
// dnsmasq with a DNS port. Nothing in it is taken from src/. Start one with `startUnifiConsole(options)`, or without sockets, for
// thousands of runs, with `startMemoryConsole(options)`; that one alone knows what src/ makes of a connection. Then:
//   url, apiKey, viewerKey, username, password, fingerprint, caPem   what a client is given
//   records(), commits(), reloads(), requests(), counters()     what happened, newest last
//   seed(record…), hand(edit), settle(), reset()                 the store, from outside the API
//   faults.plan([…]), faults.random({ seed, rate }), faults.replay(fired), faults.clear(), faults.fired()
//   reboot(), upgrade(profile), set(switches), expireSessions(), rotateCsrf(), revokeKeys(), rotateCertificate(),
//   setTransport(mode), site(reference)                          events; times run at `timeScale` or by a ManualTime
// Beside it: startDnsPort(unifi.gateway()), startAdminApi(unifi), checkWithDnsmasq(state.configuration).

import { createRandom } from "#test/support/random.ts";
import { Access, type UserAccount } from "./access.ts";
import { createCertificate, type ServerCertificate } from "./certificate.ts";
import { FaultPlan, type HandEdit, type RecordMatch } from "./faults.ts";
import { DEFAULT_TIMING, Gateway, type GatewayTiming, type RenderedState } from "./gateway.ts";
import type { Controls } from "./outcome.ts";
import type { ConsolePort, PortParts, TransportMode } from "./port.ts";
import { DEFAULT_SWITCHES, PROFILES, type ProfileName, type Switches } from "./profiles.ts";
import { type Commit, createIds, type FakeRecord, type LocalClient, type RecordFields, Site } from "./records.ts";
import { type Counters, RequestLog, type SeenRequest } from "./request-log.ts";
import { createResponder } from "./responder.ts";
import { SocketPort } from "./socket-port.ts";
import type { ConsoleState } from "./state.ts";
import { type ConsoleTime, createScaledTime } from "./time.ts";

export interface UnifiConsoleOptions {
  /** Default "udm-10.4". */
  readonly profile?: ProfileName;
  readonly switches?: Partial<Switches>;
  /** For ids and shuffled lists; default 1. */
  readonly seed?: number;
  /** 0.01 runs the console's own delays a hundred times faster; default 1. Ignored when `time` is given. */
  readonly timeScale?: number;
  readonly time?: ConsoleTime;
  readonly timing?: Partial<GatewayTiming>;
  /** "http" spares thousands of runs the handshakes; default "https". */
  readonly transport?: TransportMode;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly certificate?: ServerCertificate;
  /** Further sites beside "default". */
  readonly sites?: readonly { readonly reference: string; readonly name: string }[];
  readonly users?: readonly UserAccount[];
  readonly clients?: readonly LocalClient[];
  /** `domain_name` of the networks of the first site. */
  readonly networkDomains?: readonly string[];
  /** Called when a whole answer has been handed to the kernel: its client has it or is about to read it. */
  readonly onAnswered?: (request: SeenRequest) => void;
}

interface RebootOptions {
  /** How long connections are refused, in the console's time; default 90 s. */
  readonly downMs?: number;
  /** How long lists are empty once it answers again; default 0. */
  readonly emptyListsMs?: number;
}

export interface UnifiConsole {
  /** Without a trailing slash or prefix: what an operator writes into UNIFI_HOST. */
  readonly url: string;
  readonly port: number;
  readonly apiKey: string;
  /** A key that may read and not write. */
  readonly viewerKey: string;
  readonly username: string;
  readonly password: string;
  /** An account that may read and not write. */
  readonly viewer: UserAccount;
  /** Of the certificate in use, SHA-256 as colon separated hex. */
  readonly fingerprint: string;
  readonly caPem: string;
  readonly profile: ProfileName;
  readonly faults: FaultPlan;
  readonly access: Access;
  site(reference?: string): Site;
  gateway(reference?: string): Gateway;
  records(): readonly FakeRecord[];
  commits(): readonly Commit[];
  reloads(): readonly RenderedState[];
  requests(): readonly SeenRequest[];
  counters(): Counters & { readonly reloads: number; readonly outageMs: number };
  seed(...records: readonly RecordFields[]): readonly FakeRecord[];
  /** A change made at the console's own pages, past every check. */
  hand(edit: HandEdit): void;
  /** Lets dnsmasq load what is stored, without waiting, and returns what is loaded. */
  settle(): RenderedState | undefined;
  set(switches: Partial<Switches>): void;
  reboot(options?: RebootOptions): Promise<void>;
  upgrade(profile: ProfileName): void;
  expireSessions(): void;
  rotateCsrf(): void;
  revokeKeys(): void;
  /** A new certificate for the same names, or the one given; open connections are reset. */
  rotateCertificate(certificate?: ServerCertificate): void;
  setTransport(mode: TransportMode): void;
  /** Empties store, log, faults and gateway; keys, users and sessions stay. */
  reset(): void;
  stop(): Promise<void>;
}

const DEFAULT_REBOOT_MS = 90_000;
const PORT_RETRY_MS = 100;
const DEFAULT_SEED = 1;
const CERTIFICATE_DAYS_MS = 30 * 24 * 60 * 60 * 1000;

export const CONSOLE_NAMES: readonly string[] = ["unifi.local", "localhost", "127.0.0.1"];
const CONSOLE_USER: UserAccount = { username: "zonegate", password: "emulated-password", role: "admin" };
const CONSOLE_VIEWER: UserAccount = { username: "viewer", password: "emulated-viewer", role: "viewer" };

/** A certificate as a console makes it for itself, valid for a month around now. */
export function createConsoleCertificate(names: readonly string[] = CONSOLE_NAMES): ServerCertificate {
  const nowMs = Date.now();
  const [notBefore, notAfter] = [new Date(nowMs - CERTIFICATE_DAYS_MS), new Date(nowMs + CERTIFICATE_DAYS_MS)];
  return createCertificate({ names, notBefore, notAfter });
}

export function startUnifiConsole(options: UnifiConsoleOptions = {}): Promise<UnifiConsole> {
  return startConsoleAt((parts) => new SocketPort(parts), options);
}

/** With another way in than sockets. */
export async function startConsoleAt(createPort: CreatePort, options: UnifiConsoleOptions): Promise<UnifiConsole> {
  const running = new RunningConsole(options, createPort);
  await running.open(options.port ?? 0);
  return running;
}

type CreatePort = (parts: PortParts) => ConsolePort;

class RunningConsole implements UnifiConsole {
  readonly apiKey: string;
  readonly viewerKey: string;
  readonly username = CONSOLE_USER.username;
  readonly password = CONSOLE_USER.password;
  readonly viewer = CONSOLE_VIEWER;
  readonly faults = new FaultPlan();
  readonly #log = new RequestLog();
  readonly #gateways = new Map<Site, Gateway>();
  readonly #state: ConsoleState;
  readonly #port: ConsolePort;
  readonly #mode: TransportMode;
  #certificate: ServerCertificate;
  #chosenSwitches: Partial<Switches>;
  #isStopped = false;

  constructor(options: UnifiConsoleOptions, createPort: CreatePort) {
    this.#chosenSwitches = options.switches ?? {};
    this.#certificate = options.certificate ?? createConsoleCertificate();
    this.#state = createState(options, this.#gateways);
    this.apiKey = `emulated-admin-${this.#state.ids.objectId()}`;
    this.viewerKey = `emulated-viewer-${this.#state.ids.objectId()}`;
    this.access.keys.set(this.apiKey, "admin").set(this.viewerKey, "viewer");
    for (const user of [CONSOLE_USER, CONSOLE_VIEWER, ...(options.users ?? [])])
      this.access.users.set(user.username, user);
    const [state, log] = [this.#state, this.#log];
    const respond = createResponder({ state, faults: this.faults, log, controls: this.#controls() });
    this.#mode = options.transport ?? "https";
    this.#port = createPort({
      respond,
      log,
      time: state.time,
      certificate: this.#certificate,
      mode: this.#mode,
      onAnswered: options.onAnswered,
    });
  }

  open(port: number): Promise<void> {
    return this.#port.open(port);
  }

  get url(): string {
    return `${this.#mode === "http" ? "http" : "https"}://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return this.#port.port;
  }

  get fingerprint(): string {
    return this.#certificate.fingerprint;
  }

  get caPem(): string {
    return this.#certificate.certificatePem;
  }

  get profile(): ProfileName {
    return this.#state.profileName;
  }

  get access(): Access {
    return this.#state.access;
  }

  site(reference = DEFAULT_SITE): Site {
    const found = this.#state.sites.find(({ identity }) => identity.reference === reference);
    if (found === undefined) throw new Error(`no site ${reference} in this console`);
    return found;
  }

  gateway(reference?: string): Gateway {
    const gateway = this.#gateways.get(this.site(reference));
    if (gateway === undefined) throw new Error("a site without a gateway");
    return gateway;
  }

  records(): readonly FakeRecord[] {
    return this.site().records;
  }

  commits(): readonly Commit[] {
    return this.site().commits;
  }

  reloads(): readonly RenderedState[] {
    return this.gateway().reloads;
  }

  requests(): readonly SeenRequest[] {
    return this.#log.seen;
  }

  counters(): ReturnType<UnifiConsole["counters"]> {
    const { reloads, outageMs } = this.gateway();
    return { ...this.#log.counters(), reloads: reloads.length, outageMs };
  }

  seed(...records: readonly RecordFields[]): readonly FakeRecord[] {
    return records.map((fields) => this.site().create(fields, "seed"));
  }

  hand(edit: HandEdit): void {
    applyHandEdit(this.site(), edit, undefined);
  }

  settle(): RenderedState | undefined {
    return this.gateway().settle();
  }

  set(switches: Partial<Switches>): void {
    this.#chosenSwitches = { ...this.#chosenSwitches, ...switches };
    this.#state.switches = { ...this.#state.switches, ...switches };
  }

  async reboot({ downMs = DEFAULT_REBOOT_MS, emptyListsMs = 0 }: RebootOptions = {}): Promise<void> {
    if (!this.#port.isListening) return;
    this.access.restart();
    for (const gateway of this.#gateways.values()) gateway.powerOff();
    await this.#port.close();
    this.#state.time.after(downMs, () => void this.#comeBack(emptyListsMs));
  }

  upgrade(profile: ProfileName): void {
    this.#state.profileName = profile;
    this.#state.profile = PROFILES[profile];
    this.#state.switches = { ...DEFAULT_SWITCHES, ...PROFILES[profile].switches, ...this.#chosenSwitches };
    this.access.restart();
    this.#port.resetConnections();
  }

  expireSessions(): void {
    this.access.expireSessions();
  }

  rotateCsrf(): void {
    this.access.rotateCsrf();
  }

  revokeKeys(): void {
    this.access.keys.clear();
  }

  rotateCertificate(certificate: ServerCertificate = createConsoleCertificate()): void {
    this.#certificate = certificate;
    this.#port.setCertificate(certificate);
  }

  setTransport(mode: TransportMode): void {
    this.#port.setMode(mode);
  }

  reset(): void {
    this.faults.clear();
    this.#log.clear();
    this.#state.shownLists.clear();
    for (const [site, gateway] of this.#gateways) {
      site.clear();
      gateway.clear();
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const gateway of this.#gateways.values()) gateway.clear();
    if (this.#port.isListening) await this.#port.close();
  }

  async #comeBack(emptyListsMs: number): Promise<void> {
    if (this.#isStopped) return;
    try {
      await this.#port.open();
    } catch {
      // Somebody's connection borrowed the port meanwhile; it will be free again.
      this.#state.time.after(PORT_RETRY_MS, () => void this.#comeBack(emptyListsMs));
      return;
    }
    for (const gateway of this.#gateways.values()) gateway.reload();
    if (emptyListsMs > 0) for (const site of this.#state.sites) this.#showList(site, [], emptyListsMs);
  }

  #showList(site: Site, records: readonly FakeRecord[], forMs: number): void {
    this.#state.shownLists.set(site, { untilMs: this.#state.time.nowMs() + forMs, records });
  }

  #controls(): Controls {
    return {
      handEdit: (site, edit, target) => applyHandEdit(site, edit, target),
      reboot: (downMs) => void this.reboot(downMs === undefined ? {} : { downMs }),
      upgrade: (profile) => this.upgrade(profile),
      showList: (site, records, forMs) => this.#showList(site, records, forMs),
    };
  }
}

const DEFAULT_SITE = "default";

function createState(options: UnifiConsoleOptions, gateways: Map<Site, Gateway>): ConsoleState {
  const profileName = options.profile ?? "udm-10.4";
  const profile = PROFILES[profileName];
  const time = options.time ?? createScaledTime(options.timeScale ?? 1);
  const seed = options.seed ?? DEFAULT_SEED;
  const ids = createIds(seed);
  const random = createRandom(seed);
  const sites = [{ reference: DEFAULT_SITE, name: "Default" }, ...(options.sites ?? [])].map((named) => {
    const site: Site = new Site({ ...named, uuid: ids.uuid(), objectId: ids.objectId() }, ids, {
      time,
      commit: () => gateways.get(site)?.committed(),
    });
    gateways.set(site, new Gateway(() => site.records, time, { ...DEFAULT_TIMING, ...options.timing }));
    return site;
  });
  const [first] = sites;
  if (first !== undefined) {
    first.clients = options.clients ?? [];
    first.networkDomains = options.networkDomains ?? [];
  }
  const state: ConsoleState = {
    profileName,
    profile,
    switches: { ...DEFAULT_SWITCHES, ...profile.switches, ...options.switches },
    sites,
    shownLists: new Map(),
    access: new Access(time, () => state.switches),
    ids,
    time,
    shuffle: (items) =>
      items
        .map((item) => ({ item, order: random.next() }))
        .sort((left, right) => left.order - right.order)
        .map(({ item }) => item),
  };
  return state;
}

/** `target` stands in for a match that the edit lacks. */
function applyHandEdit(site: Site, edit: HandEdit, target: FakeRecord | undefined): void {
  if (edit.kind === "create") {
    site.create(edit.record, "hand");
    return;
  }
  const { match } = edit;
  const found = match === undefined ? site.records.filter((record) => record === target) : findMatches(site, match);
  for (const record of found) {
    if (edit.kind === "remove") site.remove(record, "hand");
    else site.replace(record, edit.set, "hand");
  }
}

function findMatches(site: Site, match: RecordMatch): readonly FakeRecord[] {
  return site.records.filter(
    ({ name, type, data }) =>
      (match.name ?? name).toLowerCase() === name.toLowerCase() &&
      (match.type ?? type) === type &&
      (match.data ?? data) === data,
  );
}
