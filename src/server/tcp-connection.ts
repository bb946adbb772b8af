// One DNS connection over TCP (RFC 7766): reads queries, writes their answers, one write per turn, and keeps every limit.
// Knows nothing of other connections or of what an answer means.

import type { Socket } from "node:net";
import type { Answer, Client } from "./answerer.ts";
import type { CounterName } from "./counters.ts";
import { FrameReader } from "./tcp-framing.ts";
import type { TcpLimits } from "./tcp-limits.ts";

type Prefixed<Name, Prefix extends string> = Name extends `${Prefix}${infer Rest}` ? Rest : never;
export type CloseReason = Prefixed<CounterName, "tcp.closed.">;

export interface TcpConnectionOptions {
  readonly answer: Answer;
  readonly limits: TcpLimits;
  readonly maxQueryOctets: number;
  /** Monotonic milliseconds. */
  nowMs(): number;
  /** Called once, when the socket is gone. */
  onClosed(reason: CloseReason): void;
}

/** Why a turn ended: the segment is used up, inside a message or not; it is another's turn; the client must read first. */
type Pause = "between-messages" | "inside-message" | "turn-over" | "outbound-full";
type TurnEnd = Pause | Extract<CloseReason, "bad-length" | "dropped-message" | "query-limit">;

interface Deadline {
  readonly atMs: number;
  readonly reason: CloseReason;
}

export class TcpConnection {
  readonly #socket: Socket;
  readonly #client: Client;
  readonly #options: TcpConnectionOptions;
  readonly #frames: FrameReader;
  readonly #lifetimeEndMs: number;
  #deadline: Deadline;
  #queries = 0;
  #closeReason: CloseReason | undefined;
  /** Messages of the last segment wait for another turn. */
  #hasBacklog = false;
  #hasInputEnded = false;
  #isFinishing = false;

  /** `socket` must allow half-open and have `maxOutboundBytes` as its high-water mark. */
  constructor(socket: Socket, client: Client, options: TcpConnectionOptions) {
    const { limits } = options;
    this.#socket = socket;
    this.#client = client;
    this.#options = options;
    this.#frames = new FrameReader(options.maxQueryOctets);
    this.#lifetimeEndMs = options.nowMs() + limits.lifetimeMs;
    this.#deadline = this.#deadlineIn(limits.firstByteTimeoutMs, "first-byte-timeout");
    socket.on("data", (segment: Buffer) => this.#receive(segment));
    socket.on("drain", () => this.#continue());
    socket.on("end", () => this.#endOfInput());
    socket.on("error", () => this.close("socket-error"));
    socket.on("close", () => options.onClosed(this.#closeReason ?? "by-client"));
  }

  /** Keeps the time limits; called every now and then with the time. */
  sweep(nowMs: number): void {
    if (nowMs >= this.#deadline.atMs) this.close(this.#deadline.reason);
    else if (nowMs >= this.#lifetimeEndMs) this.close("lifetime");
  }

  close(reason: CloseReason): void {
    this.#closeReason ??= reason;
    this.#socket.destroy();
  }

  #receive(segment: Uint8Array): void {
    if (this.#isFinishing) return;
    this.#frames.push(segment);
    this.#continue();
  }

  /** The client closed its side (RFC 7766 §6.2.4); a paused socket tells so at once, before its backlog is answered. */
  #endOfInput(): void {
    this.#hasInputEnded = true;
    if (!this.#hasBacklog) this.#finish("by-client");
  }

  #continue(): void {
    if (this.#isFinishing || this.#socket.destroyed) return;
    const answers: Uint8Array[] = [];
    const queriesBefore = this.#queries;
    const end = this.#takeTurn(answers);
    if (answers.length > 0) this.#socket.write(framed(answers));
    // Where the kernel took everything at once no drain will come: the rest is for the next turn.
    const hasDrained = end === "outbound-full" && !this.#socket.writableNeedDrain;
    this.#settle(hasDrained ? "turn-over" : end, { hadMessage: this.#queries > queriesBefore });
  }

  #takeTurn(answers: Uint8Array[]): TurnEnd {
    const { limits } = this.#options;
    let outboundBytes = this.#socket.writableLength;
    for (let turnQueries = 0; ; turnQueries += 1) {
      if (outboundBytes >= limits.maxOutboundBytes) return "outbound-full";
      if (this.#queries >= limits.maxQueriesPerConnection) return "query-limit";
      if (turnQueries >= limits.maxQueriesPerTurn) return "turn-over";
      const frame = this.#frames.next();
      if (frame.kind === "bad-length") return "bad-length";
      if (frame.kind === "more") return frame.isInside ? "inside-message" : "between-messages";
      this.#queries += 1;
      const answer = this.#options.answer(frame.message, this.#client);
      if (answer === undefined) return "dropped-message";
      answers.push(answer);
      outboundBytes += LENGTH_OCTETS + answer.length;
    }
  }

  #settle(end: TurnEnd, turn: { readonly hadMessage: boolean }): void {
    const { limits } = this.#options;
    this.#hasBacklog = end === "turn-over" || end === "outbound-full";
    if (this.#hasInputEnded && !this.#hasBacklog) return this.#finish("by-client");
    switch (end) {
      case "between-messages":
        this.#deadline = this.#deadlineIn(limits.idleTimeoutMs, "idle");
        return this.#resume();
      case "inside-message":
        this.#expectRestOfMessage(turn);
        return this.#resume();
      case "turn-over":
        this.#socket.pause();
        setImmediate(() => this.#continue());
        return undefined;
      case "outbound-full":
        this.#deadline = this.#deadlineIn(limits.idleTimeoutMs, "never-drained");
        this.#socket.pause();
        return undefined;
      case "query-limit":
        return this.#finish(end);
      default:
        return this.close(end);
    }
  }

  /** The time of a message counts from its first octet: octets that drip in do not prolong it. */
  #expectRestOfMessage(turn: { readonly hadMessage: boolean }): void {
    if (this.#deadline.reason === "message-timeout" && !turn.hadMessage) return;
    this.#deadline = this.#deadlineIn(this.#options.limits.messageTimeoutMs, "message-timeout");
  }

  #resume(): void {
    if (this.#socket.isPaused()) this.#socket.resume();
  }

  /** Lets the answers reach the client, then closes; closing at once while it still sends would reset them away. */
  #finish(reason: CloseReason): void {
    if (this.#isFinishing) return;
    this.#isFinishing = true;
    this.#closeReason ??= reason;
    this.#deadline = this.#deadlineIn(this.#options.limits.closingTimeoutMs, reason);
    this.#socket.end();
    this.#socket.resume();
  }

  #deadlineIn(delayMs: number, reason: CloseReason): Deadline {
    return { atMs: this.#options.nowMs() + delayMs, reason };
  }
}

const LENGTH_OCTETS = 2;

/** All answers of a turn, each behind its length, as one buffer: one system call and one segment instead of many. */
function framed(answers: readonly Uint8Array[]): Uint8Array {
  const octets = answers.reduce((total, answer) => total + LENGTH_OCTETS + answer.length, 0);
  const buffer = Buffer.allocUnsafe(octets);
  let offset = 0;
  for (const answer of answers) {
    offset = buffer.writeUInt16BE(answer.length, offset);
    buffer.set(answer, offset);
    offset += answer.length;
  }
  return buffer;
}
