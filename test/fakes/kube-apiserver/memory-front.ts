// The server without a socket: the same handler behind a function, for thousands of runs on a virtual clock.

import type { ApiResponse, ApiTransport } from "#src/kubernetes/transport.ts";
import type { Handle } from "./handler.ts";
import type { ServerRequest } from "./request-info.ts";
import type { Sink } from "./sink.ts";

const NOTHING = new Uint8Array();

/** A broken connection looks like node's: an error with a code. */
class ConnectionError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code === "ECONNRESET" ? "read ECONNRESET" : "aborted");
    this.code = code;
  }
}

export function memoryTransport(handle: Handle, connections: { opened(): void; closed(): void }): ApiTransport {
  return ({ method, path, headers }, signal) =>
    exchange(handle, { request: { method, path, headers, body: NOTHING }, signal, connections });
}

interface ExchangeOptions {
  readonly request: ServerRequest;
  readonly signal: AbortSignal;
  readonly connections: { opened(): void; closed(): void };
}

/** Any method; resolves with the head of the answer. */
export function exchange(handle: Handle, { request, signal, connections }: ExchangeOptions): Promise<ApiResponse> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const pipe = new Pipe();
    const gone: (() => void)[] = [];
    let isOver = false;
    const finish = (error?: Error): void => {
      if (isOver) return;
      isOver = true;
      signal.removeEventListener("abort", abort);
      connections.closed();
      pipe.close(error);
      if (error !== undefined) reject(error);
      for (const run of gone.splice(0)) run();
    };
    const abort = (): void => finish(signal.reason as Error);
    signal.addEventListener("abort", abort);
    pipe.onAbandoned = () => finish();
    connections.opened();
    const sink: Sink = {
      head: (status, headers) => resolve({ status, headers, body: pipe }),
      write: (bytes) => {
        if (!isOver) pipe.push(bytes);
      },
      end: () => finish(),
      breakOff: (how) => finish(new ConnectionError(how === "reset" ? "ECONNRESET" : "ERR_STREAM_PREMATURE_CLOSE")),
      onGone: (run) => {
        if (isOver) run();
        else gone.push(run);
      },
    };
    handle(request, sink);
  });
}

/** Chunks in order, then the end or an error; one reader. */
class Pipe implements AsyncIterable<Uint8Array> {
  readonly #chunks: Uint8Array[] = [];
  #isClosed = false;
  #error: Error | undefined;
  #wake: () => void = () => undefined;
  onAbandoned: () => void = () => undefined;

  push(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.#wake();
  }

  close(error: Error | undefined): void {
    this.#isClosed = true;
    this.#error = error;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk !== undefined) yield chunk;
        else if (this.#error !== undefined) throw this.#error;
        else if (this.#isClosed) return;
        else await this.#more();
      }
    } finally {
      this.onAbandoned();
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
