// A webhook on a free loopback port with an engine whose answers a test decides.

import { request as httpRequest } from "node:http";
import { onTestFinished } from "vitest";
import type { Changes } from "#src/domain/changes.ts";
import type { Endpoint } from "#src/domain/endpoint.ts";
import { SYSTEM_CLOCK } from "#src/lib/clock.ts";
import { SILENT } from "#src/lib/log.ts";
import type { ApplyReport, SyncEngine } from "#src/sync/sync-engine.ts";
import { MEDIA_TYPE } from "#src/webhook/media-type.ts";
import { createWebhookServer, type WebhookServer, type WebhookServerOptions } from "#src/webhook/server.ts";

export const REACHED: ApplyReport = { outcome: "reached", applied: 0, remaining: 0, failures: [] };

/** An engine that holds nothing and reaches everything, but for what `more` says. */
export function scriptedEngine(more: Partial<SyncEngine> = {}): SyncEngine {
  return {
    provider: "local",
    domainFilter: { include: ["example.com"], exclude: [], regexInclude: "", regexExclude: "" },
    records: async () => [],
    adjustEndpoints: async (endpoints: readonly Endpoint[]) => endpoints,
    applyChanges: async (_changes: Changes) => REACHED,
    ...more,
  };
}

interface HandledRequest {
  readonly route: string;
  readonly statusCode: number;
}

export interface StartedWebhook {
  readonly server: WebhookServer;
  readonly port: number;
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** What the observer was told, oldest first. */
  readonly handled: readonly HandledRequest[];
  readonly bugs: () => number;
}

/** A webhook over a scripted engine, stopped when the running test is over. */
export async function serveWebhook(
  engine: Partial<SyncEngine> = {},
  more: Partial<WebhookServerOptions> = {},
): Promise<StartedWebhook> {
  const webhook = await startWebhook(scriptedEngine(engine), more);
  onTestFinished(() => webhook.server.stop());
  return webhook;
}

/** Runs until its caller stops it. */
export async function startWebhook(
  engine: SyncEngine,
  more: Partial<WebhookServerOptions> = {},
): Promise<StartedWebhook> {
  const handled: HandledRequest[] = [];
  let bugs = 0;
  const server = createWebhookServer({
    host: "127.0.0.1",
    port: 0,
    engines: [{ path: "/", engine }],
    budgetMs: 12_000,
    observer: {
      requestHandled: (route, statusCode) => void handled.push({ route, statusCode }),
      bugCaught: () => {
        bugs += 1;
      },
    },
    log: SILENT,
    clock: SYSTEM_CLOCK,
    ...more,
  });
  await server.start();
  const port = server.addresses()[0]?.port ?? 0;
  return { server, port, url: `http://127.0.0.1:${port}`, handled, bugs: () => bugs };
}

/** Answers with any status. */
export function get(webhook: StartedWebhook, path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetchBare(webhook, path, { headers: { accept: MEDIA_TYPE, ...headers } });
}

/** A body of the webhook's media type. */
export function post(webhook: StartedWebhook, path: string, body: string, headers: Record<string, string> = {}) {
  return fetchBare(webhook, path, { method: "POST", body, headers: { "content-type": MEDIA_TYPE, ...headers } });
}

export interface BareRequest {
  readonly method?: string;
  readonly body?: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Node's fetch adds Sec-Fetch headers as a browser does, which the webhook refuses: this one sends what it is given. */
export function fetchBare({ port }: StartedWebhook, path: string, bare: BareRequest): Promise<Response> {
  return new Promise((resolve, reject) => {
    const { method = "GET", headers, body } = bare;
    const sent = httpRequest({ host: "127.0.0.1", port, path, method, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const status = answer.statusCode ?? 0;
        const content = status === 204 || status === 304 ? null : Buffer.concat(chunks);
        resolve(new Response(content, { status, headers: answer.headers as Record<string, string> }));
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
