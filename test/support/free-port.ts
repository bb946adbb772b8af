// Loopback ports for programs that cannot take port 0 and say which they got. Free when told; somebody else may take it before
// the program does, so who starts one tries again.

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";

export async function freeUdpPort(): Promise<number> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
}

export async function freeTcpPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}
