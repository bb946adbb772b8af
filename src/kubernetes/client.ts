// Requests to one API server: who asks, how long an answer may take, and one second try when the credentials were refused.

import type { Clock } from "#src/lib/clock.ts";
import { parseJson, readJson, readText } from "./body.ts";
import { ApiFailure, asFailure, failureOf, readStatus } from "./failure.ts";
import { scoped, within } from "./scope.ts";
import type { ApiResponse, ApiTransport } from "./transport.ts";

/** Proves who we are. */
export interface Credentials {
  /** `fresh`: the last ones were refused. Rejects when there are none; what is wrong must not hold the secret. */
  headers(need: "usual" | "fresh", signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
}

export interface ApiClient {
  /** A good answer whose body is to be read within the scope. Rejects with ApiFailure, or with the scope's reason. */
  open(path: string, scope: AbortController): Promise<ApiResponse>;
  /** A whole answer as JSON, at most 64 MiB within 30 s. Rejects like `open`. */
  getJson(path: string, signal: AbortSignal): Promise<unknown>;
}

/** Facts: reliability §2.3. */
const HEADERS_TIMEOUT_MS = 10_000;
const WHOLE_ANSWER_TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 64 * 1_024 * 1_024;
/** A plugin may ask a cloud; but one that waits for somebody to type would wait for ever. */
const CREDENTIALS_TIMEOUT_MS = 15_000;
/** Of an answer that refuses. */
const MAX_REFUSAL_BYTES = 64 * 1_024;

export function createApiClient(options: {
  readonly transport: ApiTransport;
  readonly credentials: Credentials;
  readonly clock: Clock;
}): ApiClient {
  const { transport, credentials, clock } = options;

  const authorize = async (need: "usual" | "fresh", scope: AbortController) => {
    try {
      const limit = { clock, ms: CREDENTIALS_TIMEOUT_MS, what: "no credentials", kind: "credentials" } as const;
      return await within(limit, scope, () => credentials.headers(need, scope.signal));
    } catch (error) {
      scope.signal.throwIfAborted();
      throw new ApiFailure("credentials", asFailure(error).message);
    }
  };
  const send = async (need: "usual" | "fresh", path: string, scope: AbortController): Promise<ApiResponse> => {
    const headers = { accept: "application/json", ...(await authorize(need, scope)) };
    return within({ clock, ms: HEADERS_TIMEOUT_MS, what: "no answer began" }, scope, () =>
      transport({ method: "GET", path, headers }, scope.signal),
    );
  };
  const refusal = ({ status, headers, body }: ApiResponse, scope: AbortController): Promise<ApiFailure> =>
    within({ clock, ms: HEADERS_TIMEOUT_MS, what: "no reason came" }, scope, async () =>
      failureOf(readStatus(await readRefusal(body, scope.signal)), status, headers["retry-after"]),
    );

  const open: ApiClient["open"] = async (path, scope) => {
    try {
      let response = await send("usual", path, scope);
      if (response.status === 401) {
        await refusal(response, scope);
        response = await send("fresh", path, scope);
      }
      if (response.status !== 200) throw await refusal(response, scope);
      return response;
    } catch (error) {
      throw asFailure(error);
    }
  };
  return {
    open,
    getJson: (path, signal) =>
      scoped(signal, (scope) =>
        within({ clock, ms: WHOLE_ANSWER_TIMEOUT_MS, what: "no whole answer" }, scope, async () => {
          try {
            const { body } = await open(path, scope);
            return await readJson(body, scope.signal, MAX_ANSWER_BYTES);
          } catch (error) {
            throw asFailure(error);
          }
        }),
      ),
  };
}

/** Proxies refuse with pages of their own: no `Status`, but the status code is there. */
async function readRefusal(body: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<unknown> {
  try {
    return parseJson(await readText(body, signal, MAX_REFUSAL_BYTES));
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
