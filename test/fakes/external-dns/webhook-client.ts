// external-dns' side of the webhook protocol (provider/webhook/webhook.go): strict where the original is strict. Every
// failure is soft (logged, the loop goes on) or hard (the process ends).

import { posix } from "node:path";
import { type DomainFilter, decodeDomainFilter, MATCH_EVERYTHING } from "./domain-filter.ts";
import type { Changes, Endpoint } from "./endpoint.ts";
import { decodeEndpoints, encodeChanges, encodeEndpoints, type Release } from "./endpoint-json.ts";
import { GoHttpClient, type GoResponse, type SentRequest } from "./go-http-client.ts";
import type { Provider } from "./registry.ts";

export const MEDIA_TYPE = "application/external.dns.webhook+json;version=1";

/** The controller logs it and tries again at the next interval. */
export class SoftError extends Error {}

export interface WebhookClientOptions {
  readonly url: string;
  readonly release: Release;
  /** Read and write time-out flags together: 15 s by default from 0.21, none before. */
  readonly deadlineMs?: number;
  /** Waits between tries of the negotiation. */
  readonly sleep: (ms: number) => Promise<void>;
  /** Uniform in [0, 1): spreads the waits by half. */
  readonly random: () => number;
}

/** `--webhook-provider-read-timeout` 5 s and `--webhook-provider-write-timeout` 10 s, added. */
const DEFAULT_DEADLINE_MS = 15_000;
const URL_PARTS = /^(?<origin>\w+:\/\/[^/?#]*)(?<path>[^?#]*)(?<query>\?[^#]*)?/;
const MAX_NEGOTIATION_TRIES = 5;
/** Defaults of cenkalti/backoff: first wait in ms, growth, spread. */
const BACK_OFF = { firstMs: 500, factor: 1.5, spread: 0.5 };

export class WebhookClient implements Provider {
  readonly #http: GoHttpClient;
  readonly #options: WebhookClientOptions;
  #domainFilter: DomainFilter = MATCH_EVERYTHING;

  constructor(options: WebhookClientOptions) {
    const deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
    this.#http = new GoHttpClient(options.release === "0.21" ? deadlineMs : undefined);
    this.#options = options;
  }

  /** What was sent so far, oldest first. */
  get sent(): readonly SentRequest[] {
    return this.#http.sent;
  }

  get domainFilter(): DomainFilter {
    return this.#domainFilter;
  }

  /** Throws when external-dns would refuse to start. */
  async negotiate(): Promise<void> {
    const response = await this.#negotiateWithRetry();
    const contentType = response.header("content-type");
    if (contentType !== MEDIA_TYPE) throw new Error(`wrong content type returned from server: ${contentType}`);
    this.#domainFilter = decoded(response, decodeDomainFilter);
  }

  async records(): Promise<Endpoint[]> {
    const response = await this.#http.send({
      method: "GET",
      url: this.#join("records"),
      headers: { Accept: MEDIA_TYPE },
    });
    this.#expect(response, { status: 200, doing: "get records" });
    return decoded(response, decodeEndpoints);
  }

  async adjustEndpoints(endpoints: readonly Endpoint[]): Promise<Endpoint[]> {
    const response = await this.#http.send({
      method: "POST",
      url: this.#join("adjustendpoints"),
      headers: { "Content-Type": MEDIA_TYPE, Accept: MEDIA_TYPE },
      body: encodeEndpoints(endpoints),
    });
    this.#expect(response, { status: 200, doing: "AdjustEndpoints" });
    return decoded(response, decodeEndpoints);
  }

  async applyChanges(changes: Changes): Promise<void> {
    const response = await this.#http.send({
      method: "POST",
      url: this.#join("records"),
      headers: { "Content-Type": MEDIA_TYPE },
      body: encodeChanges(changes, this.#options.release),
    });
    this.#expect(response, { status: 204, doing: "apply changes" });
  }

  close(): void {
    this.#http.close();
  }

  async #negotiateWithRetry(): Promise<GoResponse> {
    let waitMs = BACK_OFF.firstMs;
    for (let tries = 1; ; tries++) {
      const outcome = await this.#tryNegotiation();
      if (!("retryable" in outcome)) return outcome;
      if (tries === MAX_NEGOTIATION_TRIES) throw new Error(`failed to connect to webhook: ${outcome.retryable}`);
      await this.#options.sleep(waitMs * (1 + BACK_OFF.spread * (2 * this.#options.random() - 1)));
      waitMs *= BACK_OFF.factor;
    }
  }

  /** Up to 0.20 a 5xx counted as an answer and then failed on its content type. */
  async #tryNegotiation(): Promise<GoResponse | { readonly retryable: string }> {
    const { url, release } = this.#options;
    let response: GoResponse;
    try {
      response = await this.#http.send({ method: "GET", url, headers: { Accept: MEDIA_TYPE } });
    } catch (error) {
      return { retryable: String(error) };
    }
    if (response.status >= 500) {
      return release === "0.21" ? { retryable: `server error: status code ${response.status}` } : response;
    }
    if (response.status < 300) return response;
    throw new Error(`failed to connect to webhook: unexpected status code ${response.status}`);
  }

  /** 500 to 510 are soft since 0.14.2; everything else is hard. */
  #expect(response: GoResponse, wanted: { readonly status: number; readonly doing: string }): void {
    if (response.status === wanted.status) return;
    const message = `failed to ${wanted.doing} with code ${response.status}`;
    const isSoft = response.status >= 500 && response.status <= 510 && this.#options.release !== "0.14";
    throw isSoft ? new SoftError(message) : new Error(message);
  }

  /** `url.JoinPath`: the path is cleaned, the query stays. */
  #join(call: string): string {
    const { origin = "", path = "", query = "" } = URL_PARTS.exec(this.#options.url)?.groups ?? {};
    return origin + posix.join("/", path, call) + query;
  }
}

function decoded<T>(response: GoResponse, decode: (text: string) => T): T {
  const { text, failure } = response.body;
  try {
    return decode(text);
  } catch (error) {
    throw failure ?? error;
  }
}
