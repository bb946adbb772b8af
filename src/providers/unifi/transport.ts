// One HTTPS exchange with the console. axios and its errors, which print every header they were given, do not leave this file.

import type { Agent } from "node:https";
import { type AxiosInstance, create, isAxiosError } from "axios";
import { UntrustedCertificate } from "./trust.ts";

/** A list of ten thousand records is 8 MB. */
export const MAX_ANSWER_BYTES = 16 * 1_048_576;
/** One record is a few hundred bytes. */
export const MAX_REQUEST_BYTES = 1_048_576;

export type Method = "GET" | "POST" | "PUT" | "DELETE";

export interface ExchangeRequest {
  readonly method: Method;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** What came of an exchange; nothing in it was sent by us. */
export type Exchanged =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly contentType: string;
      readonly retryAfter: string | undefined;
      /** Values of `Set-Cookie`, as they came. */
      readonly setCookies: readonly string[];
      /** The CSRF token that later requests of the session must carry; `undefined` when it stays the same. */
      readonly csrfToken: string | undefined;
      readonly body: Uint8Array;
    }
  | { readonly kind: "untrusted"; readonly certificate: UntrustedCertificate }
  /** A code of Node or OpenSSL: `ECONNREFUSED`. A request may have been carried out all the same. */
  | { readonly kind: "failed"; readonly code: string };

export type Exchange = (request: ExchangeRequest, signal: AbortSignal) => Promise<Exchanged>;

/** Resolves whatever happens; the signal ends the whole exchange, a dripping answer included. */
export function createExchange(agent: Agent): Exchange {
  const client = create({
    adapter: "http",
    httpsAgent: agent,
    proxy: false,
    maxRedirects: 0,
    maxContentLength: MAX_ANSWER_BYTES,
    maxBodyLength: MAX_REQUEST_BYTES,
    responseType: "arraybuffer",
    decompress: false,
    validateStatus: () => true,
    transformRequest: [(body: unknown) => body],
    transformResponse: [(body: unknown) => body],
  });
  return (request, signal) => exchange(client, request, signal);
}

/** Nothing compressed: a small answer could unfold into a large one. */
const COMMON_HEADERS = { accept: "application/json", "accept-encoding": "identity", "user-agent": "zonegate" };

async function exchange(client: AxiosInstance, request: ExchangeRequest, signal: AbortSignal): Promise<Exchanged> {
  try {
    const { method, url, body } = request;
    const headers = { ...request.headers, ...COMMON_HEADERS };
    const answer = await client.request<Uint8Array>({ method, url, headers, signal, data: body });
    return {
      kind: "answer",
      status: answer.status,
      contentType: headerText(answer.headers["content-type"]) ?? "",
      retryAfter: headerText(answer.headers["retry-after"]),
      setCookies: headerList(answer.headers["set-cookie"]),
      csrfToken: headerText(answer.headers["x-updated-csrf-token"]) ?? headerText(answer.headers["x-csrf-token"]),
      body: answer.data,
    };
  } catch (error) {
    return failure(error, signal);
  }
}

function failure(error: unknown, signal: AbortSignal): Exchanged {
  const cause = isAxiosError(error) ? error.cause : error;
  if (cause instanceof UntrustedCertificate) return { kind: "untrusted", certificate: cause };
  if (signal.aborted) return { kind: "failed", code: "ABORTED" };
  if (!isAxiosError(error)) return { kind: "failed", code: "UNKNOWN" };
  if (error.message.startsWith("maxContentLength")) return { kind: "failed", code: "ANSWER_TOO_LARGE" };
  return { kind: "failed", code: error.code ?? "UNKNOWN" };
}

function headerList(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((line) => typeof line === "string") : [];
}

function headerText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
