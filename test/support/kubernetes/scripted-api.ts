// An API server of one kind (Ingress) whose every answer a test can replace: in memory, as an ApiTransport. It answers like the
// real one where a test says nothing; test/fakes/kube-apiserver is the one that is as strict as the original.

import type { ApiRequest, ApiResponse, ApiTransport } from "#src/kubernetes/transport.ts";

export type Request = "group" | "version" | "list" | "watch" | "identity";
/** `undefined`: never answers. */
type Answer = Partial<ApiResponse> | Error | undefined;

export interface OpenWatch {
  readonly query: URLSearchParams;
  readonly isOpen: () => boolean;
  event(type: string, object: object): void;
  bookmark(resourceVersion: number): void;
  text(text: string | Uint8Array): void;
  end(): void;
  break(code?: string): void;
}

export interface ScriptedObject {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly host: string;
}

export class ScriptedApi {
  readonly requests: { readonly what: Request; readonly path: string; readonly headers: ApiRequest["headers"] }[] = [];
  readonly watches: OpenWatch[] = [];
  readonly objects = new Map<string, ScriptedObject>();
  version = 100;
  clusterUid = "cluster-1";
  /** Answers in falling order of version; empty: no such group. */
  served: string[] = ["v1"];
  openNow = 0;
  openMost = 0;
  readonly #next: { readonly what: Request; readonly answer: (request: ApiRequest) => Answer }[] = [];

  /** Replaces the answer to the next request of that sort. */
  once(what: Request, answer: Answer | ((request: ApiRequest) => Answer)): void {
    this.#next.push({ what, answer: typeof answer === "function" ? answer : () => answer });
  }

  times(count: number, what: Request, answer: Answer): void {
    for (let index = 0; index < count; index += 1) this.once(what, answer);
  }

  /** Writes an object and tells every open watch. */
  put(name: string, host = `${name}.example.com`, uid?: string): void {
    const known = this.objects.get(name);
    this.version += 1;
    const object = {
      uid: uid ?? known?.uid ?? `uid-${name}-${this.version}`,
      resourceVersion: String(this.version),
      host,
    };
    this.objects.set(name, object);
    for (const watch of this.open()) watch.event(known === undefined ? "ADDED" : "MODIFIED", raw(name, object));
  }

  /** Deletes without a word when `isSilent`. */
  delete(name: string, options: { readonly isSilent?: boolean } = {}): void {
    const known = this.objects.get(name);
    if (known === undefined) return;
    this.version += 1;
    this.objects.delete(name);
    if (options.isSilent === true) return;
    for (const watch of this.open()) {
      watch.event("DELETED", raw(name, { ...known, resourceVersion: String(this.version) }));
    }
  }

  open(): readonly OpenWatch[] {
    return this.watches.filter((watch) => watch.isOpen());
  }

  /** The one open watch. */
  get watch(): OpenWatch {
    const open = this.open();
    const [watch] = open;
    if (watch === undefined || open.length !== 1) throw new Error(`${open.length} watches are open`);
    return watch;
  }

  count(what: Request): number {
    return this.requests.filter((request) => request.what === what).length;
  }

  readonly transport: ApiTransport = async (request, signal) => {
    signal.throwIfAborted();
    const what = kindOf(request.path);
    this.requests.push({ what, path: request.path, headers: request.headers });
    const at = this.#next.findIndex((next) => next.what === what);
    const [script] = at === -1 ? [] : this.#next.splice(at, 1);
    const answer = script === undefined ? this.#usual(what, request, signal) : script.answer(request);
    if (answer instanceof Error) throw answer;
    if (answer === undefined) return new Promise<never>(() => undefined);
    return this.#counted({ status: 200, headers: {}, body: once(""), ...answer });
  };

