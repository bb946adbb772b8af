// One HTTP exchange over a bare socket: shows the bytes that no HTTP client would leave alone.

import { connect, type Socket } from "node:net";

export interface RawAnswer {
  /** Everything the server sent until it closed or `isComplete` was content. */
  readonly text: string;
  readonly status: number;
  /** Lower-case names, values byte for byte. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface RawTarget {
  readonly host: string;
  readonly port: number;
}

/** Sends `request` and reads until the server closes the connection. */
export async function exchange(target: RawTarget, request: string): Promise<RawAnswer> {
  const socket = await openSocket(target);
  const answer = readToEnd(socket);
  socket.write(request);
  return parseAnswer(await answer);
}

export function openSocket({ host, port }: RawTarget): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.removeListener("error", reject);
      resolve(socket);
    });
  });
}

/** Resolves with everything received when the server ends the connection; rejects when it is reset. */
export function readToEnd(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.once("end", () => resolve(Buffer.concat(chunks).toString()));
    socket.once("error", reject);
  });
}

export function parseAnswer(text: string): RawAnswer {
  const [head = "", ...body] = text.split("\r\n\r\n");
  const [statusLine = "", ...lines] = head.split("\r\n");
  const headers = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return { text, status: Number(statusLine.split(" ")[1]), headers: new Map(headers), body: body.join("\r\n\r\n") };
}
