// A port without a network: an exchange is a call, and what a socket would do to it (refusal, reset, silence, half an answer)
// happens in the console's time. A client sees what the transport over TLS would have shown it; a test holds both together.

import type { Connection } from "#src/providers/unifi/connection.ts";
import { type Exchanged, type ExchangeRequest, MAX_REQUEST_BYTES } from "#src/providers/unifi/transport.ts";
import { deliver } from "./delivery.ts";
import { type MemoryLine, openMemoryExchange } from "./memory-wire.ts";
import type { ConsolePort, PortParts } from "./port.ts";
import type { SeenRequest } from "./request-log.ts";
import type { ArrivedRequest } from "./responder.ts";
import { startConsoleAt, type UnifiConsole, type UnifiConsoleOptions } from "./unifi-console.ts";

export interface MemoryConsole {
  readonly console: UnifiConsole;
  /** A client with connections of its own. */
  readonly connect: () => Connection;
}

export async function startMemoryConsole(options: UnifiConsoleOptions): Promise<MemoryConsole> {
  const ports: MemoryPort[] = [];
  const console = await startConsoleAt((parts) => {
    const port = new MemoryPort(parts);
    ports.push(port);
    return port;
  }, options);
  return {
    console,
    connect: () => {
      const [port] = ports;
      if (port === undefined) throw new Error("a console without a port");
      return port.connect();
    },
  };
}

const HTTPS_PORT = 443;

class MemoryPort implements ConsolePort {
  readonly port = HTTPS_PORT;
  readonly #parts: PortParts;
  readonly #lines = new Set<MemoryLine>();
  #isListening = false;

  constructor(parts: PortParts) {
    this.#parts = parts;
  }

  get isListening(): boolean {
    return this.#isListening;
  }

  open(): Promise<void> {
    this.#isListening = true;
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#isListening = false;
    this.resetConnections();
    return Promise.resolve();
  }

  resetConnections(): void {
    const lines = [...this.#lines];
    this.#lines.clear();
    for (const line of lines) line.reset();
  }

  setMode(): void {
    throw new Error("a console in memory has no handshake to change");
  }

  setCertificate(): void {
    throw new Error("a console in memory shows no certificate");
  }

  connect(): Connection {
    const lines: MemoryLine[] = [];
    return {
      exchange: (request, signal) => this.#exchange(lines, request, signal),
      close: () => {
        for (const line of lines.splice(0)) this.#hangUp(line);
      },
    };
  }

  /** Takes the line that was used last, as Node's agent does, or a new one. */
  #exchange(lines: MemoryLine[], request: ExchangeRequest, signal: AbortSignal): Promise<Exchanged> {
    if (signal.aborted) return failed("ABORTED");
    if (Buffer.byteLength(request.body ?? "") > MAX_REQUEST_BYTES) return failed("ERR_BAD_REQUEST");
    const line = lines.findLast((known) => known.isOpen && !known.isBusy) ?? this.#dial(lines);
    if (line === undefined) return failed("ECONNREFUSED");
    const { respond, log, time, onAnswered } = this.#parts;
    return new Promise((resolve) => {
      if (line.isDoomed) {
        this.#hangUp(line);
        resolve({ kind: "failed", code: "ECONNRESET" });
        return;
      }
      log.opened();
      const answered: { seen?: SeenRequest } = {};
      const exchange = openMemoryExchange({
        line,
        time,
        signal,
        hangUp: () => this.#hangUp(line),
        settle: (exchanged) => {
          log.closed();
          if (exchanged.kind === "answer" && answered.seen !== undefined) onAnswered?.(answered.seen);
          resolve(exchanged);
        },
      });
      const responded = respond(toArrived(request));
      answered.seen = responded.seen;
      deliver(responded, exchange);
    });
  }

  #dial(lines: MemoryLine[]): MemoryLine | undefined {
    if (!this.#isListening) return undefined;
    const line: MemoryLine = { isOpen: true, isBusy: false, isDoomed: false, reset: () => undefined };
    lines.splice(0, lines.length, ...lines.filter(({ isOpen }) => isOpen), line);
    this.#lines.add(line);
    return line;
  }

  #hangUp(line: MemoryLine): void {
    this.#lines.delete(line);
    line.reset();
  }
}

function failed(code: string): Promise<Exchanged> {
  return Promise.resolve({ kind: "failed", code });
}

function toArrived({ method, url, headers, body }: ExchangeRequest): ArrivedRequest {
  const { pathname, search } = new URL(url);
  const byName = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  const lowered = Object.fromEntries(byName) as ArrivedRequest["headers"];
  return { method, target: pathname + search, headers: lowered, body: body ?? "" };
}