  #usual(what: Request, { path }: ApiRequest, signal: AbortSignal): Answer {
    if (what === "watch") return { body: this.openWatch(path, signal) };
    if (what === "list") return json(this.list());
    if (what === "identity") return json({ metadata: { name: "kube-system", uid: this.clusterUid } });
    if (this.served.length === 0) return refused(404, { reason: "NotFound" });
    if (what === "group") return json({ versions: this.served.map((version) => ({ version })) });
    if (!this.served.includes(path.split("/").at(-1) ?? "")) return refused(404, {});
    return json({ resources: [{ name: "ingresses", kind: "Ingress", namespaced: true, verbs: ["list", "watch"] }] });
  }

  list(): object {
    const items = [...this.objects].map(([name, object]) => raw(name, object));
    return { kind: "IngressList", metadata: { resourceVersion: String(this.version) }, items };
  }

  openWatch(path: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const queue = new ByteQueue();
    let isOpen = true;
    const close = (end: () => void): void => {
      isOpen = false;
      end();
    };
    signal.addEventListener("abort", () => close(() => queue.fail(signal.reason as Error)), { once: true });
    this.watches.push({
      query: new URLSearchParams(path.split("?")[1]),
      isOpen: () => isOpen,
      event: (type, object) => queue.push(`${JSON.stringify({ type, object })}\n`),
      bookmark: (resourceVersion) => queue.push(bookmarkLine(resourceVersion)),
      text: (text) => queue.push(text),
      end: () => close(() => queue.end()),
      break: (code = "ECONNRESET") => close(() => queue.fail(broken(code))),
    });
    return queue;
  }

  #counted(response: ApiResponse): ApiResponse {
    this.openNow += 1;
    this.openMost = Math.max(this.openMost, this.openNow);
    const { body } = response;
    const closed = (): void => {
      this.openNow -= 1;
    };
    async function* counted(): AsyncGenerator<Uint8Array> {
      try {
        yield* body;
      } finally {
        closed();
      }
    }
    return { ...response, body: counted() };
  }
}

export function raw(name: string, { uid, resourceVersion, host }: ScriptedObject): object {
  return {
    metadata: { name, namespace: "apps", uid, resourceVersion, managedFields: [{ manager: "kubectl" }] },
    spec: { host },
  };
}

export function json(value: unknown): Partial<ApiResponse> {
  return { body: once(JSON.stringify(value)) };
}

export function refused(status: number, reason: object, headers: Record<string, string> = {}): Partial<ApiResponse> {
  return { status, headers, body: once(JSON.stringify({ kind: "Status", code: status, ...reason })) };
}

export function broken(code: string): Error {
  return Object.assign(new Error(`socket: ${code}`), { code });
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(new TextEncoder().encode(text));
}

export function errorLine(code: number, more: object = {}): string {
  return `${JSON.stringify({ type: "ERROR", object: { kind: "Status", code, ...more } })}\n`;
}

function bookmarkLine(resourceVersion: number): string {
  const object = { kind: "Ingress", metadata: { resourceVersion: String(resourceVersion) } };
  return `${JSON.stringify({ type: "BOOKMARK", object })}\n`;
}

function kindOf(path: string): Request {
  if (path.endsWith("/namespaces/kube-system")) return "identity";
  if (/[?&]watch=1/.test(path)) return "watch";
  if (/\/ingresses(?:\?|$)/.test(path)) return "list";
  return path.split("/").length === 3 ? "group" : "version";
}

/** A body that a test writes while somebody reads it. */
class ByteQueue implements AsyncIterable<Uint8Array> {
  readonly #chunks: Uint8Array[] = [];
  #end: "open" | "ended" | Error = "open";
  #wake: () => void = () => undefined;

  push(text: string | Uint8Array): void {
    this.#chunks.push(typeof text === "string" ? new TextEncoder().encode(text) : text);
    this.#wake();
  }

  end(): void {
    if (this.#end === "open") this.#end = "ended";
    this.#wake();
  }

  fail(error: Error): void {
    if (this.#end === "open") this.#end = error;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) yield chunk;
      else if (this.#end instanceof Error) throw this.#end;
      else if (this.#end === "ended") return;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}
