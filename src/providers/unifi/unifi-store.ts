// The provider `unifi`: DNS records on a UniFi console, through whichever of its two APIs it has. Knows which API, which site
// and how old its last list is; what a step does stands in steps.ts.

import { createHash } from "node:crypto";
import { ConfigError, UpstreamError, UpstreamProtocol, UpstreamUnavailable } from "#src/errors.ts";
import type { Clock } from "#src/lib/clock.ts";
import type { Logger } from "#src/lib/log.ts";
import type { BackendRules, RecordList, RecordStore, StateRecord, Step, StepOutcome } from "#src/providers/provider.ts";
import type { ConsoleAccess, SecretSupplier } from "./access.ts";
import { type Connect, type Connection, connectByTls } from "./connection.ts";
import { type ConsoleClient, createConsoleClient } from "./console-client.ts";
import { parseConsoleUrl } from "./console-url.ts";
import { type Detected, type DetectOptions, detect } from "./detect.ts";
import { API_GONE_CODE, type ApiKind } from "./dns-api.ts";
import type { Controller } from "./front.ts";
import { type Content, Inventory } from "./inventory.ts";
import { createKeyAccess } from "./key-access.ts";
import { LearnedLimits } from "./learned-limits.ts";
import { createSessionAccess, type Login, type SessionAccess } from "./session-access.ts";
import { watchState } from "./state-view.ts";
import { carryOut, type Desk } from "./steps.ts";
import type { Exchange } from "./transport.ts";
import type { ConsoleTrust } from "./trust.ts";
import { mayStoreTwice, WriteDoubts } from "./write-doubts.ts";

/** How we are let in. */
export type UnifiCredentials =
  | { readonly kind: "key"; readonly apiKey: SecretSupplier }
  | ({ readonly kind: "login" } & Login);

export interface UnifiStoreOptions extends Pick<DetectOptions, "api" | "site"> {
  /** `https://192.168.1.1`; see `parseConsoleUrl`. */
  readonly url: string;
  readonly credentials: UnifiCredentials;
  /** `console` is a default only: a login finds out by itself what stands there. */
  readonly controller: Controller;
  readonly trust: ConsoleTrust;
  /** For one request with its repetitions. */
  readonly callTimeoutMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface UnifiStatus {
  /** `undefined` until the console was reached. */
  readonly api: ApiKind | undefined;
  readonly version: string | undefined;
  readonly site: string | undefined;
  readonly access: UnifiCredentials["kind"];
  /** Sent since the start; 0 with a key. */
  readonly logins: number;
  readonly trust: ConsoleTrust["kind"];
  /** Of the certificate that was accepted last. */
  readonly certificateSha256: string | undefined;
  readonly records: number;
  /** Types that this console cannot update in place. */
  readonly typesWithoutUpdate: readonly string[];
  /** Unix milliseconds of the last request that went well. */
  readonly lastSuccessAtMs: number | undefined;
  /** What the last request failed with; `undefined` when it went well. */
  readonly failure: { readonly code: string; readonly message: string; readonly atMs: number } | undefined;
}

export interface UnifiStore extends RecordStore {
  status(): UnifiStatus;
  /** Closes the connections that are kept open. */
  close(): void;
}

/** What a store stands on: the network and chance, unless it is given something else. */
export interface UnifiStoreFooting {
  readonly connect: Connect;
  /** From 0 up to, not including, 1; spreads repetitions. */
  readonly random: () => number;
}

/** Contacts nobody yet. Throws ConfigError for a URL that no console can have. */
export function createUnifiStore(
  options: UnifiStoreOptions,
  footing: UnifiStoreFooting = { connect: connectByTls, random: Math.random },
): UnifiStore {
  return new ConsoleStore(options, footing);
}

/** A list this old still says what a write would meet (docs/decisions.md 6). */
const MAX_LIST_AGE_MS = 5_000;
/** APIs are looked for anew at most this often. */
const REDETECT_INTERVAL_MS = 60_000;

class ConsoleStore implements UnifiStore {
  readonly provider = "unifi";
  readonly #options: UnifiStoreOptions;
  readonly #client: ConsoleClient;
  readonly #access: ConsoleAccess;
  /** Of a login. */
  readonly #session: SessionAccess | undefined;
  readonly #connection: Connection;
  #detected: Detected | undefined;
  #learned: LearnedLimits;
  readonly #doubts: WriteDoubts;
  #inventory = new Inventory([]);
  #listedAtMs = Number.NEGATIVE_INFINITY;
  #redetectedAtMs = Number.NEGATIVE_INFINITY;
  /** True after an outage: a console that is upgraded restarts, and its APIs may be others afterwards. */
  #mayBeUpgraded = false;
  #status: Pick<UnifiStatus, "certificateSha256" | "lastSuccessAtMs" | "failure"> = {
    certificateSha256: undefined,
    lastSuccessAtMs: undefined,
    failure: undefined,
  };

