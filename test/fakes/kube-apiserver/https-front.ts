// The server on a port of the loopback address: TLS, HTTP/1.1, keep-alive, chunked answers.

import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Handle } from "./handler.ts";
import type { Sink } from "./sink.ts";

/** etcd's limit of a request, and the API server's with it. */
const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** `reset` sends RST on the connection of a client's port. */
export function createListener(handle: Handle, reset: (remotePort: number | undefined) => void): RequestListener {
  return (request, response) => {
    const serve = async (): Promise<void> => {
      const { method = "GET", url = "/" } = request;
      const body = await readBody(request);
      handle({ method, path: url, headers: headersOf(request), body }, sinkOf(response, reset));
    };
    serve().catch(() => response.destroy());
  };
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new Error("the body is too large");
  }
  return Buffer.concat(chunks);
}

function headersOf({ headers }: IncomingMessage): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]),
  );
}

function sinkOf(response: ServerResponse, reset: (remotePort: number | undefined) => void): Sink {
  let isChunked = false;
  return {
    head: (status, headers) => {
      isChunked = headers["content-length"] === undefined;
      response.writeHead(status, { ...headers });
      response.flushHeaders();
    },
    write: (bytes) => {
      if (!response.destroyed && bytes.length > 0) response.write(bytes);
    },
    end: () => response.end(),
    breakOff: (how) => {
      if (how === "close") cutOff(response, isChunked);
      // RST throws away what is not on the wire yet: lines written just before may be lost, as they may be anywhere.
      else reset(response.socket?.remotePort);
    },
    onGone: (run) => {
      if (response.closed) run();
      else response.once("close", run);
    },
  };
}

/** FIN before the promised end: in the middle of a chunk of 4 KiB, or of the promised length. */
function cutOff({ socket }: ServerResponse, isChunked: boolean): void {
  if (isChunked) socket?.write('1000\r\n{"type":');
  socket?.end();
  socket?.destroySoon();
}
