// Talks to the fake API server in memory as a test would by hand: one request, its JSON; one watch, its events.

import type { ApiRequest } from "#src/kubernetes/transport.ts";
import type { KubeApiServer } from "#test/fakes/kube-apiserver/kube-apiserver.ts";
import type { KubeObject } from "#test/fakes/kube-apiserver/objects.ts";
import { eventually } from "./eventually.ts";

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The parsed body; an empty record when it is not JSON. */
  readonly body: ApiBody;
}

/** Fields of the many answers that tests look at. */
export interface ApiBody {
  readonly [field: string]: unknown;
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly code?: number;
  readonly message?: string;
  readonly reason?: string;
  readonly metadata: {
    readonly [field: string]: unknown;
    readonly name?: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly continue?: string;
    readonly generation?: number;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly items: readonly ApiBody[];
}

export interface AskOptions {
  readonly body?: object;
  readonly token?: string;
  readonly contentType?: string;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `ask(server, "GET /api/v1/pods")`, as the administrator unless a token is given; an empty one sends none. */
export async function ask(server: KubeApiServer, what: string, options: AskOptions = {}): Promise<ApiAnswer> {
  const [method = "", path = ""] = what.split(" ");
  const { token, contentType, accept } = options;
  const headers = {
    ...(token === undefined ? {} : { authorization: token === "" ? "" : `Bearer ${token}` }),
    ...(contentType === undefined ? {} : { "content-type": contentType }),
    ...(accept === undefined ? {} : { accept }),
    ...options.headers,
  };
  const response = await server.request(method, path, {
    headers,
    ...(options.body === undefined ? {} : { body: options.body }),
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString("utf8");
  return { status: response.status, headers: response.headers, text, body: parse(text) };
}

function parse(text: string): ApiBody {
  try {
    return JSON.parse(text) as ApiBody;
  } catch {
    return { metadata: {}, items: [] };
  }
}

interface SeenEvent {
  readonly type: string;
  readonly object: ApiBody;
}

export interface OpenedWatch {
  readonly status: number;
  /** Every line so far, raw, without its end. */
  lines(): readonly string[];
  /** Every line so far that is JSON. */
  events(): readonly SeenEvent[];
  /** `ADDED a`, `BOOKMARK 1012`, `ERROR 410`, in order. */
  summary(): readonly string[];
  chunks(): readonly Uint8Array[];
  /** How it ended: undefined while it is open, "end", or the code of the error. */
  ended(): string | undefined;
  abort(): void;
}

/** Opens a watch (`path` without `watch=true`) and reads along. */
export async function openWatch(server: KubeApiServer, path: string, token = server.adminToken): Promise<OpenedWatch> {
  const controller = new AbortController();
  const full = `${path}${path.includes("?") ? "&" : "?"}watch=true`;
  const request: ApiRequest = { method: "GET", path: full, headers: { authorization: `Bearer ${token}` } };
  const response = await server.transport()(request, controller.signal);
  const chunks: Uint8Array[] = [];
  let end: string | undefined;
  const read = async (): Promise<void> => {
    try {
      for await (const chunk of response.body) chunks.push(chunk);
      end = "end";
    } catch (error) {
      end = (error as { code?: string }).code ?? "aborted";
    }
  };
  void read();
  const lines = (): readonly string[] =>
    Buffer.concat(chunks)
      .toString("utf8")
      .split("\n")
      .filter((line) => line !== "");
  const events = (): readonly SeenEvent[] =>
    lines().flatMap((line) => {
      try {
        return [JSON.parse(line) as SeenEvent];
      } catch {
        return [];
      }
    });
  return {
    status: response.status,
    lines,
    events,
    summary: () => events().map(summarize),
    chunks: () => chunks,
    ended: () => end,
    abort: () => controller.abort(),
  };
}

function summarize({ type, object }: SeenEvent): string {
  if (type === "ERROR") return `ERROR ${object.code}`;
  return `${type} ${type === "BOOKMARK" ? object.metadata.resourceVersion : (object.metadata?.name ?? "?")}`;
}

/** The summary of a watch once it has told at least so many events. */
export function eventsOf(watch: OpenedWatch, count: number): Promise<readonly string[]> {
  return eventually(`${count} events`, () => watch.summary().length >= count && watch.summary());
}

export function configMap(name: string, namespace = "default", more: Partial<KubeObject> = {}): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", ...more, metadata: { name, namespace, ...more.metadata } };
}

export function ingress(name: string, namespace = "default", host = `${name}.example.com`): KubeObject {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, namespace },
    spec: { rules: [{ host }] },
  };
}