  constructor(options: UnifiStoreOptions, { connect, random }: UnifiStoreFooting) {
    const { url, trust, clock, log, callTimeoutMs } = options;
    const baseUrl = parseConsoleUrl(url);
    if (!baseUrl.ok) {
      throw new ConfigError([{ path: "unifi.url", problem: baseUrl.problem, hint: "Example: https://192.168.1.1" }]);
    }
    this.#options = options;
    this.#learned = new LearnedLimits(clock, log);
    this.#doubts = new WriteDoubts(clock);
    this.#connection = connect({
      trust,
      connectTimeoutMs: callTimeoutMs,
      clock,
      onTrusted: (certificateSha256) => {
        this.#status = { ...this.#status, certificateSha256 };
      },
    });
    const wire = { baseUrl: baseUrl.value, exchange: this.#connection.exchange };
    const [access, session] = createAccess(options, wire);
    [this.#access, this.#session] = [access, session];
    this.#client = createConsoleClient({ ...wire, access, callTimeoutMs, clock, random });
    if (trust.kind === "skip")
      log.warn({ provider: "unifi", url: baseUrl.value }, "certificate verification switched off");
  }

  status(): UnifiStatus {
    return {
      ...this.#status,
      api: this.#detected?.api.kind,
      version: this.#detected?.version,
      site: this.#detected?.site.reference,
      access: this.#options.credentials.kind,
      logins: this.#session?.logins ?? 0,
      trust: this.#options.trust.kind,
      records: this.#inventory.records.length,
      typesWithoutUpdate: this.#learned.typesWithoutUpdate,
    };
  }

  list(signal: AbortSignal): Promise<RecordList> {
    return this.#watch(async () => {
      const { api } = await this.#relist(signal);
      const { records } = this.#inventory;
      const generation = createHash("sha256")
        .update(JSON.stringify([api.kind, records]))
        .digest("hex");
      return { records, rules: withServed(api.rules, this.#inventory.servedUntouchables), generation };
    });
  }

  apply(step: Step, signal: AbortSignal): Promise<StepOutcome> {
    return this.#watch(async () => {
      const isFresh = this.#options.clock.monotonicMs() - this.#listedAtMs <= MAX_LIST_AGE_MS;
      const detected = isFresh && this.#detected !== undefined ? this.#detected : await this.#relist(signal);
      return carryOut(step, this.#desk(detected), signal);
    });
  }

  close(): void {
    this.#session?.close();
    this.#connection.close();
  }

  /** With getters, because a list in the middle of a step replaces what the step works with. */
  #desk(known: Detected): Desk {
    const detected = (): Detected => this.#detected ?? known;
    const doubts = (): WriteDoubts | undefined =>
      mayStoreTwice(detected().api.kind, detected().version) ? this.#doubts : undefined;
    const [api, inventory, learned] = [() => detected().api, () => this.#inventory, () => this.#learned] as const;
    return {
      get api() {
        return api();
      },
      get inventory() {
        return inventory();
      },
      get learned() {
        return learned();
      },
      get doubts() {
        return doubts();
      },
      relist: async (signal) => void (await this.#relist(signal)),
      pause: (delayMs, signal) => this.#pause(delayMs, signal),
      alarm: ({ name, type, target }, event) =>
        this.#options.log.error({ provider: this.provider, name, type, target }, event),
    };
  }

  async #pause(delayMs: number, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#options.clock.sleep(delayMs, signal);
      return true;
    } catch {
      return false;
    }
  }

  /** A complete list, from the API that the console has now. */
  async #relist(signal: AbortSignal): Promise<Detected> {
    const known = this.#detected;
    if (known === undefined || (this.#mayBeUpgraded && this.#options.api === "auto" && this.#mayRedetect())) {
      return this.#read(await this.#detect(signal), signal);
    }
    try {
      return await this.#read(known, signal);
    } catch (error) {
      const isGone = error instanceof UpstreamError && error.code === API_GONE_CODE;
      if (!isGone || !this.#mayRedetect()) throw error;
      return this.#read(await this.#detect(signal), signal);
    }
  }

  async #read(detected: Detected, signal: AbortSignal): Promise<Detected> {
    this.#inventory = new Inventory(await this.#records(detected, signal));
    this.#listedAtMs = this.#options.clock.monotonicMs();
    return detected;
  }

  async #records({ api, version }: Detected, signal: AbortSignal): ReturnType<Detected["api"]["list"]> {
    try {
      return await api.list(signal);
    } catch (error) {
      if (!(error instanceof UpstreamError) || error.code !== API_GONE_CODE || api.kind !== "static-dns") throw error;
      const runs = version === undefined ? "" : ` (it runs Network ${version})`;
      const needs =
        "static DNS needs Network 8.2.93 or newer and a gateway that has it, which a USG has not; " +
        "a wrong site, or `controller` set to the wrong kind, looks the same";
      const where = { upstream: "unifi", operation: "list" };
      throw new UpstreamProtocol(API_GONE_CODE, where, `the console offers no DNS records${runs}: ${needs}`);
    }
  }

  #mayRedetect(): boolean {
    return this.#options.clock.monotonicMs() - this.#redetectedAtMs >= REDETECT_INTERVAL_MS;
  }

  async #detect(signal: AbortSignal): Promise<Detected> {
    const before = this.#detected;
    const controller = (await this.#session?.controller(signal)) ?? this.#options.controller;
    const { means } = this.#access;
    const detected = await detect({ ...this.#options, client: this.#client, controller, means }, signal);
    if (before !== undefined) this.#redetectedAtMs = this.#options.clock.monotonicMs();
    this.#mayBeUpgraded = false;
    if (before?.api.kind !== detected.api.kind || before.version !== detected.version) {
      this.#learned = new LearnedLimits(this.#options.clock, this.#options.log);
      const { api, version, site } = detected;
      const fields = { provider: "unifi", api: api.kind, version, site: site.reference };
      this.#options.log.info(fields, "console detected");
    }
    this.#detected = detected;
    return detected;
  }

  /** Keeps the status, and doubts what is known after anything but a clear answer. */
  async #watch<T>(run: () => Promise<T>): Promise<T> {
    try {
      const result = await run();
      this.#status = { ...this.#status, lastSuccessAtMs: this.#options.clock.nowMs(), failure: undefined };
      return result;
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      this.#listedAtMs = Number.NEGATIVE_INFINITY;
      if (error instanceof UpstreamUnavailable || error instanceof UpstreamProtocol) this.#mayBeUpgraded = true;
      const { code, message } = error;
      this.#status = { ...this.#status, failure: { code, message, atMs: this.#options.clock.nowMs() } };
      throw error;
    }
  }
}

function createAccess(
  { credentials, controller, callTimeoutMs, clock, log }: UnifiStoreOptions,
  wire: { readonly baseUrl: string; readonly exchange: Exchange },
): readonly [ConsoleAccess, SessionAccess | undefined] {
  if (credentials.kind === "key") return [createKeyAccess(credentials.apiKey), undefined];
  const said = controller === "console" ? undefined : controller;
  const timeoutMs = callTimeoutMs;
  const session = createSessionAccess({ ...wire, login: credentials, controller: said, timeoutMs, clock, log });
  return [session, session];
}

/** Records that nobody may touch are not `enabled` in the list, but those that answer count for the state. */
function withServed(rules: BackendRules, served: readonly Content[]): BackendRules {
  if (served.length === 0) return rules;
  const keys = new Set(served.map(contentKey));
  const asServed = (record: StateRecord): StateRecord =>
    keys.has(contentKey(record)) ? { ...record, enabled: true } : record;
  return { ...rules, watchState: (records) => watchState(records.map(asServed)) };
}

function contentKey({ name, type, target }: Pick<Content, "type" | "target"> & { readonly name: string }): string {
  return JSON.stringify([name, type, target]);
}
