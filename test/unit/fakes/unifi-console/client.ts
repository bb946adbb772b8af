// A bare HTTPS client for the emulator's own tests: one call, one answer, no retries and no opinion.

import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import type { UnifiConsole } from "#test/fakes/unifi-console/unifi-console.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Parsed when it is JSON, otherwise undefined. */
  readonly body: unknown;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export interface ConsoleClient {
  /** With the admin key unless headers are given. Rejects with the socket's error. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** Closes the kept connections. */
  close(): void;
}

export function createConsoleClient(unifi: UnifiConsole): ConsoleClient {
  const isTls = unifi.url.startsWith("https:");
  const agent = isTls ? new Agent({ keepAlive: true, ca: unifi.caPem }) : new HttpAgent({ keepAlive: true });
  const request = isTls ? httpsRequest : httpRequest;

  return {
    call: (method, path, { body, headers = { "x-api-key": unifi.apiKey }, timeoutMs = 10_000 } = {}) =>
      new Promise((resolve, reject) => {
        const payload = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
        const type = payload === undefined ? {} : { "content-type": "application/json" };
        const signal = AbortSignal.timeout(timeoutMs);
        const outgoing = request(`${unifi.url}${path}`, { method, agent, signal, headers: { ...type, ...headers } });
        outgoing.on("error", reject);
        outgoing.on("response", (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
          incoming.on("error", reject);
          incoming.on("end", () => {
            const text = Buffer.concat(chunks).toString("utf8");
            resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, body: parse(text) });
          });
        });
        outgoing.end(payload);
      }),
    close: () => agent.destroy(),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
