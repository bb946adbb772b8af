// Sends every datagram back with the QR bit set, on the same kind of socket as src/server/udp.ts. Usage: node echo.ts PORT

import { createSocket } from "node:dgram";

const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;

const socket = createSocket({
  type: "udp4",
  lookup: (hostname, _options, callback) => callback(null, hostname, 4),
});
const ignore = (): void => undefined;
socket.on("message", (message, { address, port }) => {
  message.writeUInt8(message.readUInt8(2) | 0x80, 2);
  socket.send(message, port, address, ignore);
});
socket.bind({ address: "127.0.0.1", port: Number(process.argv[2]), exclusive: true }, () => {
  socket.setRecvBufferSize(SOCKET_BUFFER_BYTES);
  socket.setSendBufferSize(SOCKET_BUFFER_BYTES);
});
