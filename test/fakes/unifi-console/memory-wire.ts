// One exchange in memory: the same ways of a reply as over sockets, told as what the client's transport makes of them.

import { type Exchanged, MAX_ANSWER_BYTES } from "#src/providers/unifi/transport.ts";
import type { Wire } from "./delivery.ts";
import type { Reply } from "./replies.ts";
import type { ConsoleTime } from "./time.ts";

/** A connection that is kept open between requests. */
export interface MemoryLine {
  isOpen: boolean;
  isBusy: boolean;
  /** Reset by the next request. */
  isDoomed: boolean;
  /** Tells the exchange under way that the connection is gone. */
  reset: () => void;
}

export interface MemoryExchangeParts {
  readonly line: MemoryLine;
  readonly time: ConsoleTime;
  readonly signal: AbortSignal;
  /** Ends the line, and with it the exchange. */
  readonly hangUp: () => void;
  /** Called once. */
  readonly settle: (exchanged: Exchanged) => void;
}

export function openMemoryExchange(parts: MemoryExchangeParts): Wire {
  return new MemoryExchange(parts);
}

const MS_PER_SECOND = 1000;
const ABORTED: Exchanged = { kind: "failed", code: "ABORTED" };
/** The connection went before an answer began, and while it was read. */
const RESET: Exchanged = { kind: "failed", code: "ECONNRESET" };
const TORN: Exchanged = { kind: "failed", code: "ERR_BAD_RESPONSE" };
const TOO_LARGE: Exchanged = { kind: "failed", code: "ANSWER_TOO_LARGE" };

class MemoryExchange implements Wire {
  readonly #parts: MemoryExchangeParts;
  /** What it comes to when the connection goes now. */
  #ifReset = RESET;
  #isSettled = false;
  #calledOff: () => void = () => undefined;

  constructor(parts: MemoryExchangeParts) {
    this.#parts = parts;
    const { line, signal } = parts;
    line.isBusy = true;
    line.reset = () => {
      line.isOpen = false;
      this.#settle(this.#ifReset);
    };
    signal.addEventListener("abort", this.#abort, { once: true });
  }

  write(reply: Reply): void {
    if (this.#isSettled) return;
    const body = Buffer.from(reply.status === 204 ? "" : reply.body);
    if (body.length > MAX_ANSWER_BYTES) this.#end(TOO_LARGE);
    else this.#settle(answerOf(reply, body));
  }

  writeLater(reply: Reply, delayMs: number): void {
    this.#calledOff = this.#parts.time.after(delayMs, () => this.write(reply));
  }

  tear(reply: Reply): void {
    // Nothing is missing of an answer without a body, and its connection is used once more; Node does not even write the head of a 204 before it is ended.
    if (reply.status !== 204 && reply.body === "") {
      this.doom();
      this.write(reply);
    } else this.#end(reply.status === 204 ? RESET : TORN);
  }

  drip(reply: Reply, bytesPerSecond: number): void {
    this.#ifReset = TORN;
    const waits = Math.max(0, Buffer.byteLength(reply.body) - 1);
    this.writeLater(reply, (waits * MS_PER_SECOND) / bytesPerSecond);
  }

  pour(bytes: number): void {
    if (bytes > MAX_ANSWER_BYTES) this.#end(TOO_LARGE);
    else this.write({ status: 200, headers: { "content-type": "application/json" }, body: `[${" ".repeat(bytes)}]` });
  }

  reset(): void {
    this.#parts.hangUp();
  }

  doom(): void {
    this.#parts.line.isDoomed = true;
  }

  readonly #abort = (): void => this.#end(ABORTED);

  /** Settles, and leaves a connection that nobody can use again. */
  #end(exchanged: Exchanged): void {
    this.#settle(exchanged);
    this.#parts.hangUp();
  }

  #settle(exchanged: Exchanged): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#calledOff();
    const { line, signal, settle } = this.#parts;
    line.isBusy = false;
    signal.removeEventListener("abort", this.#abort);
    settle(exchanged);
  }
}

function answerOf({ status, headers }: Reply, body: Uint8Array): Exchanged {
  return {
    kind: "answer",
    status,
    contentType: headerOf(headers, "content-type") ?? "",
    retryAfter: headerOf(headers, "retry-after"),
    setCookies: headerValues(headers, "set-cookie"),
    csrfToken: headerOf(headers, "x-updated-csrf-token") ?? headerOf(headers, "x-csrf-token"),
    body,
  };
}

function headerOf(headers: Reply["headers"], wanted: string): string | undefined {
  const values = headerValues(headers, wanted);
  return values.length === 0 ? undefined : values.join(", ");
}

function headerValues(headers: Reply["headers"], wanted: string): readonly string[] {
  for (const [name, value] of Object.entries(headers)) {
    if (name.toLowerCase() === wanted) return typeof value === "string" ? [value] : value;
  }
  return [];
}
