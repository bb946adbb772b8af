// Where the fakes listen: an HTTP server on a free port of the loopback address, and its end.

import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Resolves with `http://127.0.0.1:<port>`; rejects with the system's error. */
export async function listenOnLoopback(server: Server): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Cuts every connection. */
export async function closeServer(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeAllConnections();
  await promise;
}
